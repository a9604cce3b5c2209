"""How many units are free at each moment: a sweep over claims."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.domain.period import REACH, Period, joined


@dataclass(frozen=True, slots=True)
class Taken:
    """What one claim takes: a period (buffers included) and a number of units."""

    period: Period
    units: int


@dataclass(frozen=True, slots=True)
class Free:
    period: Period
    units: int


class Ledger:
    """What claims take of one resource. A question about a period looks only at claims that can reach into it."""

    def __init__(self, taken: Iterable[Taken] = ()) -> None:
        self._taken = sorted(taken, key=_start)

    def add(self, taken: Taken) -> None:
        insort(self._taken, taken, key=_start)

    def near(self, within: Period) -> list[Taken]:
        """Claims that may overlap `within`: none is longer than REACH, so none began earlier than that before it."""
        first = bisect_left(self._taken, within.starts_at - REACH, key=_start)
        last = bisect_left(self._taken, within.ends_at, key=_start)
        return self._taken[first:last]

    def __iter__(self) -> Iterator[Taken]:
        return iter(self._taken)


def _start(taken: Taken) -> datetime:
    return taken.period.starts_at


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


def fitting(need: int, units: int, taken: Iterable[Taken], within: Period) -> list[Period]:
    """The stretches of `within` in which `need` units are free all the time."""
    return joined(free.period for free in free_units(units, taken, within) if free.units >= need)


def nearest_fit(
    wanted: Period, free: list[Period], *, starts: Iterable[datetime], suits: Callable[[Period], bool]
) -> Period | None:
    """The nearest period as long as `wanted`, at one of the `starts`, that lies in a `free` stretch and `suits`."""
    for at in outwards(sorted(starts), wanted.starts_at):
        period = wanted.moved_to(at)
        if lies_in(period, free) and suits(period):
            return period
    return None


def outwards(ordered: Sequence[datetime], middle: datetime) -> Iterator[datetime]:
    """Moments in the order of their distance from the middle; of two that are equally far the earlier one first."""
    after = bisect_left(ordered, middle)
    before = after - 1
    while before >= 0 or after < len(ordered):
        if after == len(ordered) or (before >= 0 and middle - ordered[before] <= ordered[after] - middle):
            yield ordered[before]
            before -= 1
        else:
            yield ordered[after]
            after += 1


def lies_in(period: Period, free: list[Period]) -> bool:
    """Whether one of these stretches (in order, apart from each other) holds the whole period."""
    at = bisect_left(free, period.ends_at, key=lambda one: one.ends_at)
    return at < len(free) and free[at].contains(period)
