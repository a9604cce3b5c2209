"""On which minutes a period may start and end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, number


@dataclass(frozen=True)
class Grid(Rule):
    """Starts and ends fall on multiples of `minutes` counted from midnight, wall time of the site."""

    code: ClassVar[str] = "grid"
    minutes: int = number("minutes", least=5, most=240, default=30)

    def check(self, ask: Ask) -> Iterator[Violation]:
        if self._over(ask.period.starts_at, ask) or self._over(ask.period.ends_at, ask):
            yield Violation("grid", {"minutes": self.minutes})

    def _over(self, at: datetime, ask: Ask) -> timedelta:
        wall = at.astimezone(ask.opening.zone)
        past_midnight = timedelta(
            hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond
        )
        return past_midnight % timedelta(minutes=self.minutes)
