"""Which rooms can be had at one time: each judged by itself, with the reason and the nearest that would do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from booking.domain.period import Period
from booking.storage import people
from booking.storage.calendar import day_and_week, room_days
from booking.storage.db import reading
from booking.storage.places import public_rooms
from booking.storage.plain import active_rooms
from booking.usecases.furnishing_items import ItemFacts, save_item
from booking.usecases.requesting import request_booking
from booking.usecases.searching import Found, Sought, find_rooms
from booking.usecases.wanted import Wanted, WantedOccurrence
from tests.support.world import World

WEDNESDAY = datetime(2026, 11, 25)


@pytest.fixture
def url(sqlite_url: str) -> str:
    """What is asked is put together from questions that are tried on both databases elsewhere."""
    return sqlite_url


def look(world: World, starts: int = 10, ends: int = 12, *, who: str | None = None, **more) -> Found:
    reading().expire_all()
    sought = Sought(WEDNESDAY + timedelta(hours=starts), WEDNESDAY + timedelta(hours=ends), **more)
    return find_rooms(reading(), act=world.act(who), rooms=public_rooms(reading()), sought=sought)


def slugs(answers) -> list[str]:
    return [one.room.slug for one in answers]


def codes(found: Found) -> dict[str, set[str]]:
    return {one.room.slug: {violation.code for violation in one.violations} for one in found.others}


def test_the_free_ones_the_smallest_that_fits_first_and_why_not_the_others(world: World) -> None:
    world.ask("cecep", world.time("rapat", 2, "11:00", "13:00"))
    found = look(world, people=10)
    # the joined hall and its parts are free side by side: nobody asks for all of them at once
    assert slugs(found.free) == ["meja", "pl1", "pl2", "plx", "aula"]
    assert codes(found) == {"musik": {"capacity"}, "rapat": {"taken"}}
    rapat = next(one for one in found.others if one.room.slug == "rapat")
    assert rapat.nearest == Period(world.at(2, "09:00"), world.at(2, "11:00"))
    assert found.instead == []


def test_what_is_found_free_can_be_had_and_what_is_offered_too(world: World) -> None:
    world.room(
        "jauh", capacity=10, rules={"hours": {"weekly": {"thu": [["10:00", "14:00"]]}}, "notice": {"hours": 240}}
    )
    for room in ("rapat", "meja"):
        world.ask("euis", world.time(room, 2, "10:00", "12:00"), people=24 if room == "meja" else 2)
    found = look(world, people=2, who="cecep")
    offers = [(one.room, one.period) for one in found.free]
    offers += [(one.room, one.nearest) for one in found.others if one.nearest]
    assert "jauh" in [room.slug for room, _period in offers], "its first lawful day lies beyond the week around"
    for room, period in offers:
        times = WantedOccurrence(room.slug, period.starts_at, period.ends_at)
        request_booking(act=world.act("cecep"), wanted=Wanted("Uji", 2, [times]))


def test_nothing_free_offers_at_most_five_that_can_be_had_in_several_rooms(world: World) -> None:
    world.close(world.at(2, "00:00"), world.at(3, "00:00"))
    found = look(world, people=30)
    assert found.free == []
    assert 1 <= len(found.instead) <= 5
    assert len({one.room.slug for one in found.instead}) > 1
    moved = [abs(one.period.starts_at - world.at(2, "10:00")) for one in found.instead]
    assert min(moved) == moved[0]
    for one in found.instead:
        assert one.room.capacity >= 30
        assert not one.period.overlaps(Period(world.at(2, "00:00"), world.at(3, "00:00")))


def test_more_people_than_any_room_holds_offers_no_time(world: World) -> None:
    found = look(world, people=5000)
    assert (found.free, found.instead) == ([], [])
    assert all("capacity" in broken or "units" in broken for broken in codes(found).values())


def test_items_must_go_with_the_room_and_be_free(world: World) -> None:
    save_item(act=world.act(), slug=None, facts=ItemFacts("bitc", "Proyektor"), new_slug="proyektor")
    world.ask("cecep", world.time("musik", 2, "10:00", "12:00"), items=[("proyektor", 1)])
    assert "rapat" in slugs(look(world, items=["proyektor"]).free)
    world.ask("cecep", world.time("rapat", 2, "11:00", "12:00"), items=[("proyektor", 1)])
    assert codes(look(world, items=["proyektor"]))["meja"] == {"item_taken"}
    assert codes(look(world, items=["proyektor"]))["pl1"] == {"item_elsewhere"}
    assert "meja" in slugs(look(world).free)


def test_a_week_is_as_full_as_its_days_drawn_one_by_one(world: World) -> None:
    times = (("musik", 2, "08:00", "12:00"), ("pl1", 3, "09:30", "11:15"), ("plx", 4, "10:00", "20:00"))
    for room, day, starts, ends in times:
        world.approve("sumarna", world.ask("cecep", world.time(room, day, starts, ends)))
    world.ask("euis", world.time("meja", 2, "09:00", "15:00"), people=6)
    world.ask("euis", world.time("meja", 2, "10:00", "11:00"), people=12)
    world.close(world.at(3, "08:00"), world.at(3, "10:00"), room="aula")
    rooms, now = active_rooms(reading(), WEDNESDAY.date()), world.now
    week = [WEDNESDAY.date() + timedelta(days=n) for n in range(-2, 5)]
    viewer = people.viewer(reading(), None, week[0])
    _drawn, full = day_and_week(reading(), rooms, [week[0]], week, viewer, now)
    for day in week:
        taken = [one.taken_minutes for one in full if one.day == day]
        drawn = [one.fullness * one.open_minutes for one in room_days(reading(), rooms, [day], viewer, now)]
        assert taken == pytest.approx(drawn)
        assert sum(taken) > 0 or day not in week[2:5], "the control: something is taken on these days"
