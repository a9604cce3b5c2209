"""Places held for somebody until a moment: counter-offers of the office, and turns of the waitlist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    bindparam,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, contains_eager, joinedload, mapped_column, relationship, selectinload

from booking.domain.lifecycle import OPEN, State
from booking.domain.period import Period
from booking.storage import claims
from booking.storage.bookings import Occurrence
from booking.storage.db import Base
from booking.storage.places import Room, leaves_of, room_leaves
from booking.storage.types import UTCDateTime

# in these words, so that the partial indexes are used
IS_OPEN = text("offer.state = 'open'")
WAITS = text("waitlist.state IN ('waiting', 'offered')")
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


_WHOLE = (selectinload(Occurrence.items), joinedload(Occurrence.room), joinedload(Occurrence.booking))


def open_offers(session: Session, occurrence_ids: Collection[int]) -> dict[int, Offer]:
    """Occurrence id -> its open offer, even one that has run out and of which nobody has taken note yet."""
    if not occurrence_ids:
        return {}
    found = session.scalars(select(Offer).where(Offer.occurrence_id.in_(occurrence_ids), IS_OPEN)).unique()
    return {one.occurrence_id: one for one in found}


def live_offers(session: Session, occurrences: Iterable[Occurrence], now: datetime) -> dict[int, Offer]:
    """Occurrence id -> the offer that can still be accepted."""
    ids = [one.id for one in occurrences if one.state in OPEN | {State.SKIPPED}]
    return {one: offer for one, offer in open_offers(session, ids).items() if offer.expires_at > now}


def all_live_offers(session: Session, now: datetime) -> Sequence[Offer]:
    """Everything that is offered and held just now, with the bookings it is offered to: there is never much of it."""
    query = select(Offer).where(IS_OPEN, Offer.expires_at > now).order_by(Offer.starts_at, Offer.id)
    return session.scalars(query.options(joinedload(Offer.occurrence).joinedload(Occurrence.booking))).unique().all()


def held_beside(session: Session, occurrences: Sequence[Occurrence], now: datetime) -> dict[int, list[Offer]]:
    """For each occurrence what is proposed to anybody, and held, at its time in a room that shares a leaf with its own.

    Two statements, however many there are; nothing is asked for none.
    """
    if not occurrences:
        return {}
    leaves = room_leaves(session)
    found = all_live_offers(session, now)
    return {
        one.id: [
            offer
            for offer in found
            if offer.period.overlaps(one.period)
            and set(leaves_of(offer.room_id, leaves)) & set(leaves_of(one.room_id, leaves))
        ]
        for one in occurrences
    }


def run_out(session: Session, now: datetime, *, most: int = 200) -> Sequence[Offer]:
    """Open offers whose time is over, the oldest first, with their occurrences."""
    query = select(Offer).where(IS_OPEN, Offer.expires_at <= now).order_by(Offer.expires_at, Offer.id).limit(most)
    return session.scalars(query.options(joinedload(Offer.occurrence).options(*_WHOLE))).unique().all()


def waits_of(session: Session, occurrence_ids: Collection[int]) -> dict[int, Waiting]:
    """Occurrence id -> its place in line, for those that still wait or whose turn it is."""
    if not occurrence_ids:
        return {}
    found = session.scalars(select(Waiting).where(Waiting.occurrence_id.in_(occurrence_ids), WAITS)).unique()
    return {one.occurrence_id: one for one in found}


_WAITED_FOR = (
    select(Waiting.id)
    .join(Waiting.occurrence)
    .where(
        Waiting.room_id.in_(bindparam("rooms", expanding=True)),
        WAITS,
        Waiting.state == WaitState.WAITING,
        Occurrence.starts_at > bindparam("after"),
    )
    .limit(1)
)


def is_waited_for(session: Session, room_ids: Collection[int], after: datetime) -> bool:
    """Whether anybody stands in the line that `in_line` gives; most rooms have none."""
    return session.scalar(_WAITED_FOR, {"rooms": list(room_ids), "after": after}) is not None


def in_line(session: Session, room_ids: Collection[int], after: datetime, *, most: int = 500) -> Sequence[Waiting]:
    """Who waits for these rooms at times that start after a moment, in the order of coming."""
    query = select(Waiting).join(Waiting.occurrence).where(Waiting.room_id.in_(room_ids), WAITS)
    query = query.where(Waiting.state == WaitState.WAITING, Occurrence.starts_at > after).order_by(Waiting.id)
    return (
        session.scalars(query.options(contains_eager(Waiting.occurrence).options(*_WHOLE)).limit(most)).unique().all()
    )


def waited_for(session: Session, after: datetime) -> Sequence[int]:
    """The ids of the rooms for which somebody waits at a time that starts after a moment."""
    query = select(Waiting.room_id).join(Waiting.occurrence).where(WAITS, Waiting.state == WaitState.WAITING)
    return session.scalars(query.where(Occurrence.starts_at > after).distinct().order_by(Waiting.room_id)).all()


def in_vain(session: Session, now: datetime, *, most: int = 200) -> Sequence[Waiting]:
    """Places in line for times that have begun, with their occurrences."""
    query = select(Waiting).join(Waiting.occurrence).where(WAITS, Occurrence.starts_at <= now).order_by(Waiting.id)
    return (
        session.scalars(query.options(contains_eager(Waiting.occurrence).options(*_WHOLE)).limit(most)).unique().all()
    )


def positions(session: Session, occurrences: Iterable[Occurrence]) -> dict[int, int]:
    """Occurrence id -> how many stand in line for its room and time, up to itself: 1 is the first."""
    mine = waits_of(session, [one.id for one in occurrences if one.state == State.SKIPPED])
    if not mine:
        return {}
    query = select(Waiting.id, Waiting.room_id, Waiting.occurrence_id, Occurrence.starts_at, Occurrence.ends_at)
    query = query.join(Waiting.occurrence).where(WAITS, Waiting.room_id.in_({one.room_id for one in mine.values()}))
    line = [(row, Period(row.starts_at, row.ends_at)) for row in session.execute(query)]
    return {
        own.occurrence_id: sum(
            row.id <= own.id and row.room_id == own.room_id and period.overlaps(mine_period) for row, period in line
        )
        for own, mine_period in line
        if own.occurrence_id in mine
    }


def offers_held(session: Session, occurrence_ids: Collection[int]) -> Sequence[Offer]:
    """What is offered for these occurrences, or held since a turn was accepted: till it is decided about."""
    held = Offer.state.in_([OfferState.OPEN, OfferState.ACCEPTED])
    return session.scalars(select(Offer).where(Offer.occurrence_id.in_(occurrence_ids), held)).unique().all()


_IDS: BindParameter[int] = bindparam("occurrences", expanding=True)
_TIES = union_all(
    select(Offer.id).where(Offer.occurrence_id.in_(_IDS), Offer.state.in_([OfferState.OPEN, OfferState.ACCEPTED])),
    select(Waiting.id).where(Waiting.occurrence_id.in_(_IDS), WAITS),
).limit(1)


def any_ties(session: Session, occurrence_ids: Collection[int]) -> bool:
    """Whether anything is offered to some occurrences, held for them or waited for; usually nothing is."""
    return session.execute(_TIES, {"occurrences": list(occurrence_ids)}).first() is not None


def give_way(session: Session, occurrences: Sequence[Occurrence], now: datetime, *, is_edit: bool = False) -> None:
    """Something else has become of these occurrences: offers, holds and places in line of theirs end.

    After an edit who waits in line waits on: in its place, or where the room is another at the end of that room's line.
    """
    ids = [one.id for one in occurrences]
    if not any_ties(session, ids):
        return
    found = offers_held(session, ids)
    if found:
        claims.release_holds(session, ids, since=now)
    for offer in found:
        if offer.state == OfferState.OPEN:
            offer.state = OfferState.EXPIRED if offer.expires_at <= now else OfferState.WITHDRAWN
            offer.ended_at = now
    states = {one.id: one.state for one in occurrences}
    rooms = {one.id: one.room_id for one in occurrences}
    for waiting in waits_of(session, ids).values():
        if is_edit and states[waiting.occurrence_id] == State.SKIPPED:
            _wait_on(session, waiting, rooms[waiting.occurrence_id], now)
            continue
        left = states[waiting.occurrence_id] == State.CANCELLED
        waiting.state = WaitState.LEFT if left else WaitState.OVER


def _wait_on(session: Session, waiting: Waiting, room_id: int, now: datetime) -> None:
    waiting.state = WaitState.WAITING
    if waiting.room_id != room_id:
        session.delete(waiting)
        session.flush()
        session.add(Waiting(occurrence_id=waiting.occurrence_id, room_id=room_id, joined_at=now))
