"""Who came and who did not: today's occurrences, those at a door, and how reliable communities are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.domain.lifecycle import CONFIRMED, State
from booking.domain.opening import day_period
from booking.domain.period import MAX_OCCURRENCE, Period
from booking.domain.permissions import Action, Viewer
from booking.storage.bookings import Booking, Occurrence, booking_by_code, owned_by, touching
from booking.storage.places import Resource, Room, Site, neighbours, room_leaves, within
from booking.storage.places import sites as all_sites

EARLIEST = timedelta(minutes=30)
"""How long before the start people may say that they are here."""

LOOKED_BACK = timedelta(days=180)
"""How far back reliability looks."""


class Kept(NamedTuple):
    """How many occurrences took place, and to how many nobody came."""

    used: int
    missed: int


def _visits() -> Select[Occurrence]:
    return select(Occurrence).options(
        joinedload(Occurrence.booking).options(joinedload(Booking.community), joinedload(Booking.person)),
        joinedload(Occurrence.room),
        selectinload(Occurrence.items),
    )


def sites_of(session: Session, viewer: Viewer) -> list[Site]:
    """Where the viewer may say who came, in any room."""
    allowed = viewer.sites(Action.ATTEND)
    if allowed is not None and (rooms := viewer.rooms(Action.ATTEND)):
        allowed |= set(session.scalars(select(Resource.site_id).where(Resource.id.in_(rooms))))
    return [site for site in all_sites(session) if allowed is None or site.id in allowed]


def day_of(session: Session, viewer: Viewer, sites: Collection[Site], day: date) -> list[Occurrence]:
    """What takes or took place on a day at some sites, where the viewer may say who came; by start, then room.

    A day is that of each site's zone. The number of statements depends on neither rooms nor occurrences.
    """
    if not sites:
        return []
    days = {site.id: day_period(day, site.zone) for site in sites}
    span = Period(min(one.starts_at for one in days.values()), max(one.ends_at for one in days.values()))
    query = _visits().join(Resource, Resource.id == Occurrence.room_id)
    query = query.where(Resource.site_id.in_(list(days)), within(viewer, Action.ATTEND))
    query = query.where(Occurrence.state.in_(CONFIRMED), touching(span))
    found = session.scalars(query.order_by(Occurrence.starts_at, Resource.name, Occurrence.id)).unique()
    return [one for one in found if one.period.overlaps(days[one.room.site_id])]


def visit(session: Session, viewer: Viewer, code: str, uid: str) -> Occurrence | None:
    """One occurrence of a booking that the viewer may see. Raises NotFound."""
    booking = booking_by_code(session, code, viewer, Action.ATTEND)
    return next((one for one in booking.occurrences if one.uid == uid), None)


def at_the_door(session: Session, room: Room, viewer: Viewer, now: datetime) -> list[Occurrence]:
    """The viewer's own that are here now or begin within 30 minutes: in the room, or in one that shares places."""
    if viewer.person_id is None:
        return []
    near = neighbours(room.id, room_leaves(session))
    query = _visits().join(Booking, Booking.id == Occurrence.booking_id)
    query = query.where(Occurrence.room_id.in_(near), owned_by(viewer), _is_near(now))
    found = session.scalars(query.order_by(Occurrence.starts_at, Occurrence.id)).unique()
    return [one for one in found if may_arrive(one, now)]


def may_arrive(occurrence: Occurrence, now: datetime) -> bool:
    """Whether people may say that they are here, or that they come after all."""
    in_time = occurrence.starts_at - EARLIEST <= now < occurrence.ends_at
    return in_time and occurrence.state in (State.APPROVED, State.MISSED)


def _is_near(now: datetime) -> ColumnElement[bool]:
    runs = and_(Occurrence.starts_at > now - MAX_OCCURRENCE, Occurrence.starts_at <= now + EARLIEST)
    return and_(Occurrence.state.in_([State.APPROVED, State.MISSED]), runs, Occurrence.ends_at > now)


def no_shows(
    session: Session, now: datetime, *, of: Collection[int] | None = None, most: int = 200
) -> Sequence[Occurrence]:
    """What runs and nobody came to within the minutes that its room has set (`of` some bookings), by booking."""
    query = _visits().join(Room, Room.id == Occurrence.room_id)
    query = query.where(
        Occurrence.state == State.APPROVED,
        # none lasts longer: that bound is what the index can use
        Occurrence.starts_at > now - MAX_OCCURRENCE,
        Occurrence.starts_at <= now,
        Occurrence.ends_at > now,
        Occurrence.arrived_at.is_(None),
        Room.release_minutes.is_not(None),
    )
    if of is not None:
        query = query.where(Occurrence.booking_id.in_(of))
    found = session.scalars(query.order_by(Occurrence.booking_id, Occurrence.id)).unique()
    return [one for one in found if one.starts_at + timedelta(minutes=one.room.release_minutes or 0) <= now][:most]


def reliability(
    session: Session, ids: Collection[int], since: datetime, *, of: Literal["community", "person"] = "community"
) -> dict[int, Kept]:
    """How often what was approved since then was used and missed, for many communities in one statement.

    `of` "person": what these people have for themselves alone. Who has nothing yet is not in it.
    """
    if not ids:
        return {}
    whose = Booking.community_id if of == "community" else Booking.booked_for
    is_missed = Occurrence.state == State.MISSED
    has_come = and_(Occurrence.state == State.APPROVED, Occurrence.arrived_at.is_not(None))
    query = (
        select(whose, func.sum(case((is_missed, 0), else_=1)), func.sum(case((is_missed, 1), else_=0)))
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .where(whose.in_(ids), Occurrence.starts_at >= since)
        .where(or_(Occurrence.state.in_([State.COMPLETED, State.MISSED]), has_come))
        .group_by(whose)
    )
    if of == "person":
        query = query.where(Booking.community_id.is_(None))
    return {who: Kept(int(used), int(missed)) for who, used, missed in session.execute(query)}
