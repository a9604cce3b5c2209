"""What happened, append-only (guarded in the schema). Personal text stands apart, so that it can be erased."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, insert, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from booking.storage.db import Base
from booking.storage.people import Person
from booking.storage.types import Json, UTCDateTime


class History(Base):
    """One step: who, when, what, with old and new values in `facts` (ids, codes, times, states)."""

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_event_at", "event", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    event: Mapped[str] = mapped_column(String(30))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    actor: Mapped[Person | None] = relationship()
    text: Mapped[HistoryText | None] = relationship(uselist=False)


class HistoryText(Base):
    """The reason or note of a step, in somebody's words."""

    __tablename__ = "history_text"

    history_id: Mapped[int] = mapped_column(ForeignKey("history.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


_TABLE = History.metadata.tables[History.__tablename__]
_NOTE, _NOTE_WITH_ID = insert(_TABLE), insert(_TABLE).returning(_TABLE.c.id)


def note(
    session: Session, at: datetime, actor_id: int | None, event: str, booking_id: int, facts: dict[str, Any], text: str
) -> None:
    """Write one step down. As a plain row: nobody reads it again in the transaction that writes it."""
    step = {"at": at, "actor_id": actor_id, "event": event, "booking_id": booking_id, "facts": facts}
    if not text:
        session.execute(_NOTE, step)
        return
    history_id = session.execute(_NOTE_WITH_ID, step).scalar_one()
    session.add(HistoryText(history_id=history_id, text=text))


def history_of(session: Session, booking_id: int) -> Sequence[History]:
    query = select(History).where(History.booking_id == booking_id).order_by(History.id)
    return session.scalars(query.options(joinedload(History.actor), joinedload(History.text))).all()


def history_of_community(session: Session, community_id: int, *, most: int = 200) -> Sequence[History]:
    """What became of a community and its members, the newest first."""
    query = select(History).where(History.community_id == community_id).order_by(History.id.desc()).limit(most)
    return session.scalars(query.options(joinedload(History.actor), joinedload(History.text))).all()


def latest(session: Session, events: Collection[str], *, most: int) -> Sequence[History]:
    """The last steps of some kinds, the newest first, with who did them."""
    query = select(History).where(History.event.in_(events)).order_by(History.id.desc()).limit(most)
    return session.scalars(query.options(joinedload(History.actor))).all()
