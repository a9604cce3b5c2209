"""Judging wanted occurrences against rules and claims, and taking what they need: one place for asking and deciding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.domain.approval import Tier
from booking.domain.capacity import Taken
from booking.domain.errors import Violation
from booking.domain.opening import Opening
from booking.domain.period import MAX_BUFFER, Period
from booking.domain.rules import is_overridable, tier_of, violations
from booking.domain.rules.ask import Ask, Asker, Use
from booking.domain.rules.quota import Quota, quota_window
from booking.storage import claims
from booking.storage.availability import SEARCH, House, Shelf, houses, shelves
from booking.storage.bookings import Occurrence
from booking.storage.claims import WantedClaim
from booking.storage.places import Item, Room
from booking.storage.premises import premises
from booking.storage.uses import uses_of
from booking.usecases.planning import Candidate


@dataclass(frozen=True)
class About:
    """For whom and what occurrences are judged. `without`: occurrences that are about to change and count no more."""

    asker: Asker | None = None
    is_series: bool = False
    booking_id: int | None = None
    without: Collection[int] = ()
    deciding: bool = False
    """Leave out what is judged only when somebody asks."""
    setting_aside: bool = False
    """Staff set house rules aside: what can be is noted instead of refused."""
    proposing: bool = True
    """Look for the nearest period that would do."""
    each_alone: bool = False
    """Judge each as if the others were not: they are no one request."""


@dataclass(frozen=True)
class Judged:
    """One candidate with what stands in its way, what was set aside, and who must decide it."""

    candidate: Candidate
    violations: list[Violation]
    set_aside: list[Violation]
    tier: Tier

    @property
    def overridden(self) -> list[str] | None:
        """The codes of what was set aside, as an occurrence keeps them."""
        return sorted({violation.code for violation in self.set_aside}) or None


@dataclass(frozen=True)
class Judgement:
    judged: list[Judged]
    houses: Mapping[int, House]
    shelves: Mapping[int, Shelf]
    about: About

    @property
    def violations(self) -> list[Violation]:
        return [violation for one in self.judged for violation in one.violations]


def tier_for(candidate: Candidate, about: About, now: datetime) -> Tier:
    """Who must decide a candidate; needs nothing but the room's rules and who asks."""
    opening = Opening(candidate.room.site.zone)
    ask = Ask(candidate.period, candidate.units, candidate.people, now, opening, room_id=candidate.room.id)
    ask = replace(ask, asker=about.asker, is_series=about.is_series)
    return tier_of(candidate.room.house_rules, ask, Tier(candidate.room.tier))


def counts_uses(rooms: Iterable[Room]) -> bool:
    """Whether a rule of these rooms looks at what else the asker has."""
    return any(rule.looks_at_uses for room in rooms for rule in room.house_rules)


def judge(
    session: Session,
    candidates: Sequence[Candidate],
    now: datetime,
    about: About,
    items: Mapping[int, Item] | None = None,
) -> Judgement:
    """Everything that stands in the way of each: rules, then what is taken, each beside those before it.

    What lies around is read only where something stands in the way and a nearer period is to be proposed.
    """
    if not candidates:
        return Judgement([], {}, {}, about)
    exact = span_of(candidates)
    uses = uses_for(session, {candidate.room.id: candidate.room for candidate in candidates}, exact, about)
    first = replace(about, proposing=False)
    judgement = _judged(session, candidates, now, first, items or {}, uses, exact.widened(MAX_BUFFER, MAX_BUFFER))
    if about.proposing and judgement.violations:
        return _judged(session, candidates, now, about, items or {}, uses, exact.widened(SEARCH, SEARCH))
    return replace(judgement, about=about)


def _judged(
    session: Session,
    candidates: Sequence[Candidate],
    now: datetime,
    about: About,
    items: Mapping[int, Item],
    uses: list[Use],
    span: Period,
) -> Judgement:
    """By what is known of their rooms and items in a span."""
    rooms = {candidate.room.id: candidate.room for candidate in candidates}
    parts = premises(session).leaves
    facts = houses(session, list(rooms.values()), span, now, without=about.without, parts=parts)
    there = shelves(session, items.values(), span, now, without=about.without)
    bench = _Bench(facts, there, uses, now, about)
    return Judgement([bench.judge(candidate) for candidate in candidates], facts, there, about)


