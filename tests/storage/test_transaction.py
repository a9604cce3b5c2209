"""The one transaction: reads cannot write, busy databases are told as such, twins find each other."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.errors import Busy, Refused
from booking.storage import settings, transaction
from booking.storage.db import db, reading
from booking.storage.people import Person
from booking.storage.transaction import FirstComeLock, writes
from booking.storage.types import UTCDateTime
from tests.support.world import World


def test_the_readers_session_refuses_to_write(world: World) -> None:
    reading().scalars(select(Person)).first().name = "Lain"
    with pytest.raises(RuntimeError, match="only reads"):
        reading().flush()
    reading().rollback()


def test_a_failing_use_case_stores_nothing(world: World) -> None:
    @writes
    def half(session: Session) -> None:
        settings.put(session, "half", 1)
        session.flush()
        raise Refused([])

    with pytest.raises(Refused):
        half()
    assert settings.setting(reading(), "half") is None


def test_use_cases_join_one_transaction(world: World) -> None:
    @writes
    def inner(session: Session) -> None:
        settings.put(session, "inner", 1)

    @writes
    def outer(session: Session) -> None:
        inner()
        raise Refused([])

    with pytest.raises(Refused):
        outer()
    assert settings.setting(reading(), "inner") is None


def test_what_passes_is_tried_again(world: World) -> None:
    calls = []

    @writes
    def stumbling(session: Session) -> str:
        calls.append(1)
        if len(calls) < 3:
            from sqlalchemy.exc import OperationalError

            error = Exception("deadlock detected")
            error.sqlstate = "40P01"
            raise OperationalError("x", {}, error)
        return "done"

    assert stumbling() == "done"
    assert len(calls) == 3


def test_a_locked_database_is_busy_not_a_fault(sqlite_url: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from booking import create_app
    from booking.storage.db import engine_options
    from tests.support.databases import SECRET

    options = engine_options(sqlite_url) | {"connect_args": {"timeout": 0.1, "check_same_thread": False}}
    app = create_app(
        {
            "SQLALCHEMY_DATABASE_URI": sqlite_url,
            "SQLALCHEMY_ENGINE_OPTIONS": options,
            "DATA": tmp_path,
            "SECRET_KEY": SECRET,
        }
    )
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with app.app_context():
        from sqlalchemy import event

        event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=100"))

        @writes
        def wanting(session: Session) -> None:
            settings.put(session, "x", 1)

        with pytest.raises(Busy):
            wanting()
        other.execute("ROLLBACK")
        wanting()
        db.session.remove()
        db.engine.dispose()
    other.close()


def test_first_come_first_served() -> None:
    lock, order = FirstComeLock(), []
    started = threading.Barrier(2)

    def take(number: int) -> None:
        started.wait()
        with lock:
            order.append(number)

    with lock:
        threads = []
        for number in range(5):
            thread = threading.Thread(target=take, args=(number,))
            thread.start()
            started.wait()
            while len(lock._waiting) <= number:
                pass
            threads.append(thread)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert not lock._held
    assert transaction.retries >= 0


def test_naive_instants_are_refused() -> None:
    from sqlalchemy.dialects import sqlite

    with pytest.raises(ValueError, match="naive"):
        UTCDateTime().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())


def test_instants_come_back_as_they_were(world: World) -> None:
    person = reading().scalars(select(Person)).first()
    assert person.created_at == world.now
    assert person.created_at.utcoffset().total_seconds() == 0
