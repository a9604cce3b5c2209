"""When more than the usual tier must decide; nobody is refused by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from booking.domain.approval import Tier
from booking.domain.rules import parse, tier_of
from booking.domain.rules.base import SettingError
from tests.domain.rules.asking import BAND, PRIVATE, ask, tier, wanted


def decides(settings: dict[str, Any], day: int, starts: str, ends: str, **more: Any) -> Tier:
    said = {"escalate": settings}
    return tier_of(parse(said), wanted(day, starts, ends, said, **more), Tier.OFFICER)


def test_nothing_set_asks_for_nothing() -> None:
    assert decides({}, 5, "20:00", "23:00", people=900, asker=PRIVATE) is Tier.OFFICER
    assert ask(5, "20:00", "23:00", {"escalate": {"more_people": 1}}, people=900) == []


def test_late_hours_are_those_of_the_day_on_which_it_starts() -> None:
    assert decides({"after": "18:00"}, 1, "16:00", "18:00") is Tier.OFFICER
    assert decides({"after": "18:00"}, 1, "16:00", "18:30") is Tier.HEAD
    assert decides({"after": "23:00"}, 1, "22:00", "26:00") is Tier.HEAD


def test_days_people_and_strangers() -> None:
    assert decides({"days": ["sat", "sun"]}, 4, "10:00", "11:00") is Tier.OFFICER
    assert decides({"days": ["sat", "sun"]}, 5, "10:00", "11:00") is Tier.HEAD
    assert decides({"more_people": 100}, 1, "10:00", "11:00", people=100) is Tier.OFFICER
    assert decides({"more_people": 100}, 1, "10:00", "11:00", people=101) is Tier.HEAD
    assert decides({"private": True}, 1, "10:00", "11:00", asker=PRIVATE) is Tier.HEAD
    assert decides({"private": True}, 1, "10:00", "11:00", asker=BAND) is Tier.OFFICER
    assert decides({"unverified": True}, 1, "10:00", "11:00", asker=BAND) is Tier.OFFICER
    assert decides({"unverified": True}, 1, "10:00", "11:00", asker=replace(BAND, is_verified=False)) is Tier.HEAD


def test_an_officer_instead_of_nobody_and_never_less_than_the_room_says() -> None:
    assert tier({"escalate": {"to": "officer", "more_people": 1}}) is Tier.OFFICER
    said = {"escalate": {"to": "officer", "more_people": 1}}
    assert tier_of(parse(said), wanted(1, "10:00", "11:00", said), Tier.HEAD) is Tier.HEAD


@pytest.mark.parametrize("wrong", [{"after": "25:00"}, {"days": ["saturday"]}, {"to": "nobody"}, {"more_people": -1}])
def test_settings_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        parse({"escalate": wrong})