def candidate_of(at: int, occurrence: Occurrence) -> Candidate:
    """An occurrence as it stands, to be judged again."""
    return Candidate(
        at,
        occurrence.room,
        occurrence.period,
        occurrence.units,
        occurrence.head_count,
        occurrence.wanted_items,
        occurrence.series_day,
        occurrence.series_line,
    )


def items_of(occurrences: Iterable[Occurrence]) -> dict[int, Item]:
    """The items that go with some occurrences."""
    return {one.item_id: one.item for occurrence in occurrences for one in occurrence.items}


def span_of(candidates: Sequence[Candidate]) -> Period:
    return Period(
        min(candidate.period.starts_at for candidate in candidates),
        max(candidate.period.ends_at for candidate in candidates),
    )


def uses_for(session: Session, rooms: Mapping[int, Room], span: Period, about: About) -> list[Use]:
    """What the asker has already, as far as a rule of these rooms looks at it; usually nothing is asked."""
    if about.asker is None or about.deciding or not counts_uses(rooms.values()):
        return []
    looked_at = set(rooms)
    quotas = [(room, rule) for room in rooms.values() for rule in room.house_rules if isinstance(rule, Quota)]
    sites = {room.site_id for room, rule in quotas if rule.over == "site"}
    if sites:
        looked_at |= {room.id for room in premises(session).rooms.values() if room.site_id in sites}
    zone = next(iter(rooms.values())).site.zone
    return uses_of(
        session,
        about.asker,
        looked_at,
        quota_window(span, zone),
        booking_id=about.booking_id,
        without=about.without,
    )


def asked(house: House, candidate: Candidate, now: datetime, about: About, uses: Sequence[Use]) -> Ask:
    """A candidate as the rules of a house see it; the house may be another than the one it was meant for."""
    ask = house.ask(candidate.period, candidate.units, candidate.people, now)
    return replace(ask, asker=about.asker, is_series=about.is_series, uses=uses)


@dataclass
class _Bench:
    """Judges one candidate after the other; what the earlier ones take the later ones find taken."""

    houses: Mapping[int, House]
    shelves: Mapping[int, Shelf]
    uses: list[Use]
    now: datetime
    about: About
    earlier: list[Use] = field(default_factory=list)

    def judge(self, candidate: Candidate) -> Judged:
        house = self.houses[candidate.room.id]
        ask = self._ask(house, candidate)
        if candidate.frozen is not None:
            return self._shrunk(candidate, house, ask)
        broken = violations(house.rules, ask, deciding=self.about.deciding)
        set_aside: list[Violation] = []
        if self.about.setting_aside:
            set_aside = [violation for violation in broken if is_overridable(violation)]
            broken = [violation for violation in broken if not is_overridable(violation)]
        if not any(violation.code == "units" for violation in broken):
            broken += self._taken(candidate, house)
        if broken and self.about.proposing:
            broken = _with_nearest(broken, house.nearest(ask, also=lambda period: self._has_items(candidate, period)))
        if not (broken or candidate.is_skipped or self.about.each_alone):
            self._take(candidate, house)
        found = [replace(violation, at=candidate.at, day=candidate.day) for violation in broken]
        return Judged(candidate, found, set_aside, tier_of(house.rules, ask, Tier(candidate.room.tier)))

    def _shrunk(self, candidate: Candidate, house: House, ask: Ask) -> Judged:
        """Less than was approved: nothing that came later stands in its way, and it takes what it keeps."""
        numbers = (one for one in violations((), ask) if one.code in ("units", "people"))
        broken = [one for one in numbers if min(candidate.units, candidate.people) < 1]
        if not broken:
            self._take(candidate, house)
        found = [replace(violation, at=candidate.at, day=candidate.day) for violation in broken]
        return Judged(candidate, found, [], Tier(candidate.room.tier))

    def _ask(self, house: House, candidate: Candidate) -> Ask:
        return asked(house, candidate, self.now, self.about, [*self.uses, *self.earlier])

    def _taken(self, candidate: Candidate, house: House) -> list[Violation]:
        found = []
        if not house.fits(candidate.period, candidate.units):
            left = min(free.units for free in house.free(candidate.period))
            values = {"units": candidate.units, "free": left, "room": house.room.name}
            found.append(Violation("taken", values))
        within = house.buffered(candidate.period)
        for item_id, quantity in candidate.items.items():
            shelf = self.shelves[item_id]
            if (left := shelf.free(within)) < quantity:
                code = "item_taken" if shelf.units else "item_broken"
                values = {"item": shelf.item.name, "quantity": quantity, "free": left}
                found.append(Violation(code, values, field="items"))
        return found

    def _has_items(self, candidate: Candidate, period: Period) -> bool:
        within = self.houses[candidate.room.id].buffered(period)
        return all(self.shelves[item_id].free(within) >= n for item_id, n in candidate.items.items())

    def _take(self, candidate: Candidate, house: House) -> None:
        taken = house.buffered(candidate.period)
        if candidate.frozen is not None:
            taken = candidate.period.widened(*(timedelta(minutes=minutes) for minutes in candidate.frozen))
        for leaf, units in house.claims_of(candidate.units).items():
            house.taken[leaf].add(Taken(taken, units))
        for item_id, quantity in candidate.items.items():
            self.shelves[item_id].taken.add(Taken(taken, quantity))
        if asker := self.about.asker:
            whose = (candidate.room.id, asker.person_id, asker.community_id)
            use = Use(candidate.period, *whose, is_undecided=True, site_id=candidate.room.site_id, is_other=False)
            self.earlier.append(use)


