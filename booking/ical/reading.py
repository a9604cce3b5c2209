"""Somebody else's iCalendar file as plain values: times as they stand there, in wall time, with a zone or none.

What is wrong with the file as a whole is refused; what is wrong with one event is said of that event. Nothing is read
but titles, places and times: no descriptions, no attendees. Of a UID only its digest is kept, as many hold addresses.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from booking.domain.errors import Refused, refuse
from booking.domain.period import soonest, wall
from booking.domain.series import MOST_OCCURRENCES
from booking.domain.text import TITLE_LENGTH, clean_line
from booking.ical.content import Line, Part, parts, plain
from booking.ical.foreign_rules import Budget, ForeignRule, days, rule_of

HORIZON = timedelta(days=366)
MOST_EXDATES = 1_000
_LONGEST = timedelta(days=366)
_EARLIEST, _LATEST = 2000, 2200
_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?", re.ASCII)
_DURATION = re.compile(
    r"\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?", re.ASCII
)


@dataclass(frozen=True)
class Time:
    """One time of an event. `zone` None is whichever the room's is; `recurrence` tells it from others of the event."""

    starts: datetime
    seconds: int
    zone: str | None
    recurrence: str
    title: str
    place: str
    whole_days: bool = False
    is_cancelled: bool = False


@dataclass(frozen=True)
class Wrong:
    """Why an event cannot be read: the code of a refusal and its values."""

    code: str
    values: dict[str, str | int]


@dataclass(frozen=True)
class Foreign:
    """One event with its times to come, or with what is wrong with it. `uid` is the digest of its UID."""

    uid: str
    title: str
    times: tuple[Time, ...] = ()
    wrong: Wrong | None = None


def read(data: bytes, now: datetime) -> list[Foreign]:
    """The events of a file, in its order. Raises Refused as `content.parts` does, import_work, and import_nothing."""
    found = parts(data)
    method = next((line.value.upper() for part in found if (line := part.first("METHOD"))), "")
    reader = _Reader(_aliases(found), now, Budget(), is_withdrawn=method == "CANCEL")
    groups: dict[str, list[Part]] = {}
    for part in found:
        if part.name == "VEVENT":
            groups.setdefault(_uid(part), []).append(part)
    if not groups:
        raise refuse("import_nothing")
    return [reader.event(uid, group) for uid, group in groups.items()]


def _uid(part: Part) -> str:
    """The digest of the UID; of what the event says where it has none, as some exports do."""
    line = part.first("UID")
    said = line.value if line and line.value else repr([(one.name, one.value) for one in part.lines])
    return hashlib.sha256(said.encode()).hexdigest()


def _aliases(found: Iterable[Part]) -> dict[str, str]:
    """TZIDs that the file itself names with an IANA name; its rules of daylight saving are not read."""
    zones = (part for part in found if part.name == "VTIMEZONE")
    said = ((part.first("TZID"), part.first("X-LIC-LOCATION")) for part in zones)
    return {tzid.value: known.value for tzid, known in said if tzid and known}


@cache
def _iana() -> Mapping[str, str]:
    """Names in small letters -> names; `localtime` and the like are no zones of ours."""
    return {name.lower(): name for name in available_timezones() if name not in ("localtime", "Factory")}


_windows = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}


def zone_of(tzid: str) -> str | None:
    """The IANA name that a TZID means: itself, the end of a path as old Mozilla wrote it, a Windows name."""
    said = tzid.strip().lower()
    if said in _windows:
        return _windows[said]
    pieces = said.strip("/").split("/")[-3:]
    tails = ("/".join(pieces[at:]) for at in range(len(pieces)))
    return next((_iana()[tail] for tail in tails if tail in _iana()), None)


@dataclass(frozen=True)
class _Moment:
    """A value of DTSTART and its like. A DATE is midnight."""

    wall: datetime
    zone: str | None
    is_date: bool

    @property
    def key(self) -> tuple[bool, datetime]:
        """Equal for values that mean the same moment; floating ones are compared among themselves."""
        at = self.wall if self.zone is None else soonest(self.wall, ZoneInfo(self.zone)).replace(tzinfo=None)
        return self.zone is None, at


