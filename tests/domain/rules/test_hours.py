"""Opening hours, and profiles laid over them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from booking.domain.opening import Profile
from booking.domain.rules import opening, parse, profile
from tests.domain.rules.asking import ZONE, ask, broken

DAYS = ("mon", "tue", "wed", "thu", "fri")
WEEKDAYS = {"weekly": {day: [["08:00", "18:00"]] for day in DAYS}}
SETTINGS = {"hours": WEEKDAYS}
DATES = (date(2026, 11, 24), date(2026, 11, 28))


def under(said: Profile, settings: dict = SETTINGS) -> dict:
    return {"opening": replace(opening(parse(settings), ZONE), profiles=[said])}


def test_edges() -> None:
    assert ask(1, "07:30", "09:00", SETTINGS) == ["hours"]
    assert ask(1, "17:00", "18:00", SETTINGS) == []
    assert ask(5, "10:00", "11:00", SETTINGS) == ["hours"]
    assert ask(5, "10:00", "11:00", SETTINGS, deciding=True) == ["hours"]


def test_a_profile_has_hours_of_its_own_and_is_named() -> None:
    short = profile(
        {"hours": {"weekly": {day: [["08:00", "15:00"]] for day in (*DAYS, "sat")}}}, {"id": "Ramadan"}, DATES
    )
    (violation,) = broken(1, "14:00", "16:00", SETTINGS, **under(short))
    assert (violation.code, violation.values["profile"]) == ("hours", {"id": "Ramadan"})
    assert ask(1, "13:00", "15:00", SETTINGS, **under(short)) == []
    assert ask(0, "14:00", "16:00", SETTINGS, **under(short)) == [], "the day before it begins"
    assert ask(5, "09:00", "10:00", SETTINGS, **under(short)) == ["hours"], "what is for every room opens no closed day"
    assert ask(5, "09:00", "10:00", SETTINGS, **under(replace(short, may_open=True))) == []


def test_a_profile_moves_the_break_of_rooms_that_have_one() -> None:
    said = {"pause": {"day": "fri", "starts": "11:30", "ends": "12:30"}}
    moved = profile(said, {"id": "Ramadan"}, DATES)
    pause = {**SETTINGS, "pause": {}}
    assert ask(4, "12:30", "13:30", pause, **under(moved, pause)) == []
    assert ask(4, "12:00", "13:00", pause, **under(moved, pause)) == ["pause"]
    assert ask(4, "12:00", "13:00", SETTINGS, **under(moved)) == []


def test_a_profile_lets_in_a_share_of_people_and_units() -> None:
    half = under(Profile({"id": "Pandemi"}, *DATES, percent=50))
    assert ask(1, "10:00", "11:00", SETTINGS, capacity=9, people=4, **half) == []
    (violation,) = broken(1, "10:00", "11:00", SETTINGS, capacity=9, people=5, **half)
    assert (violation.code, violation.values["most"]) == ("capacity", 4)
    assert ask(1, "10:00", "11:00", SETTINGS, room_units=24, units=13, **half) == ["units"]
    assert ask(0, "10:00", "11:00", SETTINGS, capacity=9, people=9, **half) == []
