"""What feeds and cached pages rest on: a version for each scope, and stored VEVENT bytes; as writers see them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Engine,
    ForeignKey,
    LargeBinary,
    String,
    and_,
    bindparam,
    case,
    delete,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column

from booking.domain.lifecycle import GONE, State
from booking.storage.bookings import Occurrence
from booking.storage.db import Base
from booking.storage.places import Room
from booking.storage.premises import premises
from booking.storage.types import UTCDateTime


class FeedState(Base):
    """How often a scope changed and when last, in whole seconds since 1970 (each change at least one later)."""

    __tablename__ = "feed_state"

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    changed: Mapped[int] = mapped_column(BigInteger, default=0)


class Piece(Base):
    """The VEVENT of an occurrence at one level in one language, as `writer` wrote it.

    It lies where it is read: with its room's others of the same level and language, in order of time.
    """

    __tablename__ = "piece"
    __table_args__: Any = {"sqlite_with_rowid": False}  # noqa: RUF012  # SQLAlchemy's own form

    room_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[str] = mapped_column(String(10), primary_key=True)
    language: Mapped[str] = mapped_column(String(5), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), primary_key=True, index=True)
    writer: Mapped[str] = mapped_column(String(40))
    body: Mapped[bytes] = mapped_column(LargeBinary)


def room_scope(room_id: int) -> str:
    return f"room:{room_id}"


ALL = "all"


def site_scope(site_id: int) -> str:
    return f"site:{site_id}"


def person_scope(person_id: int) -> str:
    return f"person:{person_id}"


def community_scope(community_id: int) -> str:
    return f"community:{community_id}"


def _raising(upsert: Any) -> Any:
    """The statement that raises one version; executed for all of them, row by row in the order given."""
    statement = upsert(FeedState.metadata.tables[FeedState.__tablename__])
    asked = statement.excluded.changed
    later = case((asked > FeedState.changed, asked), else_=FeedState.changed + 1)
    return statement.on_conflict_do_update(
        index_elements=[FeedState.scope], set_={"version": FeedState.version + 1, "changed": later}
    )


_RAISE = {"postgresql": _raising(postgresql.insert), "sqlite": _raising(sqlite.insert)}


_CHANGED = "feeds changed"  # in the `info` of a session


def bump(session: Session, scopes: Iterable[str], now: datetime) -> None:
    """Let these have changed: `raise_versions` says so at the end of the transaction, once for each."""
    changed: dict[str, int] = session.info.setdefault(_CHANGED, {})
    for scope in scopes:
        changed[scope] = max(int(now.timestamp()), changed.get(scope, 0))


def raise_versions(session: Session) -> None:
    """Raise the versions of all that has changed, in one order everywhere so that nobody waits in a circle.

    They are the last locks of a transaction.
    """
    changed: dict[str, int] = session.info.pop(_CHANGED, {})
    rows = [{"scope": scope, "version": 1, "changed": at} for scope, at in sorted(changed.items())]
    if rows:
        session.execute(_RAISE[session.get_bind().dialect.name], rows)


def touching_rooms(session: Session, room_ids: Iterable[int]) -> set[int]:
    """The rooms whose calendars change when one of these is taken: all that share a leaf with it."""
    wanted = set(room_ids)
    return premises(session).touching(wanted) if wanted else set()


def room_scopes(session: Session, room_ids: Iterable[int]) -> set[str]:
    """The scopes of these rooms, of all that share a leaf with them, of their sites, and of everything."""
    wanted = set(room_ids)
    if not wanted:
        return set()
    there = premises(session)
    rooms = there.touching(wanted)
    sites = there.sites(rooms)
    return {ALL, *(room_scope(room_id) for room_id in rooms), *(site_scope(site_id) for site_id in sites)}


def everything_version(engine: Engine) -> tuple[int, int]:
    """(version, changed) of everything, by the shortest way there is: pages are told by it whether they changed."""
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT version, changed FROM feed_state WHERE scope = 'all'").first()
    return (row[0], row[1]) if row else (0, 0)


_PIECES = Piece.metadata.tables[Piece.__tablename__]
_ROOMS = Room.metadata.tables[Room.__tablename__]
_STORE = insert(_PIECES)
_OF_SOME = _PIECES.c.occurrence_id.in_(bindparam("occurrences", expanding=True))
_DROP = delete(_PIECES).where(_OF_SOME)
_DROP_OLD = _DROP.where(_PIECES.c.writer != bindparam("current"))
_ADD = {
    "postgresql": postgresql.insert(_PIECES).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(_PIECES).on_conflict_do_nothing(),
}

Bodies = Mapping[Occurrence, Mapping[tuple[str, str], bytes]]
"""The bytes of some occurrences, keyed by (level, language)."""


def store_pieces(session: Session, writer: str, bodies: Bodies, *, are_new: bool = False) -> None:
    """Replace what is stored of some occurrences by these bytes. `are_new`: nothing is stored of them yet."""
    if bodies and not are_new:
        session.execute(_DROP, {"occurrences": [one.id for one in bodies]})
    if rows := _rows(writer, bodies):
        session.execute(_STORE, rows)


def add_pieces(session: Session, writer: str, bodies: Bodies) -> None:
    """Store what is missing, in place of what other writers wrote; what this writer has stored already stays."""
    if rows := _rows(writer, bodies):
        session.execute(_DROP_OLD, {"occurrences": [one.id for one in bodies], "current": writer})
        session.execute(_ADD[session.get_bind().dialect.name], rows)


def _rows(writer: str, bodies: Bodies) -> list[dict[str, Any]]:
    return [
        {
            "room_id": one.room_id,
            "starts_at": one.starts_at,
            "occurrence_id": one.id,
            "level": level,
            "language": language,
            "writer": writer,
            "body": body,
        }
        for one, of_one in bodies.items()
        for (level, language), body in of_one.items()
    ]


def shown(session: Session, of: ColumnElement[bool], since: datetime) -> Sequence[Occurrence]:
    """Occurrences among `of` whose bytes some calendar may still show: all but those that never were in one."""
    query = select(Occurrence).join(Occurrence.booking).options(contains_eager(Occurrence.booking))
    return session.scalars(query.where(of, Occurrence.state != State.SKIPPED, Occurrence.ends_at > since)).all()


def outdate(session: Session, occurrence_ids: Collection[int], now: datetime) -> None:
    """Drop the bytes of occurrences and let them have changed now; under locks, as the worker may be writing some.

    What was called off has changed a second later than it said: it is shown for a month after, and no longer for this.
    """
    query = select(Occurrence).where(Occurrence.id.in_(occurrence_ids)).order_by(Occurrence.id).with_for_update()
    for occurrence in session.scalars(query.execution_options(populate_existing=True)):
        occurrence.sequence += 1
        later = occurrence.changed_at + timedelta(seconds=1)
        occurrence.changed_at = later if occurrence.state in GONE else max(now, later)
    session.flush()
    drop_pieces(session, occurrence_ids)


def pieces_before(session: Session, language: str, before: datetime, *, most: int) -> Sequence[int]:
    """Ids of occurrences that ended before and whose bytes are still stored, found by the room as the bytes lie."""
    lies = and_(Piece.room_id.in_(select(_ROOMS.c.id)), Piece.level == "full", Piece.language == language)
    query = select(Piece.occurrence_id).join(Occurrence, Occurrence.id == Piece.occurrence_id)
    query = query.where(lies, Piece.starts_at < before, Occurrence.ends_at < before)
    return session.scalars(query.limit(most)).all()


def drop_pieces(session: Session, occurrence_ids: Collection[int]) -> None:
    """Let nothing be stored of some occurrences."""
    session.execute(_DROP, {"occurrences": occurrence_ids})


def without_pieces(
    session: Session, writer: str, since: datetime, *, most: int, to_write: Collection[int] | None = None
) -> Sequence[Occurrence]:
    """Occurrences that some calendar may still show and whose bytes are missing or of another writer.

    `to_write`: only those, locked, as they stand now.
    """
    at_hand = and_(Piece.occurrence_id == Occurrence.id, Piece.level == "full", Piece.writer == writer)
    query = (
        select(Occurrence)
        .outerjoin(Piece, at_hand)
        .where(Piece.occurrence_id.is_(None), Occurrence.ends_at > since, Occurrence.state != State.SKIPPED)
    )
    if to_write is not None:
        query = query.where(Occurrence.id.in_(to_write)).with_for_update(of=Occurrence, key_share=True)
        query = query.execution_options(populate_existing=True)
    return session.scalars(query.order_by(Occurrence.id).limit(most)).all()
