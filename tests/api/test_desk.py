"""The inbox over the API; every answer is held against the OpenAPI document."""

from __future__ import annotations

from datetime import timedelta

from booking.usecases.furnishing_reasons import save_reason
from tests.support.clients import ApiClient
from tests.support.world import World
from tests.usecases.test_requesting import booking


def test_the_inbox_tells_how_requests_stand(api: ApiClient, world: World) -> None:
    codes = [world.ask(who, world.time("musik", 2, "19:00", "21:00")) for who in ("cecep", "euis")]
    clean = world.ask("dewi", world.time("pl1", 3, "10:00", "12:00"))
    head = api.as_("sumarna")
    found = head.get("/api/v1/inbox").json
    assert (found["count"], found["clashing"], found["pages"]) == (3, 2, 1)
    assert [(one["code"], one["standing"]) for one in found["requests"]] == [
        *((code, "rival") for code in codes),
        (clean, "free"),
    ]
    assert found["requests"][2]["tiers"] == ["officer"]
    assert [one["code"] for one in head.get("/api/v1/inbox?site=ctp").json["requests"]] == [clean]
    assert head.get("/api/v1/inbox?page=nine").json["page"] == 1
    assert api.as_("cecep").get("/api/v1/inbox").status_code == 403
    assert api.get("/api/v1/inbox").status_code == 401


def test_many_decisions_are_answered_for_one_by_one(api: ApiClient, world: World) -> None:
    clean = [world.ask("cecep", world.time("musik", day, "19:00", "21:00")) for day in (2, 3)]
    officer = api.as_("dadang")
    body = {"verdict": "approve", "versions": {clean[0]: 1, clean[1]: 9, "XXXXXXXX": None}}
    found = officer.post("/api/v1/inbox/decisions", body).json
    assert found["done"] == 1
    why = {each["code"]: [one["code"] for one in each["violations"]] for each in found["results"]}
    assert why == {clean[0]: [], clean[1]: ["stale"], "XXXXXXXX": ["not_yours"]}
    assert officer.post("/api/v1/inbox/decisions", {"verdict": "decline", "versions": {clean[1]: 1}}).status_code == 422


def test_a_decision_is_taken_back_within_ten_seconds(api: ApiClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    number = save_reason(act=world.act("sumarna"), reason_id=None, verdict="decline", text_id="Dipakai dinas.")
    officer = api.as_("dadang")
    assert officer.get("/api/v1/reasons").json["reasons"][0]["id"] == number
    body = {"verdict": "decline", "canned": number}
    assert officer.post(f"/api/v1/bookings/{code}/decision", body).json["occurrences"][0]["reason"] == "Dipakai dinas."
    assert officer.delete(f"/api/v1/bookings/{code}/decision").json["state"] == "requested"
    officer.post(f"/api/v1/bookings/{code}/decision", body)
    world.now += timedelta(seconds=11)
    assert officer.delete(f"/api/v1/bookings/{code}/decision").status_code == 422
    assert booking(code).state == "declined"
