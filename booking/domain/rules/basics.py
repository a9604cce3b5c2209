"""What holds everywhere: the room can be booked, the time lies ahead, units and people fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.opening import share
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule

MOST_PEOPLE = 100_000
# no calendar here shows more, so nothing is lent beyond it, whatever the horizon of a room
FARTHEST = timedelta(days=3 * 365)


@dataclass(frozen=True)
class Basics(Rule):
    code: ClassVar[str] = "basics"
    at_decision: ClassVar[bool] = True

    def check(self, ask: Ask) -> Iterator[Violation]:
        if not ask.bookable:
            yield Violation("not_bookable")
        if not all(ask.opening.is_in_use_on(day) for day in ask.opening.days(ask.period)):
            yield Violation("retired")
        if ask.period.starts_at < ask.now:
            yield Violation("past", {"starts_at": ask.period.starts_at})
        if ask.period.starts_at > ask.now + FARTHEST:
            yield Violation("too_far", {"days": FARTHEST.days, "latest": ask.now + FARTHEST})
        profile = ask.opening.narrowest(ask.period)
        most_units = share(ask.room_units, profile)
        if not 1 <= ask.units <= most_units:
            yield Violation("units", {"units": ask.units, "most": most_units}, field="units")
        if not 1 <= ask.people <= MOST_PEOPLE:
            yield Violation("people", {"people": ask.people, "most": MOST_PEOPLE}, field="people")
        elif ask.capacity and ask.people > (most := share(ask.capacity, profile)):
            values: dict[str, object] = {"people": ask.people, "most": most}
            values |= {"profile": dict(profile.names)} if profile else {}
            yield Violation("capacity", values, field="people")
