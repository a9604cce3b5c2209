"""How many units are free at each moment: a sweep over claims."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from booking.domain.period import REACH, Period, joined


class Taken(NamedTuple):
    """What one claim takes: a period (buffers included) and a number of units."""

    period: Period
    units: int


class Free(NamedTuple):
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
    result: list[Free] = []
    used, since, left = 0, within.starts_at, units
    for at, change in _steps(taken, within):
        used += change
        now_left = max(units - used, 0)
        if now_left != left:
            if at > since:
                result.append(Free(Period(since, at), left))
            since, left = at, now_left
    if since < within.ends_at:
        result.append(Free(Period(since, within.ends_at), left))
    return result


def least_free(units: int, taken: Iterable[Taken], within: Period) -> int:
    """The fewest units free at any moment of `within`."""
    used = most = 0
    for _at, change in _steps(taken, within):
        used += change
        most = max(most, used)
    return max(units - most, 0)


def _steps(taken: Iterable[Taken], within: Period) -> list[tuple[datetime, int]]:
    """When how many units more (or, below 0, fewer) are taken inside `within`, in order, each moment once."""
    changes: list[tuple[datetime, int]] = []
    begins, ends = within.starts_at, within.ends_at
    for period, units in taken:
        starts_at, ends_at = period.starts_at, period.ends_at
        if starts_at < ends and ends_at > begins:
            changes.append((max(starts_at, begins), units))
            changes.append((min(ends_at, ends), -units))
    changes.sort()
    return _merged(changes)


def _merged(changes: list[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """One change a moment. Neighbours are compared: a dict of moments would spend its time hashing them."""
    merged: list[tuple[datetime, int]] = []
    for at, change in changes:
        if merged and merged[-1][0] == at:
            merged[-1] = at, merged[-1][1] + change
        else:
            merged.append((at, change))
    return merged


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
