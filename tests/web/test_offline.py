"""Which pages a browser may keep for lack of a network; what it does with them stands in tests/e2e/test_offline.py."""

from __future__ import annotations

import json
import re

import pytest

from booking.usecases.signing_in import log_out, open_session
from tests.support.clients import WebClient
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> str:
    """The database does not matter here."""
    return sqlite_url


def known(world: World, who: str, *, trusted: bool) -> WebClient:
    client = WebClient(world)
    secret = open_session(person_id=world.people[who], trusted=trusted, now=world.now)
    client.client.set_cookie("login", secret)
    return client


def kept(client: WebClient, path: str) -> str:
    return client.get(path).headers.get("Offline-Copy", "").partition(" ")[0]


def test_only_own_bookings_on_a_device_of_ones_own_may_be_kept(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "09:00", "11:00"))
    own = known(world, "cecep", trusted=True)
    name = kept(own, "/mine")
    assert re.fullmatch("[0-9a-f]{16}", name)
    assert kept(own, f"/bookings/{code}") == name
    assert f'data-own="{name}"' in own.get("/").text
    for path in ("/", "/account/messages", "/communities", f"/bookings/{code}.ics"):
        assert kept(own, path) == ""
    assert "data-offline" not in own.get("/").text
    for client in (known(world, "cecep", trusted=False), known(world, "dadang", trusted=True), WebClient(world)):
        assert kept(client, "/mine") == ""
        assert "data-own" not in client.get("/").text


def test_each_log_in_has_copies_of_its_own_that_end_with_it(world: World) -> None:
    one, other = known(world, "cecep", trusted=True), known(world, "cecep", trusted=True)
    assert kept(one, "/mine") != kept(other, "/mine")
    _, until, made = one.get("/mine").headers["Offline-Copy"].split()
    assert int(until) - int(made) == 90 * 86_400_000
    log_out(secret=one.client.get_cookie("login").value)
    assert "data-own" not in one.get("/").text


def test_the_worker_fetches_a_new_shell_with_each_build(web: WebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = web.get("/sw.js")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
    for path in json.loads(re.search("const SHELL = (.+);", answer.text)[1]):
        assert "immutable" in web.get(path).headers["Cache-Control"]
    monkeypatch.setattr("booking.web.offline.build", lambda: "another")
    assert web.get("/sw.js").data != answer.data


def test_the_manifest_names_the_centre_in_the_readers_language(web: WebClient) -> None:
    said = web.get("/manifest.webmanifest").json
    assert web.get("/manifest.webmanifest?lang=en").json["shortcuts"][1]["name"] == "My bookings"
    for icon in said["icons"]:
        size = web.get(icon["src"]).data[16:24]  # width and height of the first chunk of a PNG
        assert icon["sizes"] == f"{int.from_bytes(size[:4])}x{int.from_bytes(size[4:])}"
    assert {icon["purpose"] for icon in said["icons"]} == {"any", "maskable"}
