"""What a day looks like: every room with what takes place, what is asked for and what is free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.domain.capacity import Free
from booking.domain.lifecycle import CONFIRMED, State
from booking.domain.opening import Closed, day_period
from booking.domain.period import REACH, Period, joined
from booking.domain.permissions import Action, Viewer
from booking.domain.rules.base import Rule
from booking.domain.text import titled
from booking.storage.availability import House, houses
from booking.storage.bookings import Booking, Occurrence, touching
from booking.storage.communities import Community
from booking.storage.db import rows
from booking.storage.people import Person
from booking.storage.places import Leaves, leaves_of, neighbours, room_leaves, rooms_by_id
from booking.storage.plain import AnyRoom

SHOWN = CONFIRMED | {State.REQUESTED}


class Block(NamedTuple):
    """One occurrence as a calendar may show it to this viewer: title and community only where the level allows."""

    period: Period
    kind: str  # taken, requested, yours
    title: str
    community: str  # for whom; a person's own name only for staff
    code: str | None  # only for those who may open it
    units: int
    room_name: str = ""  # of another room (a composite or a part) that takes this one
    is_own: bool = False  # asked for or had by the viewer


@dataclass(frozen=True)
class RoomDay:
    """A room on one day. `free` are open stretches with the units left; `shut` is the rest of the day."""

    room: AnyRoom
    day: date
    whole: Period
    blocks: list[Block]
    open: list[Period]
    free: list[Free]
    closures: list[Closed]
    units: int
    rules: Sequence[Rule]

    @property
    def open_minutes(self) -> int:
        return sum(period.minutes for period in self.open)

    @property
    def fullness(self) -> float:
        """0 (nothing taken) to 1 (full or shut), by units and minutes."""
        total = self.open_minutes * self.units
        left = sum(free.period.minutes * free.units for free in self.free)
        return 1 - left / total if total else 1.0


def room_days(
    session: Session, rooms: Sequence[AnyRoom], days: Sequence[date], viewer: Viewer, now: datetime
) -> list[RoomDay]:
    """One RoomDay for each room and day, rooms outermost; the number of statements depends on neither."""
    return day_and_week(session, rooms, days, days, viewer, now)[0]


class Fullness(NamedTuple):
    """How many minutes a room is open on a day, and how many are taken: 8 hours of half a pool are 4."""

    day: date
    open_minutes: int
    taken_minutes: float


def day_and_week(
    session: Session,
    rooms: Sequence[AnyRoom],
    days: Sequence[date],
    around: Sequence[date],
    viewer: Viewer,
    now: datetime,
) -> tuple[list[RoomDay], list[Fullness]]:
    """As `room_days` for some days, and how full each room is on every day around them, which must include them."""
    if not rooms or not days:
        return [], []
    leaves = room_leaves(session)
    facts = houses(session, rooms, _span(rooms, around), now, parts=leaves)
    shown = shown_in_rooms(session, rooms, _span(rooms, days), now, leaves)
    drawn = [_room_day(facts[room.id], day, shown[room.id], viewer) for room in rooms for day in days]
    others = [day for day in around if day not in days]
    full = [Fullness(one.day, one.open_minutes, one.fullness * one.open_minutes) for one in drawn]
    return drawn, full + [_fullness(facts[room.id], day) for room in rooms for day in others]


def _span(rooms: Sequence[AnyRoom], days: Sequence[date]) -> Period:
    """From the first moment of the first day to the last of the last, wherever the rooms are."""
    wholes = [day_period(day, zone) for zone in {room.site.zone for room in rooms} for day in (days[0], days[-1])]
    return Period(min(whole.starts_at for whole in wholes), max(whole.ends_at for whole in wholes))


def _fullness(house: House, day: date) -> Fullness:
    opened = house.opening.on(day)
    total = sum(period.minutes for period in opened)
    return Fullness(day, total, sum(house.taken_minutes(period) for period in opened) / house.units)


class Stay(NamedTuple):
    """One occurrence as calendars need it: plain values, since a day has hundreds of them."""

    period: Period
    state: str
    room: AnyRoom
    units: int
    label: str | None
    title: str
    community: str | None
    code: str
    booked_for: int
    community_id: int | None
    person: str


# loading objects would cost more than all the rest of a page
_STAYS = (
    select(
        *(Occurrence.starts_at, Occurrence.ends_at, Occurrence.state, Occurrence.room_id, Occurrence.units),
        *(Occurrence.label, Booking.title, Community.name, Booking.code),
        *(Booking.booked_for, Booking.community_id, Person.name),
    )
    .join(Booking, Booking.id == Occurrence.booking_id)
    .join(Person, Person.id == Booking.booked_for)
    .outerjoin(Community, Community.id == Booking.community_id)
    .where(
        Occurrence.room_id.in_(bindparam("ids", expanding=True)),
        Occurrence.state.in_(SHOWN),
        Occurrence.starts_at < bindparam("ends_at"),
        Occurrence.ends_at > bindparam("starts_at"),
        # none lasts longer: so whichever index is used has two ends, and years of other bookings are not read
        Occurrence.ends_at < bindparam("reach"),
        Occurrence.starts_at > bindparam("earliest"),
        # what nobody came to is free while its time still runs
        or_(Occurrence.state != State.MISSED, Occurrence.ends_at <= bindparam("now")),
    )
    .order_by(Occurrence.starts_at, Occurrence.id)
)


def shown_in_rooms(
    session: Session, rooms: Sequence[AnyRoom], span: Period, now: datetime, leaves: Leaves
) -> dict[int, list[Stay]]:
    """What a room's calendar shows: its own, and confirmed ones of rooms that share a leaf with it."""
    known: dict[int, AnyRoom] = {room.id: room for room in rooms}
    shown_in: dict[int, list[int]] = defaultdict(list)
    for room in rooms:
        for near in neighbours(room.id, leaves):
            shown_in[near].append(room.id)
    if beside := shown_in.keys() - known.keys():
        known |= rooms_by_id(session, beside)
    bounds = {"starts_at": span.starts_at, "ends_at": span.ends_at}
    bounds |= {"earliest": span.starts_at - REACH, "reach": span.ends_at + REACH}
    by_room: dict[int, list[Stay]] = defaultdict(list)
    for starts_at, ends_at, state, room_id, *said in rows(session, _STAYS, ids=list(shown_in), now=now, **bounds):
        stay = Stay(Period(starts_at, ends_at), state, known[room_id], *said)
        for near in shown_in[room_id]:
            if near == room_id or state in CONFIRMED:
                by_room[near].append(stay)
    return by_room