# What another time would mend; a number of people or a closed horizon it would not
_MENDED_BY_TIME = {"taken", "hours", "closed", "pause", "length", "grid", "notice", "past", "item_taken"}
_MENDED_BY_TIME |= {"quota_community", "quota_person", "prime", "distance"}


def _with_nearest(broken: list[Violation], nearest: Period | None) -> list[Violation]:
    """One period that would do for everything, instead of one for each rule that breaks the next."""
    return [replace(violation, nearest=nearest if violation.code in _MENDED_BY_TIME else None) for violation in broken]


def take(
    session: Session,
    occurrences: Sequence[Occurrence],
    facts: Mapping[int, House],
    stock: Mapping[int, claims.Stock],
    *,
    freeze: bool = True,
    has_ties: bool = True,
) -> None:
    """Freeze the buffers of approved occurrences and insert their claims. The resources are locked already.

    Without `freeze` they keep the buffers they were approved with. What was held for them gives way;
    without `has_ties` nothing was.
    """
    if not occurrences:
        return
    if freeze:
        for occurrence in occurrences:
            occurrence.setup_minutes = facts[occurrence.room.id].room.setup_minutes
            occurrence.teardown_minutes = facts[occurrence.room.id].room.teardown_minutes
    session.flush()
    if has_ties:
        claims.release_holds(session, [occurrence.id for occurrence in occurrences])
    wanted = []
    for occurrence in occurrences:
        house = facts[occurrence.room.id]
        needed = {**house.claims_of(occurrence.units), **occurrence.wanted_items}
        wanted += [
            WantedClaim(occurrence.id, resource_id, units, occurrence.with_buffers)
            for resource_id, units in needed.items()
        ]
    claims.add(session, stock, wanted)


def hold(
    session: Session,
    occurrence: Occurrence,
    candidate: Candidate,
    house: House,
    stock: Mapping[int, claims.Stock],
    *,
    until: datetime,
) -> None:
    """Hold the place of a candidate for an occurrence: what it would claim there, buffers included, until a moment.

    The resources are locked already. An occurrence holds one place at a time: what it held before gives way.
    """
    claims.release_holds(session, [occurrence.id])
    needed = {**house.claims_of(candidate.units), **candidate.items}
    within = house.buffered(candidate.period)
    wanted = [WantedClaim(occurrence.id, resource_id, units, within) for resource_id, units in needed.items()]
    claims.add(session, stock, wanted, expires_at=until)
