"""What time alone asks for: the worker's questions about occurrences and changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.domain.lifecycle import STANDING, State
from booking.storage.bookings import IS_OPEN, Booking, Change, Occurrence


def overdue(
    session: Session, now: datetime, *, of: Collection[int] | None = None, most: int = 200
) -> Sequence[Occurrence]:
    """Undecided occurrences that have begun and approved ones that have ended (`of` some bookings): to be closed."""
    lapsed = Occurrence.state.in_([State.REQUESTED, State.RETURNED]) & (Occurrence.starts_at <= now)
    # what has ended has begun: that bound is what the index can use
    ended = (Occurrence.state == State.APPROVED) & (Occurrence.starts_at <= now) & (Occurrence.ends_at <= now)
    query = select(Occurrence).where(or_(lapsed, ended)).order_by(Occurrence.starts_at, Occurrence.id).limit(most)
    if of is not None:
        query = query.where(Occurrence.booking_id.in_(of))
    return session.scalars(query.options(joinedload(Occurrence.booking))).all()


def skipped_ahead(session: Session, now: datetime, *, most: int) -> Sequence[Occurrence]:
    """Skipped dates to come whose people were not told yet that nothing stands in the way any more, soonest first."""
    query = select(Occurrence).where(
        Occurrence.state == State.SKIPPED, Occurrence.starts_at > now, Occurrence.offered_at.is_(None)
    )
    query = query.options(
        joinedload(Occurrence.booking).selectinload(Booking.occurrences),
        joinedload(Occurrence.room),
        selectinload(Occurrence.items),
    )
    found = session.scalars(query.order_by(Occurrence.starts_at, Occurrence.id).limit(most)).all()
    # what somebody skipped by choice was free all the time; what is called off needs no more dates
    return [one for one in found if (one.skipped_because or {}).get("codes") and stands(one.booking)]


def stands(booking: Booking) -> bool:
    """Whether any of it is still asked for or to take place, or took place, or stood in line (skipped in no series)."""
    standing = STANDING | {State.RETURNED}
    if booking.pattern is None:
        standing |= {State.SKIPPED}
    return any(one.state in standing for one in booking.occurrences)


def changes_overdue(session: Session, now: datetime, *, most: int = 200) -> Sequence[Occurrence]:
    """Occurrences with an open change that came too late: it or the occurrence itself has begun, or is over."""
    query = select(Occurrence).join(Change, Change.occurrence_id == Occurrence.id)
    late = or_(Change.starts_at <= now, Occurrence.starts_at <= now, Occurrence.state != State.APPROVED)
    query = query.where(IS_OPEN, late).options(joinedload(Occurrence.booking))
    return session.scalars(query.order_by(Occurrence.id).limit(most)).all()
