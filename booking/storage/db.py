"""The engine, the naming convention, and the session that only reads."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import Any, TypeVarTuple

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, Row, Select, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, Pool

Columns = TypeVarTuple("Columns")

HEAD = "0014"
"""The newest migration; /readyz compares it with the database, a test with the migrations folder."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def engine_options(url: str) -> dict[str, Any]:
    """Reads run in autocommit (2.4 times faster on PostgreSQL, and never an old snapshot on SQLite)."""
    # hide_parameters: what people typed (phones, names) does not belong into the log of an error
    options: dict[str, Any] = {
        "isolation_level": "AUTOCOMMIT",
        "hide_parameters": True,
    }
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": 15, "check_same_thread": False}
    else:
        # pgbouncer below 1.21 loses prepared statements; a stuck connect must not hang a page
        options["connect_args"] = {"prepare_threshold": None, "connect_timeout": 5}
        options |= {"pool_size": 16, "max_overflow": 8, "pool_timeout": 5}
    return options


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # secure_delete: who was erased must not be found in what the file has no more use for
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000", "secure_delete=ON")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


IDLE = 1.0
"""Seconds after which a connection that was given back is asked whether it still lives, before it is used again."""


@event.listens_for(Pool, "checkin")
def _note_idle(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _ask_whether_it_lives(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """What pool_pre_ping does, but not for each of the requests that follow upon each other: that took half of a 304.

    Where a server went away within that second its first request is told so, and the pool is emptied.
    """
    idle = time.monotonic() - record.info.get("idle_since", -IDLE)
    if isinstance(connection, sqlite3.Connection) or idle < IDLE:
        return
    import psycopg  # loaded where it is used, never on SQLite

    try:
        connection.execute("SELECT 1")
    except psycopg.Error as error:
        raise DisconnectionError from error


@event.listens_for(Engine, "begin")
def _begin_immediate(connection: Connection) -> None:
    """SQLAlchemy's default pysqlite transaction starts too late to be safe: a writer begins IMMEDIATE."""
    if connection.dialect.name == "sqlite" and connection.get_execution_options().get("writer"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def reading() -> Session:
    """The session of this request: it only reads."""
    return db.session()


def rows(session: Session, statement: Select[*Columns], **values: Any) -> Sequence[Row[*Columns]]:
    """The columns that a statement finds, past the ORM: for what a page asks each time, in a statement built once.

    What the session has not written yet is written first, as for any other question.
    """
    session.flush()
    return session.connection().execute(statement, values).all()


def forbid_writes(*_: object) -> None:
    raise RuntimeError("db.session only reads; writes go through storage.transaction")


def init_db(app: Any) -> None:
    db.init_app(app)
    if not event.contains(db.session, "before_flush", forbid_writes):
        event.listen(db.session, "before_flush", forbid_writes)
