"""What stands in a calendar: stored bytes in order of time, and the facts of events whose bytes are missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from booking.domain.lifecycle import CONFIRMED, GONE, STANDING, State
from booking.domain.opening import Opening
from booking.domain.period import REACH, Period
from booking.domain.permissions import Viewer
from booking.domain.rules import opening
from booking.domain.text import titled
from booking.storage.bookings import IS_OPEN, Booking, Change, Occurrence, owned_by, touching
from booking.storage.closures import Closure, closed_by_room
from booking.storage.communities import Community
from booking.storage.db import rows
from booking.storage.feeds import Piece
from booking.storage.people import Person
from booking.storage.places import Room, leaves_of, room_leaves
from booking.storage.profiles import profiles_by_room
from booking.storage.types import UTCDateTime

MOST_EVENTS = 5000
"""Of bookings in one calendar."""
MOST_CLOSURES = 400

Entry = tuple[Any, int, bytes | None, str]
"""(start, occurrence id, stored bytes or None where they are missing or stale, level).

The start is as the database keeps it: to be ordered by, nothing else; making five thousand datetimes takes as long as
everything else of an answer together.
"""


@dataclass(frozen=True)
class Shelf:
    """Which stored pieces a feed wants: in one language, written by one writer."""

    language: str
    writer: str


@dataclass(frozen=True)
class Window:
    """From when to when; where there are too many events those nearest to `pivot` count, what is to come first."""

    period: Period
    pivot: datetime


def room_bytes(session: Session, levels: Mapping[int, str], window: Window, shelf: Shelf) -> bytes | None:
    """The same events as `room_entries`, in one piece put together by the database, several times as fast.

    None where that cannot be: some bytes are missing, there are too many events, the rooms are not all at one level, or
    at full. At the other levels only what is confirmed has bytes (`usecases.recording.bodies_of`, in the transaction of
    each change): where there are as many of them as confirmed occurrences they are those, and none is looked up.
    """
    several = set(levels.values())
    if len(several) != 1 or "full" in several:
        return None
    (level,) = several
    start, end = window.period.starts_at, window.period.ends_at
    asked = {
        "rooms": list(levels),
        "level": level,
        "language": shelf.language,
        "writer": shelf.writer,
        "starts_at": start,
        "begun_reach": start + REACH,
        "ends_at": end,
        "reach": end + REACH,
    }
    begun: list[Any] = sorted(map(tuple, rows(session, _BEGUN, **asked)))
    ((count,),) = rows(session, _COUNT, **asked)
    if len(begun) + count > MOST_EVENTS or any(body is None for _, _, body in begun):
        return None
    ((found, rest),) = rows(session, _AT_ONCE[session.get_bind().dialect.name], **asked)
    if found != count:
        return None
    return b"".join([*(body for _, _, body in begun), rest or b""]) if begun else rest or b""


_ROOMS: Any = bindparam("rooms", expanding=True)
_FROM, _UNTIL = bindparam("starts_at", type_=UTCDateTime()), bindparam("ends_at", type_=UTCDateTime())
_BODY: Any = type_coerce(Piece.body, NullType)
_WRITTEN = and_(
    Piece.level == bindparam("level"), Piece.language == bindparam("language"), Piece.writer == bindparam("writer")
)
_OF_ROOMS = and_(Occurrence.room_id.in_(_ROOMS), Occurrence.state.in_(CONFIRMED))
_BEGUN = (
    select(type_coerce(Occurrence.starts_at, NullType), Occurrence.id, _BODY)
    .outerjoin(
        Piece,
        and_(
            *(Piece.room_id == Occurrence.room_id, Piece.starts_at == Occurrence.starts_at),
            *(Piece.occurrence_id == Occurrence.id, _WRITTEN),
        ),
    )
    .where(_OF_ROOMS, Occurrence.starts_at < _FROM, Occurrence.ends_at > _FROM)
    .where(Occurrence.ends_at < bindparam("begun_reach", type_=UTCDateTime()))
)
"""What runs as the window opens."""
_COUNT = (
    select(func.count())
    .select_from(Occurrence)
    .where(_OF_ROOMS, Occurrence.starts_at >= _FROM, Occurrence.starts_at < _UNTIL, Occurrence.ends_at > _FROM)
    .where(Occurrence.ends_at < bindparam("reach", type_=UTCDateTime()))
)
_LATER = and_(Piece.room_id.in_(_ROOMS), _WRITTEN, Piece.starts_at >= _FROM, Piece.starts_at < _UNTIL)


def _joined_by_sqlite() -> Select[int, Any]:
    # group_concat goes through its rows in their order; an ORDER BY of its own it has since 3.44 only
    ordered = select(Piece.body).where(_LATER).order_by(Piece.starts_at, Piece.occurrence_id).subquery()
    body: Any = type_coerce(cast(func.group_concat(ordered.c.body, ""), LargeBinary), NullType)
    return select(func.count(), body).select_from(ordered)


def _joined_by_postgresql() -> Select[int, Any]:
    nothing = aggregate_order_by(literal(b"", LargeBinary), Piece.starts_at, Piece.occurrence_id)
    body: Any = type_coerce(func.string_agg(Piece.body, nothing), NullType)
    return select(func.count(), body).where(_LATER)


_AT_ONCE = {"sqlite": _joined_by_sqlite(), "postgresql": _joined_by_postgresql()}


def room_entries(
    session: Session, levels: Mapping[int, str], window: Window, shelf: Shelf, *, asked: bool = False
) -> list[Entry]:
    """Confirmed occurrences of rooms (id -> level), at most 5,000, nearest first; then in order of time.

    `asked`: what is only asked for too, in rooms at level full.
    """
    states: ColumnElement[bool] = Occurrence.state.in_(CONFIRMED)
    if asked:
        whole = [room_id for room_id, level in levels.items() if level == "full"]
        states = or_(states, and_(Occurrence.state == State.REQUESTED, Occurrence.room_id.in_(whole)))
    several = len(set(levels.values())) > 1
    level = case(dict(levels), value=Occurrence.room_id) if several else literal(next(iter(levels.values()), "busy"))
    return _entries(session, _stored(shelf, level).where(Occurrence.room_id.in_(levels), states), window)


def own_entries(session: Session, viewer: Viewer, window: Window, gone_since: datetime, shelf: Shelf) -> list[Entry]:
    """Own occurrences and those of one's communities; what was called off while it is fresh."""
    return _entries(session, _planned(owned_by(viewer), gone_since, shelf), window)


