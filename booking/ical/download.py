"""One booking as a file to keep: the only place with a recurrence rule, and only where it tells the dates exactly.

A file is what the booking is at that moment; whoever wants it kept up to date subscribes. The events are those of the
feeds at level full. A series in one room becomes a rule of the subset that calendars agree on (DAILY, WEEKLY with days,
MONTHLY by n-th weekday or last day), with EXDATE for dates that do not take place and an override for what a hand made
otherwise. Whatever that cannot tell goes out flat, one event for each occurrence with the UID it has in the feeds.

A series has a UID of its own: it is no occurrence. Kept beside a subscription its dates stand there twice, once in each
calendar; loaded again into the same calendar it replaces what it brought before, as SEQUENCE has risen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar

from booking.domain.errors import Refused
from booking.domain.lifecycle import GONE, STANDING, State
from booking.domain.period import WallTimeError, instant, wall
from booking.domain.series import MOST_FOR_STAFF, SHORT_DAYS, Every, Pattern, days_of
from booking.ical.calendar import PRODID
from booking.ical.lines import stamp, text_line, time_line, value_line
from booking.ical.timezones import vtimezone
from booking.ical.vevent import Address, vevent
from booking.storage.bookings import Booking, Occurrence

SHOWN = STANDING | {State.RETURNED}
_OWN = (b"BEGIN", b"END", b"DTSTART", b"DTEND", b"DTSTAMP", b"UID", b"SEQUENCE", b"LAST-MODIFIED")
"""Lines in which the occurrences of a series differ in any case."""
_CALENDAR_END = b"END:VCALENDAR\r\n"


def download(booking: Booking, language: str, address: Address) -> bytes:
    """The booking as an iCalendar object: what takes place or may; where nothing does, all of it as cancelled."""
    shown = [one for one in booking.occurrences if one.state in SHOWN]
    shown = shown or [one for one in booking.occurrences if one.state in GONE]
    pieces = {one.id: vevent(one, "full", language, address) for one in shown}
    events = _series(booking, shown, pieces, address) or [pieces[one.id] for one in shown]
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    zones = dict.fromkeys(one.room.site.zone.key for one in shown)
    start = calendar.to_ical().removesuffix(_CALENDAR_END)
    return b"".join([start, *(vtimezone(zone) for zone in zones), *events, _CALENDAR_END])


@dataclass(frozen=True)
class _Slot:
    """What one standing occurrence is, in wall time, and how it looks beside that."""

    occurrence: Occurrence
    day: date
    starts: datetime
    ends: datetime
    looks: tuple[bytes, ...]

    @property
    def manner(self) -> tuple[time, timedelta, timedelta, tuple[bytes, ...]]:
        """All that its series may say of it: from its day on when, how long, and what it looks like."""
        midnight = datetime.combine(self.day, time())
        return self.starts.time(), self.starts - midnight, self.ends - self.starts, self.looks


def _series(
    booking: Booking, shown: Sequence[Occurrence], pieces: dict[int, bytes], address: Address
) -> list[bytes] | None:
    """The events of a rule with its overrides; None where it would not tell exactly what the occurrences are."""
    pattern, zones = booking.repeat, {one.room.site.zone for one in shown}
    if pattern is None or len(shown) < 2 or len(zones) != 1 or any(one.state in GONE for one in shown):
        return None
    (zone,) = zones
    slots = _slots(shown, pieces, zone)
    rule, days = _rule(pattern, [one.day for one in slots])
    if not rule or not _are_plain(slots, zone):
        return None
    usual = Counter(one.manner for one in slots).most_common(1)[0][0]
    model = next(one for one in slots if one.manner == usual)
    told = _Told(rule, days, usual[0], model, slots, zone)
    if not timedelta(0) <= usual[1] < timedelta(days=1) or not told.is_exact():
        return None
    return told.events(booking, address)


def _slots(shown: Sequence[Occurrence], pieces: dict[int, bytes], zone: ZoneInfo) -> list[_Slot]:
    """In the order of their days; an occurrence without a day of a series is left out, and so not told exactly."""
    found = [
        _Slot(one, one.series_day, wall(one.starts_at, zone), wall(one.ends_at, zone), _looks(pieces[one.id]))
        for one in shown
        if one.series_day is not None
    ]
    return sorted(found, key=lambda slot: slot.day) if len(found) == len(shown) else []


def _looks(piece: bytes) -> tuple[bytes, ...]:
    """The lines of an event that do not say which one it is, folded as they stand."""
    lines = piece.replace(b"\r\n ", b"\r\n\0").split(b"\r\n")
    content: list[bytes] = []
    for line in lines:
        if line.startswith(b"\0"):
            content[-1] += b"\r\n " + line[1:]
        elif line:
            content.append(line)
    return tuple(line for line in content if line.replace(b";", b":").partition(b":")[0] not in _OWN)


def _rule(pattern: Pattern, standing: Sequence[date]) -> tuple[str, list[date]]:
    """The rule from the first to the last standing day, with its days; nothing where it is outside the subset."""
    by = _by(pattern)
    if by is None or len(set(standing)) < 2 or len(set(standing)) != len(standing):
        return "", []
    bounded = Pattern(pattern.every, pattern.interval, pattern.on, pattern.nth, until=standing[-1])
    try:
        days = days_of(bounded, standing[0], most=MOST_FOR_STAFF)
    except Refused:
        return "", []
    if not set(standing) <= set(days):
        return "", []
    interval = f";INTERVAL={pattern.interval}" if pattern.interval != 1 else ""
    return f"{by}{interval};COUNT={len(days)}", days


def _by(pattern: Pattern) -> str | None:
    """FREQ with what chooses the days; None for a day of the month, which months may not have, and for lists."""
    names = [SHORT_DAYS[day].upper() for day in sorted(pattern.on)]
    if pattern.every is Every.DAY:
        return "FREQ=DAILY"
    if pattern.every is Every.WEEK:
        return "FREQ=WEEKLY;WKST=MO" + (f";BYDAY={','.join(names)}" if names else "")
    if pattern.every is Every.MONTH and names:
        return f"FREQ=MONTHLY;BYDAY={pattern.nth}{names[0]}"
    return "FREQ=MONTHLY;BYMONTHDAY=-1" if pattern.every is Every.MONTH and pattern.nth == -1 else None


def _are_plain(slots: Collection[_Slot], zone: ZoneInfo) -> bool:
    """Whether each starts and ends at a wall time that names one instant: then every line can carry the zone."""
    return bool(slots) and all(_at(wall_time, zone) for one in slots for wall_time in (one.starts, one.ends))


def _at(wall_time: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        return instant(wall_time, zone)
    except WallTimeError:
        return None


@dataclass(frozen=True)
class _Told:
    """A rule with its exceptions, as it is about to be written."""

    rule: str
    days: Sequence[date]
    clock: time
    model: _Slot
    slots: Sequence[_Slot]
    zone: ZoneInfo

    @property
    def overrides(self) -> list[_Slot]:
        return [one for one in self.slots if one.manner != self.model.manner]

    def is_exact(self) -> bool:
        """Expand what is written, as a calendar would, and hold it against the occurrences.

        Calendars add the length of the first to each start, some in wall time and some in elapsed time: where the
        two differ, in a night in which clocks change, nothing is exact.
        """
        overrides = {self._recurrence(one): one for one in self.overrides}
        length, missing = self.model.ends - self.model.starts, set(self._missing())
        found: list[tuple[datetime, datetime, tuple[bytes, ...]]] = []
        expanded = rrulestr(self.rule, dtstart=datetime.combine(self.days[0], self.clock))
        for starts in islice(expanded, len(self.days) + 1):
            at, ends = _at(starts, self.zone), _at(starts + length, self.zone)
            if at is None or ends is None or ends - at != length:
                return False
            if starts in overrides:
                one = overrides[starts]
                found.append((one.occurrence.starts_at, one.occurrence.ends_at, one.looks))
            elif starts.date() not in missing:
                found.append((at, ends, self.model.looks))
        said = [(one.occurrence.starts_at, one.occurrence.ends_at, one.looks) for one in self.slots]
        return sorted(found) == sorted(said)

    def _missing(self) -> list[date]:
        standing = {one.day for one in self.slots}
        return [day for day in self.days if day not in standing]

    def _recurrence(self, slot: _Slot) -> datetime:
        return datetime.combine(slot.day, self.clock)

    def events(self, booking: Booking, address: Address) -> list[bytes]:
        """The rule first. What is one thing to a calendar carries one SEQUENCE and one time of change."""
        first = datetime.combine(self.days[0], self.clock)
        length = self.model.ends - self.model.starts
        exdates = [self._line("EXDATE", datetime.combine(day, self.clock)) for day in self._missing()]
        master = [
            self._line("DTSTART", first),
            self._line("DTEND", first + length),
            value_line("RRULE", self.rule),
            *exdates,
        ]
        found = [_event(master, self.model.looks, booking, address)]
        for one in self.overrides:
            times = [self._line("DTSTART", one.starts), self._line("DTEND", one.ends)]
            own = [self._line("RECURRENCE-ID", self._recurrence(one)), *times]
            found.append(_event(own, one.looks, booking, address))
        return found

    def _line(self, name: str, wall_time: datetime) -> bytes:
        return time_line(name, instant(wall_time, self.zone), self.zone)


def _event(lines: Sequence[bytes], looks: Sequence[bytes], booking: Booking, address: Address) -> bytes:
    changed = stamp(max(one.changed_at for one in booking.occurrences))
    sequence = sum(one.sequence for one in booking.occurrences)
    numbered = [
        text_line("UID", f"series-{booking.code.lower()}@{address.uid_host}"),
        value_line("DTSTAMP", changed),
        value_line("LAST-MODIFIED", changed),
        value_line("SEQUENCE", str(sequence)),
    ]
    said = [line + b"\r\n" for line in looks]
    return b"".join([b"BEGIN:VEVENT\r\n", *lines, *numbered, *said, b"END:VEVENT\r\n"])