def _room_day(house: House, day: date, stays: Sequence[Stay], viewer: Viewer) -> RoomDay:
    whole = day_period(day, house.opening.zone)
    opened = house.opening.on(day)
    free = [stretch for period in opened for stretch in house.free(period) if stretch.units > 0]
    blocks = [
        block_of(stay, clipped, viewer, may_see=sees_requests(viewer, stay), here=house.room)
        for stay in stays
        if (clipped := stay.period.clip(whole))
    ]
    closures = house.opening.closures_in(whole)
    return RoomDay(house.room, day, whole, blocks, joined(opened), free, closures, house.units, house.rules)


def sees_requests(viewer: Viewer, stay: Stay) -> bool:
    """Whether who asks and why is told to the viewer in the room where it is."""
    return viewer.may(Action.SEE_REQUESTS, stay.room.site_id, stay.room.id)


def block_of(stay: Stay, period: Period, viewer: Viewer, *, may_see: bool, here: AnyRoom) -> Block:
    own = viewer.owns(stay.booked_for, stay.community_id)
    is_confirmed, elsewhere = stay.state in CONFIRMED, stay.room is not here
    named = own or may_see or (is_confirmed and not elsewhere and stay.room.feed_level == "title")
    kind = "yours" if own else ("taken" if is_confirmed else "requested")
    title = titled(stay.title, stay.label)
    return Block(
        period,
        "requested" if own and stay.state == State.REQUESTED else kind,
        title if named else "",
        (stay.community or (stay.person if may_see else "")) if named else "",
        stay.code if own or may_see else None,
        stay.units,
        # a hidden room keeps its name to itself where it makes another one busy
        stay.room.name if elsewhere and (stay.room.is_public or may_see) else "",
        own,
    )


def beside(
    session: Session, occurrences: Sequence[Occurrence], states: Collection[State]
) -> dict[int, list[Occurrence]]:
    """For each occurrence those of other bookings that overlap it in a room with which it shares a leaf.

    Two statements, however many there are.
    """
    if not occurrences:
        return {}
    leaves = room_leaves(session)
    span = Period(min(one.starts_at for one in occurrences), max(one.ends_at for one in occurrences))
    query = select(Occurrence).where(Occurrence.state.in_(states), touching(span))
    query = query.options(joinedload(Occurrence.booking).joinedload(Booking.community), joinedload(Occurrence.room))
    candidates = session.scalars(query.order_by(Occurrence.starts_at, Occurrence.id)).unique().all()
    return {
        one.id: [
            other
            for other in candidates
            if other.booking_id != one.booking_id
            and other.period.overlaps(one.period)
            and set(leaves_of(other.room_id, leaves)) & set(leaves_of(one.room_id, leaves))
        ]
        for one in occurrences
    }


def rivals(session: Session, occurrences: Sequence[Occurrence]) -> dict[int, list[Occurrence]]:
    """For each occurrence the other undecided requests for its time and place."""
    return beside(session, occurrences, {State.REQUESTED})
