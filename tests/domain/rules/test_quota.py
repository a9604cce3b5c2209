"""Quotas of communities and persons, by count and by hours, in a week or a month."""

from __future__ import annotations

from tests.domain.rules.asking import BAND, PRIVATE, ask, broken, use


def test_count_in_a_week() -> None:
    settings = {"quota_community": {"count": 2}}
    had = [use(0, "09:00", "10:00"), use(1, "09:00", "10:00")]
    assert ask(3, "10:00", "11:00", settings, asker=BAND, uses=had) == ["quota_community"]
    assert ask(3, "10:00", "11:00", settings, asker=BAND, uses=had[:1]) == []
    assert ask(7, "10:00", "11:00", settings, asker=BAND, uses=had) == [], "another week"
    assert ask(6, "10:00", "11:00", settings, asker=BAND, uses=had) == ["quota_community"], "Sunday ends the week"


def test_hours_in_a_month() -> None:
    settings = {"quota_community": {"hours": 4, "per": "month"}}
    had = [use(-20, "09:00", "12:00")]
    (violation,) = broken(3, "10:00", "11:30", settings, asker=BAND, uses=had)
    assert (violation.values["had_minutes"], violation.values["minutes"]) == (180, 90)
    assert ask(3, "10:00", "11:00", settings, asker=BAND, uses=had) == []
    assert ask(8, "10:00", "13:00", settings, asker=BAND, uses=had) == [], "December"


def test_whose_it_is() -> None:
    settings = {"quota_community": {"count": 1}}
    others = [use(0, "09:00", "10:00", person_id=99)]
    assert ask(1, "10:00", "11:00", settings, asker=BAND, uses=others) == ["quota_community"], "any member counts"
    assert ask(1, "10:00", "11:00", settings, asker=PRIVATE, uses=others) == []
    mine = [use(0, "09:00", "10:00", community_id=None)]
    assert ask(1, "10:00", "11:00", settings, asker=PRIVATE, uses=mine) == ["quota_community"]
    settings = {"quota_person": {"count": 1}}
    assert ask(1, "10:00", "11:00", settings, asker=BAND, uses=others) == []
    assert ask(1, "10:00", "11:00", settings, asker=BAND, uses=mine) == ["quota_person"], "for whichever community"


def test_over_one_room_or_the_site() -> None:
    had = [use(0, "09:00", "10:00", room_id=5)]
    assert ask(1, "10:00", "11:00", {"quota_community": {"count": 1}}, asker=BAND, uses=had) == []
    over = {"quota_community": {"count": 1, "over": "site"}}
    assert ask(1, "10:00", "11:00", over, asker=BAND, uses=had) == ["quota_community"]
