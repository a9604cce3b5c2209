"""A byte lint of feeds (RFC 5545, RFC 7986, docs/feeds.md), written without the program and without icalendar."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

INSIDE = {
    "": {"VCALENDAR"},
    "VCALENDAR": {"VTIMEZONE", "VEVENT"},
    "VTIMEZONE": {"STANDARD", "DAYLIGHT"},
}
"""What may stand in what. No VALARM, no VTODO."""
REQUIRED = {
    "VCALENDAR": {"PRODID", "VERSION", "CALSCALE"},
    "VEVENT": {"UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP"},
    "VTIMEZONE": {"TZID"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
}
ALLOWED = {
    "VCALENDAR": REQUIRED["VCALENDAR"]
    | {"NAME", "X-WR-CALNAME", "X-WR-TIMEZONE", "COLOR", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "URL", "SOURCE"}
    | {"DESCRIPTION", "X-WR-CALDESC", "LAST-MODIFIED"},
    "VEVENT": REQUIRED["VEVENT"] | {"LOCATION", "DESCRIPTION", "URL", "CATEGORIES", "COLOR", "CLASS", "CREATED"},
    "VTIMEZONE": {"TZID", "LAST-MODIFIED"},
    "STANDARD": REQUIRED["STANDARD"] | {"RRULE", "TZNAME"},
    "DAYLIGHT": REQUIRED["DAYLIGHT"] | {"RRULE", "TZNAME"},
}
"""No METHOD, ORGANIZER, ATTENDEE; in events no RRULE, RDATE, EXDATE, RECURRENCE-ID; nothing that nobody thought of."""
ONLY_IN_DOWNLOADS = {"RRULE", "EXDATE", "RECURRENCE-ID"}
DAYS = ("closed-", "open-")
"""So begin the UIDs of closures and hours; they stand behind the bookings."""
TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "NAME", "X-WR-CALNAME", "X-WR-CALDESC", "UID", "X-WR-TIMEZONE", "TZID"}
CHOICES = {
    "VERSION": {"2.0"},
    "CALSCALE": {"GREGORIAN"},
    "STATUS": {"CONFIRMED", "TENTATIVE", "CANCELLED"},
    "TRANSP": {"OPAQUE", "TRANSPARENT"},
}
FORMS = {
    "SEQUENCE": r"\d+",
    "DTSTAMP": r"\d{8}T\d{6}Z",
    "LAST-MODIFIED": r"\d{8}T\d{6}Z",
    "TZOFFSETFROM": r"[+-]\d{4}",
    "TZOFFSETTO": r"[+-]\d{4}",
    "REFRESH-INTERVAL": r"PT\d+[HM]|P\d+D",
    "X-PUBLISHED-TTL": r"PT\d+[HM]|P\d+D",
    "URL": r"https?://[!-~]+",
    "SOURCE": r"https?://[!-~]+",
    "UID": r"[!-~]+@[A-Za-z0-9.:-]+",
    "COLOR": r"[a-z]+",
}
PARAMETER = r'[A-Z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*'
LINE = re.compile(rf"([A-Z0-9-]+)((?:;{PARAMETER})*):(.*)", re.DOTALL)
HIDDEN = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


@dataclass
class Part:
    """A component: its properties as (name, parameters, value), and the components in it."""

    kind: str
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def value(self, name: str) -> str:
        return next((value for said, _, value in self.lines if said == name), "")

    def of(self, kind: str) -> list[Part]:
        return [part for part in self.parts if part.kind == kind]


def problems(body: bytes, now: datetime | None = None, *, is_download: bool = False) -> list[str]:
    """What is wrong with a feed, each as a sentence; empty when nothing is. After `now` nothing can have changed.

    `is_download`: of one booking, which may have a rule and dates that depart from it.
    """
    found = list(_bytes(body))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return [*found, f"is not UTF-8: {error.reason}"]
    if match := HIDDEN.search(text):
        found.append(f"has U+{ord(match[0]):04X} in it")
    unfolded = text.replace("\r\n ", "")
    if not unicodedata.is_normalized("NFC", unfolded):
        found.append("is not in NFC")
    whole = Part("")
    found += _read([line for line in unfolded.split("\r\n") if line], whole)
    if [part.kind for part in whole.parts] != ["VCALENDAR"]:
        return [*found, "is not one VCALENDAR"]
    return found + list(_calendar(whole.parts[0], now, is_download=is_download))


def _bytes(body: bytes) -> Iterator[str]:
    if body.startswith(b"\xef\xbb\xbf"):
        yield "has a BOM"
    if not body.startswith(b"BEGIN:VCALENDAR\r\n"):
        yield "does not begin with BEGIN:VCALENDAR"
    if not body.endswith(b"\r\nEND:VCALENDAR\r\n"):
        yield "does not end in END:VCALENDAR"
    if re.search(rb"(?<!\r)\n|\r(?!\n)", body):
        yield "has a bare CR or LF"
    if b"\r\n\r\n" in body:
        yield "has an empty line"
    for line in body.split(b"\r\n"):
        if len(line) > 75:
            yield f"{len(line)} octets: {line[:40]!r}"
        if line == b" ":
            yield "is folded before nothing"
        if re.match(rb" [\x80-\xbf]", line):
            yield f"is folded inside a character: {line[:40]!r}"


def _read(lines: Sequence[str], whole: Part) -> Iterator[str]:
    """Fill `whole` with what the lines say."""
    stack = [whole]
    for line in lines:
        match = LINE.fullmatch(line)
        if not match:
            yield f"is no property: {line[:40]!r}"
            continue
        name, parameters, value = match.groups()
        if name == "BEGIN":
            part = Part(value)
            stack[-1].parts.append(part)
            if value not in INSIDE.get(stack[-1].kind, set()):
                yield f"{value} may not stand in {stack[-1].kind or 'a file'}"
            stack.append(part)
        elif name == "END":
            if len(stack) == 1 or stack[-1].kind != value:
                yield f"END:{value} ends {stack[-1].kind or 'nothing'}"
                return
            stack.pop()
        elif len(stack) == 1:
            yield f"{name} stands outside"
        else:
            stack[-1].lines.append((name, parameters, value))
    if len(stack) > 1:
        yield f"{stack[-1].kind} is left open"


def _calendar(calendar: Part, now: datetime | None, *, is_download: bool) -> Iterator[str]:
    yield from _part(calendar, ONLY_IN_DOWNLOADS if is_download else set())
    if not calendar.parts:
        yield "has no component (RFC 5545 3.6)"
    if calendar.value("NAME") != calendar.value("X-WR-CALNAME"):
        yield "NAME is not X-WR-CALNAME"
    kinds = [part.kind for part in calendar.parts]
    if "VTIMEZONE" in kinds[kinds.count("VTIMEZONE") :]:
        yield "a VTIMEZONE stands behind an event"
    events = calendar.of("VEVENT")
    dates = Counter((event.value("UID"), event.value("RECURRENCE-ID")) for event in events)
    yield from (f"the UID {uid} comes {times} times" for (uid, _), times in dates.items() if times > 1)
    uids = {uid for uid, _ in dates}
    if len({uid.rpartition("@")[2] for uid in uids}) > 1:
        yield "UIDs of several hosts"
    for event in events:
        yield from _event(event, now)
    bookings = [event for event in events if not event.value("UID").startswith(DAYS)]
    starts = [start for event in bookings if (start := _instant(event, "DTSTART"))]
    if starts != sorted(starts) and not is_download:
        yield "events are not in the order of time"
    yield from _zones(calendar, events)


def _zones(calendar: Part, events: Sequence[Part]) -> Iterator[str]:
    used = {zone for event in events for name in ("DTSTART", "DTEND") if (zone := _zone(event, name))}
    there = Counter(part.value("TZID") for part in calendar.of("VTIMEZONE"))
    own = calendar.value("X-WR-TIMEZONE")
    yield from (f"no VTIMEZONE for {zone}" for zone in sorted(used - set(there)))
    yield from (f"the VTIMEZONE of {zone} comes twice" for zone, times in there.items() if times > 1)
    if events:  # without any, the zones are what makes it a calendar
        yield from (f"nothing is in the zone {zone}" for zone in sorted(set(there) - used - {own}))
    if own and own not in there:
        yield f"X-WR-TIMEZONE {own} has no VTIMEZONE"
    for zone in calendar.of("VTIMEZONE"):
        if not zone.of("STANDARD"):
            yield f"the zone {zone.value('TZID')} has no STANDARD"


def _part(part: Part, besides: set[str]) -> Iterator[str]:
    """What each property says by itself, here and in the parts."""
    names = Counter(name for name, _, _ in part.lines)
    yield from (f"{part.kind} lacks {name}" for name in sorted(REQUIRED.get(part.kind, set()) - set(names)))
    yield from (f"{part.kind} has {name}" for name in sorted(set(names) - ALLOWED.get(part.kind, set()) - besides))
    yield from (f"{part.kind} has {times} {name}" for name, times in names.items() if times > 1 and name != "EXDATE")
    for name, parameters, value in part.lines:
        if name in TEXTS and re.search(r"[\\;,]", re.sub(r"\\[\\;,nN]", "", value)):
            yield f"is not escaped: {name}:{value[:40]}"
        if name in CHOICES and value not in CHOICES[name]:
            yield f"{name} is {value}"
        if name in FORMS and not re.fullmatch(FORMS[name], value):
            yield f"{name} is {value[:60]!r}"
        if name == "REFRESH-INTERVAL" and parameters != ";VALUE=DURATION":
            yield "REFRESH-INTERVAL without VALUE=DURATION (RFC 7986 5.7)"
        if name in ("SUMMARY", "LOCATION", "NAME", "DESCRIPTION") and not value.strip():
            yield f"{name} says nothing"
        if name in ("SUMMARY", "LOCATION", "DESCRIPTION", "UID", "STATUS", "TRANSP", "SEQUENCE") and parameters:
            yield f"{name} has parameters"
    for inner in part.parts:
        yield from _part(inner, besides)


def _event(event: Part, now: datetime | None) -> Iterator[str]:
    said = event.value("SUMMARY")[:40]
    starts, ends = _instant(event, "DTSTART"), _instant(event, "DTEND")
    for name, at in (("DTSTART", starts), ("DTEND", ends)):
        if event.value(name) and at is None:
            yield f"{name} of {said!r} is no time: {event.value(name)}"
    if starts and ends and starts >= ends:
        yield f"{said!r} ends before it starts"
    if event.value("DTSTAMP") != event.value("LAST-MODIFIED"):
        yield f"DTSTAMP of {said!r} is not LAST-MODIFIED"
    changed = _instant(event, "DTSTAMP")
    if now and changed and changed > now:
        yield f"{said!r} will have changed at {event.value('DTSTAMP')}"
    is_over_days = event.value("UID").startswith("open-")
    if (event.value("STATUS") == "CANCELLED" or is_over_days) != (event.value("TRANSP") == "TRANSPARENT"):
        yield f"{said!r} is {event.value('STATUS')} and {event.value('TRANSP')}"


def _zone(event: Part, name: str) -> str:
    parameters = next((parameters for said, parameters, _ in event.lines if said == name), "")
    match = re.fullmatch(r';TZID="?([^";:,]+)"?', parameters)
    return match[1] if match else ""


def _instant(event: Part, name: str) -> datetime | None:
    """In UTC; None for what is no time: other parameters, another form, an unknown zone, a wall time in a gap."""
    parameters = next((parameters for said, parameters, _ in event.lines if said == name), "")
    zone, value = _zone(event, name), event.value(name)
    if parameters == ";VALUE=DATE" and event.value("UID").startswith(DAYS):
        parameters, value = "", f"{value}T000000Z"
    if (parameters and not zone) or not re.fullmatch(r"\d{8}T\d{6}Z?", value) or bool(zone) == value.endswith("Z"):
        return None
    try:
        wall = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=ZoneInfo(zone) if zone else UTC)
    except (ValueError, ZoneInfoNotFoundError):
        return None
    at = wall.astimezone(UTC)
    return at if at.astimezone(wall.tzinfo).replace(tzinfo=None) == wall.replace(tzinfo=None) else None
