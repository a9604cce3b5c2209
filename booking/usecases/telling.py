"""Messages to the office: who may decide something is told that it waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from booking.domain.approval import Tier, may_decide
from booking.domain.events import Notice
from booking.domain.lifecycle import State
from booking.domain.permissions import Viewer
from booking.storage import outbox
from booking.storage.bookings import Booking, Occurrence
from booking.storage.places import Room
from booking.storage.premises import rooms_by
from booking.storage.staff import reachable_staff
from booking.usecases.act import Act


class Place(NamedTuple):
    """Who must decide, and where."""

    tier: Tier
    site_id: int
    room_id: int


def place_of(occurrence: Occurrence) -> Place:
    """As it stands."""
    return Place(occurrence.decided_by_tier, occurrence.room.site_id, occurrence.room_id)


def _place_in(room: Room) -> Place:
    return Place(Tier(room.tier), room.site_id, room.id)


def waiting_places(booking: Booking) -> set[Place]:
    """Where something of the booking waits for a decision: requests, and changes in the room that it shall be."""
    undecided = {place_of(one) for one in booking.occurrences if one.state == State.REQUESTED}
    return undecided | {_place_in(one.change.room) for one in booking.occurrences if one.change}


def deciders(staff: Iterable[Viewer], places: Iterable[Place]) -> list[int]:
    """The persons who may decide at one of the places, by id."""
    wanted = set(places)
    return [
        one.person_id for one in staff if one.person_id is not None and any(may_decide(one, *place) for place in wanted)
    ]


def tell_deciders_of_requests(
    session: Session, act: Act, booking: Booking, occurrences: Sequence[Occurrence], known_at: Place | None
) -> None:
    """A new request, if any of it waits. Whoever decides at `known_at` knows of it."""
    places = {place_of(one) for one in occurrences if one.state == State.REQUESTED}
    _tell(session, act, booking, places, {known_at} if known_at else set())


def tell_deciders_of_changes(
    session: Session, act: Act, booking: Booking, occurrences: Sequence[Occurrence], changes: Mapping[str, Any]
) -> None:
    """A change asked for: whoever decides where it shall be. `changes`: uid -> [before, after]."""
    rooms = rooms_by(session, ids={changes[one.uid][1][0] for one in occurrences if one.uid in changes})
    _tell(session, act, booking, {_place_in(room) for room in rooms.values()})


def _tell(session: Session, act: Act, booking: Booking, places: set[Place], known_at: Iterable[Place] = ()) -> None:
    if not places:
        return
    staff = reachable_staff(session, act.today)
    know = {act.actor, *deciders(staff, known_at)}
    told = [one for one in deciders(staff, places) if one not in know]
    outbox.put(session, Notice.NEW_REQUEST, told, booking.id, {"code": booking.code}, now=act.now, due_at=act.now)


def tell_staff(session: Session, act: Act, kind: str, person_id: int, booking: Booking) -> None:
    """One message to one of the office about a booking; what it says is read when it is sent."""
    outbox.put(session, kind, [person_id], booking.id, {"code": booking.code}, now=act.now, due_at=act.now)
