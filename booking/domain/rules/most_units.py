"""How many units of a room one request may take at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, number


@dataclass(frozen=True)
class MostUnits(Rule):
    code: ClassVar[str] = "most_units"
    most: int = number("units", least=1, most=10_000)

    def check(self, ask: Ask) -> Iterator[Violation]:
        if self.most < ask.units <= ask.room_units:
            yield Violation("most_units", {"units": ask.units, "most": self.most}, field="units")
