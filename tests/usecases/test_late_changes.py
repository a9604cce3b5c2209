"""Which changes at short notice are told, and to whom: what was never shown, and what stood elsewhere meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.cli.worker import work_once
from booking.domain.lifecycle import State
from booking.storage.db import reading
from booking.storage.feeds import room_scope
from booking.storage.places import room_by_slug
from booking.storage.subscribers import LateChange
from booking.storage.transaction import writes
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.intents import Edit
from booking.usecases.memberships import add_member, remove_member
from tests.feeds.reading import mine, of_community, of_room, summaries
from tests.mail.cases import booking
from tests.support.calendars import calendar, event
from tests.support.clients import WebClient
from tests.support.world import World
from tests.usecases.test_bridging import call_off, fetch, last, later, move, noted, subscribe
from tests.usecases.test_importing import bring


@pytest.fixture
def group(world: World) -> World:
    """Dewi is a member of Cecep's community."""
    add_member(act=world.act(), slug="gerimis-sore", login="dewi@example.com", relation="member")
    return world


def approved(world: World, who: str = "cecep", room: str = "musik", by: str = "dadang", **more) -> str:
    """The code of a booking of tomorrow afternoon, approved long ago."""
    world.now = world.at(0, "08:30") - timedelta(days=3)
    code = world.ask(who, world.time(room, 1, "15:00", "17:00"), **more)
    world.approve(by, code)
    world.now = world.at(0, "16:00")
    work_once()
    return code


def test_who_made_it_and_left_the_community_hears_nothing(group: World, web: WebClient) -> None:
    """A community owns its bookings: who may not see them any more is not told of them."""
    code = approved(group, "dewi", community="gerimis-sore")
    add_member(act=group.act(), slug="gerimis-sore", login="euis@example.com", relation="member")
    for who in ("dewi", "euis"):
        subscribe(group, who)
    remove_member(act=group.act(), slug="gerimis-sore", person_id=group.people["dewi"])
    assert summaries(web.get(mine(group, "dewi"))) == []
    call_off(group, code)
    assert later(group) == ["Euis"], "who is still there is told"


def test_who_imports_without_telling_tells_nobody(group: World) -> None:
    group.now = group.at(0, "16:00")
    subscribe(group, "dewi")
    body = calendar(event("x", ":20261124T080000Z", ":20261124T100000Z", "Latihan", "Ruang Latihan Musik"))
    assert bring(group, body, community="gerimis-sore").approved == 1
    assert noted() == 0
    assert later(group) == []


def test_who_imports_and_tells_tells_slow_apps_too(group: World) -> None:
    group.now = group.at(0, "16:00")
    subscribe(group, "dewi")
    body = calendar(event("x", ":20261124T080000Z", ":20261124T100000Z", "Latihan", "Ruang Latihan Musik"))
    assert bring(group, body, community="gerimis-sore", tells=True).approved == 1
    assert later(group) == ["Dewi"]


@pytest.mark.parametrize("words", [False, True])
def test_what_only_stood_in_line_was_in_no_calendar(group: World, web: WebClient, *, words: bool) -> None:
    approved(group, "euis")
    code = group.ask("cecep", group.time("musik", 1, "15:00", "17:00"), community="gerimis-sore", wait=True)
    assert booking(code).occurrences[0].state == State.SKIPPED
    subscribe(group, "dewi")
    if words:
        change_booking(act=group.act("cecep"), code=code, edit=Edit(title="Lain"))
    cancel(act=group.act("cecep"), code=code)
    assert noted() == 0
    assert summaries(web.get(mine(group, "dewi"))) == []
    assert summaries(web.get(of_community(group, "dewi", "gerimis-sore"))) == []


