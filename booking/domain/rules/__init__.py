"""The house rules of a room. One rule is one file: a frozen dataclass whose fields are its settings.

A room stores {"notice": {"hours": 72}}: a rule without settings does not apply. What a room does not speak of, its site
may say for all its rooms; null ends that for the room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from booking.domain.approval import Tier
from booking.domain.errors import Violation
from booking.domain.opening import Closed, Opening, Profile
from booking.domain.rules.active import MostActive
from booking.domain.rules.ask import Ask
from booking.domain.rules.automatic import Automatic
from booking.domain.rules.base import Rule, SettingError
from booking.domain.rules.basics import Basics
from booking.domain.rules.closures import Closures
from booking.domain.rules.distance import Distance
from booking.domain.rules.escalate import Escalate
from booking.domain.rules.grid import Grid
from booking.domain.rules.horizon import Horizon
from booking.domain.rules.hours import Hours
from booking.domain.rules.length import Length
from booking.domain.rules.most_units import MostUnits
from booking.domain.rules.notice import Notice
from booking.domain.rules.pause import WeeklyPause
from booking.domain.rules.prayer import PrayerTimes
from booking.domain.rules.prime import PrimeTime
from booking.domain.rules.quota import CommunityQuota, PersonQuota
from booking.domain.rules.who import Who

RULES: dict[str, type[Rule]] = {
    rule.code: rule
    for rule in (
        Hours,
        WeeklyPause,
        Notice,
        Horizon,
        Length,
        Grid,
        MostUnits,
        Who,
        Automatic,
        Escalate,
        CommunityQuota,
        PersonQuota,
        PrimeTime,
        MostActive,
        Distance,
        PrayerTimes,
    )
}
# These need no settings: they hold in every room.
ALWAYS: tuple[Rule, ...] = (Basics(), Closures())

Settings = Mapping[str, Mapping[str, Any] | None]


def parse(settings: Settings) -> list[Rule]:
    """The rules behind stored JSON, in the order of the table. Raises SettingError: which rule, which field, what."""
    unknown = sorted(set(settings) - set(RULES))
    if unknown:
        raise SettingError(str(unknown[0])[:40], None, "unknown_rule")
    said = ((rule, settings.get(code)) for code, rule in RULES.items())
    return [rule.from_settings(values) for rule, values in said if values is not None]


def in_force(of_site: Settings, of_room: Settings) -> list[Rule]:
    """The rules of a room: its own, and those of its site of which it does not speak. Raises SettingError."""
    return list(_parsed(json.dumps({**of_site, **of_room})))


@lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[Rule, ...]:
    """Rules are frozen, so those behind the same text are the same objects: a day of 20 rooms parses nothing twice."""
    return tuple(parse(json.loads(text)))


def violations(rules: Sequence[Rule], ask: Ask, *, deciding: bool = False) -> list[Violation]:
    """Everything that stands in the way, in the order of the rules; `deciding` leaves out what is judged when asked."""
    chosen = [rule for rule in (*ALWAYS, *rules) if rule.at_decision or not deciding]
    return [violation for rule in chosen for violation in rule.check(ask)]


def tier_of(rules: Sequence[Rule], ask: Ask, tier: Tier) -> Tier:
    """Who must decide a wanted occurrence: the room's own tier, unless a rule asks for more."""
    for rule in rules:
        tier = rule.tier(ask, tier)
    return tier


def is_overridable(violation: Violation) -> bool:
    """Whether staff may set this aside with a reason: a house rule or a closure, never a fact of the place."""
    return violation.code == Closures.code or violation.code in RULES or violation.code.partition("_")[0] in RULES


def opening(
    rules: Sequence[Rule],
    zone: ZoneInfo,
    closures: Sequence[Closed] = (),
    in_use: tuple[date | None, date | None] = (None, None),
    profiles: Sequence[Profile] = (),
) -> Opening:
    """The opening of a room: rules that speak of hours, profiles, closures laid over it, first and last day of use."""
    weekly = next((rule.as_weekly() for rule in rules if isinstance(rule, Hours)), None)
    pauses = [rule.as_pause() for rule in rules if isinstance(rule, WeeklyPause)]
    return Opening(zone, weekly, pauses, closures, *in_use, profiles)


def profile(
    settings: Settings,
    names: Mapping[str, str],
    dates: tuple[date, date],
    *,
    percent: int = 100,
    may_open: bool = False,
    may_pause: bool = False,
) -> Profile:
    """A profile whose hours and break are written as the rules `hours` and `pause` are. Raises SettingError."""
    found = parse(settings)
    if other := sorted(set(settings) - {Hours.code, WeeklyPause.code}):
        raise SettingError(other[0], None, "unknown_rule")
    weekly = next((rule.as_weekly() for rule in found if isinstance(rule, Hours)), None)
    pauses = [rule.as_pause() for rule in found if isinstance(rule, WeeklyPause)] if "pause" in settings else None
    return Profile(names, *dates, weekly, pauses, percent, may_open, may_pause)


def step_minutes(rules: Sequence[Rule]) -> int:
    """The start grid of a room in minutes; 30 where none is set."""
    return next((rule.minutes for rule in rules if isinstance(rule, Grid)), 30)
