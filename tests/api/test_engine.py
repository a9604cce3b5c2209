"""Series, items, changes, closures, rules and "why not?" over the API."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from booking.storage.bookings import Booking
from booking.storage.closures import Closure
from booking.storage.db import reading
from booking.usecases.furnishing_items import ItemFacts, save_item
from tests.support.clients import ApiClient
from tests.support.world import World

GIVEN = {"room": "rapat", "starts_at": "2026-11-24T10:00:00+07:00", "ends_at": "2026-11-24T12:00:00+07:00"}


def body(**more) -> dict:
    return {"title": "Rutin", "people": 2, "occurrences": [GIVEN], "repeat": {"every": "week", "count": 4}, **more}


def codes(answer) -> list[str]:
    return [one["code"] for one in answer.json["violations"]]


def test_preview_then_send_with_skipped_dates(api: ApiClient, world: World) -> None:
    world.ask("euis", world.time("rapat", 8, "11:00", "13:00"))
    world.close(world.at(15, "00:00"), world.at(16, "00:00"))
    cecep = api.as_("cecep")
    preview = cecep.post("/api/v1/bookings/preview", body())
    assert preview.status_code == 200
    assert [(one["date"], one["verdict"]) for one in preview.json["dates"]] == [
        ("2026-11-24", "free"),
        ("2026-12-01", "clash"),
        ("2026-12-08", "closed"),
        ("2026-12-15", "free"),
    ]
    assert {one["kind"] for one in preview.json["dates"][1]["alternatives"]} >= {"earlier", "later"}
    refused = cecep.post("/api/v1/bookings", body())
    assert (refused.status_code, codes(refused)) == (422, ["taken", "closed"])
    assert [one["date"] for one in refused.json["violations"]] == ["2026-12-01", "2026-12-08"]
    offer = preview.json["dates"][1]["alternatives"][0]
    instead = {"date": "2026-12-01", **{key: offer[key] for key in ("room", "starts_at", "ends_at")}}
    made = cecep.post("/api/v1/bookings", body(skip=["2026-12-08"], instead=[instead]))
    assert made.status_code == 201
    assert made.json["repeat"] == {"every": "week", "count": 4}
    assert [one["state"] for one in made.json["occurrences"]].count("skipped") == 1
    assert made.json["occurrences"][2]["skipped_because"] == ["closed"]


BAD = [
    ({"repeat": {"every": "week"}}, "series_end"),
    ({"repeat": {"every": "week", "count": 0}}, "series_count"),
    ({"repeat": {"every": "week", "count": -1}}, "series_count"),
    ({"repeat": {"every": "day", "count": 10**30}}, "too_many"),
    ({"repeat": {"every": "day", "until": "2199-12-31"}}, "too_many"),
    ({"repeat": {"every": "week", "until": "2026-11-01"}}, "series_until"),
    ({"repeat": {"every": "week", "until": "kemarin"}}, "date"),
    ({"repeat": {"every": "year", "count": 2}}, "json"),
    ({"repeat": {"every": "week", "count": 2, "rrule": "FREQ=SECONDLY"}}, "json"),
    ({"repeat": {"every": "week", "count": 2, "on": ["xx"]}}, "json"),
    ({"repeat": {"every": "month", "count": 2, "nth": 5, "on": ["mo"]}}, "series_nth"),
    ({"repeat": {"every": "week", "count": 2, "interval": 0}}, "series_interval"),
    ({"repeat": {"dates": [f"2027-{1 + n % 12:02d}-{1 + n % 28:02d}" for n in range(10_000)]}}, "too_many"),
    ({"repeat": {"dates": ["2026-13-01"]}}, "date"),
    ({"skip": ["2026-11-25"]}, "series_no_such_day"),
    ({"items": [{"item": "nope", "quantity": 1}]}, "unknown_item"),
    ({"items": [{"item": "proyektor", "quantity": -1}]}, "item_quantity"),
    ({"items": [{"item": "proyektor", "quantity": 10**20}]}, "item_quantity"),
    ({"items": [{"item": "a\0", "quantity": 1}]}, "unknown_item"),
    ({"needs": ["x" * 300]}, "too_long"),
    ({"needs": ["a"] * 21}, "too_many"),
    ({"occurrences": [GIVEN] * 105, "repeat": None}, "too_many"),
    ({"occurrences": [{**GIVEN, "starts_at": "2026-12-31T10:00:00+07:00", "ends_at": "2026-12-31T11:00:00+07:00"}],
      "repeat": {"every": "month", "count": 3}}, "month_day"),
    ({"instead": [{"date": "2026-12-01", "room": "nope"}]}, "unknown_room"),
    ({"instead": [{"date": "2026-12-01", "starts_at": "2026-12-01T13:00:00+07:00"}]}, "end_before_start"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "code"), BAD)
def test_bad_input_is_a_clear_refusal_and_stores_nothing(
    api: ApiClient, world: World, changed: dict, code: str
) -> None:
    save_item(act=world.act(), slug=None, facts=ItemFacts("bitc", "Proyektor", 2), new_slug="proyektor")
    cecep = api.as_("cecep")
    for path in ("/api/v1/bookings", "/api/v1/bookings/preview"):
        answer = cecep.post(path, body(**changed))
        told = codes(answer)
        if path.endswith("preview") and answer.status_code == 200:
            told += [one["code"] for row in answer.json["dates"] for one in row["violations"]]
        assert code in told, answer.json
    assert reading().scalar(select(func.count(Booking.id))) == 0


def test_items_needs_and_modes(api: ApiClient, world: World) -> None:
    save_item(act=world.act(), slug=None, facts=ItemFacts("bitc", "Proyektor", 2), new_slug="proyektor")
    modes = {room["slug"]: room["mode"] for room in api.get("/api/v1/rooms").json["rooms"]}
    assert (modes["musik"], modes["meja"], modes["plx"]) == ("exclusive", "pool", "composite")
    assert api.get("/api/v1/items").json["items"][0]["stock"] == 2
    more = {"items": [{"item": "proyektor", "quantity": 2}], "needs": ["Air minum"], "repeat": None}
    music = {**GIVEN, "room": "musik"}
    made = api.as_("cecep").post("/api/v1/bookings", body(occurrences=[music], **more)).json
    assert made["occurrences"][0]["items"] == [{"item": "proyektor", "quantity": 2}]
    answers = [{"need": made["needs"][0]["id"], "answer": "bring_your_own", "note": "Ada dispenser."}]
    decided = api.as_("dadang").post(
        f"/api/v1/bookings/{made['code']}/decision", {"verdict": "approve", "needs": answers}
    )
    assert decided.json["needs"][0]["answer"] == "bring_your_own"


def test_patch_says_before_and_after_per_date(api: ApiClient, world: World) -> None:
    cecep = api.as_("cecep")
    made = cecep.post("/api/v1/bookings", body()).json
    uid = made["occurrences"][1]["uid"]
    change = {"scope": "following", "occurrence": uid, "starts_at": "2026-12-01T14:00:00+07:00"}
    preview = patch(cecep, made["code"], {**change, "preview": True}).json
    done = patch(cecep, made["code"], {**change, "version": 1})
    assert done.status_code == 200
    assert preview["dates"] == done.json["dates"]
    first = done.json["dates"][0]
    assert (first["date"], first["outcome"]) == ("2026-12-01", "changed")
    assert (first["before"]["starts_at"], first["after"]["starts_at"]) == (
        "2026-12-01T03:00:00Z",
        "2026-12-01T07:00:00Z",
    )
    assert patch(cecep, made["code"], {**change, "version": 1}).status_code == 422
    assert patch(api.as_("euis"), made["code"], change).status_code == 404
    assert codes(patch(cecep, made["code"], {"room": "nope", "occurrence": uid})) == ["unknown_room"]
    assert codes(patch(cecep, made["code"], {"people": 3})) == ["occurrence"]


def patch(client: ApiClient, code: str, change: dict):
    answer = client.client.patch(f"/api/v1/bookings/{code}", json=change, headers=client.headers)
    return client._checked("patch", f"/api/v1/bookings/{code}", answer)


def test_changes_are_decided_and_taken_back(api: ApiClient, world: World) -> None:
    code = world.approve("dadang", world.ask("cecep", world.time("musik", 2, "19:00", "21:00")))
    cecep, dadang = api.as_("cecep"), api.as_("dadang")
    asked = patch(cecep, code, {"starts_at": "2026-11-26T17:00:00+07:00"})
    assert asked.json["dates"][0]["outcome"] == "asked"
    assert cecep.get(f"/api/v1/bookings/{code}").json["occurrences"][0]["change"]["starts_at"] == "2026-11-26T10:00:00Z"
    path = f"/api/v1/bookings/{code}/changes"
    assert cecep.post(f"{path}/decision", {"verdict": "approve"}).status_code == 403
    assert codes(dadang.post(f"{path}/decision", {"verdict": "decline"})) == ["reason_required"]
    assert cecep.post(f"{path}/withdrawal").json["occurrences"][0]["change"] is None
    patch(cecep, code, {"starts_at": "2026-11-26T17:00:00+07:00"})
    done = dadang.post(f"{path}/decision", {"verdict": "approve"})
    assert done.json["occurrences"][0]["starts_at"] == "2026-11-26T10:00:00Z"


def test_why_not(api: ApiClient, world: World) -> None:
    world.ask("euis", world.time("rapat", 1, "10:00", "12:00"))
    span = "starts_at=2026-11-24T11:00:00%2B07:00&ends_at=2026-11-24T13:00:00%2B07:00"
    found = api.get(f"/api/v1/why?room=rapat&{span}&people=14").json
    assert (found["verdict"], {one["code"] for one in found["violations"]}) == ("refused", {"taken", "capacity"})
    found = api.get(f"/api/v1/why?room=rapat&{span}").json
    assert found["verdict"] == "clash"
    assert found["violations"][0]["nearest"]["starts_at"] == "2026-11-24T05:00:00Z"
    assert 0 < len(found["alternatives"]) <= 5
    assert api.get(f"/api/v1/why?room=nope&{span}").status_code == 404
    assert codes(api.get(f"/api/v1/why?room=rapat&{span}&people=x")) == ["people"]
    assert codes(api.as_("cecep").get(f"/api/v1/why?room=rapat&{span}&community=kujang-lima")) == ["unknown_community"]


def test_rules_are_read_set_and_tried(api: ApiClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    admin = api.as_("admin")
    assert list(api.get("/api/v1/rooms/rapat/rules").json["in_force"]) == ["hours"]
    new = {"rules": {"length": {"shortest": 30, "longest": 60}}}
    assert admin.post("/api/v1/rooms/rapat/rules/trial", new).json == {
        "asked": 1,
        "refused": 1,
        "by_rule": {"length": 1},
    }
    for wrong in ({"nope": {}}, {"notice": {"hours": "x"}}, {"notice": 5}, {"length": {"shortest": 9, "longest": 5}}):
        assert codes(put(admin, {"rules": wrong})) == ["setting"]
    assert put(api.as_("cecep"), new).status_code == 403
    assert put(admin, new).json["own"] == new["rules"]


def put(client: ApiClient, rules: dict):
    answer = client.client.put("/api/v1/rooms/rapat/rules", json=rules, headers=client.headers)
    return client._checked("put", "/api/v1/rooms/rapat/rules", answer)


def test_closures_over_bookings(api: ApiClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    closure = {
        "starts_at": "2026-11-24T00:00:00+07:00",
        "ends_at": "2026-11-25T00:00:00+07:00",
        "name_id": "Perbaikan",
        "room": "rapat",
    }
    dadang = api.as_("dadang")
    assert api.as_("cecep").post("/api/v1/closures/preview", closure).status_code == 403
    (hit,) = dadang.post("/api/v1/closures/preview", closure).json["hits"]
    assert hit["code"] == code
    assert codes(dadang.post("/api/v1/closures", closure)) == ["hits_changed"]
    to = {key: hit["proposal"][key] for key in ("room", "starts_at", "ends_at")}
    choices = [{"occurrence": hit["occurrence"], "remedy": "move", **to}]
    assert dadang.post("/api/v1/closures", {**closure, "choices": choices}).status_code == 201
    moved = api.as_("cecep").get(f"/api/v1/bookings/{code}").json["occurrences"][0]
    assert (moved["state"], moved["room"]) == ("approved", to["room"])
    assert reading().scalar(select(func.count(Closure.id))) == 1


def test_skipped_dates_are_asked_for_after_all(api: ApiClient, world: World) -> None:
    cecep = api.as_("cecep")
    made = cecep.post("/api/v1/bookings", body(skip=["2026-12-01"])).json
    uid = next(one["uid"] for one in made["occurrences"] if one["state"] == "skipped")
    again = cecep.post(f"/api/v1/bookings/{made['code']}/resumption", {"occurrences": [uid]})
    assert {one["state"] for one in again.json["occurrences"]} == {"approved"}
