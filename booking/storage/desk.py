"""The inbox as the desk sees it: everything that waits, who competes with whom, and what a page of it looks like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, null, or_, select
from sqlalchemy.orm import Session

from booking.domain.approval import Tier, may_decide
from booking.domain.capacity import Ledger, Taken, least_free
from booking.domain.lifecycle import State
from booking.domain.period import MAX_BUFFER, Period
from booking.domain.permissions import Action, Viewer
from booking.domain.rules import violations
from booking.storage import claims
from booking.storage.attendance import LOOKED_BACK, Kept, reliability
from booking.storage.availability import House, houses
from booking.storage.bookings import IS_OPEN, WHOLE, Booking, Change, Occurrence
from booking.storage.communities import Community
from booking.storage.offers import all_live_offers
from booking.storage.places import Resource, Room, Site, all_rooms, within

PAGE = 25


class Standing(StrEnum):
    """How a request stands to what is approved and to the other requests; the worst of its times counts."""

    FREE = "free"
    RIVAL = "rival"  # others ask for the same places
    TAKEN = "taken"  # what is approved leaves no room for it


@dataclass(frozen=True)
class Filter:
    """Slugs of a site, a room, a community; only what is `late`: past the time until which an answer was promised."""

    site: str = ""
    room: str = ""
    community: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """One undecided occurrence, or what an approved one shall become."""

    booking_id: int
    occurrence_id: int
    room_id: int
    period: Period
    units: int


@dataclass(frozen=True)
class Page:
    """Ids of bookings; `number` counts from 1."""

    ids: list[int]
    number: int
    count: int


@dataclass
class Queue:
    """All bookings that wait, soonest first, with how they stand; `places` tells what may be filtered by."""

    bookings: list[int]
    standing: Mapping[int, Standing]
    firsts: Mapping[int, Wish]
    sites: list[Site]
    rooms: list[Room]
    communities: list[tuple[str, str]]

    def page(self, number: int, *, clashing_only: bool = False) -> Page:
        """A page of them, clashing ones first; numbers that are none are taken to the nearest that is one."""
        ordered = [*self.clashing, *([] if clashing_only else self.clean)]
        count = max(1, -(-len(ordered) // PAGE))
        number = min(max(number, 1), count)
        return Page(ordered[(number - 1) * PAGE : number * PAGE], number, count)

    @property
    def clashing(self) -> list[int]:
        return [one for one in self.bookings if self.standing[one] is not Standing.FREE]

    @property
    def clean(self) -> list[int]:
        return [one for one in self.bookings if self.standing[one] is Standing.FREE]


@dataclass
class Card:
    """A row of the inbox."""

    booking: Booking
    standing: Standing
    waiting: list[Occurrence]
    is_over_capacity: bool = False
    overridden: list[str] = field(default_factory=list)
    is_barred: bool = False
    """A rule that is judged again stands in its way now: a closure laid over it, other hours."""
    is_decidable: bool = True
    """Whether this viewer may decide any of it."""
    kept: Kept | None = None
    """What its community, or the person alone, made of what was approved; None: nothing was yet."""

    @property
    def is_clean(self) -> bool:
        is_plain = not (self.is_over_capacity or self.is_barred or self.is_change)
        return self.standing is Standing.FREE and is_plain and self.is_decidable

    @property
    def is_change(self) -> bool:
        return all(one.state != State.REQUESTED for one in self.waiting)


def queue(session: Session, viewer: Viewer, now: datetime, wanted: Filter | None = None) -> Queue:
    """What waits in the rooms whose requests the viewer sees. The number of statements does not depend on how much."""
    changes = session.execute(_changes(viewer)).all()
    rows = [*session.execute(_undecided(viewer)), *changes]
    wishes = [Wish(row.booking_id, row.id, row.room_id, Period(row.starts_at, row.ends_at), row.units) for row in rows]
    olds = [
        Wish(row.booking_id, row.id, row.old_room_id, Period(row.old_starts_at, row.old_ends_at), row.old_units)
        for row in changes
    ]
    # what is held by an offer is in others' way too, wherever it is
    asked = {row.id for row in rows}
    held = [one for one in all_live_offers(session, now) if one.occurrence_id in asked]
    olds += [Wish(0, one.occurrence_id, one.room_id, one.period, one.units) for one in held]
    rooms = list(all_rooms(session))
    standing = _standings(session, wishes, olds, {room.id: room for room in rooms}, now)
    slugs = {room.id: (room.site.slug, room.slug) for room in rooms}
    seen = [one for one in rows if _is_wanted(one, slugs[one.room_id], wanted or Filter(), now)]
    kept = {one.booking_id for one in seen}
    firsts: dict[int, Wish] = {}
    for wish in sorted(wishes, key=lambda one: (one.period.starts_at, one.occurrence_id)):
        if wish.booking_id in kept:
            firsts.setdefault(wish.booking_id, wish)
    places = {slugs[one.room_id] for one in rows}
    return Queue(
        list(firsts),
        standing,
        firsts,
        list({room.site_id: room.site for room in rooms if room.site.slug in {site for site, _ in places}}.values()),
        [room for room in rooms if (room.site.slug, room.slug) in places],
        sorted({(one.slug, one.name) for one in rows if one.slug}, key=lambda one: one[1]),
    )


def undecided_by(session: Session, viewer: Viewer) -> list[int]:
    """The ids of the undecided occurrences that the viewer may decide."""
    query = _undecided(viewer).add_columns(Occurrence.tier, Room.tier, Resource.site_id)
    query = query.join(Room, Room.id == Occurrence.room_id)
    rows = session.execute(query)
    return [row.id for row in rows if may_decide(viewer, Tier(row[-3] or row[-2]), row[-1], row.room_id)]


def bookings_with_changes(session: Session, viewer: Viewer) -> Sequence[Booking]:
    """Bookings with an open change in the rooms whose requests the viewer sees."""
    ids = {row.booking_id for row in session.execute(_changes(viewer))}
    if not ids:
        return []
    return session.scalars(select(Booking).where(Booking.id.in_(ids)).options(*WHOLE)).unique().all()


_SHOWN = (Booking.answer_by, Community.slug, Community.name)


def _undecided(viewer: Viewer) -> Any:
    query: Any = (
        select(
            Occurrence.id,
            Occurrence.booking_id,
            Occurrence.room_id,
            Occurrence.starts_at,
            Occurrence.ends_at,
            Occurrence.units,
            *_SHOWN,
        )
        .join(Booking, Booking.id == Occurrence.booking_id)
        .outerjoin(Community, Community.id == Booking.community_id)
        .where(Occurrence.state == State.REQUESTED)
    )
    if viewer.sites(Action.SEE_REQUESTS) is None:
        return query
    # whole bookings, of which any time is in these rooms
    here = select(Occurrence.booking_id).join(Resource, Resource.id == Occurrence.room_id)
    here = here.where(Occurrence.state == State.REQUESTED, within(viewer, Action.SEE_REQUESTS))
    return query.where(Occurrence.booking_id.in_(here))


def _changes(viewer: Viewer) -> Any:
    query: Any = (
        select(
            Occurrence.id,
            Occurrence.booking_id,
            Change.room_id,
            Change.starts_at,
            Change.ends_at,
            Change.units,
            null().label("answer_by"),
            *_SHOWN[1:],
            Occurrence.room_id.label("old_room_id"),
            Occurrence.starts_at.label("old_starts_at"),
            Occurrence.ends_at.label("old_ends_at"),
            Occurrence.units.label("old_units"),
        )
        .join(Change, Change.occurrence_id == Occurrence.id)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .outerjoin(Community, Community.id == Booking.community_id)
        .where(IS_OPEN)
    )
    if viewer.sites(Action.SEE_REQUESTS) is None:
        return query
    here = select(Resource.id).where(within(viewer, Action.SEE_REQUESTS))
    return query.where(or_(Occurrence.room_id.in_(here), Change.room_id.in_(here)))


def _is_wanted(row: Row[Any], place: tuple[str, str], wanted: Filter, now: datetime) -> bool:
    site, room = place
    return (
        wanted.site in ("", site)
        and wanted.room in ("", room)
        and wanted.community in ("", row.slug)
        and (not wanted.late or (row.answer_by is not None and row.answer_by <= now))
    )


def _standings(
    session: Session, wishes: Sequence[Wish], olds: Sequence[Wish], rooms: Mapping[int, Room], now: datetime
) -> dict[int, Standing]:
    """Booking id -> how it stands. `olds`: what is approved or held of the same occurrences, in others' way only."""
    if not wishes:
        return {}
    whole = [*wishes, *olds]
    span = Period(min(one.period.starts_at for one in whole), max(one.period.ends_at for one in whole))
    places = [rooms[room_id] for room_id in {one.room_id for one in whole}]
    # what is held for undecided ones is not in their own way
    without = {one.occurrence_id for one in olds} | (
        claims.holders(session, now) & {one.occurrence_id for one in wishes}
    )
    crowd = _Crowd(houses(session, places, span.widened(MAX_BUFFER, MAX_BUFFER), now, without=without), wishes, olds)
    found: dict[int, Standing] = {}
    for wish in wishes:
        standing = crowd.standing(wish)
        found[wish.booking_id] = max(found.get(wish.booking_id, Standing.FREE), standing, key=list(Standing).index)
    return found


