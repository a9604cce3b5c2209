"""What may be told in public of how requests were answered: shares and spans of groups, never of a few people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

FEWEST = 5
"""Of fewer requests nothing is told: whoever knows one of them would learn of the others."""


@dataclass(frozen=True)
class Spread:
    """Half of all took at most `median`, nine of ten at most `most` (the nearest rank; to the minute)."""

    median: timedelta
    most: timedelta


@dataclass
class Figures:
    """Requests of one group. Spans are counted in whole minutes."""

    outcomes: Counter[str] = field(default_factory=Counter)
    lead: Counter[int] = field(default_factory=Counter)
    answer: Counter[int] = field(default_factory=Counter)

    @property
    def is_hidden(self) -> bool:
        return self.outcomes["asked"] < FEWEST

    def told(self) -> Mapping[str, int | None]:
        """Outcome -> how many; None where there are some, but fewer than may be told."""
        return {name: None if 0 < count < FEWEST else count for name in OUTCOMES for count in (self.outcomes[name],)}


OUTCOMES = ("approved", "declined", "expired", "overridden")


def spread(minutes: Counter[int]) -> Spread | None:
    """None for a group of which nothing may be told."""
    total = minutes.total()
    if total < FEWEST:
        return None
    return Spread(*(timedelta(minutes=_ranked(minutes, -(-total * percent // 100))) for percent in (50, 90)))


def _ranked(minutes: Counter[int], rank: int) -> int:
    """The value at a rank (from 1) of the sorted values."""
    seen = 0
    for value in sorted(minutes):
        seen += minutes[value]
        if seen >= rank:
            return value
    raise ValueError(rank)
