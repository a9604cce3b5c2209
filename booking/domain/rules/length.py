"""The shortest and the longest one may take a room at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, SettingError, number


@dataclass(frozen=True)
class Length(Rule):
    code: ClassVar[str] = "length"
    shortest: int = number("minutes", least=5, most=24 * 60)
    longest: int = number("minutes", least=5, most=24 * 60)

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Self:
        rule = super().from_settings(values)
        if rule.shortest > rule.longest:
            raise SettingError(cls.code, "shortest", "order")
        return rule

    def check(self, ask: Ask) -> Iterator[Violation]:
        if self.shortest <= ask.period.minutes <= self.longest:
            return
        values = {"minutes": ask.period.minutes, "shortest": self.shortest, "longest": self.longest}
        yield Violation("length", values)