class _Crowd:
    """Everything that is asked for, leaf by leaf: two requests for desks compete only where the desks run out."""

    def __init__(self, facts: Mapping[int, House], wishes: Sequence[Wish], olds: Sequence[Wish]) -> None:
        self.facts = facts
        asked: dict[int, list[Taken]] = defaultdict(list)
        for wish in wishes:
            for leaf, taken in self._takes(wish):
                asked[leaf].append(taken)
        self.asked = {leaf: Ledger(some) for leaf, some in asked.items()}
        self.olds: dict[int, list[tuple[int, Taken]]] = defaultdict(list)
        for old in olds:
            for leaf, taken in self._takes(old):
                self.olds[leaf].append((old.occurrence_id, taken))

    def _takes(self, wish: Wish) -> Iterator[tuple[int, Taken]]:
        house = self.facts[wish.room_id]
        within = house.buffered(wish.period)
        for leaf, units in house.claims_of(wish.units).items():
            yield leaf, Taken(within, units)

    def standing(self, wish: Wish) -> Standing:
        house = self.facts[wish.room_id]
        if not house.fits(wish.period, wish.units):
            return Standing.TAKEN
        is_crowded = any(self._is_over(house, wish, leaf, taken) for leaf, taken in self._takes(wish))
        return Standing.RIVAL if is_crowded else Standing.FREE

    def _is_over(self, house: House, wish: Wish, leaf: int, taken: Taken) -> bool:
        """Whether all that is approved and asked for at some moment is more than there is."""
        near = [*house.taken[leaf].near(taken.period), *self.asked[leaf].near(taken.period)]
        near += [one for occurrence_id, one in self.olds[leaf] if occurrence_id != wish.occurrence_id]
        deep = sum(one.units for one in near)  # free units are never told below zero
        return least_free(house.leaves[leaf] + deep, near, taken.period) < deep


