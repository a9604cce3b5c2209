"""One of the processes: what it does in each turn, and what it writes down of what it was told."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from booking.domain.errors import Busy, Refused
from booking.domain.series import Every, Pattern
from booking.storage import transaction
from booking.storage.db import db, reading
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking, preview_change
from booking.usecases.deciding import Verdict, decide
from booking.usecases.deciding_changes import decide_changes
from booking.usecases.intents import Changed, Edit, Outcome, Scope
from booking.usecases.wanted import WantedOccurrence
from tests.proofs.racing.deck import DAYS, WINDOW, Turn
from tests.proofs.racing.ledger import Held, Ledger
from tests.proofs.racing.places import (
    APPLICANTS,
    FAMILIES,
    LAMP,
    MIXER,
    OFFICERS,
    PLACES,
    Spot,
    Want,
    is_pool,
)
from tests.proofs.racing.tally import Attempt
from tests.support.world import World

PATIENCE = 120
"""Seconds for which a process waits for the others before it gives up."""
LANE = timedelta(hours=2)
DAILY = Pattern(Every.DAY, count=DAYS)
MIXED = ("race-one", "race-left", "race-right", "race-pool", "race-d")

Note = Callable[[], None]
"""Writes into the ledger what was told; called when the clock has been stopped."""


@dataclass(frozen=True)
class Strike:
    """What is done when all have got ready; after `late` seconds, so that long attempts sometimes come first."""

    kind: str
    wants: Sequence[Want]
    do: Callable[[], Note]
    late: float = 0.0


def kind_of(spots: Sequence[Spot]) -> str:
    first = spots[0]
    if len(spots) > 1:
        return "series" if len(spots) == DAYS else "several"
    if PLACES[first.room].tier == "officer":
        return "approve"
    if first.items:
        return "items"
    if first.room in (*FAMILIES["joined"], *FAMILIES["hall"]):
        return "composite"
    return "pool" if is_pool(first.room) else "single"


class Racer:
    """Gets ready, waits for the others, strikes. `ledger` holds what it was told."""

    def __init__(self, world: World, number: int, seed: int, barrier: Any) -> None:
        self.world, self.number, self.barrier = world, number, barrier
        self.dice = random.Random(seed * 1000 + number)
        self.ledger = Ledger()

    def play(self, turns: Sequence[Turn]) -> list[Attempt]:
        """Get ready for all of the turns, wait for the others, then do one after the other without a stop."""
        self.world.now = turns[0].now
        strikes = [self._ready(turn) for turn in turns]
        self.barrier.wait(PATIENCE)
        return [self._struck(turn, strike) for turn, strike in zip(turns, strikes, strict=True)]

    def _struck(self, turn: Turn, strike: Strike) -> Attempt:
        outcome, why, by_guard, tries = "accepted", "", False, transaction.retries
        note: Note | None = None
        time.sleep(strike.late)
        began = time.monotonic_ns()
        try:
            note = strike.do()
        except Refused as refused:
            outcome, why = "refused", ", ".join(sorted({violation.code for violation in refused.violations}))
            # the program tells numbers with what it finds taken; the schema's guard cannot
            by_guard = any(violation.code == "taken" and not violation.values for violation in refused.violations)
        except Busy:
            outcome = "busy"
        except Exception as error:
            outcome, why = "crashed", crash_of(error)
        done = time.monotonic_ns()
        if note:
            note()
        times = (began, done)
        retries = transaction.retries - tries
        return Attempt(self.number, turn.number, strike.kind, strike.wants, *times, outcome, why, by_guard, retries)

    def _ready(self, turn: Turn) -> Strike:
        """Everything before the start: choosing, requests that are to be decided, changes to be asked for."""
        ways = {"series": self._series, "back": self._back, "change": self._change, "several": self._several}
        try:
            return ways.get(turn.card, self._plain)(turn)
        except (Refused, Busy):
            return self._ask([self._spot("exclusive", turn.base)])
        except Exception as error:
            return self._crashed(turn, error)

    def _crashed(self, turn: Turn, error: Exception) -> Strike:
        """What broke while getting ready breaks again when it is its turn, where it is counted."""

        def do() -> Note:
            raise error

        return Strike(turn.card if turn.card in ("approve", "series") else "single", [], do)

    # -- asking

    def _plain(self, turn: Turn) -> Strike:
        if turn.card == "approve" and self.dice.random() < 0.3 and (young := self._young()):
            return self._decided_change(self.dice.choice(young), self._spot(turn.family, turn.base))
        return self._ask([self._spot(turn.family, turn.base, with_items=turn.card == "items")])

    def _spot(self, family: str, base: datetime, *, with_items: bool = False, window: timedelta = WINDOW) -> Spot:
        """Nearly the same time as the others', in one of the rooms of the family."""
        room = self.dice.choice(FAMILIES[family])
        halves = window // timedelta(hours=1)
        starts_at = base + timedelta(minutes=30 * self.dice.randint(0, halves))
        ends_at = starts_at + timedelta(minutes=30 * self.dice.randint(2, halves))
        units = self.dice.randint(1, min(4, PLACES[room].units))
        items: tuple[tuple[str, int], ...] = ()
        if with_items:
            items = ((LAMP, self.dice.randint(1, 2)),) if is_pool(room) else ((MIXER, 1),)
        return Spot(room, starts_at, ends_at, units, items)

    def _lane_spot(self, turn: Turn) -> Spot:
        return self._spot(turn.family, turn.base, window=LANE)

    def _several(self, turn: Turn) -> Strike:
        """Rooms in any order: whoever locked them as they are named would wait in a circle."""
        spots = []
        for room in self.dice.sample(MIXED, 3):
            spot = self._spot("exclusive", turn.base)
            spots.append(replace(spot, room=room, units=self.dice.randint(1, 4) if is_pool(room) else 1))
        return self._ask(spots)

    def _ask(self, spots: Sequence[Spot], *, late: float = 0.0) -> Strike:
        """A request; where an officer decides, that is sent before, and the decision is what is raced for."""
        who = self.dice.choice(APPLICANTS).lower()
        wants = [want for spot in spots for want in spot.wants]
        if PLACES[spots[0].room].tier == "officer":
            code = self._sent(who, spots)
            self._requested(who, code, spots)
            officer = self.dice.choice(OFFICERS).lower()
            return Strike(kind_of(spots), wants, lambda: self._approved(officer, code), late)

        def do() -> Note:
            code = self._sent(who, spots)
            return lambda: self._accepted(who, code, spots)

        return Strike(kind_of(spots), wants, do, late)

    def _sent(self, who: str, spots: Sequence[Spot]) -> str:
        repeat, said = (DAILY, spots[:1]) if len(spots) == DAYS else (None, spots)
        wanted = [WantedOccurrence(one.room, one.starts_at, one.ends_at, one.units) for one in said]
        return self.world.ask(who, *wanted, repeat=repeat, items=spots[0].items)

    def _accepted(self, who: str, code: str, spots: Sequence[Spot]) -> None:
        self.ledger.enter(db.engine, code, who, spots, "approved")
        self.ledger.tell(code, "requested", "approved")

    def _requested(self, who: str, code: str, spots: Sequence[Spot]) -> None:
        self.ledger.enter(db.engine, code, who, spots, "requested")
        self.ledger.tell(code, "requested")

    def _approved(self, officer: str, code: str) -> Note:
        decide(act=self.world.act(officer), code=code, verdict=Verdict.APPROVE)

        def note() -> None:
            for one in self.ledger.of(code):
                self.ledger.put(one, state="approved")
            self.ledger.tell(code, "approved")

        return note

    # -- changing and cancelling what this process has

    def _young(self) -> list[str]:
        """What this process has and can still change."""
        return [one for one in self.ledger.young(self.world.now) if self.ledger.held[one].state == "approved"]

    def _change(self, turn: Turn) -> Strike:
        young = self._young()
        return self._moved(self.dice.choice(young), self._spot(turn.family, turn.base)) if young else self._plain(turn)

    def _moved(self, one: str, spot: Spot) -> Strike:
        held = self.ledger.held[one]
        spot = replace(spot, items=held.spot.items)
        return Strike("change", spot.wants, lambda: self._edited(held, spot))

    def _edited(self, held: Held, spot: Spot, scope: Scope = Scope.ONE) -> Note:
        edit, act = edit_to(held, spot), self.world.act(held.who)
        told = change_booking(act=act, code=held.code, scope=scope, uid=held.uid, edit=edit)
        return lambda: self._told_of(held.code, told)

    def _told_of(self, code: str, told: Sequence[Changed]) -> None:
        """Each date is from now on where the answer says that it is."""
        for one in told:
            if one.outcome is Outcome.CHANGED:
                to, items = one.after, self.ledger.held[one.uid].spot.items
                self.ledger.put(one.uid, spot=Spot(to.room, to.period.starts_at, to.period.ends_at, to.units, items))
        for outcome, kind in ((Outcome.CHANGED, "changed"), (Outcome.ASKED, "change_requested")):
            if any(one.outcome is outcome for one in told):
                self.ledger.tell(code, kind)

    def _decided_change(self, one: str, spot: Spot) -> Strike:
        """Out of a room of its own into an officer's: asked for before, decided in step with the rivals."""
        held, officer = self.ledger.held[one], self.dice.choice(OFFICERS).lower()
        self._edited(held, spot)()
        after = replace(spot, items=held.spot.items)

        def do() -> Note:
            decide_changes(act=self.world.act(officer), code=held.code, is_approved=True, uids=[held.uid])
            return note

        def note() -> None:
            self.ledger.put(one, spot=after)
            self.ledger.tell(held.code, "change_approved")

        return Strike("approve", after.wants, do)

    def _cancelled(self, held: Held, ids: Sequence[str] | None) -> Strike:
        """Some dates, or the whole booking."""
        going = [
            one
            for one in (self.ledger.of(held.code) if ids is None else ids)
            if self.ledger.held[one].state != "cancelled" and self.ledger.held[one].spot.ends_at > self.world.now
        ]
        uids = None if ids is None else [self.ledger.held[one].uid for one in going]

        def do() -> Note:
            cancel(act=self.world.act(held.who), code=held.code, uids=uids)
            return note

        def note() -> None:
            for one in going:
                self.ledger.put(one, state="cancelled")
            self.ledger.tell(held.code, "cancelled")

        return Strike("cancel", [want for one in going for want in self.ledger.held[one].spot.wants], do)

    def _back(self, turn: Turn) -> Strike:
        """Back to an earlier window: who has something there gives it back or wants more, the others want it."""
        back = turn.back
        is_series = back.card == "series"
        base = turn.base + timedelta(days=turn.day if is_series else 0)
        until = base + (LANE if is_series else WINDOW)
        mine = [one for one in self._young() if self._is_in(one, turn.family, base, until)]
        if mine and self.dice.random() < 0.8:
            one = self.dice.choice(mine)
            held = self.ledger.held[one]
            if self.dice.random() < 0.4 and turn.family != "officer":
                return self._moved(one, self._stretched(held.spot))
            return self._cancelled(held, [one] if self.dice.random() < 0.7 else None)
        late = 0.0 if mine else self.dice.choice((0.0, 0.02))
        spot = self._lane_spot(replace(turn, base=base)) if is_series else self._spot(turn.family, base)
        return self._ask([spot], late=late)

    def _is_in(self, one: str, family: str, base: datetime, until: datetime) -> bool:
        spot = self.ledger.held[one].spot
        return spot.room in FAMILIES[family] and spot.overlaps(base, until)

    def _stretched(self, spot: Spot) -> Spot:
        more = timedelta(minutes=30 * self.dice.randint(1, 3))
        if self.dice.random() < 0.5:
            return replace(spot, starts_at=spot.starts_at - more)
        return replace(spot, ends_at=spot.ends_at + more)

    # -- series

    def _series(self, turn: Turn) -> Strike:
        """Series against each other, against series that are moved here, and against single dates."""
        lot = self.dice.random()
        spot = self._lane_spot(turn)
        if turn.family != "officer" and lot < 0.25 and (own := self._own_series()):
            return self._moved_series(turn, own, spot)
        if turn.only_series or lot < 0.6:
            return self._ask([spot.later(day) for day in range(DAYS)])
        return self._ask([spot.later(self.dice.randrange(DAYS))], late=self.dice.uniform(0, 0.1))

    def _own_series(self) -> list[str]:
        """The dates to come of one of this process's series, in order."""
        dates: dict[str, list[str]] = {}
        for one in self._young():
            if self.ledger.held[one].day is not None:
                dates.setdefault(self.ledger.held[one].code, []).append(one)
        long = [ids for ids in dates.values() if len(ids) >= 5]
        return sorted(self.dice.choice(long), key=lambda one: self.ledger.held[one].day) if long else []

    def _moved_series(self, turn: Turn, own: Sequence[str], spot: Spot) -> Strike:
        scope = self.dice.choice((Scope.FOLLOWING, Scope.ALL))
        first = self.dice.randrange(len(own)) if scope is Scope.FOLLOWING else 0
        held = self.ledger.held[own[first]]
        spot = spot.later(self.dice.randint(0, max(DAYS - len(own) + first, 0)))
        wants = self._previewed(held, spot, scope)
        return Strike("change series", wants, lambda: self._edited(held, spot, scope))

    def _previewed(self, held: Held, spot: Spot, scope: Scope) -> list[Want]:
        """What the change would take, date by date; a merge of three is not to be done by hand here."""
        act, edit = self.world.act(held.who), edit_to(held, spot)
        try:
            intents, _ = preview_change(reading(), act=act, code=held.code, scope=scope, uid=held.uid, edit=edit)
            to = [one.after for one in intents if one.is_move]
            spots = [Spot(one.room.slug, one.period.starts_at, one.period.ends_at, items=held.spot.items) for one in to]
        finally:
            db.session.remove()
        return [want for one in spots for want in one.wants]


def edit_to(held: Held, spot: Spot) -> Edit:
    room = spot.room if spot.room != held.spot.room else None
    return Edit(starts_at=spot.starts_at, ends_at=spot.ends_at, room=room, units=spot.units)


def crash_of(error: Exception) -> str:
    """The kind of an error and where it was thrown."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} ({frame.filename.rpartition('/')[2]}:{frame.name})"