def community_entries(
    session: Session, community_id: int, window: Window, gone_since: datetime, shelf: Shelf
) -> list[Entry]:
    """What a community has booked and asked for; what was called off while it is fresh."""
    return _entries(session, _planned(Booking.community_id == community_id, gone_since, shelf), window)


def entries_of(session: Session, occurrence_ids: Collection[int], window: Window, shelf: Shelf) -> list[Entry]:
    """Some occurrences, at level full."""
    return _entries(session, _stored(shelf, literal("full")).where(Occurrence.id.in_(occurrence_ids)), window)


def _planned(whose: ColumnElement[bool], gone_since: datetime, shelf: Shelf) -> Select[Any]:
    return (
        _stored(shelf, literal("full"))
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(
            whose,
            or_(
                Occurrence.state.in_(STANDING | {State.RETURNED}),
                # with SEQUENCE 0 it only stood in line or was skipped: nothing showed it, so nothing takes it back
                Occurrence.state.in_(GONE) & (Occurrence.sequence > 0) & (Occurrence.changed_at >= gone_since),
            ),
        )
    )


def _stored(shelf: Shelf, level: ColumnElement[str]) -> Select[Any]:
    at_hand = and_(
        Piece.room_id == Occurrence.room_id,
        Piece.starts_at == Occurrence.starts_at,
        Piece.occurrence_id == Occurrence.id,
        Piece.level == level,
        Piece.language == shelf.language,
        Piece.writer == shelf.writer,
    )
    starts: Any = type_coerce(Occurrence.starts_at, NullType)
    body: Any = type_coerce(Piece.body, NullType)
    return select(starts, Occurrence.id, body, level).outerjoin(Piece, at_hand)


def _entries(session: Session, query: Select[Any], window: Window) -> list[Entry]:
    """Put in order here: a database that sorts carries all the bytes along. Past the ORM: rows are all there is."""
    query, connection = query.where(touching(window.period)), session.connection()
    found = connection.execute(query.limit(MOST_EVENTS + 1)).all()
    if len(found) > MOST_EVENTS:
        found = _nearest(connection, query, window)
    return sorted(map(tuple, found))


def _nearest(connection: Connection, query: Select[Any], window: Window) -> list[Any]:
    ahead = query.where(Occurrence.ends_at > window.pivot).order_by(Occurrence.starts_at, Occurrence.id)
    found = list(connection.execute(ahead.limit(MOST_EVENTS)))
    if len(found) < MOST_EVENTS:
        behind = query.where(Occurrence.ends_at <= window.pivot)
        behind = behind.order_by(Occurrence.starts_at.desc(), Occurrence.id.desc())
        found += connection.execute(behind.limit(MOST_EVENTS - len(found)))
    return found


