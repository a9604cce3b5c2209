"""The only commit of the program."""

from __future__ import annotations

import functools
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from booking.domain.errors import Busy, Refused, Violation
from booking.storage import feeds, premises, watching
from booking.storage.db import db

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 7
# serialization failure, deadlock, lock timeout
_PASSING_STATES = {"40001", "40P01", "55P03"}
# the server ended the connection or is not there
_AWAY_STATES = {"57P01", "57P02", "57P03", "53300", "53100"}

# What the last guard says, where a use case did not see it coming: constraint name -> code, field
CONSTRAINTS: dict[str, tuple[str, str | None]] = {
    "claim_no_overlap": ("taken", None),
    "claim_over_units": ("taken", None),
    "uq_person_phone": ("phone_known", "phone"),
    "uq_person_email": ("email_known", "email"),
    "uq_room_slug": ("slug_known", "slug"),
    "uq_item_slug": ("slug_known", "slug"),
    "uq_site_slug": ("slug_known", "slug"),
    "uq_community_slug": ("slug_known", "slug"),
    "uq_classification_kind_name_id": ("slug_known", "name_id"),
}

# Somebody stored the same thing a moment ago: run again and find it there
_TWINS = (
    "uq_booking_created_by_key",
    "booking.created_by, booking.key",
    "pk_throttle",
    "throttle.key",
    "pk_membership",
    "membership.community_id",
    "pk_setting",
    "setting.key",
    "pk_privacy_text",
    "privacy_text.version",
    "uq_community_slug",
    "uq_imported_uid",
    "imported.uid, imported.recurrence",
)


_PATIENCE = text("SET LOCAL lock_timeout = '3s'")


class Again(Exception):
    """What was read before the locks were had is not true any more: run the use case anew."""


retries = 0
"""Transactions that this process ran again; the proofs print it."""


class FirstComeLock:
    """A lock that is had in the order of asking. SQLite's own is unfair: of 8 writers one starves."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def __enter__(self) -> None:
        turn = threading.Event()
        with self._guard:
            if not self._held:
                self._held = True
                return
            self._waiting.append(turn)
        turn.wait()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False


_sqlite_turn = FirstComeLock()
_open: ContextVar[Session | None] = ContextVar("transaction", default=None)


def writes(use_case: Callable[Concatenate[Session, P], R]) -> Callable[P, R]:
    """Run a use case in one transaction, again (up to 6 times) where the database asks for it.

    The session is its first argument; a use case called by another joins its transaction. Raises Busy when
    the database could not be had, Refused where only the schema's guard saw what stands in the way.
    """

    @functools.wraps(use_case)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if (outer := _open.get()) is not None:
            return use_case(outer, *args, **kwargs)
        for tries in range(1, TRIES + 1):
            try:
                with _transaction(db.engine) as session, _joinable(session):
                    session.info[watching.ACT] = watching.acting(args, kwargs)
                    return use_case(session, *args, **kwargs)
            except (Again, DBAPIError, PoolTimeout) as error:
                _pause_or_raise(error, tries)
            finally:
                # what the reader has seen is old now
                db.session.rollback()
        raise Busy

    return run


def _pause_or_raise(error: Exception, tries: int) -> None:
    """Wait a moment where trying again is right; else raise what the person is told."""
    global retries  # a counter for the proofs
    if isinstance(error, PoolTimeout):
        raise Busy from error
    if isinstance(error, DBAPIError) and (tries == TRIES or not _is_passing(error)):
        raise _as_busy(error) from error
    if tries == TRIES:
        raise Busy from error
    retries += 1
    time.sleep(random.uniform(0.5, 1.5) * 0.005 * 2**tries)  # noqa: S311  # nosec B311  # jitter, no secret


@contextmanager
def _joinable(session: Session) -> Iterator[None]:
    token = _open.set(session)
    try:
        yield
    finally:
        _open.reset(token)


@contextmanager
def _transaction(engine: Engine) -> Iterator[Session]:
    if engine.dialect.name == "sqlite":
        writer = engine.execution_options(writer=True)
        with _sqlite_turn, Session(writer, info=premises.writing()) as session, session.begin():
            yield session
            _seal(session)
        return
    writer = engine.execution_options(isolation_level="READ COMMITTED")
    with Session(writer, info=premises.writing()) as session, session.begin():
        session.execute(_PATIENCE)
        yield session
        _seal(session)


def _seal(session: Session) -> None:
    """What is written last: the versions of the feeds after everything else, so that they are the last locks."""
    premises.seal(session)
    feeds.raise_versions(session)


def _is_passing(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _PASSING_STATES or any(name in str(error.orig) for name in _TWINS)


def _as_busy(error: DBAPIError) -> Exception:
    state = getattr(error.orig, "sqlstate", None)
    locked = any(word in str(error.orig) for word in ("database is locked", "disk is full", "disk I/O error"))
    if locked or error.connection_invalidated or state in _PASSING_STATES | _AWAY_STATES:
        return Busy()
    return _as_refusal(error)


def _as_refusal(error: DBAPIError) -> Exception:
    """The refusal behind a broken constraint; the error itself where no person can cause it."""
    said = str(error.orig)
    named: Any = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    for name, (code, field) in CONSTRAINTS.items():
        # SQLite names the columns of a UNIQUE constraint instead of the constraint
        _, _, columns = name.partition("_")
        table, _, column = columns.partition("_")
        if name == named or name in said or (name.startswith("uq_") and f"{table}.{column}" in said):
            return Refused([Violation(code, field=field)])
    return error
