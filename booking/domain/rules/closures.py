"""Nothing takes place while a room is closed (holiday, maintenance)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule


@dataclass(frozen=True)
class Closures(Rule):
    code: ClassVar[str] = "closed"
    at_decision: ClassVar[bool] = True

    def check(self, ask: Ask) -> Iterator[Violation]:
        for closed in ask.opening.closures_in(ask.period):
            values = {
                "names": dict(closed.names),
                "starts_at": closed.period.starts_at,
                "ends_at": closed.period.ends_at,
            }
            yield Violation("closed", values)
