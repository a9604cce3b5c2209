"""Series: from a pattern to days, and the merge of an edited series with what was changed by hand.

The days come from dateutil's `rrule`, bounded, and only for the subset of RFC 5545 3.3.10 that calendars agree on:
DAILY, WEEKLY with days, MONTHLY by date or by n-th weekday. Wall times are the business of whoever asks.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

from dateutil.rrule import DAILY, MO, MONTHLY, WEEKLY, rrule, weekday

from booking.domain.errors import Refused, Violation

MOST_OCCURRENCES = 104
MOST_FOR_STAFF = 400
AHEAD = timedelta(days=184)
"""Six months: the last day of a series lies at most so far after the day on which it is asked for, unless for staff."""
FARTHEST_INTERVAL = 52

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# as RFC 5545 and the API write them
SHORT_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Pattern:
    """How days repeat. Ends with `until` (included) or after `count` days; or it is a list of `dates`.

    `on`: weekdays (Monday is 0) of a week, or with `nth` (1 to 4; -1 the last) the n-th such day of a month. MONTH
    without `on`: the day of the month of the first one, or with `nth` -1 the last day of the month.
    """

    every: Every | None = None
    interval: int = 1
    on: tuple[int, ...] = ()
    nth: int | None = None
    until: date | None = None
    count: int | None = None
    dates: tuple[date, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As the API writes it: only what was said."""
        said: dict[str, Any] = {"every": str(self.every)} if self.every else {}
        said |= {"interval": self.interval} if self.interval != 1 else {}
        said |= {"on": [SHORT_DAYS[day] for day in self.on]} if self.on else {}
        for name in ("nth", "count"):
            said |= {name: getattr(self, name)} if getattr(self, name) is not None else {}
        said |= {"until": self.until.isoformat()} if self.until else {}
        return said | ({"dates": [day.isoformat() for day in self.dates]} if self.dates else {})

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Pattern:
        """What `as_json` wrote."""
        return cls(
            Every(said["every"]) if "every" in said else None,
            said.get("interval", 1),
            tuple(SHORT_DAYS.index(day) for day in said.get("on", ())),
            said.get("nth"),
            date.fromisoformat(said["until"]) if "until" in said else None,
            said.get("count"),
            tuple(date.fromisoformat(day) for day in said.get("dates", ())),
        )


def days_of(pattern: Pattern, first: date, *, most: int = MOST_OCCURRENCES) -> list[date]:
    """The days of a series, in order; `first` is the day given, and the series begins at the first lawful day from it.

    A list of dates is that list and the first day. Raises Refused (field `repeat`) with all that is wrong: series_end,
    series_count, series_interval, series_on, series_nth, series_until, series_empty, month_day, too_many.
    """
    broken = list(_wrongs(pattern, first))
    if broken:
        raise Refused(broken)
    if pattern.dates:
        found = sorted({first, *pattern.dates})
    else:
        found = [one.date() for one in islice(_rule(pattern, first), most + 1)]
    if not found:
        raise Refused([Violation("series_empty", field="repeat")])
    if len(found) > most:
        count = len(found) if pattern.dates else pattern.count or len(found)
        raise Refused([Violation("too_many", {"count": count, "most": most}, field="repeat")])
    if missing := missing_month(pattern, first, found):
        raise Refused([Violation("month_day", {"day": first.day, "month": missing}, field="repeat")])
    return found


def _wrongs(pattern: Pattern, first: date) -> Iterator[Violation]:
    """What no reading of the pattern could mend."""
    if pattern.dates:
        if pattern.every or pattern.until or pattern.count is not None:
            yield Violation("series_end", field="repeat")
        return
    if pattern.every is None or (pattern.until is None) == (pattern.count is None):
        yield Violation("series_end", field="repeat")
    if pattern.count is not None and pattern.count < 1:
        yield Violation("series_count", {"count": pattern.count}, field="repeat")
    if pattern.until is not None and pattern.until < first:
        yield Violation("series_until", {"until": pattern.until, "first": first}, field="repeat")
    if not 1 <= pattern.interval <= FARTHEST_INTERVAL:
        yield Violation("series_interval", {"interval": pattern.interval, "most": FARTHEST_INTERVAL}, field="repeat")
    yield from _wrong_days(pattern)


