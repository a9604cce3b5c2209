"""The locks of a change, taken once and in one order: resources by id, then the booking."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.permissions import Action, Viewer
from booking.storage import claims
from booking.storage.bookings import Booking, booking_by_code
from booking.storage.offers import offered_rooms
from booking.storage.places import Room, leaves_of, room_leaves
from booking.storage.transaction import Again


def lock(
    session: Session, rooms: Collection[Room], now: datetime, *, items: Iterable[int] = ()
) -> dict[int, claims.Stock]:
    """Lock the rooms, their leaves and the items in the order of their ids, and forget what was read before.

    Raises Again where the parts of a room changed in between: other places would have to be locked.
    """
    room_ids, item_ids = {room.id for room in rooms}, set(items)
    wanted = _places(session, room_ids) | item_ids
    stock = claims.lock(session, wanted)
    session.expire_all()
    if not _places(session, room_ids) <= set(stock):
        raise Again
    claims.retire_expired(session, wanted, now)
    return stock


def _places(session: Session, room_ids: set[int]) -> set[int]:
    parts = room_leaves(session)
    return room_ids | {leaf for room_id in room_ids for leaf in leaves_of(room_id, parts)}


def locked(
    session: Session,
    code: str,
    viewer: Viewer,
    now: datetime,
    action: Action = Action.SEE_REQUESTS,
    *,
    also: Iterable[Room] = (),
) -> tuple[Booking, dict[int, claims.Stock]]:
    """The booking with its resources (and rooms it may move to) locked first, then itself, read anew.

    Raises NotFound, and Again where it lies elsewhere by then.
    """
    rooms, items = _needed(session, booking_by_code(session, code, viewer, action))
    stock = lock(session, rooms | {*also}, now, items=items)
    session.execute(select(Booking.id).where(Booking.code == code.upper()).with_for_update(key_share=True))
    session.expire_all()
    booking = booking_by_code(session, code, viewer, action)
    rooms, items = _needed(session, booking)
    if not _places(session, {room.id for room in rooms}) | items <= set(stock):
        raise Again  # it moved elsewhere while we waited
    return booking, stock


def locked_rooms(session: Session, stock: Collection[int]) -> list[Room]:
    """The rooms among what was locked."""
    return list(session.scalars(select(Room).where(Room.id.in_(stock)).order_by(Room.id)))


def lock_bookings(session: Session, booking_ids: Collection[int]) -> None:
    """Bookings of several, by id, after the resources; and forget what was read before.

    As every lock of a booking it leaves its key alone: history, messages and claims of it may be written meanwhile by
    whoever has locked the room that they are about (a turn of the waitlist).
    """
    query = select(Booking.id).where(Booking.id.in_(booking_ids)).order_by(Booking.id)
    session.execute(query.with_for_update(key_share=True))
    session.expire_all()


def _needed(session: Session, booking: Booking) -> tuple[set[Room], set[int]]:
    """Where it is, where it may move to, what is held for it, and the items that go with it."""
    occurrences = booking.occurrences
    rooms = {one.room for one in occurrences} | {one.change.room for one in occurrences if one.change}
    rooms |= offered_rooms(session, booking.id)
    return rooms, {item for one in occurrences for item in one.wanted_items}
