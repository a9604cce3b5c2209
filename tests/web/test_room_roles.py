"""A role of one room: there everything of the role, beside it nothing, in whichever way it is asked."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.permissions import Action
from booking.storage.bookings import booking_by_code, may_override
from booking.storage.db import db, reading
from booking.storage.outbox import Outbox
from booking.storage.people import grants, viewer
from booking.usecases.closing import ClosureFacts, close
from booking.usecases.furnishing import save_rules
from booking.usecases.joining import end_role, grant_role
from booking.usecases.reminding import send_digest
from booking.usecases.subscribing import feeds_for
from tests.feeds.reading import events, of_room, summaries, to_decide
from tests.support.clients import ApiClient, WebClient, text_of
from tests.support.world import PASSWORD, World


@pytest.fixture
def url(sqlite_url: str) -> str:
    """The same rows on either database."""
    return sqlite_url


@pytest.fixture
def asked(world: World) -> tuple[str, str]:
    """Wati is officer of the room "musik" alone: what is asked for there, and next to it at the same site."""
    world.room("studio", name="Studio Dubbing", capacity=6)
    world.person("Wati", password=PASSWORD)
    world.role("wati", "officer", room="musik")
    here = world.ask("cecep", world.time("musik", 0, "19:00", "20:00"), title="Di musik")
    return here, world.ask("cecep", world.time("studio", 0, "19:00", "20:00"), title="Di sebelah")


def test_the_inbox_and_the_list_of_the_day(web: WebClient, world: World, asked: tuple[str, str]) -> None:
    here, beside = asked
    page = text_of(web.log_in("wati").get("/inbox"))
    assert "Di musik" in page
    assert "Di sebelah" not in page
    assert [web.get(f"/inbox/{code}").status_code for code in asked] == [200, 404]
    assert web.post(f"/inbox/{beside}", {"verdict": "approve"}).status_code == 404
    grid = web.get("/rooms/studio?date=2026-11-23").text
    assert "Di sebelah" not in grid
    assert "Di musik" in web.get("/rooms/musik?date=2026-11-23").text
    assert "Di sebelah" not in web.get("/manage/history").text
    for code in asked:
        world.approve("dadang", code)
    page = text_of(web.get("/today?date=2026-11-23"))
    assert "Di musik" in page
    assert "Di sebelah" not in page
    assert here in web.get("/manage/history").text


def test_the_interface_for_programs(world: World, asked: tuple[str, str]) -> None:
    api, (here, beside) = ApiClient(world, "wati"), asked
    assert [one["code"] for one in api.get("/api/v1/inbox").json["requests"]] == [here]
    decide = {"verdict": "approve"}
    statuses = [api.post(f"/api/v1/bookings/{code}/decision", decide).status_code for code in (beside, here)]
    assert statuses == [404, 200]
    world.approve("dadang", beside)
    for path, status in (("today?date=2026-11-23&site=bitc", 200), ("today?date=2026-11-23&site=ctp", 403)):
        answer = api.get(f"/api/v1/{path}")
        assert answer.status_code == status
        assert status == 403 or [one["code"] for one in answer.json["occurrences"]] == [here]


def test_calendars(web: WebClient, world: World, asked: tuple[str, str]) -> None:
    assert summaries(web.get(to_decide(world, "wati"))) == ["Menunggu: Di musik · Ruang Latihan Musik"]
    assert len(events(web.get(of_room(world, "wati", "musik")))) == 1
    session = reading()
    wati = viewer(session, world.people["wati"], world.act().today)
    assert [one.path for one in feeds_for(session, wati)][-2:] == ["requests", "rooms/musik"]
    # who had the whole site before has no calendar of the other rooms any more
    path = of_room(world, "dadang", "studio")
    (grant,) = (one for one in grants(session) if one.person_id == world.people["dadang"])
    world.role("dadang", "guard", room="musik")
    assert web.get(path).status_code == 200
    end_role(act=world.act(), grant_id=grant.id)
    assert web.get(path).status_code == 404
    assert events(web.get(of_room(world, "dadang", "musik"))) == [], "a guard's calendar has no requests"


def test_a_booking_in_two_rooms_is_overridden_by_who_has_both(world: World, asked: tuple[str, str]) -> None:
    both = [world.time(room, 3, "19:00", "20:00") for room in ("musik", "studio")]
    code, today = world.ask("cecep", *both), world.act().today
    wati = viewer(reading(), world.people["wati"], today)
    assert not may_override(booking_by_code(reading(), code, wati), wati)
    world.role("wati", "officer", room="studio")
    wati = viewer(reading(), world.people["wati"], today)
    assert may_override(booking_by_code(reading(), code, wati), wati)
    assert wati.sites(Action.OVERRIDE) == frozenset(), "both rooms are no site"


def test_closures(world: World) -> None:
    world.person("Wati", password=PASSWORD)
    world.role("wati", "officer", room="pl1")
    times = (world.at(2, "08:00"), world.at(2, "20:00"))
    assert close(act=world.act("wati"), facts=ClosureFacts(*times, "Cat ulang", room="pl1"), choices={})
    for where in ({"room": "pl2"}, {"site": "ctp"}, {}):
        with pytest.raises(Forbidden):
            close(act=world.act("wati"), facts=ClosureFacts(*times, "Cat ulang", **where), choices={})
    world.ask("cecep", world.time("plx", 3, "09:00", "10:00"))
    times = (world.at(3, "08:00"), world.at(3, "20:00"))
    with pytest.raises(Refused) as caught:
        close(act=world.act("wati"), facts=ClosureFacts(*times, "Cat ulang", room="pl1"))
    assert [one.code for one in caught.value.violations] == ["hits_elsewhere"], "the joined room has another officer"
    assert close(act=world.act("entin"), facts=ClosureFacts(*times, "Cat ulang", room="pl1"))


def test_messages_go_to_who_decides_there(world: World, asked: tuple[str, str]) -> None:
    told = select(Outbox.booking_id).where(Outbox.person_id == world.people["wati"], Outbox.kind == "new_request")
    wati = viewer(reading(), world.people["wati"], world.act().today)
    assert list(reading().scalars(told)) == [booking_by_code(reading(), asked[0], wati).id]
    send_digest(act=world.act())
    (facts,) = reading().scalars(
        select(Outbox.facts).where(Outbox.person_id == world.people["wati"], Outbox.kind == "digest")
    )
    assert (facts["sites"], [*facts["rooms"].values()]) == ({}, [[1, 0, 0]])


def test_who_gives_roles_and_furnishes(web: WebClient, world: World) -> None:
    form = {"login": "dewi@example.com", "role": "administrator", "place": "room:musik"}
    assert web.log_in("admin").post("/manage/roles", form).status_code == 302
    assert "Administrator · Ruang Latihan Musik, BITC" in text_of(web.get("/manage/roles"))
    why = text_of(web.get(f"/manage/permissions?person={world.people['dewi']}"))
    assert "Administrator, Ruang Latihan Musik, BITC" in why
    may = web.get("/manage/permissions?action=furnish&place=room:rapat").text.partition('id="who"')[2]
    assert "Dewi" not in may.partition("</section>")[0]
    save_rules(act=world.act("dewi"), slug="musik", rules={})
    with pytest.raises(Forbidden):
        save_rules(act=world.act("dewi"), slug="rapat", rules={})
    more = {"login": "euis@example.com", "from_on": None, "to_on": None}
    grant_role(act=world.act("dewi"), role="guard", site=None, room="musik", **more)
    for where in ({"site": None, "room": "rapat"}, {"site": "bitc"}, {"site": None}):
        with pytest.raises(Forbidden):
            grant_role(act=world.act("dewi"), role="guard", **where, **more)
    with pytest.raises(NotFound):
        grant_role(act=world.act("admin"), role="guard", site=None, room="nihil", **more)
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(text("UPDATE role SET site_id = 1 WHERE room_id IS NOT NULL"))