def cards(session: Session, viewer: Viewer, found: Queue, ids: Sequence[int], now: datetime) -> list[Card]:
    """The rows of a page, in the order of `ids`."""
    query = select(Booking).where(Booking.id.in_(ids)).options(*WHOLE)
    bookings = {booking.id: booking for booking in session.scalars(query).unique()}
    waiting = {one.id: waiting_of(one) for one in bookings.values()}
    rooms = {one.room.id: one.room for some in waiting.values() for one in some}
    times = [one.period for some in waiting.values() for one in some]
    if not times:
        return []
    span = Period(min(one.starts_at for one in times), max(one.ends_at for one in times))
    facts = houses(session, list(rooms.values()), span, now)
    made = [_card(found, bookings[one], waiting[one], facts, now) for one in ids if one in bookings and waiting[one]]
    kept = kept_by(session, list(bookings.values()), now)
    for card in made:
        card.kept = kept.get(card.booking.id)
        card.is_decidable = any(
            may_decide(viewer, one.decided_by_tier, one.room.site_id, one.room.id) for one in card.waiting
        )
    return made


def kept_by(session: Session, bookings: Sequence[Booking], now: datetime) -> dict[int, Kept]:
    """Booking id -> what its community, or the person who asks alone, used and missed lately; two statements."""
    since = now - LOOKED_BACK
    communities = {one.community_id for one in bookings if one.community_id is not None}
    persons = {one.booked_for for one in bookings if one.community_id is None}
    of_communities = reliability(session, communities, since)
    of_persons = reliability(session, persons, since, of="person")
    found = {
        one.id: of_persons.get(one.booked_for) if one.community_id is None else of_communities.get(one.community_id)
        for one in bookings
    }
    return {booking_id: kept for booking_id, kept in found.items() if kept is not None}


def crowded_out(session: Session, occurrences: Sequence[Occurrence], now: datetime) -> list[Occurrence]:
    """Those undecided occurrences for which what is approved or held for others leaves no room."""
    if not occurrences:
        return []
    span = Period(min(one.starts_at for one in occurrences), max(one.ends_at for one in occurrences))
    rooms = list({one.room.id: one.room for one in occurrences}.values())
    own = {one.id for one in occurrences}
    facts = houses(session, rooms, span.widened(MAX_BUFFER, MAX_BUFFER), now, without=own)
    return [one for one in occurrences if not facts[one.room_id].fits(one.period, one.units)]


def waiting_of(booking: Booking) -> list[Occurrence]:
    """What a row speaks of: undecided times, else those with an open change."""
    undecided = [one for one in booking.occurrences if one.state == State.REQUESTED]
    return undecided or [one for one in booking.occurrences if one.change]


def _card(found: Queue, booking: Booking, waiting: list[Occurrence], facts: Mapping[int, House], now: datetime) -> Card:
    card = Card(booking, found.standing.get(booking.id, Standing.FREE), waiting)
    for one in waiting:
        house = facts[one.room_id]
        ask = house.ask(one.period, one.units, one.head_count, now)
        broken = {violation.code for violation in violations(house.rules, ask, deciding=True)} - {
            *(one.overridden or ())
        }
        card.is_over_capacity |= "capacity" in broken
        card.is_barred |= bool(broken - {"capacity"}) and not card.is_change
        card.overridden += [code for code in one.overridden or () if code not in card.overridden]
    return card
