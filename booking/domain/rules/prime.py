"""Hours that everybody wants are shared: a community's share of prime time in a week or a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.period import Period, joined
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import WEEKDAYS, Rule, SettingError, choice, clock, number
from booking.domain.rules.quota import span_of
from booking.domain.series import DAYS


@dataclass(frozen=True)
class PrimeTime(Rule):
    """{"days": ["mon", ...], "starts": "17:00", "ends": "21:00", "hours": 4, "per": "week"}; in this room."""

    code: ClassVar[str] = "prime"
    looks_at_uses: ClassVar[bool] = True
    days: list[str] = field(default_factory=lambda: list(DAYS[:5]), metadata=WEEKDAYS)
    starts: str = clock("17:00")
    ends: str = clock("21:00")
    hours: int = number("hours", least=1, most=1000, default=4)
    per: str = choice("week", "month", default="week")

    def check_settings(self) -> None:
        if self.starts >= self.ends:
            raise SettingError(self.code, "starts", "order")
        if not self.days:
            raise SettingError(self.code, "days", "missing")

    def check(self, ask: Ask) -> Iterator[Violation]:
        wanted = self._prime(ask, ask.period)
        if ask.asker is None or not wanted:
            return
        span = span_of(ask.period, self.per, ask.opening.zone)
        had = sum(
            self._prime(ask, use.period)
            for use in ask.uses
            if use.room_id == ask.room_id
            and ask.same_holder(use)
            and span_of(use.period, self.per, ask.opening.zone) == span
        )
        if had + wanted > self.hours * 60:
            values = {"starts": self.starts, "ends": self.ends, "hours": self.hours, "per": self.per}
            yield Violation("prime", values | {"had_minutes": had, "minutes": wanted})

    def _prime(self, ask: Ask, period: Period) -> int:
        """Minutes of a period that lie in prime time."""
        opening = ask.opening
        days = [day for day in opening.days(period) if DAYS[day.weekday()] in self.days]
        # nothing is left of it where the clocks jump over the whole
        spans = ((opening.at(day, self.starts), opening.at(day, self.ends)) for day in days)
        prime = joined(Period(starts_at, ends_at) for starts_at, ends_at in spans if starts_at < ends_at)
        return sum(clipped.minutes for one in prime if (clipped := one.clip(period)))
