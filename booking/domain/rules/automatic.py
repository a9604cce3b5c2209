"""Who is approved at once where a room approves automatically; the others wait for an officer. Refuses nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from booking.domain.approval import Tier
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, flag, number


@dataclass(frozen=True)
class Automatic(Rule):
    """`most_people` and `most_units` 0: however many."""

    code: ClassVar[str] = "automatic"
    private: bool = flag(default=True)
    unverified: bool = flag(default=True)
    series: bool = flag(default=True)
    most_people: int = number("people", least=0, most=100_000, default=0)
    most_units: int = number("units", least=0, most=10_000, default=0)

    def tier(self, ask: Ask, tier: Tier) -> Tier:
        return Tier.OFFICER if tier is Tier.AUTOMATIC and self._is_too_much(ask) else tier

    def _is_too_much(self, ask: Ask) -> bool:
        asker = ask.asker
        if asker is not None and not (self.private if asker.is_private else self.unverified or asker.is_verified):
            return True
        if ask.is_series and not self.series:
            return True
        return 0 < self.most_people < ask.people or 0 < self.most_units < ask.units
