"""What a day looks like: every room with what takes place, what is asked for and what is free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from booking.domain.capacity import Free
from booking.domain.lifecycle import CONFIRMED, State
from booking.domain.opening import Closed, day_period
from booking.domain.period import Period, joined
from booking.domain.permissions import Action, Viewer
from booking.domain.rules.base import Rule
from booking.storage.availability import House, houses
from booking.storage.bookings import Booking, Occurrence, touching
from booking.storage.communities import Community
from booking.storage.places import Room, leaves_of, room_leaves

SHOWN = CONFIRMED | {State.REQUESTED}


@dataclass(frozen=True)
class Block:
    """One occurrence as a calendar may show it to this viewer: title and community only where the level allows."""

    period: Period
    kind: str  # taken, requested, yours
    title: str
    community: str
    code: str | None  # only for those who may open it
    units: int
    room_name: str = ""  # of another room (a composite or a part) that takes this one


@dataclass(frozen=True)
class RoomDay:
    """A room on one day. `free` are open stretches with the units left; `shut` is the rest of the day."""

    room: Room
    day: date
    whole: Period
    blocks: list[Block]
    open: list[Period]
    free: list[Free]
    closures: list[Closed]
    units: int
    rules: list[Rule]

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
    session: Session, rooms: Sequence[Room], days: Sequence[date], viewer: Viewer, now: datetime
) -> list[RoomDay]:
    """One RoomDay for each room and day, rooms outermost; the number of statements depends on neither."""
    if not rooms or not days:
        return []
    wholes = [day_period(day, room.site.zone) for room in rooms for day in (days[0], days[-1])]
    span = Period(min(whole.starts_at for whole in wholes), max(whole.ends_at for whole in wholes))
    facts = houses(session, rooms, span, now)
    shown = _stays_by_room(session, rooms, span, now)
    return [_room_day(facts[room.id], day, shown[room.id], viewer) for room in rooms for day in days]


@dataclass(frozen=True, slots=True)
class Stay:
    """One occurrence as calendars need it: plain values, since a day has hundreds of them."""

    period: Period
    state: str
    room_id: int
    units: int
    title: str
    community: str
    code: str
    people: tuple[int, int]  # booked for, created by
    community_id: int | None
    room_name: str
    site_id: int
    feed_level: str


def _stays_by_room(session: Session, rooms: Sequence[Room], span: Period, now: datetime) -> dict[int, list[Stay]]:
    """What a room's calendar shows: its own, and confirmed ones of rooms that share a leaf with it."""
    leaves = room_leaves(session)
    shown_in: dict[int, list[int]] = defaultdict(list)
    for room in rooms:
        mine = set(leaves_of(room.id, leaves))
        others = {other for other, below in leaves.items() if mine & set(below)}
        for near in {room.id} | others | (mine if room.id in leaves else set()):
            shown_in[near].append(room.id)
    by_room: dict[int, list[Stay]] = defaultdict(list)
    for stay in _stays(session, shown_in, span, now):
        for room_id in shown_in[stay.room_id]:
            if room_id == stay.room_id or stay.state in CONFIRMED:
                by_room[room_id].append(stay)
    return by_room


def _stays(session: Session, room_ids: Collection[int], span: Period, now: datetime) -> Iterator[Stay]:
    """One statement of columns: loading objects would cost more than all the rest of a page."""
    query = (
        select(
            Occurrence.starts_at,
            Occurrence.ends_at,
            Occurrence.state,
            Occurrence.room_id,
            Occurrence.units,
            Occurrence.label,
            Booking.title,
            Community.name,
            Booking.code,
            Booking.booked_for,
            Booking.created_by,
            Booking.community_id,
            Room.name,
            Room.site_id,
            Room.feed_level,
        )
        .join(Booking, Booking.id == Occurrence.booking_id)
        .join(Room, Room.id == Occurrence.room_id)
        .outerjoin(Community, Community.id == Booking.community_id)
        .where(
            Occurrence.room_id.in_(room_ids),
            Occurrence.state.in_(SHOWN),
            touching(span),
            # what nobody came to is free while its time still runs
            or_(Occurrence.state != State.MISSED, Occurrence.ends_at <= now),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    for starts_at, ends_at, state, room_id, units, label, title, community, code, *rest in session.execute(query):
        booked_for, created_by, community_id, room_name, site_id, feed_level = rest
        named = f"{title}: {label}" if label else title
        people = (booked_for, created_by)
        whole = (Period(starts_at, ends_at), state, room_id, units, named, community or "", code, people, community_id)
        yield Stay(*whole, room_name, site_id, feed_level)


def _room_day(house: House, day: date, stays: list[Stay], viewer: Viewer) -> RoomDay:
    whole = day_period(day, house.opening.zone)
    opened = house.opening.on(day)
    free = [stretch for period in opened for stretch in house.free(period) if stretch.units > 0]
    blocks = [_block(stay, clipped, house.room, viewer) for stay in stays if (clipped := stay.period.clip(whole))]
    closures = house.opening.closures_in(whole)
    return RoomDay(house.room, day, whole, blocks, joined(opened), free, closures, house.units, house.rules)


def _block(stay: Stay, period: Period, room: Room, viewer: Viewer) -> Block:
    own = any(viewer.owns(one, stay.community_id) for one in stay.people)
    staff = viewer.may(Action.SEE_REQUESTS, stay.site_id)
    is_confirmed, elsewhere = stay.state in CONFIRMED, stay.room_id != room.id
    named = own or staff or (stay.feed_level == "title" and is_confirmed and not elsewhere)
    kind = "yours" if own else ("taken" if is_confirmed else "requested")
    return Block(
        period,
        "requested" if own and stay.state == State.REQUESTED else kind,
        stay.title if named else "",
        stay.community if named else "",
        stay.code if own or staff else None,
        stay.units,
        stay.room_name if elsewhere else "",
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