@dataclass(frozen=True, slots=True)
class Named:
    """A person or a community, as far as an event speaks of it."""

    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A booking, as far as an event speaks of it."""

    code: str
    purpose: str
    person: Named
    community: Named | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What an event shows, without the ORM; named as an Occurrence names it."""

    id: int
    uid: str
    title: str
    state: str
    starts_at: datetime
    ends_at: datetime
    sequence: int
    changed_at: datetime
    head_count: int
    reason: str | None
    room: Room
    booking: Asked


_SHOWN = (Booking.title, Booking.code, Booking.purpose, Booking.people, Person.name, Person.phone)


def facts_of(session: Session, ids: Collection[int]) -> Iterator[Facts]:
    """Some occurrences with all that their VEVENT may show."""
    rooms: dict[int, Room] = {}
    query = _told(
        *(Occurrence.id, Occurrence.uid, Occurrence.room_id, Occurrence.starts_at, Occurrence.ends_at),
        *(Occurrence.people, Occurrence.label, Occurrence.state, Occurrence.sequence, Occurrence.changed_at),
        Occurrence.reason,
    )
    for row in session.execute(query.where(Occurrence.id.in_(ids))):
        yield _facts(session, rooms, row[:11], row[11:])


def changes_of(session: Session, ids: Collection[int], window: Window) -> Iterator[Facts]:
    """What some open changes (by id) would make of approved occurrences: events of their own, asked for."""
    rooms: dict[int, Room] = {}
    query = _told(
        *(Occurrence.id, Occurrence.uid, Change.room_id, Change.starts_at, Change.ends_at),
        *(Change.people, Change.label, literal(str(State.REQUESTED)), literal(0), Change.asked_at),
        *(literal(None), Change.id),
    )
    query = query.join(Change, Change.occurrence_id == Occurrence.id).where(IS_OPEN, Change.id.in_(ids))
    within = and_(Change.starts_at < window.period.ends_at, Change.ends_at > window.period.starts_at)
    for row in session.execute(query.where(within).order_by(Change.starts_at, Change.id)):
        number, uid, *more = row[:11]
        yield _facts(session, rooms, (number, f"{uid}-{row[11]}", *more), row[12:])


def _told(*columns: Any) -> Select[Any]:
    return (
        select(*columns, *_SHOWN, Community.name)
        .select_from(Occurrence)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .join(Person, Person.id == Booking.booked_for)
        .outerjoin(Community, Community.id == Booking.community_id)
    )


def _facts(session: Session, rooms: dict[int, Room], own: Sequence[Any], shown: Sequence[Any]) -> Facts:
    number, uid, room_id, starts_at, ends_at, people, label, state, sequence, changed_at, reason = own
    title, code, purpose, all_people, person, phone, community = shown
    room = rooms.get(room_id) or rooms.setdefault(room_id, session.get_one(Room, room_id))
    booking = Asked(code, purpose, Named(person, phone), Named(community) if community else None)
    title = titled(title, label)
    times = (starts_at, ends_at, sequence, changed_at)
    return Facts(number, uid, title, state, *times, people or all_people, reason, room, booking)


def touching_levels(session: Session, room: Room, level: str) -> dict[int, str]:
    """Room id -> level: the room's own, and busy for all that share a leaf with it."""
    leaves = room_leaves(session)
    own = set(leaves_of(room.id, leaves))
    others = own | {other for other, below in leaves.items() if own & set(below)}
    return {**dict.fromkeys(others, "busy"), room.id: level}


def closures_of(session: Session, room: Room, window: Window) -> Sequence[Closure]:
    """The closures of a room, of its parts, of its site and of everything that touch the window, soonest first."""
    rooms = {room.id, *leaves_of(room.id, room_leaves(session))}
    query = select(Closure).where(
        Closure.starts_at < window.period.ends_at,
        Closure.ends_at > window.period.starts_at,
        or_(Closure.room_id.is_(None), Closure.room_id.in_(rooms)),
        or_(Closure.site_id.is_(None), Closure.site_id == room.site_id),
    )
    return session.scalars(query.order_by(Closure.starts_at, Closure.id).limit(MOST_CLOSURES)).all()


def opening_of(session: Session, room: Room, period: Period) -> Opening:
    """When a room is open in a period: its hours and breaks, those of profiles, closures cut out."""
    span = period.widened(timedelta(days=1), timedelta(days=1))
    closed = closed_by_room(session, [room], span, room_leaves(session))[room.id]
    in_use = (room.active_from, room.active_to)
    profiles = profiles_by_room(session, [room], span)[room.id]
    return opening(room.house_rules, room.site.zone, closed, in_use, profiles)
