"""What somebody is to be reminded of: the worker's questions, each with the mark that says it was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, joinedload, selectinload

from booking.domain.lifecycle import State
from booking.storage.bookings import IS_OPEN, Booking, Change, Occurrence
from booking.storage.places import Resource

ATTEND_AHEAD = timedelta(days=1)
DECIDE_AHEAD = timedelta(days=1)
JUST_ASKED = timedelta(hours=6)
SERIES_AHEAD = timedelta(days=14)

_undecided = exists().where(Occurrence.booking_id == Booking.id, Occurrence.state == State.REQUESTED)


def to_attend(session: Session, now: datetime, *, most: int = 100) -> Sequence[Occurrence]:
    """Approved occurrences of the next 24 hours, not within half a day of the approval: nobody forgets so soon."""
    early = or_(Occurrence.decided_at.is_(None), Occurrence.decided_at < now - ATTEND_AHEAD / 2)
    query = select(Occurrence).where(
        Occurrence.state == State.APPROVED,
        Occurrence.starts_at > now,
        Occurrence.starts_at <= now + ATTEND_AHEAD,
        Occurrence.reminded_at.is_(None),
        early,
    )
    query = query.options(joinedload(Occurrence.booking)).order_by(Occurrence.starts_at, Occurrence.id)
    return session.scalars(query.limit(most)).all()


def to_decide(session: Session, now: datetime, *, most: int = 100) -> Sequence[Booking]:
    """Undecided bookings whose answer is due within a day, or was; their deciders were not reminded yet.

    Not within hours of the request, of which they have just heard.
    """
    heard = or_(Booking.created_at <= now - JUST_ASKED, Booking.answer_by <= now)
    near = and_(Booking.answer_by <= now + DECIDE_AHEAD, Booking.reminded_at.is_(None), heard)
    return _waiting(session, near, most)


def to_escalate(session: Session, now: datetime, *, most: int = 100) -> Sequence[Booking]:
    """Undecided bookings whose answer is late; those above were not asked yet."""
    late = and_(Booking.answer_by <= now, Booking.escalated_at.is_(None))
    return _waiting(session, late, most)


def _waiting(session: Session, of: ColumnElement[bool], most: int) -> Sequence[Booking]:
    """A change asked for later is no part of what was promised."""
    query = select(Booking).where(of, _undecided).order_by(Booking.id).limit(most)
    whole = selectinload(Booking.occurrences).options(joinedload(Occurrence.room), selectinload(Occurrence.change))
    return session.scalars(query.options(whole)).all()


def ending_series(session: Session, now: datetime, *, most: int = 100) -> Sequence[Booking]:
    """Series whose last approved date is within 14 days, and whose people were not told yet."""
    later = aliased(Occurrence)
    ahead = exists().where(
        Occurrence.booking_id == Booking.id,
        Occurrence.state == State.APPROVED,
        Occurrence.starts_at > now,
        Occurrence.starts_at <= now + SERIES_AHEAD,
    )
    goes_on = exists().where(
        later.booking_id == Booking.id,
        later.state.in_([State.APPROVED, State.REQUESTED, State.RETURNED]),
        later.starts_at > now + SERIES_AHEAD,
    )
    # one that was asked for just now, and short, has its dates in the mail of its approval
    asked = Booking.created_at <= now - timedelta(days=1)
    query = select(Booking).where(
        Booking.pattern.is_not(None), Booking.ending_told_at.is_(None), ahead, ~goes_on, asked
    )
    return session.scalars(query.options(selectinload(Booking.occurrences)).order_by(Booking.id).limit(most)).all()


By = InstrumentedAttribute[int]
"""What is counted by: `Resource.site_id`, or `Resource.id` for rooms."""


def waiting_by(session: Session, by: By, now: datetime) -> dict[int, tuple[int, int]]:
    """Id -> how many bookings wait there for a decision, and how many of them are late."""
    place = by.label("place")
    asked = select(Occurrence.booking_id, place).join(Resource, Resource.id == Occurrence.room_id)
    asked = asked.where(Occurrence.state == State.REQUESTED)
    changes = select(Occurrence.booking_id, place).join(Change, Change.occurrence_id == Occurrence.id)
    changes = changes.join(Resource, Resource.id == Change.room_id).where(IS_OPEN)
    both = asked.union(changes).subquery()
    late = func.count().filter(Booking.answer_by <= now)
    query = select(both.c.place, func.count(), late).join(Booking, Booking.id == both.c.booking_id)
    return {place: (number, overdue) for place, number, overdue in session.execute(query.group_by(both.c.place))}


def approved_by(session: Session, by: By, starts_at: datetime, ends_at: datetime) -> dict[int, int]:
    """Id -> how many approved occurrences begin in a span."""
    query = select(by, func.count()).join(Occurrence, Occurrence.room_id == Resource.id)
    query = query.where(
        Occurrence.state == State.APPROVED, Occurrence.starts_at >= starts_at, Occurrence.starts_at < ends_at
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(by))}
