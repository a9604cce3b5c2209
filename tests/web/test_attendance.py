"""Today's list, the door and its display in the browser, without JavaScript."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from booking.domain.permissions import NOBODY
from booking.storage.bookings import Occurrence
from booking.storage.calendar import room_days
from booking.storage.db import db, reading
from booking.storage.places import room_by_slug
from booking.usecases.attending import mark_missed
from booking.usecases.furnishing import RoomFacts, save_room
from booking.web.door import door
from tests.support.clients import WebClient, text_of
from tests.support.world import ALL_WEEK, JAKARTA, World
from tests.usecases.test_requesting import booking


@pytest.fixture
def meeting(world: World) -> str:
    code = world.ask("euis", world.time("rapat", 1, "09:00", "12:00"), title="Rapat pengurus", people=3)
    world.now = world.at(1, "09:10")
    return code


def only(code: str) -> Occurrence:
    reading().rollback()
    (found,) = booking(code).occurrences
    return found


def actions(answer) -> list[str]:
    """What can be posted from a page, beside logging out."""
    return [one for one in re.findall(r'<form[^>]* action="([^"]+)"', answer.text) if one != "/logout"]


def test_who_sees_the_list_and_the_way_to_it(web: WebClient, world: World, meeting: str) -> None:
    assert web.get("/today").status_code == 302
    assert 'href="/today"' not in web.get("/").text
    for who, status in (("euis", 403), ("admin", 403), ("ujang", 200), ("dadang", 200), ("entin", 200)):
        client = WebClient(world).log_in(who)
        answer = client.get("/today")
        assert answer.status_code == status, who
        assert ('href="/today"' in client.get("/").text) == (status == 200)
        assert ("Rapat pengurus" in answer.text) == (who in ("ujang", "dadang")), "a site's staff see their site"


def test_the_list_says_what_a_guard_needs(web: WebClient, world: World, meeting: str) -> None:
    world.room("rapi", name="Ruang Rapi", tier="automatic", setup_minutes=15, teardown_minutes=30)
    world.ask("dewi", world.time("rapi", 1, "13:00", "14:00"), title="Kelas", people=7)
    world.ask("dewi", world.time("rapi", 2, "13:00", "14:00"), title="Besok")
    page = web.log_in("ujang").get("/today")
    said = text_of(page)
    assert said.index("09.00-12.00 · Ruang Rapat") < said.index("13.00-14.00 · Ruang Rapi")
    for text in ("Sekarang", "Nanti", "Kujang Lima", "Dewi", "7 orang", "15 menit", "30 menit"):
        assert text in said, text
    assert re.search(r'href="tel:\+62\d+"', page.text)
    assert "Besok" not in said
    assert "Besok" in text_of(web.get("/today?date=2026-11-25"))
    assert actions(web.get("/today?date=2026-11-25")) == []
    assert "Rapat pengurus" not in web.get("/today?site=ctp").text


def test_the_guard_taps_through_a_day(web: WebClient, world: World, meeting: str) -> None:
    web.log_in("ujang")
    here = f"/today/{meeting}/{only(meeting).uid}"
    assert actions(web.get("/today")) == [f"{here}/arrive", f"{here}/end", f"{here}/missed"]
    answer = web.post(f"{here}/missed?site=bitc")
    assert answer.headers["Location"] == f"/today?site=bitc#o-{only(meeting).uid}"
    page = web.get("/today")
    assert "Akhirnya datang juga" in text_of(page)
    assert actions(page) == [f"{here}/arrive"]
    web.post(f"{here}/arrive", {"people": "5"})
    assert (only(meeting).state, only(meeting).actual_people) == ("approved", 5)
    assert actions(web.get("/today")) == [f"{here}/end", f"{here}/missed"]
    world.now = world.at(1, "10:30")
    web.post(f"{here}/end", {"people": "6"})
    assert (only(meeting).state, only(meeting).ends_at) == ("completed", world.now)
    assert actions(web.get("/today")) == [f"{here}/people"]
    web.post(f"{here}/people", {"people": "8"})
    assert only(meeting).actual_people == 8
    for said in ("", "x", "0", "1234567890"):
        refused = web.post(f"{here}/people", {"people": said})
        assert refused.status_code == 422
        assert "Rapat pengurus" in refused.text, "the list stays in sight"


@pytest.mark.parametrize("step", ["arrive", "missed", "end", "people"])
def test_nobody_else_notes_anything(web: WebClient, world: World, meeting: str, step: str) -> None:
    path = f"/today/{meeting}/{only(meeting).uid}/{step}"
    assert web.post(path, {"people": "2"}).status_code == 302
    assert web.client.get(path).status_code == 405
    for who, status in (("euis", 403), ("cecep", 403), ("admin", 403), ("entin", 404)):
        assert WebClient(world).log_in(who).post(path, {"people": "2"}).status_code == status
    assert WebClient(world).log_in("ujang").client.post(path, data={"people": "2"}).status_code == 400, "no token"
    found = only(meeting)
    assert (found.state, found.arrived_at, found.actual_people) == ("approved", None, None)


def count_statements(client: WebClient, path: str) -> int:
    statements: list[str] = []
    listen = lambda _c, _cu, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    assert client.get(path).status_code == 200
    event.remove(db.engine, "before_cursor_execute", listen)
    return len(statements)


def test_the_list_takes_as_many_queries_with_2_as_with_20(web: WebClient, world: World, meeting: str) -> None:
    world.ask("cecep", world.time("rapat", 1, "13:00", "14:00"))
    web.log_in("ujang").get("/today")
    few = count_statements(web, "/today")
    for number in range(18):
        world.room(f"ruang-{number}", tier="automatic")
        world.ask("cecep", world.time(f"ruang-{number}", 1, "14:00", "15:00"))
    assert count_statements(web, "/today") == few
    assert len(gzip.compress(web.get("/today").data, 6)) <= 12 * 1024


def test_the_door_from_here_to_leaving(web: WebClient, world: World, meeting: str) -> None:
    web.log_in("euis")
    page = web.get("/door/rapat")
    assert "Saya sudah di sini" in page.text
    assert actions(page) == ["/door/rapat/here"]
    form = {"code": meeting, "uid": only(meeting).uid}
    assert web.post("/door/rapat/here", form).headers["Location"] == "/door/rapat"
    page = web.get("/door/rapat")
    assert actions(page) == ["/door/rapat/leave"]
    world.now = world.at(1, "10:00")
    web.post("/door/rapat/leave", {**form, "people": "4"})
    assert (only(meeting).state, only(meeting).actual_people) == ("completed", 4)
    page = web.get("/door/rapat")
    assert actions(page) == []
    assert "Kosong" in text_of(page)
    assert web.post("/door/rapat/leave", form).status_code == 422
    history = text_of(web.get(f"/bookings/{meeting}"))
    for text in ("Datang pukul 09.10", "4 orang datang", "mereka pulang lebih awal"):
        assert text in history


def test_the_door_offers_nothing_to_others_nor_too_early(web: WebClient, world: World, meeting: str) -> None:
    for client in (web, WebClient(world).log_in("cecep")):
        page = client.get("/door/rapat")
        assert actions(page) == []
        for text in ("Euis", "+62", meeting):
            assert text not in page.text, "nobody's name stands at a door"
    form = {"code": meeting, "uid": only(meeting).uid}
    assert WebClient(world).log_in("cecep").post("/door/rapat/here", form).status_code == 404
    assert web.post("/door/rapat/here", form).status_code == 302
    assert only(meeting).arrived_at is None
    euis = WebClient(world).log_in("euis")
    world.now = world.at(1, "08:29")
    assert actions(euis.get("/door/rapat")) == []
    world.now = world.at(1, "08:30")
    assert actions(euis.get("/door/rapat")) == ["/door/rapat/here"]


def test_the_door_of_a_part_knows_the_whole(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("plx", 1, "09:00", "12:00"), people=50)
    world.approve("entin", code)
    world.now = world.at(1, "09:00")
    assert actions(web.log_in("cecep").get("/door/pl1")) == ["/door/pl1/here"]
    assert "Terisi" in text_of(web.get("/display/pl1"))
    web.post("/door/pl1/here", {"code": code, "uid": only(code).uid})
    assert only(code).arrived_at == world.now


def test_only_what_the_public_level_shows(web: WebClient, world: World, meeting: str) -> None:
    facts = RoomFacts("bitc", "Ruang Rapat", tier="automatic", capacity=12, rules={"hours": ALL_WEEK})
    for path in ("/door/rapat", "/display/rapat"):
        assert "Rapat pengurus" in web.get(path).text
    save_room(act=world.act("admin"), slug="rapat", facts=RoomFacts(**{**vars(facts), "feed_level": "busy"}))
    for path in ("/door/rapat", "/display/rapat"):
        assert "Rapat pengurus" not in web.get(path).text
        assert "Rapat pengurus" not in WebClient(world).log_in("dadang").get(path).text
    save_room(act=world.act("admin"), slug="rapat", facts=RoomFacts(**{**vars(facts), "is_public": False}))
    assert [web.get(path).status_code for path in ("/door/rapat", "/display/rapat")] == [404, 404]
    assert WebClient(world).log_in("euis").get("/door/rapat").status_code == 200, "who has it may come in"


def state(world: World, room: str) -> tuple[str, str | None, int]:
    reading().rollback()
    days = [world.now.astimezone(JAKARTA).date()]
    (day,) = room_days(reading(), [room_by_slug(reading(), room)], days, NOBODY, world.now)
    found = door(day, world.now)
    return found.kind, found.until.astimezone(JAKARTA).strftime("%H:%M") if found.until else None, found.free


def test_free_or_taken_until_when(world: World) -> None:
    world.room("rapi", tier="automatic", setup_minutes=15, teardown_minutes=15)
    for starts, ends in (("09:00", "10:00"), ("10:30", "12:00"), ("20:00", "21:00")):
        world.ask("euis", world.time("rapi", 1, starts, ends))
    world.ask("euis", world.time("meja", 1, "09:00", "10:00"), people=20)
    world.ask("cecep", world.time("meja", 1, "09:30", "10:00"), people=4)
    for clock, room, expected in (
        ("06:00", "rapi", ("closed", "08:00", 0)),
        ("08:00", "rapi", ("free", "08:45", 1)),
        ("08:50", "rapi", ("taken", "12:15", 0)),
        ("10:20", "rapi", ("taken", "12:15", 0)),
        ("12:15", "rapi", ("free", "19:45", 1)),
        ("20:30", "rapi", ("taken", "21:00", 0)),
        ("21:00", "rapi", ("closed", None, 0)),
        ("09:00", "meja", ("free", "09:30", 4)),
        ("09:30", "meja", ("taken", "10:00", 0)),
    ):
        world.now = world.at(1, clock)
        assert state(world, room) == expected, (clock, room)


def test_what_is_only_asked_for_takes_no_door(world: World) -> None:
    world.ask("cecep", world.time("musik", 1, "09:00", "11:00"))
    world.now = world.at(1, "09:30")
    # it has lapsed by now, and before that nobody had it
    assert state(world, "musik")[0] == "free"


def test_a_no_show_is_free_at_the_door_and_in_the_schedule(web: WebClient, world: World, meeting: str) -> None:
    assert state(world, "rapat")[0] == "taken"
    assert "Rapat pengurus" in web.get("/schedule?date=2026-11-24").text
    mark_missed(act=world.act("ujang"), code=meeting, uid=only(meeting).uid)
    assert state(world, "rapat") == ("free", "21:00", 1)
    assert "Rapat pengurus" not in web.get("/schedule?date=2026-11-24").text


def test_display_refreshes_and_both_are_kept_for_a_minute(web: WebClient, world: World, meeting: str) -> None:
    assert '<meta http-equiv="refresh" content="60">' in web.get("/display/rapat").text
    for path in ("/display/rapat", "/door/rapat"):
        first = web.get(path)
        tag = first.headers["ETag"]
        assert web.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert "Set-Cookie" not in first.headers
        world.now += timedelta(minutes=1)
        assert web.get(path, headers={"If-None-Match": tag}).status_code == 200
    world.now = world.at(1, "12:00")
    assert "Kosong" in text_of(web.get("/display/rapat"))


def test_poster_for_those_who_keep_the_room(web: WebClient, world: World) -> None:
    world.room("tepat", name="Ruang Tepat", release_minutes=20)
    path = "/manage/rooms/tepat/poster"
    assert web.get(path).status_code == 302
    for who, status in (("euis", 403), ("entin", 403), ("ujang", 200), ("dadang", 200), ("admin", 200)):
        assert WebClient(world).log_in(who).get(path).status_code == status
    page = WebClient(world).log_in("admin").get(path)
    assert "<svg" in page.text
    assert "http://127.0.0.1:8000/door/tepat" in page.text
    assert "20 menit" in page.text


def test_the_form_of_a_room_sets_when_it_is_released(web: WebClient, world: World) -> None:
    web.log_in("admin")
    page = web.get("/manage/rooms/rapat")
    assert 'name="release_minutes"' in page.text
    assert "/manage/rooms/rapat/poster" in page.text
    facts = {
        "name": "Ruang Rapat", "site": "bitc", "capacity": "12", "units": "1", "tier": "automatic",
        "setup_minutes": "0", "teardown_minutes": "0", "feed_level": "title", "is_public": "y", "bookable": "y",
    }  # fmt: skip
    for said, status, expected in (("15", 302, 15), ("4", 422, 15), ("", 302, None)):
        assert web.post("/manage/rooms/rapat", {**facts, "release_minutes": said}).status_code == status
        reading().rollback()
        assert room_by_slug(reading(), "rapat").release_minutes == expected