def _wrong_days(pattern: Pattern) -> Iterator[Violation]:
    if any(not 0 <= day <= 6 for day in pattern.on) or (pattern.every is Every.DAY and pattern.on):
        yield Violation("series_on", field="repeat")
    if pattern.every is not Every.MONTH:
        if pattern.nth is not None:
            yield Violation("series_nth", field="repeat")
    elif pattern.on:
        if len(pattern.on) != 1 or pattern.nth not in (1, 2, 3, 4, -1):
            yield Violation("series_nth", field="repeat")
    elif pattern.nth not in (None, -1):
        yield Violation("series_nth", field="repeat")


def _rule(pattern: Pattern, first: date) -> Iterator[datetime]:
    """dateutil's rule; the caller takes as many as may be, which bounds a far `until`."""
    start = datetime.combine(first, time())
    more: dict[str, Any] = {"count": pattern.count}
    if pattern.count is None:
        more = {"until": datetime.combine(pattern.until or first, time())}
    if pattern.every is Every.DAY:
        return iter(rrule(DAILY, start, interval=pattern.interval, **more))
    if pattern.every is Every.WEEK:
        on = sorted(pattern.on) or [first.weekday()]
        return iter(rrule(WEEKLY, start, interval=pattern.interval, byweekday=on, wkst=MO, **more))
    if pattern.on:
        by: dict[str, Any] = {"byweekday": weekday(pattern.on[0], pattern.nth)}
    else:
        by = {"bymonthday": -1 if pattern.nth == -1 else first.day}
    return iter(rrule(MONTHLY, start, interval=pattern.interval, **by, **more))


def missing_month(pattern: Pattern, first: date, found: Sequence[date]) -> date | None:
    """The first month that a monthly series by date skips because it has no such day (RFC 5545 skips it silently)."""
    if pattern.every is not Every.MONTH or pattern.on or pattern.nth is not None or first.day <= 28:
        return None
    last = pattern.until or found[-1]
    months = range(0, (last.year - first.year) * 12 + last.month - first.month + 1, pattern.interval)
    for ahead in islice(months, len(found) + 24):
        year, month = divmod(first.year * 12 + first.month - 1 + ahead, 12)
        length = monthrange(year, month + 1)[1]
        if first.day > length and date(year, month + 1, length) <= last:
            return date(year, month + 1, 1)
    return None


@dataclass(frozen=True)
class Line:
    """What a series says of one of its occurrences, in wall time of its room's site."""

    room_id: int
    starts: datetime
    ends: datetime
    units: int
    people: int | None
    label: str | None

    def moved(self, days: int) -> Line:
        change = timedelta(days=days)
        return Line(self.room_id, self.starts + change, self.ends + change, self.units, self.people, self.label)

    def as_json(self) -> list[Any]:
        starts, ends = (at.isoformat(timespec="minutes") for at in (self.starts, self.ends))
        return [self.room_id, starts, ends, self.units, self.people, self.label]

    @classmethod
    def from_json(cls, said: Sequence[Any]) -> Line:
        room_id, starts, ends, *rest = said
        return cls(room_id, datetime.fromisoformat(starts), datetime.fromisoformat(ends), *rest)


def merged(current: Line, old: Line, new: Line) -> Line:
    """Three-way merge: what still is as the old series said follows the new one; what a hand changed stays.

    Start and end belong together: a date that was moved or made longer by hand keeps both.
    """
    values = {one.name: getattr(current, one.name) for one in fields(Line)}
    for name in ("room_id", "units", "people", "label"):
        if values[name] == getattr(old, name):
            values[name] = getattr(new, name)
    if (current.starts, current.ends) == (old.starts, old.ends):
        values |= {"starts": new.starts, "ends": new.ends}
    return Line(**values)
