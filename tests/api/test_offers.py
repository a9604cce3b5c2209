"""Proposals and the waitlist over the API; every answer is held against the document."""

from __future__ import annotations

import pytest

from booking.usecases.cancelling import cancel
from tests.support.clients import ApiClient
from tests.support.world import World


@pytest.fixture
def asked(world: World) -> str:
    return world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))


def proposal(world: World, **more) -> dict:
    return {"starts_at": world.at(3, "10:00").isoformat(), "ends_at": world.at(3, "12:00").isoformat(), **more}


def test_a_proposal_is_seen_and_accepted(world: World, api: ApiClient, asked: str) -> None:
    made = api.as_("dadang").post(f"/api/v1/bookings/{asked}/offer", proposal(world, note="Kamis kosong."))
    assert made.status_code == 200
    own = api.as_("cecep")
    (seen,) = own.get(f"/api/v1/bookings/{asked}").json["occurrences"]
    assert seen["offer"] == {
        "kind": "counter",
        "room": "musik",
        "starts_at": "2026-11-26T03:00:00Z",
        "ends_at": "2026-11-26T05:00:00Z",
        "units": 1,
        "expires_at": "2026-11-25T01:30:00Z",
        "note": "Kamis kosong.",
    }
    done = own.post(f"/api/v1/bookings/{asked}/offer/accept", {}).json
    assert (done["state"], done["occurrences"][0]["offer"]) == ("approved", None)
    over = own.post(f"/api/v1/bookings/{asked}/offer/accept", {})
    assert (over.status_code, over.json["violations"][0]["code"]) == (422, "offer_over")


def test_a_proposal_is_refused_taken_back_and_judged(world: World, api: ApiClient, asked: str) -> None:
    officer, own, path = api.as_("dadang"), api.as_("cecep"), f"/api/v1/bookings/{asked}/offer"
    world.approve("dadang", world.ask("euis", world.time("musik", 4, "10:00", "12:00")))
    at = [world.at(4, clock).isoformat() for clock in ("11:00", "13:00")]
    assert officer.post(path, {"starts_at": at[0], "ends_at": at[1]}).status_code == 409
    bad = officer.post(path, proposal(world, until=world.at(9, "10:00").isoformat()))
    assert bad.json["violations"][0]["code"] == "offer_until"
    assert own.post(path, proposal(world)).status_code == 403
    officer.post(path, proposal(world))
    assert own.delete(path).status_code == 403
    assert officer.delete(path).json["occurrences"][0]["offer"] is None
    officer.post(path, proposal(world))
    refused = own.post(f"{path}/refuse", {"reason": "Kami tidak bisa."}).json
    assert (refused["state"], refused["occurrences"][0]["offer"]) == ("requested", None)


def test_waiting_position_turn_and_leaving(world: World, api: ApiClient) -> None:
    taken = world.ask("dewi", world.time("rapat", 2, "10:00", "12:00"))
    body = {
        "title": "Rapat",
        "people": 3,
        "occurrences": [
            {
                "room": "rapat",
                "starts_at": world.at(2, "10:00").isoformat(),
                "ends_at": world.at(2, "12:00").isoformat(),
            }
        ],
    }
    one, other = api.as_("cecep"), api.as_("euis")
    assert one.post("/api/v1/bookings", body).status_code == 409
    codes = [client.post("/api/v1/bookings", {**body, "wait": True}).json["code"] for client in (one, other)]
    (place,) = other.get(f"/api/v1/bookings/{codes[1]}/waitlist").json["waiting"]
    assert (place["position"], place["state"], place["room"]) == (2, "waiting", "rapat")
    assert other.get(f"/api/v1/bookings/{codes[1]}").json["occurrences"][0]["waitlist"] == 2
    cancel(act=world.act("dewi"), code=taken)
    assert one.get("/api/v1/bookings?mine=1").json["bookings"][0]["occurrences"][0]["offer"]["kind"] == "turn"
    left = one.delete(f"/api/v1/bookings/{codes[0]}/waitlist").json
    assert left["state"] == "cancelled"
    assert one.get(f"/api/v1/bookings/{codes[0]}/waitlist").json == {"waiting": []}
    assert other.post(f"/api/v1/bookings/{codes[1]}/offer/accept", {}).json["state"] == "approved"
    assert other.delete(f"/api/v1/bookings/{codes[1]}/waitlist").status_code == 422
