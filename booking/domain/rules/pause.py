"""A weekly break in which nothing takes place, such as Friday prayers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from booking.domain.errors import Violation
from booking.domain.opening import Pause
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, SettingError
from booking.domain.rules.clock import is_clock
from booking.domain.rules.hours import DAYS


@dataclass(frozen=True)
class WeeklyPause(Rule):
    """{"day": "fri", "starts": "11:30", "ends": "13:00"}"""

    code: ClassVar[str] = "pause"
    at_decision: ClassVar[bool] = True
    day: str = "fri"
    starts: str = "11:30"
    ends: str = "13:00"

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Self:
        rule = super().from_settings(values)
        if rule.day not in DAYS:
            raise SettingError(cls.code, "day", "unknown_day")
        if not (is_clock(rule.starts) and is_clock(rule.ends)):
            raise SettingError(cls.code, "starts", "clock")
        if rule.starts >= rule.ends:
            raise SettingError(cls.code, "starts", "order")
        return rule

    def as_pause(self) -> Pause:
        return Pause(DAYS.index(self.day), self.starts, self.ends)

    def check(self, ask: Ask) -> Iterator[Violation]:
        for pause in ask.opening.pauses_in(ask.period):
            values = {"starts_at": pause.starts_at, "ends_at": pause.ends_at}
            yield Violation("pause", values)
