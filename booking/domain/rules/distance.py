"""A distance between two bookings of the same community in a room, so that others have their turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, number


@dataclass(frozen=True)
class Distance(Rule):
    """`hours` from the end of one to the start of the next; not between occurrences of one booking."""

    code: ClassVar[str] = "distance"
    looks_at_uses: ClassVar[bool] = True
    hours: int = number("hours", least=1, most=24 * 31)

    def check(self, ask: Ask) -> Iterator[Violation]:
        away = timedelta(hours=self.hours)
        around = ask.period.widened(away, away)
        for use in ask.uses:
            near = use.is_other and use.room_id == ask.room_id and use.period.overlaps(around)
            if near and ask.same_holder(use):
                values = {"hours": self.hours, "starts_at": use.period.starts_at, "ends_at": use.period.ends_at}
                yield Violation("distance", values)
                return
