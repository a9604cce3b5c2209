"""Bookings and their occurrences."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Row,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from booking.domain.approval import Tier
from booking.domain.errors import NotFound
from booking.domain.lifecycle import State, booking_state
from booking.domain.period import REACH, Period
from booking.domain.permissions import Action, Viewer
from booking.domain.series import Line, Pattern
from booking.domain.text import is_storable, titled
from booking.storage.communities import Community
from booking.storage.db import Base
from booking.storage.people import Person
from booking.storage.places import Item, Room
from booking.storage.types import Json, UTCDateTime

# one open change an occurrence: a newer one replaces it
IS_OPEN = text("change.state = 'requested'")  # in these words, so that the partial index is used
_OPEN_CHANGE: dict[str, Any] = {f"{dialect}_where": text("state = 'requested'") for dialect in ("sqlite", "postgresql")}


class Booking(Base):
    """What was asked: why, who, how many. It holds one or more occurrences."""

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("created_by", "key", name="uq_booking_created_by_key"),
        CheckConstraint("people BETWEEN 1 AND 100000", name="people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(Text, default="")
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"), index=True)
    booked_for: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    # how the person reached the office, which asked for them; None: asked by themselves
    channel: Mapped[str | None] = mapped_column(String(20))
    people: Mapped[int]
    funding: Mapped[str] = mapped_column(String(40), default="")
    pattern: Mapped[dict[str, Any] | None] = mapped_column(Json)
    key: Mapped[str | None] = mapped_column(String(80))
    body_hash: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    # until when the office means to answer; when deciders were reminded, others asked to step in, an ending series told
    answer_by: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ending_told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # long after its end: what was said of it and why is blanked
    forgotten_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    occurrences: Mapped[list[Occurrence]] = relationship(
        back_populates="booking", order_by="Occurrence.starts_at, Occurrence.id"
    )
    needs: Mapped[list[Need]] = relationship(order_by="Need.id")
    community: Mapped[Community | None] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[booked_for])
    creator: Mapped[Person] = relationship(foreign_keys=[created_by])

    @property
    def state(self) -> str:
        return booking_state(State(occurrence.state) for occurrence in self.occurrences)

    @property
    def answer_day(self) -> date | None:
        """The last day of the promise: its moment is the midnight after that, or the start itself."""
        if self.answer_by is None:
            return None
        return (self.answer_by - timedelta(seconds=1)).astimezone(self.occurrences[0].room.site.zone).date()

    @property
    def repeat(self) -> Pattern | None:
        return Pattern.from_json(self.pattern) if self.pattern else None


class Occurrence(Base):
    """One room, from one instant to another. The wall times are kept so that a tzdata change can be resolved again."""

    __tablename__ = "occurrence"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="forward"),
        CheckConstraint("units BETWEEN 1 AND 100000", name="units"),
        CheckConstraint("setup_minutes BETWEEN 0 AND 240", name="setup"),
        CheckConstraint("teardown_minutes BETWEEN 0 AND 240", name="teardown"),
        Index("ix_occurrence_room_id_ends_at", "room_id", "ends_at"),
        Index("ix_occurrence_state_starts_at", "state", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(40), unique=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    wall_starts: Mapped[str] = mapped_column(String(20))
    wall_ends: Mapped[str] = mapped_column(String(20))
    units: Mapped[int] = mapped_column(default=1)
    people: Mapped[int | None]
    label: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    setup_minutes: Mapped[int] = mapped_column(default=0)
    teardown_minutes: Mapped[int] = mapped_column(default=0)
    # a date of a series that is not taken: why ({"codes": [...], "verdict": ...}), and since when it could be
    skipped_because: Mapped[dict[str, Any] | None] = mapped_column(Json)
    offered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # which line of the booking's series on which of its days; without a series both are None
    series_day: Mapped[date | None] = mapped_column(Date)
    series_line: Mapped[int | None]
    # what the series says of it (a Line), where a hand made it otherwise; None: what it is
    base: Mapped[list[Any] | None] = mapped_column(Json)
    # the codes of house rules that staff set aside for it
    overridden: Mapped[list[str] | None] = mapped_column(Json)
    # who must decide it (a Tier), as of when it was asked for or moved; None: as the room says
    tier: Mapped[str | None] = mapped_column(String(10))
    arrived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    actual_people: Mapped[int | None]
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    booking: Mapped[Booking] = relationship(back_populates="occurrences")
    room: Mapped[Room] = relationship()
    items: Mapped[list[OccurrenceItem]] = relationship(cascade="all, delete-orphan", order_by="OccurrenceItem.item_id")
    change: Mapped[Change | None] = relationship(
        primaryjoin="and_(Occurrence.id == Change.occurrence_id, Change.state == 'requested')",
        viewonly=True,
        uselist=False,
    )

    @property
    def wanted_items(self) -> dict[int, int]:
        """Item id -> quantity."""
        return {one.item_id: one.quantity for one in self.items}

    @property
    def line(self) -> Line:
        """What it is, in wall time, to be held against its series."""
        starts, ends = (datetime.fromisoformat(said) for said in (self.wall_starts, self.wall_ends))
        return Line(self.room_id, starts, ends, self.units, self.people, self.label)

    @property
    def base_line(self) -> Line:
        """What its series says of it: the base from which an edit of the series and what a hand changed are merged."""
        return Line.from_json(self.base) if self.base else self.line

    def follow(self, base: Line) -> None:
        """Note what its series says of it from now on."""
        self.base = None if base == self.line else base.as_json()

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)

    @property
    def with_buffers(self) -> Period:
        return self.period.widened(timedelta(minutes=self.setup_minutes), timedelta(minutes=self.teardown_minutes))

    @property
    def title(self) -> str:
        return titled(self.booking.title, self.label)

    @property
    def decided_by_tier(self) -> Tier:
        """Who must decide it: as of when it was asked for, else as its room says."""
        return Tier(self.tier or self.room.tier)

    @property
    def head_count(self) -> int:
        return self.people or self.booking.people


class OccurrenceItem(Base):
    """How much of an item goes with an occurrence; claimed with it."""

    __tablename__ = "occurrence_item"
    __table_args__ = (CheckConstraint("quantity BETWEEN 1 AND 100000", name="quantity"),)

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True, index=True)
    quantity: Mapped[int]

    item: Mapped[Item] = relationship(lazy="joined")


class Answer(StrEnum):
    """What the office says of a need."""

    AVAILABLE = "available"
    LIMITED = "limited"
    NOT_AVAILABLE = "not_available"
    BRING_YOUR_OWN = "bring_your_own"


class Need(Base):
    """Something asked for with a booking that is not counted; answered by staff."""

    __tablename__ = "need"
    __table_args__ = (
        CheckConstraint("answer IN ('available', 'limited', 'not_available', 'bring_your_own')", name="answer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    text: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(500), default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Change(Base):
    """What an approved occurrence shall become. It stays as it is until somebody approves this."""

    __tablename__ = "change"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="forward"),
        CheckConstraint("units BETWEEN 1 AND 100000", name="units"),
        CheckConstraint("state IN ('requested', 'approved', 'declined', 'withdrawn', 'expired')", name="state"),
        Index("uq_change_open", "occurrence_id", unique=True, **_OPEN_CHANGE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    units: Mapped[int]
    people: Mapped[int | None]
    label: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12), default="requested")
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    # house rules that staff set aside when they asked, and what the series says of it once this is approved
    overridden: Mapped[list[str] | None] = mapped_column(Json)
    base: Mapped[list[Any] | None] = mapped_column(Json)

    room: Mapped[Room] = relationship(lazy="joined")

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)


WHOLE = (
    selectinload(Booking.occurrences).options(
        joinedload(Occurrence.room), selectinload(Occurrence.items), selectinload(Occurrence.change)
    ),
    selectinload(Booking.needs),
    joinedload(Booking.community),
    joinedload(Booking.person),
)
_BY_CODE = select(Booking).where(Booking.code == bindparam("code")).options(*WHOLE)


def booking_by_code(session: Session, code: str, viewer: Viewer, action: Action = Action.SEE_REQUESTS) -> Booking:
    """The booking if it is the viewer's or the action allowed in one of its rooms; else NotFound, existing or not."""
    booking = session.scalar(_BY_CODE, {"code": code.upper()}) if is_storable(code) else None
    if booking is None or not may_see(booking, viewer, action):
        raise NotFound("booking")
    return booking


