"""The API's contract: shapes, statuses, problems. Every answer is held against the OpenAPI document by the client."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import func, select

from booking.storage.bookings import Booking
from booking.storage.db import reading
from tests.support.clients import ApiClient
from tests.support.world import World


def body(**changed) -> dict:
    times = {"room": "rapat", "starts_at": "2026-11-24T13:00:00+07:00", "ends_at": "2026-11-24T15:00:00+07:00"}
    return {"title": "Rapat", "people": 2, "occurrences": [{**times, **changed.pop("occurrence", {})}], **changed}


def codes(answer) -> list[str]:
    return [one["code"] for one in answer.json["violations"]]


def test_every_rule_is_in_the_document(api: ApiClient, world: World) -> None:
    rules = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    paths = api.document["paths"]
    assert rules == {(path, method.upper()) for path, operations in paths.items() for method in operations}
    for shape in api.document["components"]["schemas"].values():
        Draft202012Validator.check_schema(shape)
    assert api.document["openapi"].startswith("3.1")


def test_rooms(api: ApiClient) -> None:
    rooms = {room["slug"]: room for room in api.get("/api/v1/rooms").json["rooms"]}
    assert rooms["meja"] | {"name": "Working Space", "site": "bitc", "units": 24, "capacity": 24} == rooms["meja"]


def test_availability_covers_the_span(api: ApiClient, world: World) -> None:
    world.ask("cecep", world.time("meja", 1, "10:00", "12:00"), people=20)
    query = "room=meja&from=2026-11-24T07:00:00%2B07:00&to=2026-11-24T22:00:00%2B07:00"
    found = api.get(f"/api/v1/availability?{query}").json
    assert (found["room"], found["units"]) == ("meja", 24)
    assert [(one["starts_at"][11:16], one["free"]) for one in found["periods"]] == [
        ("00:00", 0), ("01:00", 24), ("03:00", 4), ("05:00", 24), ("14:00", 0),
    ]  # fmt: skip
    joined = zip(found["periods"], found["periods"][1:], strict=False)
    assert all(one["ends_at"] == other["starts_at"] for one, other in joined)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("room=nope&from=2026-11-24T07:00:00Z&to=2026-11-24T08:00:00Z", 404),
        ("room=%00&from=2026-11-24T07:00:00Z&to=2026-11-24T08:00:00Z", 404),
        ("room=meja&from=2026-11-24T07:00:00&to=2026-11-24T08:00:00Z", 422),
        ("room=meja&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", 422),
        ("room=meja&from=2026-11-24T09:00:00Z&to=2026-11-24T08:00:00Z", 422),
        ("room=meja&from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z", 422),
        ("room=meja", 422),
    ],
)
def test_availability_of_what_cannot_be(api: ApiClient, query: str, status: int) -> None:
    assert api.get(f"/api/v1/availability?{query}").status_code == status


def test_ask_look_decide_cancel(api: ApiClient) -> None:
    cecep, dadang = api.as_("cecep"), api.as_("dadang")
    asked = cecep.post("/api/v1/bookings", body(occurrence={"room": "musik"}, community="gerimis-sore"))
    assert (asked.status_code, asked.json["state"], asked.json["version"]) == (201, "requested", 1)
    path = f"/api/v1/bookings/{asked.json['code']}"
    assert cecep.get(path).json == asked.json
    assert cecep.get("/api/v1/bookings?mine=1").json["bookings"] == [asked.json]
    assert codes(dadang.post(f"{path}/decision", {"verdict": "decline"})) == ["reason_required"]
    decided = dadang.post(f"{path}/decision", {"verdict": "approve"})
    assert (decided.status_code, decided.json["state"]) == (200, "approved")
    gone = cecep.post(f"{path}/cancellation", {})
    assert (gone.status_code, gone.json["state"]) == (200, "cancelled")
    assert gone.json["occurrences"][0]["uid"] == asked.json["occurrences"][0]["uid"]


def test_409_only_when_taken_alone(api: ApiClient) -> None:
    cecep, euis = api.as_("cecep"), api.as_("euis")
    assert cecep.post("/api/v1/bookings", body()).status_code == 201
    taken = euis.post("/api/v1/bookings", body())
    assert (taken.status_code, codes(taken)) == (409, ["taken"])
    assert taken.json["violations"][0]["nearest"]["starts_at"] == "2026-11-24T04:00:00Z"
    both = euis.post("/api/v1/bookings", body(people=99))
    assert (both.status_code, set(codes(both))) == (422, {"taken", "capacity"})


def test_approving_a_rival_is_409(api: ApiClient, world: World) -> None:
    dadang = api.as_("dadang")
    first, rival = (world.ask(who, world.time("musik", 2, "19:00", "21:00")) for who in ("cecep", "euis"))
    dadang.post(f"/api/v1/bookings/{first}/decision", {"verdict": "approve"})
    answer = dadang.post(f"/api/v1/bookings/{rival}/decision", {"verdict": "approve"})
    assert (answer.status_code, codes(answer)) == (409, ["taken"])


def test_who_may(api: ApiClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    path = f"/api/v1/bookings/{code}"
    assert api.get(path).status_code == 401
    assert api.post("/api/v1/bookings", body()).status_code == 401
    api.headers["Authorization"] = "Bearer bk_wrong"
    assert api.get("/api/v1/rooms").status_code == 401
    assert api.as_("euis").get(path).status_code == 404
    assert api.as_("euis").post(f"{path}/cancellation", {}).status_code == 404
    assert api.as_("cecep").post(f"{path}/decision", {"verdict": "decline"}).status_code == 403
    assert api.as_("cecep").get("/api/v1/bookings/NOPE").status_code == 404
    assert api.as_("cecep").get("/api/v1/bookings/%00").status_code == 404


def test_same_key(api: ApiClient) -> None:
    cecep = api.as_("cecep")
    first, second = (cecep.post("/api/v1/bookings", body(key="k1")) for _ in range(2))
    assert (first.status_code, second.status_code, first.json) == (201, 200, second.json)
    other = cecep.post("/api/v1/bookings", body(key="k1", title="Lain"))
    assert (other.status_code, codes(other)) == (409, ["key_reused"])
    again = cecep.post(
        "/api/v1/bookings", body(title="Baru", occurrence={"room": "meja"}), headers={"Idempotency-Key": "h"}
    )
    assert again.status_code == 201


BAD = [
    ({"occurrence": {"starts_at": "2026-11-24T13:00:00"}}, ["offset"]),
    ({"occurrence": {"starts_at": "0001-01-01T00:00:00+00:00"}}, ["date"]),
    ({"occurrence": {"ends_at": "9999-12-31T23:59:59-12:00"}}, ["date"]),
    ({"occurrence": {"starts_at": "yesterday"}}, ["date"]),
    ({"occurrence": {"ends_at": "2026-11-24T12:00:00+07:00"}}, ["end_before_start"]),
    ({"occurrence": {"starts_at": "2026-11-20T13:00:00+07:00", "ends_at": "2026-11-20T14:00:00+07:00"}}, ["past"]),
    ({"occurrence": {"ends_at": "2199-11-24T13:00:00+07:00"}}, ["too_long_ever"]),
    ({"occurrence": {"units": 0}}, ["units"]),
    ({"occurrence": {"units": 10_000}}, ["units"]),
    ({"occurrence": {"units": 10**30}}, ["units"]),
    ({"occurrence": {"room": "nope"}}, ["unknown_room"]),
    ({"occurrence": {"room": "a\0"}}, ["unknown_room"]),
    ({"occurrence": {"label": "a\0"}}, ["text"]),
    ({"occurrence": {"people": 10**20}}, ["people"]),
    ({"people": 0}, ["people", "people"]),
    ({"people": 10**30}, ["people", "people"]),
    ({"title": "x" * 10_240}, ["too_long"]),
    ({"title": "a\0b"}, ["text"]),
    ({"title": "\ud800"}, ["text"]),
    ({"title": ""}, ["required"]),
    ({"community": "kujang-lima"}, ["unknown_community"]),
    ({"key": "a\0"}, ["text"]),
    ({"occurrences": []}, ["required"]),
    ({"state": "approved"}, ["json"]),
    ({"people": "2"}, ["json"]),
    ({"people": 2.5}, ["json"]),
    ({"people": None}, ["json"]),
    ({"occurrences": [{}]}, ["json"]),
    ({"title": " ", "community": "x", "occurrence": {"room": "n"}}, ["required", "unknown_community", "unknown_room"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "expected"), BAD)
def test_bad_input_is_told_whole_and_stores_nothing(api: ApiClient, changed: dict, expected: list[str]) -> None:
    answer = api.as_("cecep").post("/api/v1/bookings", body(**changed))
    assert answer.status_code == 422
    assert codes(answer) == expected
    assert reading().scalar(select(func.count(Booking.id))) == 0


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"nul", b'{"title": "\\ud8'])
def test_broken_json(api: ApiClient, raw: bytes) -> None:
    answer = api.as_("cecep").post_raw("/api/v1/bookings", raw)
    assert (answer.status_code, codes(answer)) == (400, ["json"])


def test_deep_nesting_is_no_fault(api: ApiClient) -> None:
    assert api.as_("cecep").post_raw("/api/v1/bookings", b"[" * 100_000).status_code in (400, 422)


def test_problems_speak_the_readers_language(api: ApiClient) -> None:
    cecep = api.as_("cecep")
    told = [cecep.post(f"/api/v1/bookings?lang={lang}", body(people=99)).json["title"] for lang in ("id", "en")]
    assert told == [
        "Ruang ini untuk paling banyak 12 orang; Anda menulis 99.",
        "This room is for at most 12 people; you wrote 99.",
    ]


def test_other_methods_and_addresses(api: ApiClient) -> None:
    answer = api.client.delete("/api/v1/rooms")
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert "GET" in answer.headers["Allow"]
    assert api.client.get("/api/v1/nope").mimetype == "application/problem+json"
    assert "Set-Cookie" not in answer.headers


def test_closed_account_has_no_key(api: ApiClient, world: World) -> None:
    from booking.usecases.joining import change_person

    cecep = api.as_("cecep")
    change = dict(name="Cecep", phone="0840-0000-0001", email="", closed=True, real_now=world.now)
    change_person(act=world.act("dadang"), person_id=world.people["cecep"], **change)
    assert cecep.get("/api/v1/bookings?mine=1").status_code == 401


def test_health(api: ApiClient, world: World) -> None:
    assert api.client.get("/healthz").json == {"process": "ok"}
    assert api.client.get("/readyz").status_code == 503
    from booking.cli.worker import work_once

    work_once()
    answer = api.client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"database": "ok", "migrations": "ok", "worker": "ok"})


def test_positions_are_those_of_the_request(api: ApiClient) -> None:
    unreadable = {"room": "rapat", "starts_at": "yesterday", "ends_at": "2026-11-24T15:00:00+07:00"}
    unknown = {"room": "nope", "starts_at": "2026-11-24T13:00:00+07:00", "ends_at": "2026-11-24T15:00:00+07:00"}
    answer = api.as_("cecep").post("/api/v1/bookings", body() | {"occurrences": [unreadable, unknown]})
    assert [(one["code"], one["at"]) for one in answer.json["violations"]] == [("date", 0), ("unknown_room", 1)]


def test_a_retired_room_is_free_to_its_last_day(api: ApiClient, world: World) -> None:
    from datetime import date

    world.room("lama", active_to=date(2026, 11, 24), rules={})
    found = api.get(
        "/api/v1/availability?room=lama&from=2026-11-24T00:00:00%2B07:00&to=2026-11-26T00:00:00%2B07:00"
    ).json
    assert [(one["ends_at"], one["free"]) for one in found["periods"]] == [
        ("2026-11-24T17:00:00Z", 1),
        ("2026-11-25T17:00:00Z", 0),
    ]
