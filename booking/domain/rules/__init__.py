"""The house rules of a room. One rule is one file: a frozen dataclass whose fields are its settings.

A room stores {"notice": {"hours": 72}}: a rule without settings does not apply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from booking.domain.errors import Violation
from booking.domain.opening import Closed, Opening
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, SettingError
from booking.domain.rules.basics import Basics
from booking.domain.rules.closures import Closures
from booking.domain.rules.grid import Grid
from booking.domain.rules.horizon import Horizon
from booking.domain.rules.hours import Hours
from booking.domain.rules.length import Length
from booking.domain.rules.notice import Notice
from booking.domain.rules.pause import WeeklyPause

RULES: dict[str, type[Rule]] = {rule.code: rule for rule in (Hours, WeeklyPause, Notice, Horizon, Length, Grid)}
# These need no settings: they hold in every room.
ALWAYS: tuple[Rule, ...] = (Basics(), Closures())


def parse(settings: Mapping[str, Mapping[str, Any]]) -> list[Rule]:
    """The rules behind stored JSON. Raises SettingError naming the rule, the field and what is wrong."""
    unknown = sorted(set(settings) - set(RULES))
    if unknown:
        raise SettingError(unknown[0], None, "unknown_rule")
    return [RULES[code].from_settings(values) for code, values in settings.items()]


def violations(rules: list[Rule], ask: Ask, *, deciding: bool = False) -> list[Violation]:
    """Everything that stands in the way, in the order of the rules; `deciding` leaves out what is judged when asked."""
    chosen = [rule for rule in (*ALWAYS, *rules) if rule.at_decision or not deciding]
    return [violation for rule in chosen for violation in rule.check(ask)]


def opening(
    rules: Sequence[Rule],
    zone: ZoneInfo,
    closures: Sequence[Closed] = (),
    in_use: tuple[date | None, date | None] = (None, None),
) -> Opening:
    """The opening of a room: rules that speak of hours, closures laid over it, first and last day of use."""
    weekly = next((rule.as_weekly() for rule in rules if isinstance(rule, Hours)), None)
    pauses = [rule.as_pause() for rule in rules if isinstance(rule, WeeklyPause)]
    return Opening(zone, weekly, pauses, closures, *in_use)


def step_minutes(rules: Sequence[Rule]) -> int:
    """The start grid of a room in minutes; 30 where none is set."""
    return next((rule.minutes for rule in rules if isinstance(rule, Grid)), 30)