def bookings_by_code(session: Session, codes: Collection[str], viewer: Viewer) -> list[Booking]:
    """Those of the bookings that the viewer may see, in the order of the codes."""
    known = {code.upper(): at for at, code in enumerate(codes) if is_storable(code)}
    found = session.scalars(select(Booking).where(Booking.code.in_(known)).options(*WHOLE)).unique()
    return sorted((one for one in found if may_see(one, viewer)), key=lambda one: known[one.code])


def may_see(booking: Booking, viewer: Viewer, action: Action = Action.SEE_REQUESTS) -> bool:
    """Its people, and staff who may do this in one of its rooms."""
    rooms = {occurrence.room for occurrence in booking.occurrences}
    rooms |= {occurrence.change.room for occurrence in booking.occurrences if occurrence.change}
    return is_own(booking, viewer) or any(viewer.may(action, room.site_id, room.id) for room in rooms)


def is_own(booking: Booking, viewer: Viewer) -> bool:
    """Whoever it was made for, or their community: not whoever of the office typed it."""
    return viewer.owns(booking.booked_for, booking.community_id)


def may_act_for(booking: Booking, viewer: Viewer) -> bool:
    """Its people; for somebody who cannot log in, staff who may ask for them in all its rooms."""
    if is_own(booking, viewer):
        return True
    rooms = {occurrence.room for occurrence in booking.occurrences}
    is_entered = booking.channel is not None and booking.person.password is None
    return is_entered and all(viewer.may(Action.ON_BEHALF, room.site_id, room.id) for room in rooms)


