"""What a month of opening looks like: for each day its open stretches, and whether and why they differ from usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from booking.domain.opening import Closed, Opening, Profile, day_period
from booking.domain.period import Period


class DayKind(StrEnum):
    USUAL = "usual"
    OTHER = "other"  # open, but not as in any other week
    SHUT = "shut"  # closed by a closure or a profile
    OFF = "off"  # closed in every week
    OUT = "out"  # before the first or after the last day of use


@dataclass(frozen=True)
class Day:
    """`is_changed`: not what it was before the profile that is being tried out."""

    day: date
    kind: DayKind
    opened: Sequence[Period]
    closures: Sequence[Closed]
    profile: Profile | None
    is_changed: bool = False


def month_of(opening: Opening, first: date, before: Opening | None = None) -> list[Day]:
    """Every day of the month that begins on `first`; `before`: the opening that this one would replace."""
    after = (first + timedelta(days=31)).replace(day=1)
    return [_day(opening, first + timedelta(days=at), before) for at in range((after - first).days)]


def _day(opening: Opening, day: date, before: Opening | None) -> Day:
    opened = opening.on(day)
    profile = opening.profile_on(day)
    closures = opening.closures_in(day_period(day, opening.zone))
    is_changed = before is not None and _differs(before, opening, day)
    return Day(day, _kind(opening, day, opened), opened, closures, profile, is_changed)


def _differs(before: Opening, after: Opening, day: date) -> bool:
    """Other hours; or as many hours for more or fewer people, which says nothing of a day that is closed anyway."""
    opened = after.on(day)
    shares = [_percent(one.profile_on(day)) for one in (before, after)]
    return before.on(day) != opened or (bool(opened) and shares[0] != shares[1])


def _percent(profile: Profile | None) -> int:
    return 100 if profile is None else profile.percent


def _kind(opening: Opening, day: date, opened: Sequence[Period]) -> DayKind:
    if not opening.is_in_use_on(day):
        return DayKind.OUT
    usual = replace(opening, closures=(), profiles=()).on(day)
    if opened == usual:
        return DayKind.USUAL if opened else DayKind.OFF
    return DayKind.OTHER if opened else DayKind.SHUT
