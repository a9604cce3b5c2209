"""Pages of nobody in particular: 304 while nothing changed, kept bytes, and never a stranger's or an old page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import abort
from flask_wtf.csrf import generate_csrf
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from booking.storage.db import db
from booking.usecases.cancelling import cancel
from booking.web import page_cache, security
from tests.support.clients import WebClient
from tests.support.world import World

PATHS = ("/", "/schedule?date=2026-11-25", "/rooms/rapat?date=2026-11-25")


@pytest.mark.parametrize("path", PATHS)
def test_304_until_something_changes(web: WebClient, world: World, path: str) -> None:
    first = web.get(path)
    tag = first.headers["ETag"]
    again = web.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert web.get(path).data == first.data
    code = world.ask("cecep", world.time("rapat", 2, "10:00", "12:00"))
    changed = web.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)
    cancel(act=world.act("cecep"), code=code)
    assert web.get(path, headers={"If-None-Match": changed.headers["ETag"]}).status_code == 200


def test_a_304_asks_the_database_one_thing(web: WebClient) -> None:
    tag = web.get("/schedule").headers["ETag"]
    statements: list[str] = []
    listen = lambda _c, _cu, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    assert web.get("/schedule", headers={"If-None-Match": tag}).status_code == 304
    event.remove(db.engine, "before_cursor_execute", listen)
    assert len(statements) == 1


def test_who_is_logged_in_never_gets_a_kept_page_nor_leaves_one(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 2, "13:00", "15:00"), title="Rapat rahasia")
    public = web.get("/schedule?date=2026-11-25")
    mine = WebClient(world).log_in("cecep").get("/schedule?date=2026-11-25")
    assert "yours" in mine.text
    assert "ETag" not in mine.headers
    assert web.get("/schedule?date=2026-11-25").data == public.data


def test_language_and_compression_have_pages_of_their_own(web: WebClient) -> None:
    tags = {web.get("/schedule", headers={"Accept-Encoding": kind}).headers["ETag"] for kind in ("gzip", "identity")}
    assert len(tags) == 2
    web.get("/schedule?lang=en")
    english = web.get("/schedule")
    assert "Schedule" in english.text
    assert english.headers["ETag"] not in tags


def test_the_clock_makes_a_page_old(web: WebClient, world: World) -> None:
    tag = web.get("/schedule").headers["ETag"]
    world.now += timedelta(minutes=1)
    assert web.get("/schedule", headers={"If-None-Match": tag}).status_code == 200


def test_closures_and_rules_reach_kept_pages(web: WebClient, world: World) -> None:
    before = web.get("/rooms/rapat?date=2026-11-25").text
    world.close(world.at(2, "08:00"), world.at(2, "12:00"), room="rapat")
    assert web.get("/rooms/rapat?date=2026-11-25").text != before


@pytest.mark.parametrize("path", PATHS)
def test_what_is_known_is_answered_before_flask(web: WebClient, world: World, path: str) -> None:
    first = web.get(path)
    world.app.before_request_funcs, was = {None: [lambda: abort(418)]}, world.app.before_request_funcs
    try:
        kept, head = web.get(path), web.client.head(path)
        known = web.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert web.get("/schedule?date=2026-11-30").status_code == 418  # control: this one is not known
    finally:
        world.app.before_request_funcs = was
    assert (kept.status_code, kept.data, dict(kept.headers)) == (200, first.data, dict(first.headers))
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", first.headers["ETag"])
    assert known.status_code == 304
    for name in (*security.HEADERS, "Vary", "Cache-Control"):
        assert known.headers[name] == first.headers[name]


def test_pages_beside_the_kept_ones_ask_for_no_version(web: WebClient) -> None:
    assert "ETag" not in web.get("/login").headers
    assert "ETag" not in web.get("/rooms/rapat/request").headers
    assert "ETag" not in web.get("/schedule?lang=en").headers


def test_without_a_database_the_application_has_the_words(web: WebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_engine: object) -> tuple[int, int]:
        raise OperationalError("SELECT", {}, Exception("away"))

    web.get("/schedule")
    monkeypatch.setattr(page_cache, "everything_version", away)
    answer = web.get("/schedule")
    assert (answer.status_code, "ETag" in answer.headers) == (200, False)


def test_what_writes_into_a_session_is_one_reader_s_alone(web: WebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cookie comes after everything else: a token of one form must not be in the page of the next reader."""
    address = "/rooms/rapat/week"
    assert web.get(address).headers["ETag"], "the control: it is a kept page"
    monkeypatch.setitem(web.client.application.view_functions, "rooms.week", lambda slug: f"{slug} {generate_csrf()}")
    first = WebClient(web.world).get(f"{address}?date=2026-11-25")
    other = WebClient(web.world).get(f"{address}?date=2026-11-25")
    assert "ETag" not in first.headers
    assert first.text != other.text
