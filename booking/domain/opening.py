"""When a room is open: weekly hours, the weekly break and closures, as periods of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking.domain.period import Period, joined, soonest

# weekday (Monday is 0) -> stretches of wall time; the end "24:00" is midnight of the next day
Weekly = Mapping[int, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Closed:
    """A time when the room is shut, with its name in each language ({"id": ..., "en": ...})."""

    period: Period
    names: Mapping[str, str]
    provisional: bool = False


@dataclass(frozen=True)
class Pause:
    """A weekly break (Friday prayers, a cleaning hour); wall times as "HH:MM"."""

    weekday: int
    starts: str
    ends: str


@dataclass(frozen=True)
class Profile:
    """A named set of hours with dates, both included (Ramadan, a pandemic). None: hours or breaks stay as they are.

    `may_open` says whether it opens days on which the room is closed otherwise, `may_pause` whether it brings a break
    to a room that has none: what is meant for every room does neither. `percent` of the people and units fit.
    """

    names: Mapping[str, str]
    first_on: date
    last_on: date
    weekly: Weekly | None = None
    pauses: Sequence[Pause] | None = None
    percent: int = 100
    may_open: bool = False
    may_pause: bool = False


def share(whole: int, profile: Profile | None) -> int:
    """How many of `whole` fit in a profile: rounded down, one at the least."""
    return whole if profile is None else max(1, whole * profile.percent // 100)


@dataclass(frozen=True)
class Opening:
    """The opening of one room. `weekly` None: nobody set hours, so it is open round the clock."""

    zone: ZoneInfo
    weekly: Weekly | None = None
    pauses: Sequence[Pause] = ()
    closures: Sequence[Closed] = field(default=())
    first_on: date | None = None
    last_on: date | None = None
    profiles: Sequence[Profile] = ()

    def profile_on(self, day: date) -> Profile | None:
        return next((one for one in self.profiles if one.first_on <= day <= one.last_on), None)

    def narrowest(self, period: Period) -> Profile | None:
        """The profile of the days of a period that lets in the smallest share, if any lets in less than all."""
        if not self.profiles:
            return None
        found = [one for day in self.days(period) if (one := self.profile_on(day)) and one.percent < 100]
        return min(found, key=lambda one: one.percent, default=None)

    def is_in_use_on(self, day: date) -> bool:
        """Rooms retire, they never vanish: the first and the last day of use are included."""
        return (self.first_on is None or self.first_on <= day) and (self.last_on is None or day <= self.last_on)

    def hours_on(self, day: date) -> list[Period]:
        """Hours of a day, those of a profile where one is in force, before breaks and closures."""
        stretches = self._stretches(day)
        return [period for starts, ends in stretches for period in self._stretch(day, starts, ends)]

    def _stretches(self, day: date) -> Sequence[tuple[str, str]]:
        usual = [("00:00", "24:00")] if self.weekly is None else self.weekly.get(day.weekday(), ())
        profile = self.profile_on(day)
        if profile is None or profile.weekly is None or not (usual or profile.may_open):
            return usual
        return profile.weekly.get(day.weekday(), ())

    def _stretch(self, day: date, starts: str, ends: str) -> list[Period]:
        """Nothing where the clocks jump over the whole of it."""
        starts_at, ends_at = self.at(day, starts), self.at(day, ends)
        return [Period(starts_at, ends_at)] if starts_at < ends_at else []

    def pauses_on(self, day: date) -> list[Period]:
        profile = self.profile_on(day)
        is_other = profile is not None and profile.pauses is not None and bool(self.pauses or profile.may_pause)
        pauses = profile.pauses or () if profile is not None and is_other else self.pauses
        return [
            period
            for pause in pauses
            if pause.weekday == day.weekday()
            for period in self._stretch(day, pause.starts, pause.ends)
        ]

    def on(self, day: date) -> list[Period]:
        """What is open on a day, in order, breaks and closures cut out."""
        if not self.is_in_use_on(day):
            return []
        cut = [*self.pauses_on(day), *(closed.period for closed in self.closures)]
        return [left for hours in self.hours_on(day) for left in hours.minus(cut)]

    def between(self, span: Period) -> list[Period]:
        """What is open inside a span, joined over midnight."""
        days = self.days(span)
        clipped = (period.clip(span) for day in days for period in self.on(day))
        return joined(period for period in clipped if period)

    def holds(self, period: Period) -> bool:
        """Whether the whole period is open."""
        return any(opened.contains(period) for opened in self.between(period))

    def within_hours(self, period: Period) -> bool:
        """Whether the whole period lies in the weekly hours, whatever breaks and closures say."""
        return any(hours.contains(period) for hours in self.hours_between(period))

    def hours_between(self, span: Period) -> list[Period]:
        return joined(hours for day in self.days(span) for hours in self.hours_on(day))

    def closures_in(self, period: Period) -> list[Closed]:
        return [closed for closed in self.closures if closed.period.overlaps(period)]

    def pauses_in(self, period: Period) -> list[Period]:
        return [pause for day in self.days(period) for pause in self.pauses_on(day) if pause.overlaps(period)]

    def days(self, span: Period) -> list[date]:
        first = span.starts_at.astimezone(self.zone).date()
        last = (span.ends_at - timedelta(microseconds=1)).astimezone(self.zone).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def at(self, day: date, clock: str) -> datetime:
        """The instant of a wall time of a day; "24:00" is the next midnight."""
        return _instant(day, clock, self.zone)


# a page asks for the same few hours of the same few days for each of its rooms
@lru_cache(maxsize=4096)
def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        return soonest(datetime.combine(day + timedelta(days=1), time()), zone)
    return soonest(datetime.combine(day, time.fromisoformat(clock)), zone)


@lru_cache(maxsize=1024)
def day_period(day: date, zone: ZoneInfo) -> Period:
    """The whole of a day in a zone: 23, 24 or 25 hours."""
    ends = datetime.combine(day + timedelta(days=1), time())
    return Period(soonest(datetime.combine(day, time()), zone), soonest(ends, zone))
