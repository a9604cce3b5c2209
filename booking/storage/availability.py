"""What is free: the facts of a room put together for the rules, and free units over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.domain.capacity import Free, Taken, free_units, least_free, nearest_fit
from booking.domain.opening import Opening
from booking.domain.period import Period
from booking.domain.rules import opening, parse, step_minutes, violations
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule
from booking.domain.rules.grid import next_on_grid
from booking.domain.rules.length import Length
from booking.domain.rules.notice import Notice
from booking.storage import claims
from booking.storage.closures import closed_by_room
from booking.storage.places import Resource, Room, leaves_of, room_leaves

SEARCH = timedelta(days=7)


@dataclass(frozen=True)
class House:
    """A room as its rules see it in some span: opening with closures, and what is taken, composite or not."""

    room: Room
    rules: list[Rule]
    opening: Opening
    leaves: dict[int, int]  # leaf id -> its units
    taken: dict[int, list[Taken]]  # leaf id -> what claims take of it

    @property
    def units(self) -> int:
        """Units of a single room; a composite is had whole, as one."""
        return self.room.units if list(self.leaves) == [self.room.id] else 1

    def claims_of(self, units: int) -> dict[int, int]:
        """What `units` of this room take of each leaf: a composite takes its leaves whole."""
        return {self.room.id: units} if list(self.leaves) == [self.room.id] else dict(self.leaves)

    def buffered(self, period: Period) -> Period:
        return period.widened(timedelta(minutes=self.room.setup_minutes), timedelta(minutes=self.room.teardown_minutes))

    def free(self, within: Period) -> list[Free]:
        """Free units over time; a composite is free (1) only where all its leaves are wholly free."""
        if list(self.leaves) == [self.room.id]:
            return free_units(self.room.units, self.taken.get(self.room.id, ()), within)
        return free_units(1, self._as_one(), within)

    def fits(self, period: Period, units: int) -> bool:
        """Whether the units are free, buffers of this room included."""
        needed = self.claims_of(units)
        within = self.buffered(period)
        return all(least_free(self.leaves[leaf], self.taken.get(leaf, ()), within) >= n for leaf, n in needed.items())

    def nearest(self, wanted: Period, units: int, people: int, now: datetime) -> Period | None:
        """The nearest period that breaks no rule and is free, of a lawful length, within a week either way."""
        wanted = self._lawful(wanted)
        soonest = max(wanted.starts_at - SEARCH, now + self._notice())
        if soonest >= wanted.ends_at + SEARCH:
            return None
        before, after = timedelta(minutes=self.room.setup_minutes), timedelta(minutes=self.room.teardown_minutes)
        # a neighbour's claim, widened by this room's own buffers, stands in for looking at the widened period
        taken = [Taken(claim.period.widened(after, before), claim.units) for claim in self._all_taken()]
        starts = self._starts(self.opening.between(Period(soonest, wanted.ends_at + SEARCH)), wanted.length)

        def suits(period: Period) -> bool:
            # a number of people or units is mended by no other time
            broken = {violation.code for violation in violations(self.rules, self.ask(period, units, people, now))}
            return not broken - {"capacity", "people", "units"}

        return nearest_fit(wanted, units, self.units, taken, starts=starts, suits=suits)

    def ask(self, period: Period, units: int, people: int, now: datetime) -> Ask:
        """One wanted period as the rules of this room see it."""
        room = self.room
        return Ask(
            period,
            units,
            people,
            now,
            self.opening,
            room_units=self.units,
            capacity=room.capacity,
            bookable=room.bookable,
        )

    def _starts(self, opened: list[Period], length: timedelta) -> list[datetime]:
        """Every start on the room's grid, by the wall clock, from which `length` fits into an open period."""
        step = step_minutes(self.rules)
        found = []
        for period in opened:
            at = next_on_grid(period.starts_at, self.opening.zone, step)
            while at + length <= period.ends_at:
                found.append(at)
                at += timedelta(minutes=step)
        return found

    def _lawful(self, wanted: Period) -> Period:
        """The same start, as long as the room allows, in whole steps of its grid."""
        rule = next((rule for rule in self.rules if isinstance(rule, Length)), None)
        step = step_minutes(self.rules)
        minutes = -(-wanted.minutes // step) * step
        if rule:
            minutes = min(max(minutes, rule.shortest), rule.longest)
        return Period(wanted.starts_at, wanted.starts_at + timedelta(minutes=minutes))

    def _notice(self) -> timedelta:
        return timedelta(hours=next((rule.hours for rule in self.rules if isinstance(rule, Notice)), 0))

    def _all_taken(self) -> list[Taken]:
        return self.taken.get(self.room.id, []) if list(self.leaves) == [self.room.id] else self._as_one()

    def _as_one(self) -> list[Taken]:
        return [Taken(claim.period, 1) for claims_there in self.taken.values() for claim in claims_there]


def houses(session: Session, rooms: Sequence[Room], span: Period, now: datetime) -> dict[int, House]:
    """Everything about some rooms in a span, in four statements however many rooms there are."""
    parts = room_leaves(session)
    leaf_ids = {leaf for room in rooms for leaf in leaves_of(room.id, parts)}
    units = {room.id: room.units for room in rooms}
    missing = leaf_ids - set(units)
    if missing:
        units |= {resource.id: resource.units for resource in session.query(Resource).where(Resource.id.in_(missing))}
    taken = claims.taken(session, leaf_ids, span, now)
    closed = closed_by_room(session, rooms, span)
    built = {}
    for room in rooms:
        rules = parse(room.rules)
        leaves = leaves_of(room.id, parts)
        # one list a leaf, shared by all rooms that have it: what one of them takes the others see
        there = {leaf: taken[leaf] for leaf in leaves}
        hours = opening(rules, room.site.zone, closed[room.id], (room.active_from, room.active_to))
        built[room.id] = House(room, rules, hours, {leaf: units[leaf] for leaf in leaves}, there)
    return built
