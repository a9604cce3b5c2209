"""A booking as whoever changes it needs it: under its lock, in as few statements as there is something to read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BindParameter, String, bindparam, literal_column, select, union
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from booking.domain.errors import NotFound
from booking.domain.permissions import Action, Viewer
from booking.domain.text import is_storable
from booking.storage.bookings import IS_OPEN as CHANGE_IS_OPEN
from booking.storage.bookings import Booking, Change, Occurrence, OccurrenceItem, may_see
from booking.storage.offers import IS_OPEN as OFFER_IS_OPEN
from booking.storage.offers import Offer

_CODE: BindParameter[str] = bindparam("code")
_BOOKING: BindParameter[int] = bindparam("booking")
_PLACES = union(
    *(
        query.join(Booking, Booking.id == Occurrence.booking_id)
        .add_columns(Booking.version)
        .where(Booking.code == _CODE)
        for query in (
            select(Occurrence.room_id.label("place"), literal_column("'room'", String(6)).label("why")),
            select(Change.room_id, literal_column("'change'", String(6)))
            .join(Occurrence, Occurrence.id == Change.occurrence_id)
            .where(CHANGE_IS_OPEN),
            select(Offer.room_id, literal_column("'room'", String(6)))
            .join(Occurrence, Occurrence.id == Offer.occurrence_id)
            .where(OFFER_IS_OPEN),
            select(OccurrenceItem.item_id, literal_column("'item'", String(6))).join(
                Occurrence, Occurrence.id == OccurrenceItem.occurrence_id
            ),
        )
    )
)

_LOCK = select(Booking.version).where(Booking.code == _CODE).with_for_update(key_share=True)
_TO_CHANGE = (
    select(Booking).where(Booking.code == _CODE).options(joinedload(Booking.community), joinedload(Booking.person))
)
_OCCURRENCES = select(Occurrence).where(Occurrence.booking_id == _BOOKING).order_by(Occurrence.starts_at, Occurrence.id)
_WITH_CHANGES = _OCCURRENCES.options(selectinload(Occurrence.change).lazyload(Change.room))
_ITEMS = (
    select(OccurrenceItem)
    .join(Occurrence, Occurrence.id == OccurrenceItem.occurrence_id)
    .where(Occurrence.booking_id == _BOOKING)
    .order_by(OccurrenceItem.item_id)
)


@dataclass(frozen=True)
class Places:
    """The rooms in which a booking is, may move to or has something held by an open offer; the items of it.

    As of a version of the booking: whatever changes any of this raises it. (The turn of a waitlist does not, and holds
    nothing but the room in which the occurrence is already.)
    """

    rooms: set[int]
    items: set[int]
    has_changes: bool
    version: int | None


def places_of(session: Session, code: str) -> Places:
    """One statement; nothing for a code that nobody knows."""
    found = session.execute(_PLACES, {"code": code.upper()}).all() if is_storable(code) else ()
    rooms = {row.place for row in found if row.why != "item"}
    items = {row.place for row in found if row.why == "item"}
    has_changes = any(row.why == "change" for row in found)
    return Places(rooms, items, has_changes, found[0].version if found else None)


def lock_booking(session: Session, code: str) -> int | None:
    """Until the transaction ends; returns its version, None for a code that nobody knows.

    Its key is left alone, so that rows which refer to it may be written meanwhile.
    """
    version: int | None = session.scalar(_LOCK, {"code": code.upper()}) if is_storable(code) else None
    return version


def booking_to_change(session: Session, code: str, viewer: Viewer, action: Action, there: Places) -> Booking:
    """As `booking_by_code`, for whoever has locked it and has its rooms at hand.

    Most bookings have no items and no open change (`there` says so); nothing is asked about them then.
    """
    booking: Booking | None = session.scalar(_TO_CHANGE, {"code": code.upper()}) if is_storable(code) else None
    if booking is None:
        raise NotFound("booking")
    said = {"booking": booking.id}
    occurrences = session.scalars(_WITH_CHANGES if there.has_changes else _OCCURRENCES, said).all()
    items: dict[int, list[OccurrenceItem]] = {one.id: [] for one in occurrences}
    for item in session.scalars(_ITEMS, said) if there.items else ():
        items[item.occurrence_id].append(item)
    for one in occurrences:
        set_committed_value(one, "items", items[one.id])
        if not there.has_changes:
            set_committed_value(one, "change", None)
    set_committed_value(booking, "occurrences", occurrences)
    if not may_see(booking, viewer, action):
        raise NotFound("booking")
    return booking
