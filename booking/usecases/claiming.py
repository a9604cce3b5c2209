"""Judging wanted occurrences against rules and claims, and taking what they need: one place for asking and deciding."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.capacity import Taken
from booking.domain.errors import Violation
from booking.domain.period import Period
from booking.domain.rules import violations
from booking.storage import claims
from booking.storage.availability import SEARCH, House, houses
from booking.storage.bookings import Occurrence
from booking.storage.claims import WantedClaim
from booking.storage.places import Room, leaves_of, room_leaves
from booking.storage.transaction import Again


@dataclass(frozen=True)
class Candidate:
    """One occurrence that somebody wants or an officer is about to approve; `at` is its position in the request."""

    at: int
    room: Room
    period: Period
    units: int
    people: int


def lock(session: Session, rooms: Collection[Room], now: datetime) -> dict[int, claims.Stock]:
    """Lock the rooms and their leaves in the order of their ids, and forget what was read before.

    Raises Again where the parts of a room changed in between: other places would have to be locked.
    """
    wanted = _places(session, {room.id for room in rooms})
    stock = claims.lock(session, wanted)
    session.expire_all()
    if not _places(session, {room.id for room in rooms}) <= set(stock):
        raise Again
    claims.retire_expired(session, wanted, now)
    return stock


def _places(session: Session, room_ids: set[int]) -> set[int]:
    parts = room_leaves(session)
    return room_ids | {leaf for room_id in room_ids for leaf in leaves_of(room_id, parts)}


def judge(
    session: Session,
    candidates: Sequence[Candidate],
    now: datetime,
    *,
    deciding: bool = False,
) -> tuple[list[Violation], Mapping[int, House]]:
    """Every violation of every candidate: rules first, then what is taken, each beside those before it.

    `deciding` leaves out what is judged only when asked.
    """
    rooms = {candidate.room.id: candidate.room for candidate in candidates}
    span = Period(
        min(candidate.period.starts_at for candidate in candidates),
        max(candidate.period.ends_at for candidate in candidates),
    ).widened(SEARCH, SEARCH)
    found: list[Violation] = []
    facts = houses(session, list(rooms.values()), span, now)
    for candidate in candidates:
        house = facts[candidate.room.id]
        broken = violations(
            house.rules, house.ask(candidate.period, candidate.units, candidate.people, now), deciding=deciding
        )
        if not any(violation.code == "units" for violation in broken):
            broken += _taken(candidate, house)
        if broken:
            broken = _with_nearest(broken, house.nearest(candidate.period, candidate.units, candidate.people, now))
        found += [replace(violation, at=candidate.at) for violation in broken]
    return found, facts


# What another time would mend; a number of people or a closed horizon it would not
_MENDED_BY_TIME = {"taken", "hours", "closed", "pause", "length", "grid", "notice", "past"}


def _with_nearest(broken: list[Violation], nearest: Period | None) -> list[Violation]:
    """One period that would do for everything, instead of one for each rule that breaks the next."""
    return [replace(violation, nearest=nearest if violation.code in _MENDED_BY_TIME else None) for violation in broken]


def _taken(candidate: Candidate, house: House) -> list[Violation]:
    if house.fits(candidate.period, candidate.units):
        for leaf, units in house.claims_of(candidate.units).items():
            # those after it in the same request find its place taken; the lists are shared between rooms
            house.taken[leaf].append(Taken(house.buffered(candidate.period), units))
        return []
    left = min(free.units for free in house.free(candidate.period))
    values = {"units": candidate.units, "free": left, "room": house.room.name}
    return [Violation("taken", values)]


def take(
    session: Session, occurrences: Sequence[Occurrence], facts: Mapping[int, House], stock: Mapping[int, claims.Stock]
) -> None:
    """Freeze the buffers of approved occurrences and insert their claims. The resources are locked already."""
    wanted = []
    for occurrence in occurrences:
        house = facts[occurrence.room_id]
        occurrence.setup_minutes = house.room.setup_minutes
        occurrence.teardown_minutes = house.room.teardown_minutes
        wanted += [
            WantedClaim(occurrence.id, leaf, units, occurrence.with_buffers)
            for leaf, units in house.claims_of(occurrence.units).items()
        ]
    session.flush()
    claims.add(session, stock, wanted)
