"""Every kind of answer: its status, its headers, its bytes; with and without the short way of 304."""

from __future__ import annotations

import gzip
import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from booking.feeds import serving
from booking.feeds.kept import Bodies
from booking.feeds.quick import source_of
from booking.storage import feed_events, polling
from booking.storage.bookings import Booking, Occurrence
from booking.storage.db import db, reading
from booking.storage.feeds import Piece
from booking.storage.places import room_by_slug
from tests.feeds.reading import events, mine, of_community, of_room, summaries, tag, to_decide
from tests.support.clients import WebClient
from tests.support.lint import problems
from tests.support.statements import asked
from tests.support.world import World

MEETING = "/feeds/rooms/rapat.ics"


def every(world: World) -> list[str]:
    """An address of each kind."""
    public = [MEETING, "/feeds/sites/bitc.ics", "/feeds/all.ics", f"{MEETING}?lang=en"]
    private = [mine(world), of_community(world, "cecep", "gerimis-sore"), to_decide(world, "dadang")]
    return [*public, *private, of_room(world, "dadang", "rapat")]


def test_every_feed_answers_alike(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), world.time("musik", 1, "09:00", "10:00"))
    for path in every(world):
        answer = web.get(path)
        assert problems(answer.data) == []
        is_private = path.startswith("/feeds/u/")
        assert answer.headers["Cache-Control"] == ("private" if is_private else "public") + ", max-age=300"
        assert ("SOURCE" in answer.text) is not is_private
        head = web.client.head(path)
        assert (head.data, sorted(head.headers)) == (b"", sorted(answer.headers))
        options = web.client.options(path)
        assert (options.status_code, options.data) == (204, b"")
        assert options.mimetype == "text/plain"
        assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
        known = web.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (known.status_code, known.data) == (304, b"")
        assert head.headers["Last-Modified"] == answer.headers["Last-Modified"]
        for name in ("ETag", "Cache-Control", "Vary", "X-Robots-Tag", "Referrer-Policy"):
            assert known.headers[name] == answer.headers[name] == head.headers[name]
        for one in (answer, head, options, known):
            assert "Set-Cookie" not in one.headers
            assert one.headers["X-Content-Type-Options"] == "nosniff"
        ranged = web.get(path, headers={"Range": "bytes=0-9"})
        assert (ranged.status_code, ranged.data) == (200, answer.data)
        sniffed = web.get(path, headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"})
        assert (sniffed.status_code, sniffed.data) == (200, answer.data)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "trace"])
def test_anything_else_is_405(web: WebClient, world: World, method: str) -> None:
    for path in (MEETING, mine(world)):
        answer = getattr(web.client, method)(path)
        assert (answer.status_code, answer.data, answer.mimetype) == (405, b"405\n", "text/plain")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("error", [OperationalError("SELECT", {}, sqlite3.OperationalError("locked")), PoolTimeout()])
def test_busy_or_away_is_503_and_never_an_empty_calendar(web: WebClient, monkeypatch, error: Exception) -> None:
    known = {"If-None-Match": tag(web, MEETING)}

    @contextmanager
    def away():
        raise error
        yield

    monkeypatch.setattr(polling, "asking", away)
    monkeypatch.setattr(polling, "asking_quickly", away)
    for headers in ({}, known):
        answer = web.get(MEETING, headers=headers)
        assert (answer.status_code, answer.data, answer.mimetype) == (503, b"503\n", "text/plain")
        assert answer.headers["Retry-After"] == "30"
        assert answer.headers["Cache-Control"] == "no-store"


def test_away_while_the_body_is_built_is_503_too_and_nothing_is_kept(web: WebClient, world: World, monkeypatch) -> None:
    def away(*_, **__):
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("locked"))

    with monkeypatch.context() as patched:
        patched.setattr(feed_events, "room_bytes", away)
        assert web.get(MEETING).status_code == 503
    assert events(web.get(MEETING)) == []


def test_a_known_calendar_in_another_language_sets_no_cookie(web: WebClient, world: World, monkeypatch) -> None:
    path = f"{MEETING}?lang=en"
    known = {"If-None-Match": tag(web, path)}
    assert "Set-Cookie" not in web.get(path, headers=known).headers
    monkeypatch.setattr("booking.feeds.quick.source_of", lambda _path: None)
    answer = web.get(path, headers=known)
    assert answer.status_code == 304
    assert "Set-Cookie" not in answer.headers, "the usual way neither"


