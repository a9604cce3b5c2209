"""The rooms that a process keeps: whatever changes them is seen at once by every other process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking import create_app
from booking.domain.errors import Refused
from booking.storage import premises
from booking.storage.db import db
from booking.storage.premises import rooms_by
from booking.storage.transaction import writes
from booking.usecases import furnishing
from booking.usecases.act import Act
from booking.usecases.furnishing import SiteFacts
from tests.support.databases import SECRET
from tests.support.world import ALL_WEEK, World


@pytest.fixture
def other(world: World, url: str) -> Iterator[World]:
    """The same centre in another process, as far as anything can tell: an app with connections of its own.

    It has asked for a room before, so it keeps what it has seen.
    """
    settings_of_its_own = {"SQLALCHEMY_DATABASE_URI": url, "DATA": world.app.config["DATA"], "SECRET_KEY": SECRET}
    app = create_app(settings_of_its_own)
    there = World(app, world.now, world.people)
    with app.app_context():
        there.ask("cecep", there.time("aula", 1, "08:00", "09:00"))
        yield there
        db.session.remove()
        db.engine.dispose()


def asked(there: World, day: int = 1, room: str = "rapat") -> set[str]:
    """The codes of what stands in the way of an hour there; none where it was approved or asked for."""
    try:
        there.ask("cecep", there.time(room, day, "10:00", "11:00"))
    except Refused as refused:
        return {violation.code for violation in refused.violations}
    return set()


def within(world: World, do: Callable[[], Any]) -> None:
    """In the first process."""
    with world.app.app_context():
        do()
        db.session.remove()


def test_changed_rules_hold_at_once_in_another_process(world: World, other: World) -> None:
    rules = {"hours": ALL_WEEK, "notice": {"hours": 72}}
    within(world, lambda: furnishing.save_rules(act=world.act(), slug="rapat", rules=rules))
    assert asked(other) == {"notice"}
    within(world, lambda: furnishing.save_rules(act=world.act(), slug="rapat", rules={}))
    assert asked(other) == set()


def test_rules_of_a_site_hold_at_once_in_another_process(world: World, other: World) -> None:
    facts = SiteFacts("Gedung BITC", "BITC", "Asia/Jakarta", rules={"notice": {"hours": 72}})
    within(world, lambda: furnishing.save_site(act=world.act(), slug="bitc", facts=facts))
    assert asked(other) == {"notice"}


def test_parts_hold_at_once_in_another_process(world: World, other: World) -> None:
    """Whoever kept the parts there were would give the joined room away although a part of it is taken."""
    other.ask("cecep", other.time("aula", 2, "08:00", "09:00"))
    both = furnishing.RoomFacts("bitc", "Rapat besar", tier="automatic", rules={}, parts=("rapat", "meja"))
    within(world, lambda: furnishing.save_room(act=world.act(), slug=None, facts=both, new_slug="besar"))
    other.ask("euis", other.time("meja", 3, "10:00", "11:00"))
    assert asked(other, day=3, room="besar") == {"taken"}


def test_parts_that_left_are_free_at_once_in_another_process(world: World, other: World) -> None:
    both = furnishing.RoomFacts("bitc", "Rapat besar", tier="automatic", rules={}, parts=("rapat", "meja"))
    within(world, lambda: furnishing.save_room(act=world.act(), slug=None, facts=both, new_slug="besar"))
    other.ask("cecep", other.time("aula", 2, "08:00", "09:00"))
    alone = furnishing.RoomFacts("bitc", "Rapat besar", tier="automatic", rules={}, parts=("rapat",))
    within(world, lambda: furnishing.save_room(act=world.act(), slug="besar", facts=alone))
    other.ask("euis", other.time("meja", 3, "10:00", "11:00"))
    assert asked(other, day=3, room="besar") == set()


def test_what_was_rolled_back_is_seen_by_nobody(world: World, other: World) -> None:
    @writes
    def shut_and_fail(session: Session, *, act: Act) -> None:
        del act  # only said, so that the history can tell who
        room = rooms_by(session, slugs=["rapat"]).popitem()[1]
        room.bookable = False
        session.flush()
        assert not premises.premises(session).rooms[room.id].bookable
        raise ZeroDivisionError

    def fail() -> None:
        with pytest.raises(ZeroDivisionError):
            shut_and_fail(act=world.act())

    within(world, fail)
    assert asked(world, day=2) == asked(other) == set()


def test_a_room_that_changes_while_its_lock_is_awaited_is_read_again(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL only: on SQLite nobody else writes meanwhile."""
    if url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    tries = []
    locks = premises.anew

    def changing(session: Session) -> premises.Premises:
        tries.append(1)
        if len(tries) == 1:
            with db.engine.connect() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO setting (key, value) VALUES ('premises', '\"other\"') "
                    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
                )
        return locks(session)

    monkeypatch.setattr("booking.usecases.locking.anew", changing)
    assert asked(world) == set()
    assert len(tries) == 2


def test_nothing_is_read_again_while_nothing_changes(world: World, other: World) -> None:
    said: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *said_: said.append(said_[2]))
    assert asked(other, day=6) == set(), "far enough for no calendar app to miss it"
    assert not [one for one in said if "FROM room_part" in one or "FROM resource JOIN room" in one]
    assert len(said) <= 22


def test_control_without_the_seal_old_rules_go_on(world: World, other: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this did not go wrong, the tests above would prove nothing."""
    monkeypatch.setattr(premises, "seal", lambda session: None)
    rules = {"hours": ALL_WEEK, "notice": {"hours": 72}}
    within(world, lambda: furnishing.save_rules(act=world.act(), slug="rapat", rules=rules))
    assert asked(other) == set()
