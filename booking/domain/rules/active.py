"""How many requests of a community may wait for a decision at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, number


@dataclass(frozen=True)
class MostActive(Rule):
    """Undecided occurrences of other bookings in this room; a series that is asked for now counts as one."""

    code: ClassVar[str] = "active"
    looks_at_uses: ClassVar[bool] = True
    count: int = number("requests", least=1, most=1000)

    def check(self, ask: Ask) -> Iterator[Violation]:
        waiting = [
            use
            for use in ask.uses
            if use.is_undecided and use.is_other and use.room_id == ask.room_id and ask.same_holder(use)
        ]
        if len(waiting) >= self.count:
            yield Violation("active", {"count": self.count, "had": len(waiting)}, field="community")
