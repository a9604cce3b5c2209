"""Which tier must decide a request, and who may."""

from __future__ import annotations

from enum import StrEnum

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


def may_decide(viewer: Viewer, tier: Tier, site_id: int) -> bool:
    return viewer.may(_NEEDS[tier], site_id)


def waits(tiers: list[Tier]) -> bool:
    """Automatic occurrences of a booking wait when any other of it needs a decision."""
    return any(tier is not Tier.AUTOMATIC for tier in tiers)
