"""One occurrence as a VEVENT. No RRULE, no RECURRENCE-ID, no METHOD, no attendees: five engines agree on this."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from booking.domain.lifecycle import GONE, State
from booking.ical import words
from booking.ical.lines import cleaned, stamp, text_line, time_line, value_line
from booking.storage.bookings import Occurrence
from booking.storage.feed_events import Facts

Shown = Occurrence | Facts

WRITER = "1"
"""Raise it whenever the bytes of an event change: stored pieces of older writers are then written anew."""

_STATUS = {
    State.REQUESTED: "TENTATIVE",
    State.RETURNED: "TENTATIVE",
    State.DECLINED: "CANCELLED",
    State.CANCELLED: "CANCELLED",
    State.EXPIRED: "CANCELLED",
}
_MARK = {
    State.REQUESTED: words.WAITING,
    State.RETURNED: words.CHANGES,
    State.CANCELLED: words.CANCELLED,
    State.DECLINED: words.CANCELLED,
    State.EXPIRED: words.CANCELLED,
}
_BEGIN, _END = b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n"


@dataclass(frozen=True)
class Address:
    """Where links lead (`base_url`, may change) and what UIDs end in (`uid_host`, never changes)."""

    base_url: str
    uid_host: str

    @property
    def writer(self) -> str:
        """The version of the writer with the address, which stands in the bytes too."""
        return _writer(self.base_url, self.uid_host)

    def booking(self, code: str) -> str:
        return f"{self.base_url}/bookings/{code}"


@cache
def _writer(base_url: str, uid_host: str) -> str:
    return f"{WRITER}-{hashlib.sha256(f'{base_url} {uid_host}'.encode()).hexdigest()[:16]}"


def vevent(occurrence: Shown, level: str, language: str, address: Address) -> bytes:
    """The bytes of one VEVENT, CRLF at the end. `level` is busy, title or full.

    DTSTAMP and LAST-MODIFIED are when the occurrence last changed visibly, never now (RFC 5545 3.8.7).
    """
    return vevents(occurrence, [level], [language], address)[level, language]


def vevents(
    occurrence: Shown, levels: Iterable[str], languages: Iterable[str], address: Address
) -> dict[tuple[str, str], bytes]:
    """(level, language) -> the bytes of its VEVENT; lines that are alike are written once, in icalendar's order."""
    state, zone = State(occurrence.state), occurrence.room.site.zone
    changed = stamp(occurrence.changed_at)
    times = time_line("DTSTART", occurrence.starts_at, zone) + time_line("DTEND", occurrence.ends_at, zone)
    stamped, modified = value_line("DTSTAMP", changed), value_line("LAST-MODIFIED", changed)
    numbered = value_line("SEQUENCE", str(occurrence.sequence))
    status = value_line("STATUS", _STATUS.get(state, "CONFIRMED"))
    status += value_line("TRANSP", "TRANSPARENT" if state in GONE else "OPAQUE")
    spoken = tuple(languages)
    found = {}
    for level in levels:
        before = times + stamped + text_line("UID", uid(occurrence.uid, level, address)) + numbered
        after = modified + text_line("LOCATION", cleaned(_location(occurrence, level))) + status
        if level == "full":
            after += value_line("URL", address.booking(occurrence.booking.code))
        for language in spoken:
            summary = text_line("SUMMARY", cleaned(_summary(occurrence, level, language)))
            described = _description(occurrence, level, language) if level != "busy" else ""
            about = text_line("DESCRIPTION", cleaned(described)) if described else b""
            found[level, language] = b"".join([_BEGIN, summary, before, about, after, _END])
    return found


def uid(occurrence_uid: str, level: str, address: Address) -> str:
    """For ever the same. At level busy a derived one, so that nobody finds the event in another feed by it."""
    if level == "busy":
        occurrence_uid = hmac.new(occurrence_uid.encode(), b"busy", hashlib.sha256).hexdigest()[:32]
    return f"{occurrence_uid}@{address.uid_host}"


def _location(occurrence: Shown, level: str) -> str:
    """A room that is not shown to everybody keeps its name to itself where it makes another one busy."""
    room = occurrence.room
    return f"{room.name}, {room.site.name}" if room.is_public or level == "full" else room.site.name


def _summary(occurrence: Shown, level: str, language: str) -> str:
    if level == "busy":
        return words.BUSY[language]
    said = f"{occurrence.title} · {occurrence.room.name}"
    mark = _MARK.get(State(occurrence.state))
    return f"{mark[language]}: {said}" if mark else said


def _description(occurrence: Shown, level: str, language: str) -> str:
    booking = occurrence.booking
    lines = [f"{words.COMMUNITY[language]}: {booking.community.name}"] if booking.community else []
    if level == "full":
        lines.append(f"{words.CONTACT[language]}: {booking.person.name}, {booking.person.phone}")
        lines.append(f"{words.PEOPLE[language]}: {occurrence.head_count}")
        lines += [f"{words.REASON[language]}: {occurrence.reason}"] if occurrence.reason else []
        lines += [booking.purpose] if booking.purpose else []
    return "\n".join(lines)


def for_decision(body: bytes) -> bytes:
    """An event at level full whose link opens the decision instead of the booking."""
    before, _, rest = body.rpartition(b"\r\nURL:")
    url, _, after = rest.replace(b"\r\n ", b"").partition(b"\r\n")
    base, _, code = url.decode().rpartition("/bookings/")
    return before + b"\r\n" + value_line("URL", f"{base}/inbox/{code}") + after
