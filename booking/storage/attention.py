"""What the office should look at today: counts of what waits, failed, or does not fit together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from booking.domain.lifecycle import State
from booking.domain.permissions import Action, Viewer
from booking.domain.rules.hours import Hours
from booking.storage import memberships, outbox
from booking.storage.bookings import Booking, Occurrence
from booking.storage.closures import Closure
from booking.storage.desk import undecided_by
from booking.storage.places import Resource, Room, all_rooms, sites, within
from booking.storage.profiles import HoursProfile

SOON = timedelta(days=90)
"""What may still move is worth a look from so long before it."""


@dataclass(frozen=True)
class Attention:
    """Only what the viewer may do something about is counted; all of it is empty on a quiet day."""

    requests: int = 0
    late: int = 0
    communities: int = 0
    dead: int = 0
    to_tell: int = 0
    provisional: Sequence[Closure | HoursProfile] = ()
    shut: Sequence[Occurrence] = ()
    without_hours: Sequence[Room] = field(default=())
    is_without_rooms: bool = False

    @property
    def is_quiet(self) -> bool:
        return not any(vars(self).values())


def attention(session: Session, viewer: Viewer, now: datetime) -> Attention:
    undecided = undecided_by(session, viewer)
    may_talk, may_close, may_furnish = (viewer.may(one) for one in (Action.PEOPLE, Action.CLOSE, Action.FURNISH))
    rooms = all_rooms(session) if may_furnish else []
    return Attention(
        requests=_bookings(session, undecided),
        late=_bookings(session, undecided, late_at=now),
        communities=_communities(session) if may_talk else 0,
        dead=len(outbox.dead(session)) if may_talk else 0,
        to_tell=len(outbox.to_be_told(session, now)) if may_talk else 0,
        provisional=_provisional(session, now) if may_close else (),
        shut=shut_out(session, now, viewer) if may_close else (),
        without_hours=[room for room in rooms if _has_no_hours(room, now)],
        is_without_rooms=may_furnish and (not rooms or not sites(session)),
    )


def _bookings(session: Session, occurrence_ids: Collection[int], *, late_at: datetime | None = None) -> int:
    query = select(func.count(func.distinct(Occurrence.booking_id))).where(Occurrence.id.in_(occurrence_ids))
    if late_at is not None:
        query = query.join(Booking, Booking.id == Occurrence.booking_id).where(Booking.answer_by <= late_at)
    return session.scalar(query) or 0


def _communities(session: Session) -> int:
    """Those nobody has looked at, and those that asked to be closed."""
    return memberships.count_to_verify(session) + len(memberships.to_close(session))


def _provisional(session: Session, now: datetime) -> list[Closure | HoursProfile]:
    closed = select(Closure).where(Closure.provisional, Closure.ends_at > now, Closure.starts_at < now + SOON)
    other = select(HoursProfile).where(HoursProfile.provisional, HoursProfile.last_on >= now.date())
    other = other.where(HoursProfile.first_on < (now + SOON).date())
    return [
        *session.scalars(closed.order_by(Closure.starts_at)),
        *session.scalars(other.order_by(HoursProfile.first_on)),
    ]


def shut_out(session: Session, now: datetime, viewer: Viewer, *, most: int = 20) -> Sequence[Occurrence]:
    """Approved times ahead that lie in a closure, in rooms that the viewer may close, earliest first."""
    covers = or_(
        and_(Closure.room_id.is_(None), Closure.site_id.is_(None)),
        Closure.room_id == Occurrence.room_id,
        Closure.site_id == Resource.site_id,
    )
    closed = select(Closure.id).where(
        covers, Closure.starts_at < Occurrence.ends_at, Closure.ends_at > Occurrence.starts_at
    )
    query = select(Occurrence).join(Resource, Resource.id == Occurrence.room_id)
    query = query.where(Occurrence.state == State.APPROVED, Occurrence.starts_at > now, closed.exists())
    query = query.where(within(viewer, Action.CLOSE))
    return session.scalars(query.order_by(Occurrence.starts_at, Occurrence.id).limit(most)).all()


def _has_no_hours(room: Room, now: datetime) -> bool:
    """Nobody has said when it is open, so it is open round the clock; only rooms that can be asked for count."""
    ended = room.active_to is not None and room.active_to < now.date()
    return room.bookable and not ended and not any(isinstance(rule, Hours) for rule in room.house_rules)
