"""On which minutes a period may start and end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, number


@dataclass(frozen=True)
class Grid(Rule):
    """Starts and ends fall on multiples of `minutes` counted from midnight, wall time of the site."""

    code: ClassVar[str] = "grid"
    minutes: int = number("minutes", least=5, most=240, default=30)

    def check(self, ask: Ask) -> Iterator[Violation]:
        if any(past_grid(at, ask.opening.zone, self.minutes) for at in (ask.period.starts_at, ask.period.ends_at)):
            yield Violation("grid", {"minutes": self.minutes})


def past_grid(at: datetime, zone: ZoneInfo, minutes: int) -> timedelta:
    """How long ago, by the wall clock of the zone, the last multiple of `minutes` from midnight was."""
    wall = at.astimezone(zone)
    past = timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
    return past % timedelta(minutes=minutes)


def next_on_grid(at: datetime, zone: ZoneInfo, minutes: int) -> datetime:
    """This moment if it lies on the grid, else the next that does."""
    past = past_grid(at, zone, minutes)
    return at - past + timedelta(minutes=minutes) if past else at
