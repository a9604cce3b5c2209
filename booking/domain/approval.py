"""Which tier must decide a request, who may, and by when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from booking.domain.period import soonest
from booking.domain.permissions import Action, Viewer


class Tier(StrEnum):
    AUTOMATIC = "automatic"
    OFFICER = "officer"
    HEAD = "head"


# An automatic occurrence that waits for the others of its booking is the officer's to decide.
_NEEDS = {
    Tier.AUTOMATIC: Action.DECIDE_OFFICER,
    Tier.OFFICER: Action.DECIDE_OFFICER,
    Tier.HEAD: Action.DECIDE_HEAD,
}


def may_decide(viewer: Viewer, tier: Tier, site_id: int, room_id: int) -> bool:
    return viewer.may(_NEEDS[tier], site_id, room_id)


def waits(tiers: list[Tier]) -> bool:
    """Automatic occurrences of a booking wait when any other of it needs a decision."""
    return any(tier is not Tier.AUTOMATIC for tier in tiers)


def higher(one: Tier, other: Tier) -> Tier:
    """The one of two tiers that stands above the other."""
    return max(one, other, key=list(Tier).index)


WORKDAYS = range(5)
"""Monday to Friday: when offices answer. Rooms may be open on other days too."""
_LONGEST = 366


def answer_by(asked_at: datetime, days: int, zone: ZoneInfo, is_shut: Callable[[date], bool]) -> datetime:
    """The end of the `days`-th working day after the day on which somebody asked, in the site's zone.

    Days on which the site `is_shut` (holidays) do not count; nor do more than a year of them.
    """
    day = asked_at.astimezone(zone).date()
    for _ in range(_LONGEST):
        if days <= 0:
            break
        day += timedelta(days=1)
        days -= day.weekday() in WORKDAYS and not is_shut(day)
    return soonest(datetime.combine(day + timedelta(days=1), time()), zone)
