"""Half-open stretches of time, and the way between wall time and instants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MAX_OCCURRENCE = timedelta(hours=24)
MAX_BUFFER = timedelta(hours=4)
# No claim is longer than this: every overlap query uses it as its lower bound.
REACH = MAX_OCCURRENCE + 2 * MAX_BUFFER


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """[starts_at, ends_at), both aware. Raises ValueError when empty, reversed or naive."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("a period needs aware instants")
        if self.starts_at >= self.ends_at:
            raise ValueError("a period ends after it starts")

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def minutes(self) -> int:
        return int(self.length.total_seconds() // 60)

    def overlaps(self, other: Period) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def contains(self, other: Period) -> bool:
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at

    def clip(self, other: Period) -> Period | None:
        if other.starts_at <= self.starts_at and self.ends_at <= other.ends_at:
            return self
        starts_at, ends_at = max(self.starts_at, other.starts_at), min(self.ends_at, other.ends_at)
        return Period(starts_at, ends_at) if starts_at < ends_at else None

    def widened(self, before: timedelta, after: timedelta) -> Period:
        return Period(self.starts_at - before, self.ends_at + after)

    def moved_to(self, starts_at: datetime) -> Period:
        return Period(starts_at, starts_at + self.length)

    def minus(self, others: Iterable[Period]) -> list[Period]:
        """What is left of this period when the others are cut out, in order."""
        left, starts_at = [], self.starts_at
        for other in sorted(others):
            if other.ends_at <= starts_at or other.starts_at >= self.ends_at:
                continue
            if other.starts_at > starts_at:
                left.append(Period(starts_at, other.starts_at))
            starts_at = max(starts_at, other.ends_at)
        if starts_at < self.ends_at:
            left.append(Period(starts_at, self.ends_at))
        return left


def joined(periods: Iterable[Period]) -> list[Period]:
    """The same time as few periods: overlapping and touching ones become one."""
    result: list[Period] = []
    for period in sorted(periods):
        if result and period.starts_at <= result[-1].ends_at:
            result[-1] = Period(result[-1].starts_at, max(result[-1].ends_at, period.ends_at))
        else:
            result.append(period)
    return result


class WallTimeError(ValueError):
    """A wall time that names no instant (gap) or two (fold); `hint` is the nearest wall time that names one."""

    def __init__(self, code: str, wall: datetime, hint: datetime) -> None:
        super().__init__(f"{wall:%Y-%m-%d %H:%M} {code}")
        self.code, self.wall, self.hint = code, wall, hint


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a naive wall time in a zone. Raises WallTimeError in gaps and folds (PEP 495)."""
    earlier, later = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if earlier.utcoffset() == later.utcoffset():
        return earlier.astimezone(UTC)
    back = earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if back != wall:
        raise WallTimeError("gap", wall, back)
    raise WallTimeError("fold", wall, wall + timedelta(hours=1))


def soonest(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time, without complaint: a gap counts from before it, a fold takes the first."""
    return wall.replace(tzinfo=zone).astimezone(UTC)


def wall(at: datetime, zone: ZoneInfo) -> datetime:
    """The naive wall time of an instant in a zone."""
    return at.astimezone(zone).replace(tzinfo=None)
