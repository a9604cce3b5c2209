"""The shortest and the longest one may take a room at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, SettingError, number


@dataclass(frozen=True)
class Length(Rule):
    code: ClassVar[str] = "length"
    shortest: int = number("minutes", least=5, most=24 * 60)
    longest: int = number("minutes", least=5, most=24 * 60)

    def check_settings(self) -> None:
        if self.shortest > self.longest:
            raise SettingError(self.code, "shortest", "order")

    def check(self, ask: Ask) -> Iterator[Violation]:
        if self.shortest <= ask.period.minutes <= self.longest:
            return
        values = {"minutes": ask.period.minutes, "shortest": self.shortest, "longest": self.longest}
        yield Violation("length", values)
