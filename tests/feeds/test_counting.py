"""Who fetched when: counted beside the requests, written in batches."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.cli.worker import _last_words, write_counts
from booking.domain.errors import Busy
from booking.domain.feed_names import MINE
from booking.feeds.counting import Counts
from booking.storage.access import Token
from booking.storage.db import reading
from booking.storage.subscribers import Reading
from booking.usecases.subscribing import new_feed_token
from tests.support.clients import WebClient
from tests.support.statements import asked
from tests.support.world import NOW, World
from tests.test_house import HERE

IPHONE = {"User-Agent": "iOS/18.1 (22B83) dataaccessd/1.0"}
GOOGLE = {"User-Agent": "Google-Calendar-Importer"}
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"}


def mine(world: World, who: str = "cecep") -> str:
    return f"/feeds/u/{new_feed_token(act=world.act(who), feed=MINE, label='HP', real_now=world.now)}/my.ics"


def token() -> Token:
    reading().rollback()
    return reading().scalars(select(Token)).one()


def readings() -> dict[tuple[str, str], int]:
    reading().rollback()
    return {(one.feed, one.app): one.fetches for one in reading().scalars(select(Reading))}


def test_a_fetch_is_known_after_the_next_batch(web: WebClient, world: World) -> None:
    path = mine(world)
    tag = web.get(path, headers=IPHONE).headers["ETag"]
    assert token().fetched_at is None
    assert write_counts() == 1
    found = token()
    assert (found.fetched_at, found.app) == (NOW, "iPhone")
    world.now += timedelta(hours=1)
    assert web.get(path, headers={**IPHONE, "If-None-Match": tag}).status_code == 304
    write_counts()
    assert token().fetched_at == NOW + timedelta(hours=1), "not modified is an answer too"
    assert write_counts() == 0, "each is written once"
    assert readings() == {}, "nobody counts private ones by day"


def test_several_in_one_batch(web: WebClient, world: World) -> None:
    for who, agent in (("cecep", IPHONE), ("euis", GOOGLE), ("dewi", FIREFOX)):
        web.get(mine(world, who), headers=agent)
    assert write_counts() == 3
    reading().rollback()
    found = {one.person_id: one.app for one in reading().scalars(select(Token))}
    people = [world.people[who] for who in ("cecep", "euis", "dewi")]
    assert [found[one] for one in people] == ["iPhone", "Google Calendar", "Browser"]


def test_what_gets_no_calendar_is_no_fetch(web: WebClient, world: World) -> None:
    path = mine(world)
    web.client.head(path, headers=IPHONE)
    web.client.options(path, headers=IPHONE)
    web.get(path.replace("my.ics", "your.ics"), headers=IPHONE)
    for _ in range(61):
        last = web.get(path, headers=FIREFOX)
    assert last.status_code == 429
    world.now += timedelta(minutes=1)
    web.get(path, headers=IPHONE)
    write_counts()
    assert (token().fetched_at, token().app) == (NOW, "Browser")


def test_a_browser_does_not_take_the_place_of_the_app(web: WebClient, world: World) -> None:
    path = mine(world)
    for agent in (FIREFOX, GOOGLE, FIREFOX):
        world.now += timedelta(minutes=1)
        web.get(path, headers=agent)
        write_counts()
    assert (token().app, token().fetched_at) == ("Google Calendar", NOW + timedelta(minutes=2))
    web.get(path, headers=GOOGLE)
    world.now += timedelta(minutes=1)
    web.get(path, headers=FIREFOX)
    write_counts()
    assert (token().app, token().fetched_at) == ("Google Calendar", NOW + timedelta(minutes=3)), "in one batch neither"


def test_an_older_batch_of_another_process_does_not_turn_time_back(web: WebClient, world: World) -> None:
    path = mine(world)
    web.get(path, headers=IPHONE)
    held = world.app.extensions.pop("feed_counts")
    world.now += timedelta(minutes=1)
    web.get(path, headers=GOOGLE)
    write_counts()
    world.app.extensions["feed_counts"] = held
    write_counts()
    assert (token().app, token().fetched_at) == ("Google Calendar", NOW + timedelta(minutes=1))


def test_public_feeds_are_counted_by_app_and_day_without_anybody(web: WebClient, world: World) -> None:
    for agent in (IPHONE, IPHONE, GOOGLE, {"User-Agent": "Cecep's own thing/1.0"}, {"User-Agent": "x" * 5000}):
        web.get("/feeds/rooms/musik.ics", headers=agent)
    web.get("/feeds/all.ics?lang=en", headers=GOOGLE)
    web.get("/feeds/rooms/nope.ics", headers=GOOGLE)
    write_counts()
    web.get("/feeds/rooms/musik.ics", headers=IPHONE)
    write_counts()
    room = "rooms/musik"
    assert readings() == {
        (room, "iPhone"): 3,
        (room, "Google Calendar"): 1,
        (room, ""): 2,
        ("all", "Google Calendar"): 1,
    }
    world.now += timedelta(days=93)
    web.get("/feeds/all.ics", headers=IPHONE)
    write_counts()
    assert readings() == {("all", "iPhone"): 1}, "a quarter is kept"


def test_counting_costs_no_statement_of_the_request(web: WebClient, world: World) -> None:
    path = mine(world)
    tag = web.get(path, headers=IPHONE).headers["ETag"]
    with asked() as said:
        web.get(path, headers={**IPHONE, "If-None-Match": tag})
    assert len(said) == 2
    assert not any(one.lstrip().startswith(("UPDATE", "INSERT")) for one in said)


def test_what_cannot_be_written_goes_with_the_next_batch(
    web: WebClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: object) -> None:
        raise Busy

    path = mine(world)
    web.get(path, headers=IPHONE)
    with monkeypatch.context() as patch:
        patch.setattr("booking.cli.worker.note_fetches", busy)
        with pytest.raises(Busy):
            write_counts()
    assert token().fetched_at is None
    assert write_counts() == 1
    assert token().fetched_at == NOW


def test_threads_count_beside_each_other() -> None:
    counts, taken = Counts(), []

    def fetch(agent: int) -> None:
        for _ in range(2000):
            counts.note(None, f"rooms/{agent % 2}", "app", NOW)
            taken.extend(counts.take() if agent == 0 else ())

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(one.times for one in (*taken, *counts.take())) == 8000


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booking.feeds.counting.MOST_KEPT", 10)
    counts = Counts()
    for number in range(100):
        counts.note(None, f"rooms/{number}", "0 " * 1000, NOW)
    counts.note(None, "rooms/0", "0 " * 1000, NOW)
    found = counts.take()
    assert len(found) == 10
    assert max(len(one.user_agent) for one in found) == 200
    assert found[0].times == 2, "what is known already goes on"


def test_invented_apps_fill_nothing() -> None:
    counts = Counts()
    for number in range(100):
        counts.note(None, "all", f"app{number}/1.0", NOW)
        counts.note(7, "", f"app{number}/1.0", NOW + timedelta(seconds=number))
        counts.note(7, "", f"Mozilla/5.0 Firefox/{number}", NOW)
    counts.note(None, "all", "Google-Calendar-Importer", NOW)
    found = counts.take()
    assert sorted((one.token_id or 0, one.times) for one in found) == [(0, 1), (0, 100), (7, 100), (7, 100)]
    assert {one.user_agent for one in found if one.token_id} == {"app99/1.0", "Mozilla/5.0 Firefox/0"}, "the last one's"


def test_public_fetches_never_crowd_out_private_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booking.feeds.counting.MOST_KEPT", 10)
    counts = Counts()
    for number in range(20):
        counts.note(None, f"rooms/{number}", "app", NOW)
    for number in range(20):
        counts.note(number, "", "Google-Calendar-Importer", NOW)
    found = counts.take()
    assert len([one for one in found if one.token_id is None]) == 10
    assert len([one for one in found if one.token_id is not None]) == 20


def test_the_last_counts_are_written_when_the_process_ends_in_peace(web: WebClient, world: World) -> None:
    web.get(mine(world), headers=IPHONE)
    stop = threading.Event()
    _last_words(world.app, stop)
    assert stop.is_set()
    assert token().fetched_at == NOW


def test_an_end_without_a_database_is_an_end(
    web: WebClient, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(**_: object) -> None:
        raise RuntimeError

    web.get(mine(world), headers=IPHONE)
    monkeypatch.setattr("booking.cli.worker.note_fetches", away)
    _last_words(world.app, threading.Event())
    assert "the last counts could not be written" in caplog.text


def test_the_thread_belongs_to_processes_that_serve() -> None:
    """`create_app` starts none: commands and tests make apps too. A fork has one of its own and counts anew."""
    program = """
import os, threading
names = lambda: sorted(one.name for one in threading.enumerate())
from booking import create_app
create_app()
before = names()
import wsgi
from booking.feeds.counting import counts
held = counts(wsgi.app)
child = os.fork()
if child == 0:
    os._exit(0 if "counts" in names() and counts(wsgi.app) is not held else 1)
print(before, "counts" in names(), os.waitpid(child, 0)[1])
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['MainThread'] True 0"
