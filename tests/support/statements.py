"""Counts what the database is asked, by SQLAlchemy or past it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from booking.storage import polling
from booking.storage.db import db


@contextmanager
def asked() -> Iterator[list[str]]:
    """The statements of the block, in order."""
    found: list[str] = []
    usual = polling.asking_quickly

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    @contextmanager
    def counting() -> Iterator[Callable[..., Any]]:
        with usual() as ask:

            def counted(sql: str, *values: Any) -> Any:
                found.append(sql)
                return ask(sql, *values)

            yield counted

    event.listen(db.engine, "before_cursor_execute", listen)
    polling.asking_quickly = counting
    try:
        yield found
    finally:
        polling.asking_quickly = usual
        event.remove(db.engine, "before_cursor_execute", listen)
