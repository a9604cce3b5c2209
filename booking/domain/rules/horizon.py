"""How far ahead one may ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, number


@dataclass(frozen=True)
class Horizon(Rule):
    code: ClassVar[str] = "horizon"
    days: int = number("days", least=1, most=3660)

    def check(self, ask: Ask) -> Iterator[Violation]:
        latest = ask.now + timedelta(days=self.days)
        if ask.period.starts_at > latest:
            yield Violation("horizon", {"days": self.days, "latest": latest})
