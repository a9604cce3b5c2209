"""The locks of a change, taken once and in one order: resources by id, then the booking."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain.permissions import Action, Viewer
from booking.storage import claims
from booking.storage.bookings import Booking
from booking.storage.places import Room
from booking.storage.premises import anew, forget, premises, rooms_by
from booking.storage.transaction import Again
from booking.storage.under_lock import booking_to_change, lock_booking, places_of

_LOCK_BOOKINGS = (
    select(Booking.id)
    .where(Booking.id.in_(bindparam("ids", expanding=True)))
    .order_by(Booking.id)
    .with_for_update(key_share=True)
)


def lock(
    session: Session, room_ids: Collection[int], now: datetime, *, items: Iterable[int] = ()
) -> dict[int, claims.Stock]:
    """Lock the rooms, their leaves and the items in the order of their ids, and forget what was read before.

    Raises Again where a room or its parts changed in between: what was read of them before is not true any more.
    """
    before = premises(session)
    wanted = before.places(room_ids) | {*items}
    stock = claims.lock(session, wanted)
    if anew(session).token != before.token:
        raise Again
    claims.retire_expired(session, wanted, now)
    return stock


def locked(
    session: Session,
    code: str,
    viewer: Viewer,
    now: datetime,
    action: Action = Action.SEE_REQUESTS,
    *,
    also: Iterable[Room] = (),
) -> tuple[Booking, dict[int, claims.Stock]]:
    """The booking with its resources (and rooms it may move to) locked first, then itself, read under its lock.

    Raises NotFound, and Again where it lies elsewhere by then.
    """
    there = places_of(session, code)
    stock = lock(session, there.rooms | {room.id for room in also}, now, items=there.items)
    if lock_booking(session, code) != there.version:
        there = places_of(session, code)
        if not premises(session).places(there.rooms) | there.items <= set(stock):
            raise Again  # it moved elsewhere while we waited
    rooms_by(session, ids=there.rooms)  # so that no occurrence has to look for its own
    return booking_to_change(session, code, viewer, action, there), stock


def lock_bookings(session: Session, booking_ids: Collection[int]) -> None:
    """Bookings of several, by id, after the resources; and forget what was read before.

    As every lock of a booking it leaves its key alone: history, messages and claims of it may be written meanwhile by
    whoever has locked the room that they are about (a turn of the waitlist).
    """
    session.execute(_LOCK_BOOKINGS, {"ids": list(booking_ids)})
    forget(session)
