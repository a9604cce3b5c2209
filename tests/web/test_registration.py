"""Who may make an account: everybody, everybody whom staff then confirm, or staff alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.events import AccountNotice
from booking.storage import settings
from booking.storage.db import reading
from booking.storage.outbox import Outbox
from booking.storage.people import Person
from booking.usecases import furnishing
from booking.usecases.changing import change_booking
from booking.usecases.communities import CommunityFacts, register_community
from booking.usecases.confirming import confirm_person
from booking.usecases.intents import Edit
from booking.usecases.memberships import add_member
from tests.support.clients import WebClient, text_of
from tests.support.world import PASSWORD, World

NEW = {"name": "Wawan", "phone": "0840-7777-0001", "email": "wawan@example.com", "password": PASSWORD}


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


def choose(world: World, mode: str) -> None:
    said = replace(settings.centre(reading()), registration=mode)
    furnishing.save_centre(act=world.act("admin"), said=said)


def messages(kind: str) -> list[int]:
    reading().rollback()
    return list(reading().scalars(select(Outbox.person_id).where(Outbox.kind == kind)))


def newcomer() -> Person:
    reading().rollback()
    return reading().scalars(select(Person).where(Person.name == "Wawan")).one()


def test_whoever_waits_looks_and_asks_for_nothing_until_staff_confirm(world: World, web: WebClient) -> None:
    choose(world, "confirmed")
    web.post("/register", NEW)
    person = newcomer()
    world.people["wawan"] = person.id
    assert world.people["dadang"] in messages(AccountNotice.TO_CONFIRM)
    web.log_in("wawan")
    assert web.get("/rooms/musik").status_code == 200
    assert "menunggu dikonfirmasi" in text_of(web.get("/account"))
    refused = web.request_form("musik", "2026-11-26", "19:00", "21:00")
    assert (refused.status_code, "menunggu dikonfirmasi" in text_of(refused)) == (422, True)
    with pytest.raises(Refused) as told:
        world.ask("wawan", world.time("musik", 2, "19:00", "21:30"), people=0)
    assert "person_waits" in {one.code for one in told.value.violations}
    assert len(told.value.violations) > 1, "with everything else that stands in the way"
    with pytest.raises(Refused, match="person_waits"):
        register_community(act=world.act("wawan"), facts=CommunityFacts("Angin Segar"))
    add_member(act=world.act(), slug="gerimis-sore", login="0840-7777-0001", relation="member")
    theirs = world.ask("cecep", world.time("musik", 4, "19:00", "21:00"), community="gerimis-sore")
    with pytest.raises(Refused, match="person_waits"):
        change_booking(act=world.act("wawan"), code=theirs, edit=Edit(starts_at=world.at(5, "19:00")))
    with pytest.raises(Forbidden):
        confirm_person(act=world.act("euis"), person_id=person.id)
    staff = WebClient(world).log_in("dadang")
    assert "Wawan" in text_of(staff.get("/manage/people"))
    assert staff.post(f"/manage/people/{person.id}/confirm").status_code == 302
    assert messages(AccountNotice.CONFIRMED) == [person.id]
    assert web.request_form("musik", "2026-11-26", "19:00", "21:00").status_code == 302
    with pytest.raises(NotFound):
        confirm_person(act=world.act("dadang"), person_id=person.id)


def test_open_and_closed(world: World, web: WebClient) -> None:
    token = web.token
    web.client.post("/register", data={**NEW, "csrf_token": token})
    assert newcomer().waits_since is None
    assert messages(AccountNotice.VERIFY_EMAIL) == [newcomer().id], "the address is to be proved"
    choose(world, "closed")
    again = {**NEW, "name": "Yayat", "phone": "0840-7777-0002", "email": "", "csrf_token": token}
    assert web.client.post("/register", data=again).status_code == 403
    assert web.get("/register").status_code == 403
    reading().rollback()
    assert reading().scalar(select(Person.id).where(Person.name == "Yayat")) is None
    with pytest.raises(Refused):
        choose(world, "perhaps")
