"""Alembic, loaded only when a migration is to be run."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import inspect, text

from booking.storage.db import HEAD, db

FOLDER = Path(__file__).resolve().parent.parent.parent / "migrations"


def prepare(app: Flask) -> None:
    """Make `flask db` work for this app."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(FOLDER))


def to_head() -> None:
    """Bring the database to HEAD, if it is not there."""
    if version() == HEAD:
        return
    from flask_migrate import upgrade

    prepare(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001  # Flask's own way
    upgrade(directory=str(FOLDER))


def version() -> str | None:
    """The migration at which the database stands; None for an empty one."""
    if not inspect(db.engine).has_table("alembic_version"):
        return None
    with db.engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
