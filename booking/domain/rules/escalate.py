"""When more than the room's usual tier must decide: late hours, certain days, many people. Refuses nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from booking.domain.approval import Tier, higher
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import WEEKDAYS, Rule, choice, clock, flag, number
from booking.domain.series import DAYS


@dataclass(frozen=True)
class Escalate(Rule):
    """Any one of these is enough. `after` "24:00", no `days`, and `more_people` 0 ask for nothing.

    `after`: it ends later than this wall time of the day on which it starts.
    """

    code: ClassVar[str] = "escalate"
    to: str = choice("officer", "head", default="head")
    after: str = clock("24:00")
    days: list[str] = field(default_factory=list, metadata=WEEKDAYS)
    more_people: int = number("people", least=0, most=100_000, default=0)
    private: bool = flag(default=False)
    unverified: bool = flag(default=False)

    def tier(self, ask: Ask, tier: Tier) -> Tier:
        return higher(tier, Tier(self.to)) if self._is_too_much(ask) else tier

    def _is_too_much(self, ask: Ask) -> bool:
        first = ask.opening.days(ask.period)[0]
        is_late = self.after != "24:00" and ask.period.ends_at > ask.opening.at(first, self.after)
        if is_late or DAYS[first.weekday()] in self.days or 0 < self.more_people < ask.people:
            return True
        if ask.asker is None:
            return False
        return self.private if ask.asker.is_private else self.unverified and not ask.asker.is_verified
