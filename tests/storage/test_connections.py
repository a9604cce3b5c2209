"""A connection that the server has ended meanwhile is noticed before it is used."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from booking.storage import db as storage
from booking.storage.db import db
from booking.storage.feeds import everything_version
from tests.support import databases
from tests.support.world import World


def _end_one(url: str) -> None:
    """The server ends the only connection that the pool has."""
    db.session.remove()
    db.engine.dispose()
    with db.engine.connect() as connection:
        own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    databases.execute(url, f"SELECT pg_terminate_backend({own})")


def test_an_idle_connection_is_asked_before_it_is_used(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite has no server")
    monkeypatch.setattr(storage, "IDLE", 0.0)
    _end_one(url)
    assert everything_version(db.engine)[0] > 0


def test_control_one_that_is_not_asked_fails_once(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite has no server")
    monkeypatch.setattr(storage, "IDLE", 3600.0)
    _end_one(url)
    with pytest.raises(OperationalError):
        everything_version(db.engine)
    assert everything_version(db.engine)[0] > 0
