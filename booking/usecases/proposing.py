"""What would do instead, and what is free at all. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.domain.period import Period
from booking.domain.rules import violations
from booking.domain.rules.ask import Use
from booking.storage.availability import SEARCH, House, houses, shelves
from booking.storage.places import Item, Room, all_rooms, room_leaves
from booking.storage.plain import AnyRoom, plain_rooms
from booking.usecases.claiming import About, asked, span_of, uses_for
from booking.usecases.planning import Candidate, units_of

MOST_ALTERNATIVES = 5
_MOST_ROOMS = 12
_NEAR = timedelta(hours=4)
_DAYS_AHEAD = (1, 7, 2, 3, -1, 14, 4, 5, 6)


class Kind(StrEnum):
    EARLIER = "earlier"
    LATER = "later"
    ROOM = "room"
    SHORTER = "shorter"
    DAY = "day"


@dataclass(frozen=True)
class Alternative:
    """Something that breaks no rule and is free: other times in the room, another room, less, or another day."""

    kind: Kind
    room: AnyRoom
    period: Period


def alternatives(
    session: Session,
    candidate: Candidate,
    now: datetime,
    about: About,
    wanted_items: Mapping[int, Item],
    *,
    most: int = MOST_ALTERNATIVES,
) -> list[Alternative]:
    """At most five, the ones that change least first: near in time, then another room, less, another day."""
    return Surroundings(session, [candidate], now, about, wanted_items).alternatives(candidate, most=most)


class Surroundings:
    """What lies around some candidates of one request, loaded once for all: their rooms for two weeks about each time,
    and equivalent rooms at the very times.
    """

    def __init__(
        self,
        session: Session,
        candidates: Sequence[Candidate],
        now: datetime,
        about: About,
        wanted_items: Mapping[int, Item],
    ) -> None:
        self.now, self.about, self.items = now, about, wanted_items
        exact = span_of(candidates)
        wide = exact.widened(SEARCH, SEARCH + timedelta(days=8))
        parts, own = room_leaves(session), {one.room.id: one.room for one in candidates}
        self.houses = houses(session, list(own.values()), wide, now, without=about.without, parts=parts)
        every = all_rooms(session)
        self._equivalent = {_kind(one): equivalent_rooms(every, one.room, one.people) for one in candidates}
        others = {room.id: room for rooms in self._equivalent.values() for room in rooms}
        times = [one.period.widened(_NEAR, _NEAR) for one in candidates]
        near = exact.widened(_NEAR, _NEAR)
        self._others = (
            houses(session, list(others.values()), near, now, without=about.without, parts=parts, only=times)
            if others
            else {}
        )
        self.shelves = shelves(session, self.items.values(), wide, now, without=about.without)
        self.uses: Sequence[Use] = uses_for(session, own | others, exact, about)

    def others(self, candidate: Candidate) -> list[House]:
        """Equivalent rooms; what is known of them reaches some hours about the candidate."""
        return [self._others[room.id] for room in self._equivalent[_kind(candidate)]]

    def alternatives(self, candidate: Candidate, *, most: int = MOST_ALTERNATIVES) -> list[Alternative]:
        """Those of one of the candidates, as `alternatives` gives them."""
        search = _Search(self, candidate)
        found: list[Alternative] = []
        for one in sorted(search.all(), key=lambda one: cost(candidate, one)):
            if not any(one.room is other.room and one.period == other.period for other in found):
                found.append(one)
        return found[:most]


def _kind(candidate: Candidate) -> tuple[int, int]:
    """What decides which rooms are equivalent."""
    return candidate.room.id, candidate.people


class _Search:
    """Looks around one candidate: its own room for two weeks, equivalent rooms at the very time."""

    def __init__(self, around: Surroundings, candidate: Candidate) -> None:
        self.candidate, self.now, self.about, self.items = candidate, around.now, around.about, around.items
        self.house, self.others = around.houses[candidate.room.id], around.others(candidate)
        self.shelves, self.uses = around.shelves, around.uses

    def all(self) -> Iterator[Alternative]:
        yield from self._other_times()
        yield from self._other_rooms()
        yield from self._less()
        yield from self._other_days()

    def _other_times(self) -> Iterator[Alternative]:
        ask = asked(self.house, self.candidate, self.now, self.about, self.uses)
        starts_at = self.candidate.period.starts_at
        for kind, limits in ((Kind.EARLIER, {"until": starts_at}), (Kind.LATER, {"from_on": starts_at})):
            found = self.house.nearest(ask, also=lambda period: self._has_items(self.house, period), **limits)
            if found and found != self.candidate.period:
                yield Alternative(kind, self.candidate.room, found)

    def _other_rooms(self) -> Iterator[Alternative]:
        for house in self.others:
            if self._would_do(house, self.candidate.period):
                yield Alternative(Kind.ROOM, house.room, self.candidate.period)

    def _less(self) -> Iterator[Alternative]:
        ask = asked(self.house, self.candidate, self.now, self.about, self.uses)
        part = self.house.longest_inside(ask)
        if part and part != self.candidate.period and self._has_items(self.house, part):
            yield Alternative(Kind.SHORTER, self.candidate.room, part)

    def _other_days(self) -> Iterator[Alternative]:
        count = 0
        for days in _DAYS_AHEAD:
            period = self._same_clock(days)
            if period.starts_at > self.now and self._would_do(self.house, period):
                yield Alternative(Kind.DAY, self.candidate.room, period)
                count += 1
                if count == 2:
                    return

    def _same_clock(self, days: int) -> Period:
        """The same wall time some days later or earlier."""
        zone = self.house.opening.zone
        change = timedelta(days=days)
        starts, ends = (
            at.astimezone(zone).replace(tzinfo=None) + change
            for at in (self.candidate.period.starts_at, self.candidate.period.ends_at)
        )
        starts_at = starts.replace(tzinfo=zone).astimezone(self.now.tzinfo)
        return Period(starts_at, starts_at + (ends - starts))

    def _would_do(self, house: House, period: Period) -> bool:
        units = self.candidate.units
        if house is not self.house:
            units = units_of(None, self.candidate.people, house.room, whole=False)
        wanted = replace(self.candidate, period=period, units=units)
        if violations(house.rules, asked(house, wanted, self.now, self.about, self.uses)):
            return False
        return house.fits(period, units) and self._has_items(house, period)

    def _has_items(self, house: House, period: Period) -> bool:
        """Whether the items asked for go with the room and are free then."""
        within = house.buffered(period)
        return all(
            self.items[item_id].goes_with(house.room) and self.shelves[item_id].free(within) >= quantity
            for item_id, quantity in self.candidate.items.items()
        )


def cost(candidate: Candidate, one: Alternative) -> tuple[float, float]:
    """How much it changes, in hours of moved time; another room costs as much as two, less as half of the loss."""
    moved = abs((one.period.starts_at - candidate.period.starts_at).total_seconds()) / 3600
    if one.kind is Kind.ROOM:
        far = 0.0 if one.room.site_id == candidate.room.site_id else 6.0
        return (2 + far, abs(one.room.capacity - candidate.people))
    if one.kind is Kind.SHORTER:
        return (2 + (candidate.period.length - one.period.length).total_seconds() / 1800, 0)
    # the same clock on another day is easier to live with than an odd hour
    return (4 + moved / 24 if one.kind is Kind.DAY else moved, moved)


def equivalent_rooms(rooms: Iterable[Room], room: Room, people: int) -> list[Room]:
    """Of these the public rooms that hold as many people and serve the same purpose; those of the same site first."""
    found = [
        one
        for one in rooms
        if one.id != room.id
        and one.is_public
        and one.bookable
        and (not one.capacity or one.capacity >= people)
        and one.purpose == room.purpose
        and (one.units == 1 or room.units > 1)
    ]
    found.sort(key=lambda one: (one.site_id != room.site_id, one.capacity))
    return found[:_MOST_ROOMS]


def free_rooms(session: Session, people: int, period: Period, now: datetime) -> list[House]:
    """Public rooms for so many people that are open and free in a period, the smallest that fit first."""
    rooms = [
        room
        for room in plain_rooms(session)
        if room.is_public and room.bookable and (not room.capacity or room.capacity >= people)
    ]
    found = houses(session, rooms, period.widened(timedelta(hours=4), timedelta(hours=4)), now)
    free = []
    for house in found.values():
        units = units_of(None, people, house.room, whole=False)
        if house.fits(period, units) and not violations(house.rules, house.ask(period, units, people, now)):
            free.append(house)
    return sorted(free, key=lambda house: (house.room.capacity or 10**6, house.room.position))
