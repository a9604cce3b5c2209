"""The engine against the oracle, step by step: python -m tests.proofs.machine --examples 200 [--databases sqlite].

Hypothesis takes whatever steps it likes in six rooms and few hours, so that much collides. Each step is answered by the
oracle first; the engine must give the same answer, and afterwards every occurrence, every claim (read with plain SQL)
and the history must be what the oracle says.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from booking import create_app
from booking.domain.errors import Refused
from booking.domain.series import Every, Pattern
from booking.storage import claims
from booking.storage.db import db, reading
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.closing import Choice, ClosureFacts, Remedy, close, reopen
from booking.usecases.deciding import Verdict, decide
from booking.usecases.deciding_changes import decide_changes, withdraw_changes
from booking.usecases.expiring import close_changes, close_overdue
from booking.usecases.furnishing_profiles import ProfileFacts, remove_profile, save_profile
from booking.usecases.intents import Edit as AppEdit
from booking.usecases.intents import Scope
from booking.usecases.requesting import request_booking
from booking.usecases.resuming import resume
from booking.usecases.wanted import Wanted, WantedOccurrence
from tests.proofs.oracle import DAY, LIVE, PEOPLE, Edit, Oracle, Profile, Room, Spot, Stay
from tests.support import databases
from tests.support.world import WEEKDAYS, World, furnished

SITE, STAFF = "machine", "sumarna"
ROOMS = {
    "solo": Room(is_automatic=True, after=1),
    "desk": Room(is_automatic=False),
    "pool": Room(is_automatic=True, units=3),
    "left": Room(is_automatic=True),
    "right": Room(is_automatic=True, units=2),
    "both": Room(is_automatic=False, after=1, parts=("left", "right")),
}
MIDNIGHT = datetime(2026, 11, 22, 17, tzinfo=UTC)  # of Monday in Jakarta, which never changes its clocks
MONDAY = date(2026, 11, 23)
HALF_HOUR = timedelta(minutes=30)
BEGINNING = DAY + 16
STEPS = 25


def instant(at: int) -> datetime:
    return MIDNIGHT + at * HALF_HOUR


def half_hours(stored: Any) -> int:
    """What a database holds of an instant: microseconds in SQLite."""
    at = datetime.fromtimestamp(stored / 1_000_000, UTC) if isinstance(stored, int) else stored
    number, rest = divmod(at - MIDNIGHT, HALF_HOUR)
    if rest:
        raise AssertionError(f"{at} is no half hour")
    return number


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def hours(said: tuple[int, int]) -> dict[str, Any]:
    starts, ends = (f"{at // 2:02}:{at % 2 * 30:02}" for at in said)
    return {"weekly": {name: [[starts, ends]] for name in WEEKDAYS}}


def refusal(call: Callable[[], object]) -> set[str]:
    """The codes with which it is refused; none when it is done. The schema's guard, which knows no numbers, is told."""
    try:
        call()
    except Refused as refused:
        return {one.code if one.values else f"{one.code} (by the guard)" for one in refused.violations}
    return set()