def may_override(booking: Booking, viewer: Viewer) -> bool:
    """Staff who may act for every room of the booking."""
    rooms = {occurrence.room for occurrence in booking.occurrences}
    return all(viewer.may(Action.OVERRIDE, room.site_id, room.id) for room in rooms)


def booking_by_key(session: Session, person_id: int, key: str) -> Row[str, str | None] | None:
    """(code, body hash) of what a person has asked for under a key."""
    query = select(Booking.code, Booking.body_hash).where(Booking.created_by == person_id, Booking.key == key)
    return session.execute(query).one_or_none()


def bookings_of(session: Session, viewer: Viewer, *, most: int = 200) -> Sequence[Booking]:
    """Own bookings and those of one's communities, newest occurrence first."""
    if viewer.person_id is None:
        return []
    latest = select(func.max(Occurrence.starts_at)).where(Occurrence.booking_id == Booking.id).scalar_subquery()
    query = select(Booking).where(owned_by(viewer)).options(*WHOLE).order_by(latest.desc(), Booking.id).limit(most)
    return session.scalars(query).unique().all()


def owned_by(viewer: Viewer) -> ColumnElement[bool]:
    """The SQL twin of `is_own`."""
    alone = and_(Booking.community_id.is_(None), Booking.booked_for == viewer.person_id)
    return or_(Booking.community_id.in_(viewer.communities), alone)


def touching(period: Period) -> ColumnElement[bool]:
    """Occurrences that overlap a period. None lasts longer than REACH, which is what the index can use."""
    return and_(
        Occurrence.starts_at < period.ends_at,
        Occurrence.ends_at > period.starts_at,
        Occurrence.ends_at < period.ends_at + REACH,
    )


def in_span(
    session: Session, room_ids: Collection[int], period: Period, states: Collection[State], *, most: int = 1000
) -> Sequence[Occurrence]:
    """Occurrences of the rooms that touch a period, with their bookings, earliest first."""
    query = (
        select(Occurrence)
        .where(
            Occurrence.room_id.in_(room_ids),
            Occurrence.state.in_(states),
            touching(period),
        )
        .options(
            joinedload(Occurrence.booking).joinedload(Booking.community),
            joinedload(Occurrence.booking).joinedload(Booking.person),
            joinedload(Occurrence.booking).selectinload(Booking.occurrences),
            joinedload(Occurrence.room),
            selectinload(Occurrence.items),
            selectinload(Occurrence.change),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(most)
    )
    return session.scalars(query).all()


def booking_ids_of(session: Session, occurrence_ids: Collection[int]) -> set[int]:
    return set(session.scalars(select(Occurrence.booking_id).where(Occurrence.id.in_(occurrence_ids))))
