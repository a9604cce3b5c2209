"""A weekly break in which nothing takes place, such as Friday prayers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.opening import Pause
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, SettingError, clock, weekday
from booking.domain.series import DAYS


@dataclass(frozen=True)
class WeeklyPause(Rule):
    """{"day": "fri", "starts": "11:30", "ends": "13:00"}"""

    code: ClassVar[str] = "pause"
    at_decision: ClassVar[bool] = True
    day: str = weekday("fri")
    starts: str = clock("11:30")
    ends: str = clock("13:00")

    def check_settings(self) -> None:
        if self.starts >= self.ends:
            raise SettingError(self.code, "starts", "order")

    def as_pause(self) -> Pause:
        return Pause(DAYS.index(self.day), self.starts, self.ends)

    def check(self, ask: Ask) -> Iterator[Violation]:
        for pause in ask.opening.pauses_in(ask.period):
            values = {"starts_at": pause.starts_at, "ends_at": pause.ends_at}
            yield Violation("pause", values)