def check(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise AssertionError(f"{what}:\n  the engine {seen}\n  the oracle {wanted}")


def tell(what: str, seen: Collection[Any], wanted: Collection[Any]) -> None:
    """Only what differs; all, where that is the order or how often."""
    both = set(seen) & set(wanted)
    check(what, [one for one in seen if one not in both], [one for one in wanted if one not in both])
    check(what, seen, wanted)


@dataclass
class Desk:
    """A furnished database that many examples use in turn, and what they did."""

    world: World
    tally: Counter[str] = field(default_factory=Counter)

    def furnish(self) -> Desk:
        self.world.site(SITE)
        usual = {"hours": {"weekly": {name: [["08:00", "21:00"]] for name in WEEKDAYS if name != "sat"}}}
        for slug, room in ROOMS.items():
            more = {"units": room.units, "teardown_minutes": room.after * 30, "parts": room.parts}
            tier = "automatic" if room.is_automatic else "officer"
            self.world.room(slug, site=SITE, tier=tier, rules=usual, **more)
        return self

    def clear(self) -> None:
        """What an example left neither counts nor lapses any more; bookings with their history stay, as ever."""
        self.world.now = instant(BEGINNING)
        with db.engine.begin() as connection:
            for statement in (
                "DELETE FROM claim",
                "DELETE FROM closure",
                "DELETE FROM profile",
                "UPDATE change SET state = 'withdrawn' WHERE state = 'requested'",
                "UPDATE occurrence SET state = 'cancelled' WHERE state IN ('requested', 'approved', 'skipped')",
            ):
                connection.execute(text(statement))

    def rows(self, statement: str, **values: Any) -> list[Any]:
        found = reading().execute(text(statement), values).all()
        reading().rollback()
        return found


def among(first: int, last: int) -> st.SearchStrategy[int]:
    """Without the numbers that Hypothesis finds in whatever code is loaded: a seed means the same steps anywhere."""
    return st.sampled_from(range(first, last + 1))


CLOCKS = st.one_of(among(18, 24), among(18, 24), among(14, 42))
STARTS = st.builds(lambda number, clock: number * DAY + clock, st.sampled_from([1, 2, 1, 2, 3, 4, 5, 0]), CLOCKS)
LENGTHS = st.sampled_from([2, 1, 3, 4, 6, 2, 3, 30])
NAMES = st.sampled_from([*ROOMS, "desk"])
APPLICANTS = st.sampled_from(["cecep", "euis"])


def spot(room: str, start: int, length: int, units: int) -> Spot:
    return Spot(room, start, start + length, units if ROOMS[room].units > 1 else 1)


def typed(spots: Sequence[Spot]) -> list[WantedOccurrence]:
    return [WantedOccurrence(one.room, instant(one.start), instant(one.end), one.units) for one in spots]


SPOTS = st.builds(spot, NAMES, STARTS, LENGTHS, st.sampled_from([1, 2, 2, 3]))
DECIDED = st.builds(spot, st.sampled_from(["desk", "both"]), STARTS, LENGTHS, st.just(1))
NUMBERS = among(0, 3)
SHIFTS = st.sampled_from([1, 2, -1, DAY, -2, 4, -DAY, 7 * DAY, 0])


Useful = Callable[[Oracle, Stay], object]


def about(useful: Useful, **more: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """A step with a booking that has a useful occurrence, now and then with any other."""
    label = st.runner().flatmap(lambda machine: st.sampled_from([*machine.labels(useful)] * 5 + [*machine.codes]))
    is_possible = precondition(lambda machine: machine.labels(useful))
    return lambda step: is_possible(rule(label=label, **more)(step))


def is_undecided(_: Oracle, one: Stay) -> bool:
    return one.state == "requested"


def is_ahead(_: Oracle, one: Stay) -> bool:
    return one.state in LIVE


def is_wished(_: Oracle, one: Stay) -> bool:
    return one.wish is not None


def is_free_again(oracle: Oracle, one: Stay) -> bool:
    return one.state == "skipped" and not oracle.broken(one.spot, oracle.held())


WAYS = st.sampled_from(["with", "after", "before", "last", "first"])


def beside(there: Spot, way: str, length: int, room: str | None, units: int) -> Spot:
    """A time that meets another one, or just does not."""
    before = there.start - length
    start = {"with": there.start, "after": there.end, "before": before, "last": there.end - 1, "first": before + 1}[way]
    return spot(room or there.room, start, length, units)


def near(machine: Machine) -> st.SearchStrategy[Spot]:
    """Mostly where something is already."""
    there = [one.spot for one in machine.oracle.stays if one.state in LIVE]
    there += [Spot(room or "desk", start, end) for room, start, end in machine.oracle.closures.values()]
    if not there:
        return SPOTS
    meeting = st.builds(beside, st.sampled_from(there), WAYS, LENGTHS, st.none() | NAMES, among(1, 3))
    return meeting | meeting | SPOTS


def times_ahead(machine: Machine) -> st.SearchStrategy[int]:
    """The next beginnings and ends, or a little later."""
    now = machine.oracle.now
    edges = sorted(at for one in machine.oracle.stays for at in (one.spot.start, one.spot.end) if at > now)
    return st.sampled_from([*edges[:3], now + 1, now + 8])


NEAR = st.runner().flatmap(near)


def only(**field: st.SearchStrategy[Any]) -> st.SearchStrategy[Edit]:
    return st.builds(Edit, **field)


ANY_EDIT = only(start=st.none() | SHIFTS, length=st.none() | LENGTHS, room=NAMES, units=st.none() | among(1, 3))
EDITS = st.one_of(
    only(start=SHIFTS), only(room=NAMES), only(start=SHIFTS, length=LENGTHS), only(length=LENGTHS), ANY_EDIT
)
"""The start as a shift, to be made absolute."""
CHANGED = {"number": NUMBERS, "edit": EDITS, "by_staff": st.booleans()}


class Machine(RuleBasedStateMachine):
    closures = Bundle("closures")
    profiles = Bundle("profiles")

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk, self.world = desk, desk.world
        desk.clear()
        self.first = desk.rows("SELECT coalesce(max(id), 0) FROM booking")[0][0]
        self.oracle = Oracle(dict(ROOMS), BEGINNING)
        self.codes: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.closed: list[int] = []
        self.steps: Counter[str] = Counter()

    # Short ways

    def labels(self, useful: Useful) -> dict[str, None]:
        return dict.fromkeys(one.code for one in self.oracle.stays if useful(self.oracle, one))

    def done(self, what: str, expected: set[str], call: Callable[[], object]) -> bool:
        """Whether it is done, when engine and oracle agree about it."""
        check(f"{what} is refused with", refusal(call), expected)
        self.desk.tally[f"{what} {'refused' if expected else 'done'}"] += 1
        return not expected

    def uid(self, one: Stay) -> str:
        """Numbers follow from the order in which the occurrences of a booking were made."""
        mine = [other for other in self.oracle.stays if other.code == one.code]
        query = "SELECT uid FROM occurrence o JOIN booking b ON b.id = o.booking_id WHERE b.code = :code ORDER BY o.id"
        return self.desk.rows(query, code=self.codes[one.code])[mine.index(one)][0]

    def chosen(self, label: str, number: int | None) -> list[Stay]:
        mine = self.oracle.of(label)
        return mine if number is None else [mine[number % len(mine)]]

    def uids(self, chosen: Sequence[Stay], number: int | None) -> list[str] | None:
        return None if number is None else [self.uid(one) for one in chosen]

    def act(self, who: str = STAFF) -> Any:
        return self.world.act(who)

    # Asking

    def request(self, who: str, new: list[Stay], wanted: Mapping[str, Any], *, apart: bool = False) -> None:
        label = new[0].code
        asked = [one for one in new if one.state != "skipped"]
        expected = self.oracle.ask(asked, new, apart=apart)

        def call() -> None:
            request = Wanted("Latihan", PEOPLE, apart=apart, **wanted)
            self.codes[label], self.owners[label] = request_booking(act=self.act(who), wanted=request).code, who

        if self.done("series" if "repeat" in wanted else "request", expected, call):
            self.steps[label] += 1

    def label(self) -> str:
        return f"b{len(self.codes) + 1}"

    @rule(who=APPLICANTS, spots=st.lists(NEAR, min_size=1, max_size=3), apart=st.booleans())
    def ask(self, who: str, spots: list[Spot], apart: bool) -> None:
        new = [Stay(self.label(), one) for one in spots]
        self.request(who, new, {"occurrences": typed(spots)}, apart=apart)

    @rule(
        who=APPLICANTS,
        lines=st.lists(NEAR, min_size=1, max_size=2),
        every=st.sampled_from([1, 7]),
        count=among(2, 4),
        skip=st.sets(among(1, 3), max_size=1),
        wisely=st.booleans(),
    )
    def ask_for_series(self, who: str, lines: list[Spot], every: int, count: int, skip: set[int], wisely: bool) -> None:
        """`wisely`: whoever asks has seen which dates cannot be had, and leaves them out."""
        first = min(one.start for one in lines) // DAY
        dates = {number: [one.later(number * every * DAY) for one in lines] for number in range(count)}
        if wisely:
            held = self.oracle.held()
            skip = skip | {number for number, spots in dates.items() if self.oracle.wrong(spots, held)}
        skip = {number for number in skip if number < count}
        if len(skip) == count:
            return
        new = [
            Stay(self.label(), one, "skipped" if number in skip else "requested", first + number * every, line, one)
            for number, spots in dates.items()
            for line, one in enumerate(spots)
        ]
        repeat = Pattern(Every.DAY if every == 1 else Every.WEEK, count=count)
        days = [day(first + number * every) for number in sorted(skip)]
        self.request(who, new, {"occurrences": typed(lines), "repeat": repeat, "skip": days})

    @initialize(
        spots=st.lists(SPOTS, min_size=1, max_size=3),
        lines=st.lists(SPOTS, min_size=1, max_size=2),
        every=st.sampled_from([1, 7]),
        officers=DECIDED,
        is_decided=st.booleans(),
        by_hand=st.none() | EDITS,
    )
    def begin(
        self,
        spots: list[Spot],
        lines: list[Spot],
        every: int,
        officers: Spot,
        is_decided: bool,
        by_hand: Edit | None,
    ) -> None:
        """There is something to decide, to change and to collide with from the first step on."""
        self.ask_for_series("cecep", lines, every=every, count=3, skip=set(), wisely=True)
        self.ask_for_series("cecep", [officers], every=every, count=2, skip=set(), wisely=True)
        for one in spots:
            self.ask("euis", [one], apart=False)
        for label in self.codes if is_decided else ():
            self.decide(label, None, "approve")
        if by_hand and self.codes:
            self.change("b1", 1, "one", by_hand, by_staff=True)

    @about(is_free_again)
    def ask_for_skipped(self, label: str) -> None:
        skipped = [one for one in self.oracle.of(label) if one.state == "skipped"]
        uids = [self.uid(one) for one in skipped]
        expected = self.oracle.resume(label)
        if self.done(
            "resume", expected, lambda: resume(act=self.act(self.owners[label]), code=self.codes[label], uids=uids)
        ):
            self.steps[label] += 1

    # Deciding

    @about(is_undecided, number=st.none() | NUMBERS)
    def approve(self, label: str, number: int | None) -> None:
        self.decide(label, number, "approve")

    @about(is_undecided, number=st.none() | NUMBERS)
    def decline(self, label: str, number: int | None) -> None:
        self.decide(label, number, "decline")

    def decide(self, label: str, number: int | None, verdict: str) -> None:
        chosen = self.chosen(label, number)
        uids = self.uids(chosen, number)
        expected = self.oracle.decide(chosen, f"{verdict}d")
        more = {"code": self.codes[label], "verdict": Verdict(verdict), "reason": "Sebab.", "uids": uids}
        if self.done(verdict, expected, lambda: decide(act=self.act(), **more)):
            self.steps[label] += 1

    @about(is_wished, verdict=st.sampled_from(["approved", "approved", "declined", "withdrawn"]))
    def answer(self, label: str, verdict: str) -> None:
        code, expected = self.codes[label], self.oracle.answer(label, verdict)

        def call() -> None:
            if verdict == "withdrawn":
                withdraw_changes(act=self.act(self.owners[label]), code=code)
            else:
                decide_changes(act=self.act(), code=code, is_approved=verdict == "approved", reason="Sebab.")

        if self.done(f"change {verdict}", expected, call):
            self.steps[label] += 1

    @about(is_ahead, number=st.none() | NUMBERS, by_staff=st.booleans())
    def cancel(self, label: str, number: int | None, by_staff: bool) -> None:
        chosen = self.chosen(label, number)
        uids = self.uids(chosen, number)
        act = self.act(STAFF if by_staff else self.owners[label])
        expected = self.oracle.cancel(chosen)
        if self.done("cancel", expected, lambda: cancel(act=act, code=self.codes[label], reason="Batal.", uids=uids)):
            self.steps[label] += 1

    # Changing

    @about(is_ahead, **CHANGED)
    def change_one(self, label: str, number: int, edit: Edit, by_staff: bool) -> None:
        self.change(label, number, "one", edit, by_staff=by_staff)

    @about(is_ahead, skip=st.sets(NUMBERS, max_size=1), **CHANGED)
    def change_following(self, label: str, number: int, edit: Edit, skip: set[int], by_staff: bool) -> None:
        self.change(label, number, "following", edit, skip, by_staff=by_staff)

    @about(is_ahead, skip=st.sets(NUMBERS, max_size=1), **CHANGED)
    def change_all(self, label: str, number: int, edit: Edit, skip: set[int], by_staff: bool) -> None:
        self.change(label, number, "all", edit, skip, by_staff=by_staff)

    def change(
        self, label: str, number: int, scope: str, edit: Edit, skip: Collection[int] = (), *, by_staff: bool
    ) -> None:
        (named,) = self.chosen(label, number)
        if edit.start is not None:
            edit = replace(edit, start=named.spot.start + edit.start)
        skipped = {one.date for at, one in enumerate(self.oracle.of(label)) if at in skip}
        was, uid = self.state(label), self.uid(named)
        asked = {"scope": Scope(scope), "uid": uid, "edit": app_edit(named.spot, edit), "skip": list(map(day, skipped))}
        expected = self.oracle.change(named, scope, edit, skipped, decides=by_staff)
        act = self.act(STAFF if by_staff else self.owners[label])

        def call() -> None:
            change_booking(act=act, code=self.codes[label], reason="Sebab.", **asked)

        if self.done(f"change {scope}", expected, call):
            self.steps[label] += self.state(label) != was

    def state(self, label: str) -> list[Any]:
        return [(one.spot, one.wish and one.wish[0]) for one in self.oracle.of(label)]

    # Closing and opening

    @rule(
        target=closures,
        where=NEAR,
        is_of_site=st.booleans(),
        fates=st.lists(st.sampled_from([*Remedy]), min_size=1, max_size=3),
        to=NAMES,
        shift=st.sampled_from([0, 2, -2, DAY]),
    )
    def close(self, where: Spot, is_of_site: bool, fates: list[Remedy], to: str, shift: int) -> Any:
        """Whoever is hit keeps it, is cancelled or moved `to` another room or time, in turn."""
        closure, number = (None if is_of_site else where.room, where.start, where.end), len(self.closed)
        fate = dict(zip(self.oracle.hit(*closure), itertools.cycle(fates), strict=False))
        moved = {one: moved_to(one.spot, to, shift) for one in fate if fate[one] is Remedy.MOVE}
        choices = {self.uid(one): choice(remedy, moved.get(one)) for one, remedy in fate.items()}
        expected = self.oracle.close(number, closure, moved, [one for one in fate if fate[one] is Remedy.KEEP])
        scope = {"site": SITE} if is_of_site else {"room": where.room}
        facts = ClosureFacts(instant(where.start), instant(where.end), "Tutup", **scope)

        def call() -> None:
            self.closed.append(close(act=self.act(), facts=facts, choices=choices))

        if not self.done("close", expected, call):
            return multiple()
        self.steps.update({one.code for one in fate})
        self.desk.tally.update(f"hit: {remedy}" for remedy in fate.values())
        return number

    @rule(number=consumes(closures))
    def reopen(self, number: int) -> None:
        reopen(act=self.act(), closure_id=self.closed[number])
        del self.oracle.closures[number]
        self.desk.tally["reopen"] += 1

    @precondition(lambda self: len(self.oracle.profiles) < 2)
    @rule(
        target=profiles,
        first=among(0, 5),
        days=among(0, 2),
        said=st.sampled_from([(20, 24), (18, 22), (0, 48), (22, 40)]),
        room=st.none() | NAMES,
        percent=st.sampled_from([100, 67, 34]),
    )
    def save_profile(self, first: int, days: int, said: tuple[int, int], room: str | None, percent: int) -> Any:
        profile = Profile(first, first + days, said, room, percent)
        others = self.oracle.profiles.values()
        expected = {"profile_overlap"} if any(overlap(one, profile) for one in others) else set()
        dates = (day(profile.first), day(profile.last))
        facts = ProfileFacts("Ramadan", *dates, site=SITE, percent=percent, rules={room or "*": {"hours": hours(said)}})
        made: list[int] = []

        def call() -> None:
            made.append(save_profile(act=self.act("admin"), profile_id=None, facts=facts))

        if self.done("profile", expected, call):
            self.oracle.profiles[made[0]] = profile
            return made[0]
        return multiple()

    @rule(number=consumes(profiles))
    def remove_profile(self, number: int) -> None:
        remove_profile(act=self.act("admin"), profile_id=number)
        del self.oracle.profiles[number]
        self.desk.tally["remove profile"] += 1

    # Time

    @rule(until=st.runner().flatmap(times_ahead), is_worker_late=st.booleans())
    def wait(self, until: int, is_worker_late: bool) -> None:
        """The clock moves on, and the worker does what time asks for, or comes late."""
        self.oracle.now = until
        self.world.now = instant(until)
        if is_worker_late:
            return
        before = {id(one): (one.state, one.wish) for one in self.oracle.stays}
        self.oracle.lapse()
        while close_overdue(act=self.world.act()) + close_changes(act=self.world.act()):
            pass
        lapsed = [one for one in self.oracle.stays if before[id(one)] != (one.state, one.wish)]
        self.steps.update({one.code for one in lapsed})
        self.desk.tally["lapsed"] += len(lapsed)

    # What must be true after each step

    @invariant()
    def all_agrees(self) -> None:
        self.every_occurrence_is_what_it_should_be()
        self.claims_are_what_is_taken()
        self.everything_has_its_history()

    def every_occurrence_is_what_it_should_be(self) -> None:
        query = """SELECT b.code, r.slug, o.starts_at, o.ends_at, o.units, o.state,
                          w.slug AS wished, c.starts_at, c.ends_at, c.units
                   FROM occurrence o JOIN booking b ON b.id = o.booking_id JOIN room r ON r.id = o.room_id
                   LEFT JOIN change c ON c.occurrence_id = o.id AND c.state = 'requested'
                   LEFT JOIN room w ON w.id = c.room_id
                   WHERE b.id > :first ORDER BY o.id"""
        found = self.desk.rows(query, first=self.first)
        seen = [(row[0], spot_of(row[1:5]), row[5], spot_of(row[6:]) if row.wished else None) for row in found]
        wanted = [
            (self.codes[one.code], one.spot, one.state, one.wish[0] if one.wish else None) for one in self.oracle.stays
        ]
        tell("occurrences", seen, wanted)

    def claims_are_what_is_taken(self) -> None:
        query = "SELECT r.slug, c.starts_at, c.ends_at, c.units FROM claim c JOIN room r ON r.id = c.resource_id"
        taken: Counter[tuple[str, int]] = Counter()
        for room, starts_at, ends_at, units in self.desk.rows(f"{query} WHERE c.active"):
            for at in range(half_hours(starts_at), half_hours(ends_at)):
                taken[room, at] += units
        check("too much is taken of", {one for one, units in taken.items() if units > ROOMS[one[0]].units}, set())
        wanted = self.oracle.taken(self.oracle.held())
        tell("taken", set(taken.items()), set(wanted.items()))
        check("the audit finds", claims.over_units(reading()), [])
        reading().rollback()

    def everything_has_its_history(self) -> None:
        query = """SELECT b.code, (SELECT count(*) FROM history h WHERE h.booking_id = b.id) FROM booking b
                   WHERE b.id > :first"""
        lengths = dict(tuple(row) for row in self.desk.rows(query, first=self.first))
        check("bookings with a history", set(lengths), set(self.codes.values()))
        short = {label: self.steps[label] for label, code in self.codes.items() if lengths[code] < self.steps[label]}
        check("history is shorter than what was done to", short, {})


def spot_of(row: Sequence[Any]) -> Spot:
    return Spot(row[0], half_hours(row[1]), half_hours(row[2]), row[3])


def moved_to(spot: Spot, room: str, shift: int) -> Spot:
    """Two people each: in another pool they take two units."""
    units = spot.units if room == spot.room else min(PEOPLE, ROOMS[room].units)
    return replace(spot.later(shift), room=room, units=units)


def choice(remedy: Remedy, to: Spot | None) -> Choice:
    return Choice(remedy, *((to.room, instant(to.start), instant(to.end)) if to else ()))


def overlap(one: Profile, other: Profile) -> bool:
    return one.first <= other.last and other.first <= one.last


def app_edit(named: Spot, edit: Edit) -> AppEdit:
    """Half hours as instants; a length alone moves the end."""
    start = named.start if edit.start is None else edit.start
    starts_at = None if edit.start is None else instant(start)
    ends_at = None if edit.length is None else instant(start + edit.length)
    return AppEdit(starts_at, ends_at, edit.room, edit.units)


def run(desk: Desk, examples: int, steps: int = STEPS, seed: int | None = None, **more: Any) -> Counter[str]:
    """Raises AssertionError with the shortest steps found when engine and oracle differ; else what was done.

    Without a `seed` other steps are taken each time.
    """
    said = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        # a step is several transactions on a real database: that is slow, and meant
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        **more,
    )

    def machine() -> Machine:
        return Machine(desk)

    run_state_machine_as_test(machine if seed is None else hypothesis.seed(seed)(machine), settings=said)
    return desk.tally


# By hand


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Desk]:
    """A new furnished database, gone afterwards."""
    cluster = None
    url = f"sqlite:///{folder / 'booking.sqlite'}"
    if kind == "postgresql":
        programs = databases.find_programs()
        if programs is None:
            raise SystemExit("PostgreSQL: no initdb found (Debian: apt install postgresql)")
        cluster = databases.Cluster(programs)
        url = cluster.url("postgres")
    try:
        databases.migrate(url, folder)
        app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": folder, "SECRET_KEY": databases.SECRET})
        with app.app_context():
            yield Desk(furnished(app)).furnish()
            db.session.remove()
            db.engine.dispose()
    finally:
        if cluster:
            cluster.stop()


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="machine", description=__doc__.partition("\n")[0])
    parser.add_argument("--examples", type=int, default=int(os.environ.get("MACHINE_EXAMPLES", "100")))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--seed", type=int, help="the same number means the same steps")
    said = parser.parse_args(argv)
    for kind in said.databases.split(","):
        with tempfile.TemporaryDirectory(prefix="machine") as folder, opened(kind, Path(folder)) as desk:
            print(f"{kind}: {told(run(desk, said.examples, said.steps, said.seed))}", flush=True)
    return 0


def told(tally: Counter[str]) -> str:
    return ", ".join(f"{what} {count}" for what, count in sorted(tally.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
