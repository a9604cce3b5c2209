"""One wanted occurrence for the tests of rules: Monday 23 November 2026, 08.30 WIB, is now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.domain.approval import Tier
from booking.domain.errors import Violation
from booking.domain.period import Period
from booking.domain.rules import opening, parse, tier_of, violations
from booking.domain.rules.ask import Ask, Asker, Use

ZONE = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
PERSON, COMMUNITY = 7, 3
PRIVATE = Asker(PERSON)
BAND = Asker(PERSON, COMMUNITY, "komunitas", is_verified=True)


def period(day: int, starts: str, ends: str) -> Period:
    """Wall times, `day` days after that Monday."""
    midnight = datetime(2026, 11, 23, tzinfo=ZONE) + timedelta(days=day)
    hours = [timedelta(hours=int(clock[:2]), minutes=int(clock[3:])) for clock in (starts, ends)]
    return Period(*(midnight + hour for hour in hours))


def use(day: int, starts: str, ends: str, **more: Any) -> Use:
    """Something the community has already, in the same room."""
    facts = {"room_id": 0, "person_id": PERSON, "community_id": COMMUNITY, "is_undecided": False, **more}
    return Use(period(day, starts, ends), **facts)


def wanted(day: int, starts: str, ends: str, settings: dict[str, Any], **more: Any) -> Ask:
    return replace(Ask(period(day, starts, ends), 1, 2, NOW, opening(parse(settings), ZONE)), **more)


def broken(day: int, starts: str, ends: str, settings: dict[str, Any], **more: Any) -> list[Violation]:
    deciding = more.pop("deciding", False)
    return violations(parse(settings), wanted(day, starts, ends, settings, **more), deciding=deciding)


def ask(day: int, starts: str, ends: str, settings: dict[str, Any], **more: Any) -> list[str]:
    """Codes of what stands in the way."""
    return [violation.code for violation in broken(day, starts, ends, settings, **more)]


def tier(settings: dict[str, Any], **more: Any) -> Tier:
    return tier_of(parse(settings), wanted(1, "10:00", "11:00", settings, **more), Tier.AUTOMATIC)
