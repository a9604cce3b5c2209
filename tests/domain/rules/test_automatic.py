"""Who is approved at once; nobody is refused by it."""

from __future__ import annotations

from dataclasses import replace

from booking.domain.approval import Tier
from tests.domain.rules.asking import BAND, PRIVATE, ask, tier


def test_what_is_too_much_waits_for_an_officer() -> None:
    assert tier({"automatic": {}}, asker=PRIVATE) is Tier.AUTOMATIC
    assert tier({"automatic": {"private": False}}, asker=PRIVATE) is Tier.OFFICER
    assert tier({"automatic": {"private": False}}, asker=BAND) is Tier.AUTOMATIC
    assert tier({"automatic": {"unverified": False}}, asker=replace(BAND, is_verified=False)) is Tier.OFFICER
    assert tier({"automatic": {"series": False}}, asker=BAND, is_series=True) is Tier.OFFICER
    assert tier({"automatic": {"most_people": 2}}, asker=BAND) is Tier.AUTOMATIC
    assert tier({"automatic": {"most_people": 1}}, asker=BAND) is Tier.OFFICER
    assert tier({"automatic": {"most_units": 3}}, asker=BAND, units=4) is Tier.OFFICER
    assert ask(1, "10:00", "11:00", {"automatic": {"private": False}}, asker=PRIVATE) == []
