"""What looks as it did has the tag that it had; and what was called off tells names as they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.domain.lifecycle import State
from booking.storage.bookings import Occurrence
from booking.storage.db import db, reading
from booking.storage.settings import centre
from booking.usecases import furnishing
from booking.usecases.cancelling import cancel
from booking.usecases.expiring import close_overdue
from booking.usecases.furnishing import SiteFacts
from tests.feeds.reading import mine, of_community
from tests.feeds.test_tags import check_stored, compare_events, person_with
from tests.support.clients import WebClient
from tests.support.feeds import addresses, public_addresses
from tests.support.lint import problems
from tests.support.world import World


def test_what_was_called_off_keeps_no_former_phone_and_no_longer_time(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 40, "09:00", "10:00"), community="gerimis-sore")
    cancel(act=world.act("cecep"), code=code)
    paths = [mine(world), of_community(world, "cecep", "gerimis-sore")]
    before, of_room = [web.get(path) for path in paths], web.get("/feeds/rooms/rapat.ics")
    assert all("84000000001" in one.text for one in before)
    world.now += timedelta(days=20)
    person_with("Cecep Baru", phone="081234567890")(world, {})
    for path, was in zip(paths, before, strict=True):
        answer = web.get(path, headers={"If-None-Match": was.headers["ETag"]})
        assert "Cecep Baru" in answer.text
        assert "84000000001" not in answer.text
        compare_events(was.data, answer.data, "renamed")
    again = web.get("/feeds/rooms/rapat.ics", headers={"If-Modified-Since": of_room.headers["Last-Modified"]})
    assert again.data == of_room.data, "there it is not shown"
    world.now += timedelta(days=11)
    assert all("BEGIN:VEVENT" not in web.get(path).text for path in paths)


def test_what_is_over_changes_no_calendar(web: WebClient, world: World) -> None:
    """Completed looks as approved did: no new SEQUENCE, LAST-MODIFIED or tag; what lapses has them."""
    world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"))
    paths = [*public_addresses().values(), mine(world)]
    world.now = world.at(2, "10:30")
    before = [web.get(path) for path in paths]
    assert close_overdue(act=world.act()) == 1
    db.session.remove()
    assert reading().scalars(select(Occurrence.state)).all() == [State.COMPLETED]
    world.app.extensions["feed_bodies"]._bodies.clear()
    for path, was in zip(paths, before, strict=True):
        answer = web.get(path)
        assert (answer.data, answer.headers["ETag"]) == (was.data, was.headers["ETag"])
    check_stored("completed")
    world.ask("cecep", world.time("musik", 10, "09:00", "10:00"))
    world.now = world.at(10, "09:30")
    old = web.get(paths[-1])
    assert close_overdue(act=world.act()) == 1
    new = web.get(paths[-1])
    assert new.headers["ETag"] != old.headers["ETag"]
    compare_events(old.data, new.data, "lapsed")


@pytest.mark.parametrize("what", ["nothing", "a booking"])
def test_another_zone_elsewhere_changes_no_private_calendar(web: WebClient, world: World, what: str) -> None:
    """No tag of theirs tells that there is one more site, or that one lies in another zone now."""
    world.site("dps", "Denpasar", "Asia/Makassar")
    if what == "a booking":
        world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"), community="gerimis-sore")
    paths = [mine(world), of_community(world, "cecep", "gerimis-sore")]
    before = [web.get(path) for path in paths]
    world.site("lon", "London Hub", "Europe/London")
    facts = SiteFacts("Denpasar", "DPS", "Asia/Jayapura", rules={})
    furnishing.save_site(act=world.act("admin"), slug="dps", facts=facts)
    world.app.extensions["feed_bodies"]._bodies.clear()
    for path, was in zip(paths, before, strict=True):
        answer = web.get(path)
        assert (answer.data, answer.headers["ETag"]) == (was.data, was.headers["ETag"])
        assert answer.text.count("BEGIN:VTIMEZONE") == 1
        assert problems(answer.data) == []


def test_another_zone_of_the_centre_is_told_by_the_tag_of_an_empty_calendar(web: WebClient, world: World) -> None:
    paths = {**addresses(world), "cecep's": mine(world), "community": of_community(world, "cecep", "gerimis-sore")}
    before = {name: web.get(path) for name, path in paths.items()}
    said = replace(centre(reading()), timezone="Asia/Jayapura")
    furnishing.save_centre(act=world.act(), said=said)
    world.app.extensions["feed_bodies"]._bodies.clear()
    moved = set()
    for name, path in paths.items():
        answer = web.get(path, headers={"If-None-Match": before[name].headers["ETag"]})
        moved |= {name} if "TZID:Asia/Jayapura" in answer.text else set()
    assert moved >= {"all", "cecep's", "community"}
