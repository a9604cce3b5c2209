"""How many units are free at each moment: a sweep over claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from booking.domain.period import Period


@dataclass(frozen=True, slots=True)
class Taken:
    """What one claim takes: a period (buffers included) and a number of units."""

    period: Period
    units: int


@dataclass(frozen=True, slots=True)
class Free:
    period: Period
    units: int


def free_units(units: int, taken: Iterable[Taken], within: Period) -> list[Free]:
    """Consecutive periods of `within` with the units free in each; neighbours differ. Never below 0."""
    steps: dict[datetime, int] = defaultdict(int)
    for claim in taken:
        clipped = claim.period.clip(within)
        if clipped:
            steps[clipped.starts_at] += claim.units
            steps[clipped.ends_at] -= claim.units
    result: list[Free] = []
    used, since = 0, within.starts_at
    for at in [*sorted(steps), within.ends_at]:
        if at > since:
            _append(result, Free(Period(since, at), max(units - used, 0)))
        used, since = used + steps.get(at, 0), at
    return result


def _append(result: list[Free], free: Free) -> None:
    if result and result[-1].units == free.units:
        free = Free(Period(result.pop().period.starts_at, free.period.ends_at), free.units)
    result.append(free)


def least_free(units: int, taken: Iterable[Taken], within: Period) -> int:
    """The fewest units free at any moment of `within`."""
    return min(free.units for free in free_units(units, taken, within))


def nearest_fit(
    wanted: Period,
    need: int,
    units: int,
    taken: list[Taken],
    *,
    starts: Iterable[datetime],
    suits: Callable[[Period], bool],
) -> Period | None:
    """The nearest period as long as `wanted`, at one of the `starts`, where `need` units fit and that `suits`."""
    for at in sorted(starts, key=lambda at: (abs(at - wanted.starts_at), at)):
        period = wanted.moved_to(at)
        if least_free(units, taken, period) >= need and suits(period):
            return period
    return None