def test_the_short_way_says_what_the_usual_one_says(web: WebClient, world: World, monkeypatch) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    paths = every(world)
    asks = [{"If-None-Match": tag(web, path)} for path in paths]
    short = [web.get(path, headers=said) for path, said in zip(paths, asks, strict=True)]
    monkeypatch.setattr("booking.feeds.quick.source_of", lambda _path: None)
    usual = [web.get(path, headers=said) for path, said in zip(paths, asks, strict=True)]
    for one, other in zip(short, usual, strict=True):
        assert one.status_code == other.status_code == 304
        assert dict(other.headers).items() >= dict(one.headers).items()


@pytest.mark.parametrize(
    "path",
    [
        *("/feeds/all.ics/", "/feeds/rooms/.ics", "/feeds/rooms/a/b.ics", "/feeds/u//my.ics", "/feeds/u/x/y.ics"),
        *("/feeds/u/x/rooms/.ics", "/feeds/\u00e9.ics", "/feeds/rooms/x", "/feeds/u/x/communities/a/b.ics"),
    ],
)
def test_the_short_way_knows_no_address_that_the_usual_one_does_not(web: WebClient, path: str) -> None:
    assert source_of(path) is None
    assert web.get(path, headers={"If-None-Match": "*"}).status_code == 404


def test_a_date_that_is_none_is_no_date(web: WebClient) -> None:
    for said in ("yesterday", "", "Mon, 99 Foo 2026 25:61:61 GMT"):
        assert web.get(MEETING, headers={"If-Modified-Since": said}).status_code == 200


def test_gzip_can_be_turned_off(web: WebClient, world: World) -> None:
    accepts = {"Accept-Encoding": "gzip"}
    zipped = web.get(MEETING, headers=accepts)
    assert zipped.headers["Content-Encoding"] == "gzip"
    again = web.get(MEETING, headers={**accepts, "If-None-Match": zipped.headers["ETag"]})
    assert (again.status_code, again.headers["ETag"]) == (304, zipped.headers["ETag"])
    world.app.config["GZIP"] = False
    plain = web.get(MEETING, headers=accepts)
    assert "Content-Encoding" not in plain.headers
    assert plain.data == gzip.decompress(zipped.data)


def fill(world: World, times: list[datetime]) -> None:
    """Approved half hours in the meeting room, past the use cases and without stored bytes."""
    code = world.ask("cecep", world.time("rapat", 300, "09:00", "10:00"), title="Muatan")
    room = room_by_slug(reading(), "rapat")
    booking = reading().query(Booking).filter_by(code=code).one()
    rows = [
        {
            "uid": f"uid-{number:06d}",
            "booking_id": booking.id,
            "room_id": room.id,
            "starts_at": at,
            "ends_at": at + timedelta(minutes=30),
            "wall_starts": "2026-01-01T00:00",
            "wall_ends": "2026-01-01T00:30",
            "units": 1,
            "state": "approved",
            "changed_at": world.now,
            "setup_minutes": 0,
            "teardown_minutes": 0,
            "sequence": 0,
        }
        for number, at in enumerate(times)
    ]
    reading().rollback()
    with db.engine.begin() as connection:
        connection.execute(insert(Occurrence.__table__), rows)


def test_the_window_and_the_nearest_first(web: WebClient, world: World, monkeypatch) -> None:
    today = datetime(2026, 11, 23, tzinfo=UTC)
    days = (-31, -30, -29, -1, 0, 1, 100, 365, 367)
    fill(world, [today + timedelta(days=day, hours=3) for day in days])
    found = [(one.start - today).days for one in events(web.get(MEETING)) if "uid-" in str(one["UID"])]
    assert found == [-30, -29, -1, 0, 1, 100, 365]
    monkeypatch.setattr(feed_events, "MOST_EVENTS", 4)
    world.app.extensions["feed_bodies"] = Bodies()
    assert [(one.start - today).days for one in events(web.get(MEETING))] == [0, 1, 100, 300]
    monkeypatch.setattr(feed_events, "MOST_EVENTS", 7)
    world.app.extensions["feed_bodies"] = Bodies()
    assert [(one.start - today).days for one in events(web.get(MEETING))] == [-29, -1, 0, 1, 100, 300, 365]