@dataclass(frozen=True)
class _Reader:
    aliases: Mapping[str, str]
    now: datetime
    budget: Budget
    is_withdrawn: bool

    def event(self, uid: str, group: Sequence[Part]) -> Foreign:
        """All components of one UID together. What is wrong with any of them is wrong with the event."""
        masters = [part for part in group if part.first("RECURRENCE-ID") is None]
        shown = masters[0] if masters else group[0]
        try:
            title = _title(shown)
        except Refused as refused:
            return Foreign(uid, "", wrong=_wrong(refused))
        try:
            master = max(masters, key=_sequence) if masters else None
            overrides = [part for part in group if part.first("RECURRENCE-ID") is not None]
            return Foreign(uid, title, tuple(self._times(master, overrides)))
        except Refused as refused:
            if any(violation.code == "import_work" for violation in refused.violations):
                raise
            return Foreign(uid, title, wrong=_wrong(refused))

    def _times(self, master: Part | None, overrides: Sequence[Part]) -> list[Time]:
        slots = self._slots(master) if master else {}
        is_series = master is None or master.first("RRULE") is not None
        zone = self._moment(master.first("DTSTART")).zone if master else None
        for part in overrides:
            key = self._recurrence(part, zone)
            known = slots.get(key.key)
            recurrence = known.recurrence if known else _recurrence_name(key)
            slots[key.key] = replace(self._time(part), recurrence=recurrence)
        found = sorted(slots.values(), key=lambda one: (one.starts, one.recurrence))
        if is_series:
            found = [one for one in found if not self._is_over(one)]
            if not found:
                raise refuse("import_over")
        if len(found) > MOST_OCCURRENCES:
            raise refuse("import_times", most=MOST_OCCURRENCES)
        if any(one.starts > self._last for one in found):
            raise refuse("import_horizon", days=HORIZON.days)
        return found

    @property
    def _last(self) -> datetime:
        return (self.now + HORIZON).replace(tzinfo=None)

    def _is_over(self, one: Time) -> bool:
        ends_at = soonest(one.starts, ZoneInfo(one.zone or "UTC")) + timedelta(seconds=one.seconds)
        return ends_at < self.now - (timedelta(days=1) if one.zone is None else timedelta(0))

    def _slots(self, master: Part) -> dict[tuple[bool, datetime], Time]:
        """The times of the event and its rule by the moment at which the rule has them."""
        first, start = self._time(master), self._moment(master.first("DTSTART"))
        if master.all("RDATE") or master.all("EXRULE") or len(master.all("RRULE")) > 1:
            raise refuse("import_recurrence", rule="RDATE, EXRULE")
        line = master.first("RRULE")
        if line is None:
            return {start.key: first}
        gone = self._exdates(master, start.zone)
        found = {}
        for day in self._days(rule_of(line.value), start, timedelta(seconds=first.seconds)):
            slot = replace(start, wall=datetime.combine(day, start.wall.time()))
            if slot.key not in gone and (slot.is_date or (None, slot.wall.date()) not in gone):
                found[slot.key] = replace(first, starts=slot.wall, recurrence=_recurrence_name(slot))
        return found

    def _days(self, rule: ForeignRule, start: _Moment, length: timedelta) -> list[date]:
        """Every day of the rule that may still be to come. Raises Refused for what has no end within the horizon."""
        first, last = start.wall.date(), self._last.date() + timedelta(days=1)
        if first > last:
            raise refuse("import_horizon", days=HORIZON.days)
        until = self._until(rule, start)
        if rule.count is None and until is None:
            raise refuse("import_endless")
        if until is not None and until > self._last:
            raise refuse("import_horizon", days=HORIZON.days)
        since = max(first, self.now.date() - length - timedelta(days=2))
        end = last if until is None else until.date()
        found = list(days(rule, first, since=since, last=end, budget=self.budget))
        if until is not None and found and datetime.combine(found[-1], start.wall.time()) > until:
            found.pop()
        if rule.count is not None and len(found) < rule.count:
            raise refuse("import_horizon", days=HORIZON.days)
        if found and (rule.count is not None or since == first) and found[0] != first:
            raise refuse("import_recurrence", rule="DTSTART")
        return [day for day in found if day >= since]

    def _until(self, rule: ForeignRule, start: _Moment) -> datetime | None:
        """The last moment of a rule, in the wall time of its start."""
        if rule.until is None:
            return None
        said = self._value(rule.until, start.zone)
        if said.is_date:
            return datetime.combine(said.wall.date(), time(23, 59, 59))
        if said.zone == start.zone or start.zone is None:
            return said.wall
        return wall(soonest(said.wall, ZoneInfo(said.zone or "UTC")), ZoneInfo(start.zone))

    def _exdates(self, part: Part, zone: str | None) -> set[tuple[Any, Any]]:
        lines = part.all("EXDATE")
        if sum(line.value.count(",") + 1 for line in lines) > MOST_EXDATES:
            raise refuse("import_exdates", most=MOST_EXDATES)
        said = [self._value(one, self._zone(line) or zone) for line in lines for one in line.value.split(",") if one]
        keys: set[tuple[Any, Any]] = {one.key for one in said}
        return keys | {(None, one.wall.date()) for one in said if one.is_date}

    def _recurrence(self, part: Part, zone: str | None) -> _Moment:
        """Which of the times it stands for; some programs leave out the zone that the series has."""
        line = part.first("RECURRENCE-ID")
        if line is None or "RANGE" in line.parameters:
            raise refuse("import_recurrence", rule="RANGE")
        return self._value(line.value, self._zone(line) or zone)

    def _time(self, part: Part) -> Time:
        start = self._moment(part.first("DTSTART"))
        length = self._length(part, start)
        if length <= timedelta(0):
            raise refuse("end_before_start")
        if length > _LONGEST:
            raise refuse("import_length", days=_LONGEST.days)
        status = part.first("STATUS")
        return Time(
            start.wall,
            int(length.total_seconds()),
            start.zone,
            "",
            _title(part),
            _place(part),
            start.is_date,
            self.is_withdrawn or (status is not None and status.value.upper() == "CANCELLED"),
        )

    def _length(self, part: Part, start: _Moment) -> timedelta:
        """What passes from start to end, not what the clock on the wall shows."""
        if (line := part.first("DTEND")) is not None:
            end = self._moment(line)
            if end.is_date != start.is_date or (end.zone is None) != (start.zone is None):
                raise refuse("import_date", value=line.value[:40])
            return end.key[1] - start.key[1]
        if (line := part.first("DURATION")) is not None:
            match = _DURATION.fullmatch(line.value)
            if match is None:
                raise refuse("import_date", value=line.value[:40])
            weeks, whole, hours, minutes, seconds = (int(one or 0) for one in match.groups())
            return timedelta(weeks=weeks, days=whole, hours=hours, minutes=minutes, seconds=seconds)
        return timedelta(days=start.is_date)

    def _moment(self, line: Line | None) -> _Moment:
        if line is None:
            raise refuse("import_date", value="DTSTART")
        return self._value(line.value, self._zone(line))

    def _zone(self, line: Line) -> str | None:
        """Raises Refused(import_zone) for a TZID that names no zone."""
        said = line.parameters.get("TZID")
        if said is None:
            return None
        zone = zone_of(said) or zone_of(self.aliases.get(said, ""))
        if zone is None:
            raise refuse("import_zone", zone=said[:60])
        return zone

    def _value(self, text: str, zone: str | None) -> _Moment:
        """A DATE or DATE-TIME. Raises Refused(import_date)."""
        match = _MOMENT.fullmatch(text)
        if match is None:
            raise refuse("import_date", value=text[:40])
        *numbers, utc = match.groups()
        try:
            there = datetime(*(int(number) for number in numbers if number is not None))  # type: ignore[arg-type]  # noqa: DTZ001  # wall time
        except ValueError:
            raise refuse("import_date", value=text[:40]) from None
        if not _EARLIEST <= there.year <= _LATEST:
            raise refuse("import_date", value=text[:40])
        is_date = match[4] is None
        return _Moment(there, None if is_date else ("UTC" if utc else zone), is_date)


