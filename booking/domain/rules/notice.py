"""How long before its start a request must arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, number


@dataclass(frozen=True)
class Notice(Rule):
    code: ClassVar[str] = "notice"
    hours: int = number("hours", least=0, most=24 * 365)

    def check(self, ask: Ask) -> Iterator[Violation]:
        earliest = ask.now + timedelta(hours=self.hours)
        # what lies in the past is told by the basics already
        if ask.now <= ask.period.starts_at < earliest:
            yield Violation("notice", {"hours": self.hours, "earliest": earliest})
