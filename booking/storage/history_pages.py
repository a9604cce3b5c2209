"""The history as a list to look things up in: by booking, person, room, kind and days, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from booking.domain.permissions import Action, Viewer
from booking.storage.bookings import Booking, Occurrence
from booking.storage.communities import Community
from booking.storage.history import History
from booking.storage.people import Person
from booking.storage.places import Room, within


@dataclass(frozen=True)
class Sought:
    """What of the history is wanted; empty: all of it. `who`: part of a name; days are whole, both included."""

    booking: str = ""
    who: str = ""
    room: str = ""
    event: str = ""
    since: datetime | None = None
    until: datetime | None = None


def history_page(
    session: Session, sought: Sought, viewer: Viewer, *, page: int, size: int = 50
) -> tuple[Sequence[History], bool]:
    """(steps, whether there are more): the newest first.

    Of bookings in rooms whose requests the viewer sees; for who sees all, with what became of communities.
    """
    query = select(History).where(*_sought(sought), *_at(sought.room, viewer))
    query = query.order_by(History.id.desc()).offset((page - 1) * size).limit(size + 1)
    found = session.scalars(query.options(joinedload(History.actor), joinedload(History.text))).all()
    return found[:size], len(found) > size


def _sought(sought: Sought) -> Iterator[ColumnElement[bool]]:
    if sought.booking:
        code = sought.booking.strip().upper()
        yield History.booking_id.in_(select(Booking.id).where(Booking.code == code))
    if sought.who:
        named = select(Person.id).where(func.lower(Person.name).contains(sought.who.strip().lower(), autoescape=True))
        yield History.actor_id.in_(named)
    if sought.event:
        yield History.event == sought.event
    if sought.since:
        yield History.at >= sought.since
    if sought.until:
        yield History.at < sought.until


def _at(room: str, viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    """Bookings of which some time is in the room, and of which some is the viewer's to see."""
    there = select(Occurrence.booking_id).join(Room, Room.id == Occurrence.room_id)
    if room:
        yield History.booking_id.in_(there.where(Room.slug == room))
    if viewer.sites(Action.SEE_REQUESTS) is not None:
        yield History.booking_id.in_(there.where(within(viewer, Action.SEE_REQUESTS)))


def subjects(session: Session, steps: Sequence[History]) -> tuple[dict[int, Booking], dict[int, Community]]:
    """What some steps are about, by id."""
    bookings = select(Booking).where(Booking.id.in_({one.booking_id for one in steps if one.booking_id}))
    communities = select(Community).where(Community.id.in_({one.community_id for one in steps if one.community_id}))
    return {one.id: one for one in session.scalars(bookings)}, {one.id: one for one in session.scalars(communities)}