def test_what_waited_in_vain_was_in_no_calendar(group: World, web: WebClient) -> None:
    approved(group, "euis")
    code = group.ask("cecep", group.time("musik", 1, "15:00", "17:00"), community="gerimis-sore", wait=True)
    group.now = group.at(1, "15:10")
    work_once()
    assert booking(code).occurrences[0].state == State.EXPIRED
    assert summaries(web.get(mine(group, "dewi"))) == []


def test_what_was_asked_for_and_is_withdrawn_is_taken_back(group: World, web: WebClient) -> None:
    """The control: this one stood there."""
    group.now = group.at(0, "16:00")
    code = group.ask("cecep", group.time("musik", 3, "15:00", "17:00"), community="gerimis-sore")
    cancel(act=group.act("cecep"), code=code)
    (said,) = summaries(web.get(mine(group, "dewi")))
    assert said.startswith("BATAL")


@pytest.mark.parametrize(("booked", "shown"), [("plx", "pl1"), ("pl1", "plx")])
def test_staff_of_a_part_hear_of_the_whole_and_the_other_way_round(
    world: World, web: WebClient, booked: str, shown: str
) -> None:
    code = approved(world, room=booked, by="entin")
    subscribe(world, "ujang", room_scope(room_by_slug(reading(), shown).id))
    assert summaries(web.get(of_room(world, "ujang", shown))) != []
    cancel(act=world.act("cecep"), code=code)
    assert later(world) == ["Ujang"]


def test_staff_of_another_half_do_not(world: World, web: WebClient) -> None:
    """The control: nothing of the one stands in the other's calendar."""
    code = approved(world, room="pl1", by="entin")
    subscribe(world, "ujang", room_scope(room_by_slug(reading(), "pl2").id))
    assert summaries(web.get(of_room(world, "ujang", "pl2"))) == []
    cancel(act=world.act("cecep"), code=code)
    assert later(world) == []


def test_moved_and_back_with_a_fetch_between(group: World) -> None:
    """The app shows where it stood in between: back is a move for it, and nothing for who never saw the first."""
    code = approved(group, community="gerimis-sore")
    add_member(act=group.act(), slug="gerimis-sore", login="euis@example.com", relation="member")
    between = subscribe(group, "dewi")
    subscribe(group, "euis")
    move(group, "dadang", code, 1, "12:00", "14:00")
    group.now += timedelta(minutes=5)
    fetch(group, between)
    group.now += timedelta(minutes=5)
    move(group, "dadang", code, 1, "15:00", "17:00")
    assert later(group) == ["Dewi"]
    ((before, after),) = last().facts["changes"].values()
    assert (before[1], after[1]) == (group.at(1, "12:00").isoformat(), group.at(1, "15:00").isoformat())


def test_each_app_is_told_from_where_it_shows_it(group: World) -> None:
    code = approved(group, community="gerimis-sore")
    add_member(act=group.act(), slug="gerimis-sore", login="euis@example.com", relation="member")
    between = subscribe(group, "dewi")
    subscribe(group, "euis")
    move(group, "dadang", code, 1, "12:00", "14:00")
    group.now += timedelta(minutes=5)
    fetch(group, between)
    group.now += timedelta(minutes=5)
    move(group, "dadang", code, 1, "09:00", "11:00")
    assert later(group) == ["Euis", "Dewi"]
    ((dewis, _),) = last().facts["changes"].values()
    assert dewis[1] == group.at(1, "12:00").isoformat()


def test_what_was_noted_before_an_upgrade_is_told_after_it(group: World) -> None:
    """Then the spot alone was kept."""
    code = approved(group, community="gerimis-sore")
    subscribe(group, "dewi")
    move(group, "dadang", code, 1, "12:00", "14:00")

    @writes
    def as_it_was(session: Session) -> None:
        (one,) = session.scalars(select(LateChange))
        ((_, one.kept),) = one.kept

    as_it_was()
    assert later(group) == ["Dewi"]
    ((before, _),) = last().facts["changes"].values()
    assert before[1] == group.at(1, "15:00").isoformat()
