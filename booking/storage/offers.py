"""Places held for somebody until a moment: counter-offers of the office, and turns of the waitlist."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.domain.period import Period
from booking.storage.bookings import Occurrence
from booking.storage.db import Base
from booking.storage.places import Room
from booking.storage.types import UTCDateTime

IS_OPEN = text("offer.state = 'open'")  # in these words, so that the partial index is used
_OPEN: dict[str, Any] = {f"{dialect}_where": text("state = 'open'") for dialect in ("sqlite", "postgresql")}
_WAITS: dict[str, Any] = {
    f"{dialect}_where": text("state IN ('waiting', 'offered')") for dialect in ("sqlite", "postgresql")
}


class OfferKind(StrEnum):
    """Another time or room in place of what was asked for; or the turn of somebody on the waitlist."""

    COUNTER = "counter"
    TURN = "turn"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Offer(Base):
    """What an occurrence could be. Until `expires_at` its place is held: claims of the occurrence that expire then."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("kind IN ('counter', 'turn')", name="kind"),
        CheckConstraint("starts_at < ends_at", name="forward"),
        CheckConstraint("units BETWEEN 1 AND 100000", name="units"),
        CheckConstraint("state IN ('open', 'accepted', 'refused', 'expired', 'withdrawn')", name="state"),
        Index("uq_offer_open", "occurrence_id", unique=True, **_OPEN),
        Index("ix_offer_expires", "expires_at", **_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    units: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(10), default=OfferState.OPEN)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    note: Mapped[str | None] = mapped_column(Text)

    occurrence: Mapped[Occurrence] = relationship()
    room: Mapped[Room] = relationship(lazy="joined")

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)


class WaitState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    LEFT = "left"
    OVER = "over"


class Waiting(Base):
    """A place in line for a room and a period: a skipped occurrence that is offered when claims of the room end.

    First come, first served: the order is that of the ids.
    """

    __tablename__ = "waitlist"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'offered', 'taken', 'left', 'over')", name="state"),
        Index("ix_waitlist_open", "room_id", "id", **_WAITS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), unique=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    joined_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(10), default=WaitState.WAITING)

    occurrence: Mapped[Occurrence] = relationship()
    room: Mapped[Room] = relationship(lazy="joined")