def test_five_thousand_in_all_whatever_they_are_part_of(web: WebClient, world: World, monkeypatch) -> None:
    monkeypatch.setattr(feed_events, "MOST_EVENTS", 2)
    for hour in ("08", "09", "10"):
        world.approve("entin", world.ask("cecep", world.time("plx", 1, f"{hour}:00", f"{hour}:30")))
        world.approve("entin", world.ask("cecep", world.time("pl1", 2, f"{hour}:00", f"{hour}:30")))
    assert summaries(web.get("/feeds/rooms/pl1.ics")) == ["Terpakai", "Terpakai"]


def test_missing_bytes_are_written_for_the_answer_alike(web: WebClient, world: World) -> None:
    times = [world.time("rapat", day, "09:00", "10:00", label=f"Hari {day}") for day in range(1, 4)]
    world.ask("cecep", *times, title="Kelas", purpose="Tiga hari")
    paths = every(world)
    stored = [web.get(path).data for path in paths]
    with db.engine.begin() as connection:
        assert connection.execute(Piece.__table__.delete()).rowcount > 0
    world.app.extensions["feed_bodies"] = Bodies()
    with asked() as statements:
        assert [web.get(path).data for path in paths] == stored
    assert len(statements) < 20 * len(paths), "not one for each event"
    assert reading().query(Piece).count() == 0, "a GET never writes"


def test_one_event_that_cannot_be_written_takes_no_other_along(web: WebClient, world: World, monkeypatch) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rusak")
    world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"), title="Utuh")
    with db.engine.begin() as connection:
        connection.execute(Piece.__table__.delete())
    write = serving.vevent

    def fails(facts, *more):
        if "Rusak" in facts.title:
            raise ValueError("no such sign")
        return write(facts, *more)

    monkeypatch.setattr(serving, "vevent", fails)
    assert summaries(web.get(MEETING)) == ["Utuh · Ruang Rapat"]


def test_what_is_asked_a_second_time_is_kept(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    for path in every(world):
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            first = web.get(path, headers=headers)
            with asked() as statements:
                again = web.get(path, headers=headers)
            assert (again.data, dict(again.headers)) == (first.data, dict(first.headers))
            assert len(statements) <= 2, statements


def test_kept_bodies_are_bounded() -> None:
    kept, made = Bodies(most=100), []

    def get(tag: str, body: bytes = b"x" * 30) -> bytes:
        def make() -> bytes:
            made.append(tag)
            return body

        return kept.get(tag, make)

    for number in range(5):
        assert get(str(number)) == b"x" * 30
    assert (kept.bytes, made) == (90, ["0", "1", "2", "3", "4"])
    get("2")
    assert made[5:] == [], "asked for again, it goes last"
    get("a")
    get("2")
    get("3")
    assert made[5:] == ["a", "3"]
    for _ in range(2):
        assert get("big", b"z" * 51) == b"z" * 51
    assert made[7:] == ["big", "big"], "what would push out more than half of all is not kept"


def test_many_who_ask_at_once_have_it_made_once() -> None:
    kept, made, start = Bodies(), [], threading.Barrier(8)

    def make() -> bytes:
        made.append(1)
        begun.wait(0.2)  # nobody sets it: time enough for the others to come
        return b"body"

    def ask() -> None:
        start.wait(10)
        got.append(kept.get("tag", make))

    begun, got = threading.Event(), []
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
    assert (len(made), got) == (1, [b"body"] * 8)


def test_what_cannot_be_made_is_tried_again() -> None:
    kept = Bodies()

    def fails() -> bytes:
        raise ValueError("not now")

    for _ in range(2):
        with pytest.raises(ValueError, match="not now"):
            kept.get("tag", fails)
    assert kept.get("tag", lambda: b"body") == b"body"


def test_a_busy_level_names_nobody_even_where_bytes_are_missing(web: WebClient, world: World) -> None:
    world.room("kantor", tier="automatic", feed_level="busy")
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rahasia", purpose="Catatan")
    answer = web.get("/feeds/sites/bitc.ics")
    assert summaries(answer) == ["Terpakai"]
    for word in ("Rahasia", "Catatan", "Cecep", "Gerimis", "/bookings/"):
        assert word not in answer.text