def _recurrence_name(slot: _Moment) -> str:
    """As it is kept: the moment in UTC where there is one, else the wall time."""
    is_floating, at = slot.key
    return f"{at:%Y%m%dT%H%M%S}{'' if is_floating else 'Z'}"


def _title(part: Part) -> str:
    line = part.first("SUMMARY")
    return clean_line(plain(line.value) if line else "", field="title")


def _place(part: Part) -> str:
    line = part.first("LOCATION")
    try:
        return clean_line(plain(line.value)[:TITLE_LENGTH], field="room", required=False) if line else ""
    except Refused:
        return ""


def _sequence(part: Part) -> int:
    line = part.first("SEQUENCE")
    return int(line.value) if line and re.fullmatch(r"\d{1,9}", line.value, re.ASCII) else 0


def _wrong(refused: Refused) -> Wrong:
    violation = refused.violations[0]
    values = {name: one if isinstance(one, int) else str(one) for name, one in violation.values.items()}
    return Wrong(violation.code, values)


def moment_of(one: Time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end as instants; what has no zone of its own is read in that of its room. Whole days are wall time."""
    zone = ZoneInfo(one.zone) if one.zone else zone
    if one.whole_days:
        ends = one.starts + timedelta(seconds=one.seconds)
        return soonest(one.starts, zone), soonest(ends, zone)
    starts_at = soonest(one.starts, zone)
    return starts_at, starts_at + timedelta(seconds=one.seconds)
