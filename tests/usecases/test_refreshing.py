"""The worker writes calendar bytes that are missing while people go on booking, cancelling and renaming."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy import event as sql_event

from booking.cli.worker import work_once
from booking.storage import feeds
from booking.storage.db import db, reading
from booking.storage.feeds import Piece
from booking.usecases import refreshing
from booking.usecases.cancelling import cancel
from booking.usecases.joining import change_person
from tests.feeds.reading import mine, summaries
from tests.support.clients import WebClient
from tests.support.world import World
from tests.usecases.test_bridging import booking


def without_bytes(world: World) -> str:
    """A booking without stored bytes."""
    if reading().get_bind().dialect.name == "sqlite":
        pytest.skip("there one writes at a time")
    code = world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(delete(Piece))
    return code


class Beside:
    """Another writer, in a thread of its own; it may have to wait for the one that started it."""

    def __init__(self, world: World, do: Callable[[], object]) -> None:
        self.world, self.do, self.errors = world, do, list[Exception]()
        self.thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self.thread.start()
        self.thread.join(0.5)

    def end(self) -> list[Exception]:
        self.thread.join(20)
        assert not self.thread.is_alive()
        reading().rollback()
        return self.errors

    def _run(self) -> None:
        try:
            with self.world.app.app_context():
                self.do()
        except Exception as error:  # told in the test's own thread
            self.errors.append(error)


def write_while(monkeypatch: pytest.MonkeyPatch, world: World, do: Callable[[], object]) -> list[Exception]:
    """The worker's round, with `do` begun once it has read everything and has written nothing."""
    usual, other = feeds.add_pieces, Beside(world, do)

    def meanwhile(*args: Any) -> None:
        other.start()
        usual(*args)

    monkeypatch.setattr(feeds, "add_pieces", meanwhile)
    assert refreshing.write_missing_pieces(act=world.act()) == 1
    return other.end()


def test_newer_bytes_are_not_overwritten(world: World, web: WebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    code = without_bytes(world)
    off = write_while(monkeypatch, world, lambda: cancel(act=world.act("cecep"), code=code, reason="Hujan."))
    assert off == []
    assert booking(code).occurrences[0].state == "cancelled"
    reading().rollback()
    (seen,) = summaries(web.get(mine(world)))
    assert seen.startswith("BATAL")


def test_a_former_name_is_not_written(world: World, web: WebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    without_bytes(world)
    facts = {"phone": "0812 3456 7890", "email": "cecep@example.com", "closed": False, "real_now": world.now}
    person_id = world.people["cecep"]

    def rename() -> None:
        change_person(act=world.act("admin"), person_id=person_id, name="Cecep Baru", **facts)

    assert write_while(monkeypatch, world, rename) == []
    told = web.get(mine(world)).text
    assert "Cecep Baru" in told
    assert "84000000001" not in told


def test_nobody_fails_by_it(world: World) -> None:
    """Both store the bytes of an occurrence that has none."""
    code = without_bytes(world)
    worker = Beside(world, lambda: refreshing.write_missing_pieces(act=world.act()))

    def between(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO piece") and worker.thread.ident is None:
            worker.start()

    sql_event.listen(db.engine, "before_cursor_execute", between)
    try:
        cancel(act=world.act("cecep"), code=code, reason="Hujan.")
    finally:
        sql_event.remove(db.engine, "before_cursor_execute", between)
    assert worker.thread.ident is not None
    assert worker.end() == []
    assert booking(code).occurrences[0].state == "cancelled"


def test_what_no_calendar_shows_any_more_is_dropped(world: World, web: WebClient) -> None:
    """A few each time; as long as the oldest calendar shows it, it stays; and the worker does not write it anew."""
    for day in (1, 2, 3, 4):
        world.ask("cecep", world.time("rapat", day, "09:00", "10:00"))
    path = mine(world)
    world.now = world.at(4, "09:30") + timedelta(days=91)
    assert refreshing.are_pieces_old(act=world.act())
    assert [refreshing.drop_old_pieces(act=world.act(), most=2) for _ in range(3)] == [2, 1, 0]
    reading().rollback()
    assert not refreshing.are_pieces_old(act=world.act())
    work_once()
    kept = set(reading().scalars(select(Piece.starts_at)))
    reading().rollback()
    assert kept == {world.at(4, "09:00")}
    world.now = world.at(4, "16:00") + timedelta(days=90)
    assert len(summaries(web.get(path))) == 1
    world.now += timedelta(days=2)
    work_once()
    assert reading().scalars(select(Piece)).all() == []
