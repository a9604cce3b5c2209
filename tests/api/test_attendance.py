"""Attendance over the API; every answer is held against the OpenAPI document by the client."""

from __future__ import annotations

import pytest

from booking.storage.db import reading
from tests.support.clients import ApiClient
from tests.support.world import World
from tests.usecases.test_requesting import booking


@pytest.fixture
def meeting(world: World) -> str:
    code = world.ask("euis", world.time("rapat", 1, "09:00", "12:00"), people=3)
    world.now = world.at(1, "09:10")
    return code


def address(code: str) -> str:
    reading().rollback()
    (one,) = booking(code).occurrences
    return f"/api/v1/bookings/{code}/occurrences/{one.uid}"


def test_today_for_those_who_attend(api: ApiClient, world: World, meeting: str) -> None:
    world.ask("euis", world.time("rapat", 2, "09:00", "12:00"))
    (one,) = api.as_("ujang").get("/api/v1/today").json["occurrences"]
    assert (one["code"], one["people"], one["person"], one["phone"][:3]) == (meeting, 3, "Euis", "+62")
    assert len(api.as_("dadang").get("/api/v1/today?site=bitc&date=2026-11-25").json["occurrences"]) == 1
    assert api.as_("entin").get("/api/v1/today").json["occurrences"] == []
    for who, path, status in (
        ("entin", "?site=bitc", 403),
        ("euis", "", 403),
        ("ujang", "?site=nope", 404),
        ("ujang", "?date=tomorrow", 422),
    ):
        assert api.as_(who).get(f"/api/v1/today{path}").status_code == status
    assert api.get("/api/v1/today").status_code == 401


def test_from_arrival_to_the_number_of_people(api: ApiClient, world: World, meeting: str) -> None:
    euis, ujang, here = api.as_("euis"), api.as_("ujang"), address(meeting)
    arrived = euis.post(f"{here}/arrive").json
    assert (arrived["arrived_at"], arrived["state"]) == ("2026-11-24T02:10:00Z", "approved")
    assert "phone" not in arrived
    world.now = world.at(1, "10:00")
    ended = euis.post(f"{here}/end", {"people": 4}).json
    assert (ended["ends_at"], ended["state"], ended["actual_people"]) == ("2026-11-24T03:00:00Z", "completed", 4)
    assert euis.post(f"{here}/people", {"people": 5}).status_code == 403
    assert ujang.post(f"{here}/people", {"people": 5}).json["actual_people"] == 5
    for body in ({"people": 0}, {"people": "5"}, {}, {"crowd": 5}):
        assert ujang.post(f"{here}/people", body).status_code == 422


def test_no_show_and_back(api: ApiClient, meeting: str) -> None:
    ujang, here = api.as_("ujang"), address(meeting)
    assert api.as_("euis").post(f"{here}/missed").status_code == 403
    assert api.as_("cecep").post(f"{here}/missed").status_code == 404
    assert api.post(f"{here}/missed").status_code == 401
    assert ujang.post(f"{here}/missed").json["state"] == "missed"
    assert ujang.post(f"{here}/missed").status_code == 422
    assert api.as_("euis").post(f"{here}/arrive").json["state"] == "approved"
    assert ujang.post(f"/api/v1/bookings/{meeting}/occurrences/nope/arrive").status_code == 404
