"""What is free: the facts of a room put together for the rules, and free units over time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.capacity import Free, Ledger, Taken, fitting, free_units, least_free, nearest_fit
from booking.domain.opening import Opening, share
from booking.domain.period import Period
from booking.domain.rules import opening, step_minutes, violations
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule
from booking.domain.rules.grid import next_on_grid
from booking.domain.rules.length import Length
from booking.domain.rules.notice import Notice
from booking.storage import claims
from booking.storage.closures import closed_by_room
from booking.storage.places import Condition, Item, Leaves, Resource, leaves_of, room_leaves
from booking.storage.plain import AnyRoom
from booking.storage.profiles import profiles_by_room

SEARCH = timedelta(days=7)
# a number of people or units is mended by no other time
_MENDED_BY_NO_TIME = {"capacity", "people", "units", "most_units"}


@dataclass(frozen=True)
class House:
    """A room as its rules see it in some span: opening with closures, and what is taken, composite or not."""

    room: AnyRoom
    rules: Sequence[Rule]
    opening: Opening
    leaves: dict[int, int]  # leaf id -> its units
    taken: dict[int, Ledger]  # leaf id -> what claims take of it

    @property
    def is_composite(self) -> bool:
        return list(self.leaves) != [self.room.id]

    @property
    def units(self) -> int:
        """Units of a single room; a composite is had whole, as one."""
        return 1 if self.is_composite else self.room.units

    def claims_of(self, units: int) -> dict[int, int]:
        """What `units` of this room take of each leaf: a composite takes its leaves whole."""
        return dict(self.leaves) if self.is_composite else {self.room.id: units}

    def buffered(self, period: Period) -> Period:
        return period.widened(timedelta(minutes=self.room.setup_minutes), timedelta(minutes=self.room.teardown_minutes))

    def free(self, within: Period) -> list[Free]:
        """Free units over time; a composite is free (1) only where all its leaves are wholly free."""
        found = free_units(self.units, self._near(within), within)
        withheld = self._withheld(within)
        return [one._replace(units=max(one.units - withheld, 0)) for one in found] if withheld else found

    def taken_minutes(self, within: Period) -> float:
        """Unit minutes that are not free: as `free` tells, added up."""
        if self.is_composite or self._withheld(within):
            left = sum(free.period.minutes * free.units for free in self.free(within))
            return within.minutes * self.units - left
        # the guard lets claims take no more than there is at any moment, so that what they take can be added up
        seconds = 0.0
        for period, units in self._near(within):
            starts_at, ends_at = max(period.starts_at, within.starts_at), min(period.ends_at, within.ends_at)
            if starts_at < ends_at:
                seconds += (ends_at - starts_at).total_seconds() * units
        return seconds / 60

    def fits(self, period: Period, units: int) -> bool:
        """Whether the units are free, buffers of this room included."""
        within, withheld = self.buffered(period), self._withheld(period)
        return all(
            least_free(self.leaves[leaf], self.taken[leaf].near(within), within) >= n + withheld
            for leaf, n in self.claims_of(units).items()
        )

    def _withheld(self, period: Period) -> int:
        """Units of a pool that a profile keeps free on the days of a period."""
        return self.units - share(self.units, self.opening.narrowest(period)) if self.units > 1 else 0

    def nearest(
        self,
        ask: Ask,
        *,
        also: Callable[[Period], bool] = lambda _: True,
        from_on: datetime | None = None,
        until: datetime | None = None,
    ) -> Period | None:
        """The nearest period that breaks no rule and is free, of a lawful length, within a week either way.

        It starts at `from_on` or later, before `until`, and suits `also` (items that must be free too).
        """
        wanted = self.lawful(ask.period)
        soonest = max(wanted.starts_at - SEARCH, ask.now + self._notice(), from_on or ask.now)
        latest = min(wanted.ends_at + SEARCH, until + wanted.length if until else wanted.ends_at + SEARCH)
        if soonest >= latest:
            return None
        span = Period(soonest, latest)

        def suits(period: Period) -> bool:
            broken = {violation.code for violation in violations(self.rules, replace(ask, period=period))}
            if broken - _MENDED_BY_NO_TIME:
                return False
            return (not self.opening.profiles or self.fits(period, ask.units)) and also(period)

        starts = self._starts(self.opening.between(span), wanted.length)
        return nearest_fit(wanted, self._stretches(ask.units, span), starts=starts, suits=suits)

    def next_free(self, ask: Ask) -> Period | None:
        """The first period from the wanted one on that would do."""
        return self.nearest(ask, from_on=ask.period.starts_at)

    def _stretches(self, units: int, span: Period) -> list[Period]:
        """Where the units are free so long that this room's own buffers fit around them too."""
        before, after = timedelta(minutes=self.room.setup_minutes), timedelta(minutes=self.room.teardown_minutes)
        within = span.widened(before, after)
        # a neighbour's claim, widened by this room's own buffers, stands in for looking at the widened period
        taken = [Taken(claim.period.widened(after, before), claim.units) for claim in self._near(within)]
        return fitting(units, self.units, taken, span)

    def longest_inside(self, ask: Ask) -> Period | None:
        """The longest lawful and free part of the wanted period, at least half of it: to make do with less."""
        step = timedelta(minutes=step_minutes(self.rules))
        best: Period | None = None
        for stretch in self._stretches(ask.units, ask.period):
            starts_at = next_on_grid(stretch.starts_at, self.opening.zone, step_minutes(self.rules))
            steps = (stretch.ends_at - starts_at) // step
            if steps < 1 or starts_at >= stretch.ends_at:
                continue
            part = Period(starts_at, starts_at + steps * step)
            is_better = part.length * 2 >= ask.period.length and (best is None or part.length > best.length)
            if is_better and not violations(self.rules, replace(ask, period=part)) and self.fits(part, ask.units):
                best = part
        return best

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
            room_id=room.id,
            site_id=room.site_id,
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

    def lawful(self, wanted: Period) -> Period:
        """The same start, as long as the room allows, in whole steps of its grid."""
        rule = next((rule for rule in self.rules if isinstance(rule, Length)), None)
        step = step_minutes(self.rules)
        minutes = -(-wanted.minutes // step) * step
        if rule:
            minutes = min(max(minutes, rule.shortest), rule.longest)
        return Period(wanted.starts_at, wanted.starts_at + timedelta(minutes=minutes))

    def _notice(self) -> timedelta:
        return timedelta(hours=next((rule.hours for rule in self.rules if isinstance(rule, Notice)), 0))

    def _near(self, within: Period) -> list[Taken]:
        if not self.is_composite:
            return self.taken[self.room.id].near(within)
        return [Taken(claim.period, 1) for ledger in self.taken.values() for claim in ledger.near(within)]


@dataclass(frozen=True)
class Shelf:
    """An item with what claims take of it."""

    item: Item
    taken: Ledger

    @property
    def units(self) -> int:
        return 0 if self.item.condition == Condition.BROKEN else self.item.units

    def free(self, within: Period) -> int:
        """How many are free all the time of a period, buffers of the room included in it."""
        return least_free(self.units, self.taken.near(within), within)


def houses(
    session: Session,
    rooms: Sequence[AnyRoom],
    span: Period,
    now: datetime,
    *,
    without: Collection[int] = (),
    parts: Leaves | None = None,
    only: Sequence[Period] = (),
) -> dict[int, House]:
    """Everything about some rooms in a span, in five statements however many rooms there are.

    Claims of the occurrences `without` do not count: they are about to be changed. `parts`: `room_leaves`, where they
    are known. `only`: the parts of the span outside of which nobody will ask what is taken.
    """
    parts = room_leaves(session) if parts is None else parts
    leaf_ids = {leaf for room in rooms for leaf in leaves_of(room.id, parts)}
    units = {room.id: room.units for room in rooms}
    missing = leaf_ids - set(units)
    if missing:
        units |= dict(session.execute(select(Resource.id, Resource.units).where(Resource.id.in_(missing))).all())
    taken = claims.taken(session, leaf_ids, span, now, without=without, only=only)
    # one ledger a leaf, shared by all rooms that have it: what one of them takes the others see
    ledgers = {leaf: Ledger(taken.get(leaf, ())) for leaf in leaf_ids}
    closed = closed_by_room(session, rooms, span, parts)
    profiles = profiles_by_room(session, rooms, span)
    built = {}
    for room in rooms:
        rules, leaves = room.house_rules, leaves_of(room.id, parts)
        in_use = (room.active_from, room.active_to)
        hours = opening(rules, room.site.zone, closed[room.id], in_use, profiles[room.id])
        there = {leaf: ledgers[leaf] for leaf in leaves}
        built[room.id] = House(room, rules, hours, {leaf: units[leaf] for leaf in leaves}, there)
    return built


def shelves(
    session: Session, items: Iterable[Item], span: Period, now: datetime, *, without: Collection[int] = ()
) -> dict[int, Shelf]:
    """What claims take of some items in a span; one statement."""
    found = list(items)
    if not found:
        return {}
    taken = claims.taken(session, [item.id for item in found], span, now, without=without)
    return {item.id: Shelf(item, Ledger(taken.get(item.id, ()))) for item in found}
