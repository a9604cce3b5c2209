"""Whoever of the staff opens a page about a person is noted, and the person reads it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from booking.cli import worker
from booking.domain.permissions import Role
from booking.front.looking import looks
from booking.storage.db import reading
from booking.storage.looks import Look
from booking.usecases.joining import grant_role
from booking.usecases.subscribing import new_api_token
from tests.support.clients import WebClient, text_of
from tests.support.world import World
from tests.web.test_costs import statements_of


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def code(world: World) -> str:
    return world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))


def stored() -> dict[tuple[int | None, str], int]:
    reading().rollback()
    return {(one.person_id, one.what): one.times for one in reading().scalars(select(Look))}


def test_pages_about_a_person_are_noted_and_shown_to_them(world: World, web: WebClient, code: str) -> None:
    cecep = world.people["cecep"]
    web.log_in("dadang")
    key = new_api_token(person_id=world.people["dadang"], label="x", real_now=world.now)
    for path in (
        f"/inbox/{code}",
        f"/inbox/{code}",
        f"/bookings/{code}",
        f"/manage/people/{cecep}",
        "/today",
        "/inbox",
    ):
        assert web.get(path).status_code == 200
    web.get(f"/api/v1/bookings/{code}", headers={"Authorization": f"Bearer {key}"})
    web.get(f"/manage/people/{world.people['dadang']}")  # their own
    assert stored() == {}, "no GET writes"
    assert worker.write_collected() == 0
    many = {(None, "today"): 1, (None, "requests"): 1}
    assert stored() == {(cecep, "request"): 2, (cecep, "booking"): 2, (cecep, "person"): 1, **many}

    mine = WebClient(world)
    mine.log_in("cecep")
    for path in (f"/bookings/{code}", "/mine"):
        mine.get(path)
    worker.write_collected()
    assert sum(stored().values()) == 7, "what is one's own is not noted"
    page = text_of(mine.get("/account/data")).replace(" ,", ",").replace(" :", ":")
    assert "Dadang, Petugas, Sen 23 Nov: permohonan" in page
    views = json.loads(mine.get("/account/data.json").data)["views"]
    assert {(one["viewer"], one["what"], one["times"]) for one in views} >= {("Dadang", "request", 2)}


def test_administrators_and_auditors_see_all_and_nobody_else(world: World, web: WebClient, code: str) -> None:
    web.log_in("dadang")
    web.get(f"/inbox/{code}")
    worker.write_collected()
    assert web.get("/manage/privacy/views").status_code == 403
    grant_role(act=world.act(), login="dewi@example.com", role=Role.AUDITOR, site=None, from_on=None, to_on=None)
    web.log_in("dewi")
    page = text_of(web.get("/manage/privacy/views"))
    assert "Dadang → Cecep" in page
    assert "Dadang → Cecep" in text_of(web.get("/manage/privacy/views?person=cec&date=2026-11-23"))
    for other in ("person=euis", "date=2026-11-22", f"person={world.people['euis']}"):
        assert "Dadang → Cecep" not in text_of(web.get(f"/manage/privacy/views?{other}"))
    for odd in ("page=-1", "page=99999999999", "date=x", "person=%00", "person=%25"):
        assert web.get(f"/manage/privacy/views?{odd}").status_code == 200
    assert web.get("/manage/privacy").status_code == 403


def test_what_cannot_be_written_goes_with_the_next_batch(world: World, web: WebClient, code: str, monkeypatch) -> None:
    web.log_in("dadang")
    web.get(f"/inbox/{code}")

    def fail(**_: object) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(worker, "note_looks", fail)
        with pytest.raises(RuntimeError):
            worker.write_collected()
    web.get(f"/inbox/{code}")
    worker.write_collected()
    assert stored() == {(world.people["cecep"], "request"): 2}
    assert looks(world.app).take() == []


def test_noting_asks_nothing_of_the_database(world: World, web: WebClient, code: str, monkeypatch) -> None:
    web.log_in("dadang")
    web.get(f"/inbox/{code}")
    noted = statements_of(lambda: web.get(f"/inbox/{code}"))
    monkeypatch.setattr("booking.web.inbox.saw_booking", lambda *_: None)
    assert statements_of(lambda: web.get(f"/inbox/{code}")) == noted
    assert reading().scalar(select(func.count()).select_from(Look)) == 0
