"""Two processes and one booking: two officers, an applicant and an officer, one applicant with two windows open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from booking.domain.errors import Busy, Refused
from booking.storage.db import db
from booking.usecases.deciding_changes import decide_changes
from tests.proofs.racing.deck import Turn
from tests.proofs.racing.ledger import Held, stored
from tests.proofs.racing.places import APPLICANTS, OFFICERS, Spot
from tests.proofs.racing.racer import PATIENCE, Note, Racer, Strike
from tests.proofs.racing.sweep import microseconds
from tests.support.world import World

OWN_ROOMS = ("race-one", "race-left", "race-a", "race-d")
"""In each of these one pair has its booking, so that the pairs do not refuse each other what they need for it."""


class Board:
    """Where the first of each pair writes the code of the booking that both go for."""

    WIDTH = 12

    def __init__(self, context: Any, pairs: int) -> None:
        self.bytes = context.Array("c", self.WIDTH * pairs)

    def write(self, pair: int, code: str) -> None:
        self.bytes[pair * self.WIDTH : (pair + 1) * self.WIDTH] = code.ljust(self.WIDTH).encode()

    def read(self, pair: int) -> str:
        return self.bytes[pair * self.WIDTH : (pair + 1) * self.WIDTH].decode().strip()


class Dueller(Racer):
    """A racer that now and then goes for the same booking as its neighbour."""

    def __init__(self, world: World, number: int, seed: int, barrier: Any, board: Board) -> None:
        super().__init__(world, number, seed, barrier)
        self.board = board

    def _ready(self, turn: Turn) -> Strike:
        if turn.card != "duel":
            return super()._ready(turn)
        pair, is_first = self.number // 2, self.number % 2 == 0
        prepare, first, second = DUELS[(turn.number + pair) % len(DUELS)]
        if is_first:
            self.board.write(pair, self._prepared(prepare, pair, turn))
        self.barrier.wait(PATIENCE)
        code = self.board.read(pair)
        if not code:
            return self._plain(turn)
        if not is_first:
            self._look_up(code)
        (one,) = self.ledger.of(code)
        self.ledger.put(one, is_mine=False)
        return replace((first if is_first else second)(self, one), kind="duel")

    def _prepared(self, prepare: Prepare, pair: int, turn: Turn) -> str:
        """The code of a booking; empty where it went wrong."""
        spot = Spot(OWN_ROOMS[pair], turn.base, turn.base + timedelta(hours=1))
        try:
            return prepare(self, self.dice.choice(APPLICANTS).lower(), spot)
        except (Refused, Busy):
            return ""

    def _look_up(self, code: str) -> None:
        """The other's booking as it is stored."""
        with db.engine.connect() as connection:
            query = text("SELECT booked_for FROM booking WHERE code = :code")
            person_id = connection.execute(query, {"code": code}).scalar()
        who = next(name for name, known in self.world.people.items() if known == person_id)
        for row in stored(db.engine, code):
            spot = Spot(row.room, _instant(row.starts_at), _instant(row.ends_at), row.units)
            self.ledger.add(Held(code, row.uid, who, spot, row.state))

    # what is prepared

    def request_of_officer(self, who: str, spot: Spot) -> str:
        spot = replace(spot, room="race-counter")
        code = self._sent(who, [spot])
        self._requested(who, code, [spot])
        return code

    def booking(self, who: str, spot: Spot) -> str:
        code = self._sent(who, [spot])
        self._accepted(who, code, [spot])
        return code

    def asked_change(self, who: str, spot: Spot) -> str:
        """A booking that shall go to the counter; what becomes of it is told to the one who decides."""
        code = self.booking(who, spot)
        (one,) = self.ledger.of(code)
        self._edited(self.ledger.held[one], replace(spot, room="race-counter"))()
        return code

    # what both do at once

    def approve_as_first(self, one: str) -> Strike:
        held = self.ledger.held[one]
        return Strike("", held.spot.wants, lambda: self._approved(OFFICERS[0].lower(), held.code))

    def approve_as_second(self, one: str) -> Strike:
        held = self.ledger.held[one]
        return Strike("", held.spot.wants, lambda: self._approved(OFFICERS[1].lower(), held.code))

    def call_off(self, one: str) -> Strike:
        return self._cancelled(self.ledger.held[one], None)

    def move_to_other_room(self, one: str) -> Strike:
        held = self.ledger.held[one]
        spot = replace(held.spot, room="race-two" if held.spot.room == "race-one" else "race-right")
        return Strike("", [*held.spot.wants, *spot.wants], lambda: self._edited(held, spot))

    def move_to_other_time(self, one: str) -> Strike:
        held, later = self.ledger.held[one], timedelta(hours=2)
        spot = replace(held.spot, starts_at=held.spot.starts_at + later, ends_at=held.spot.ends_at + later)
        return Strike("", [*held.spot.wants, *spot.wants], lambda: self._edited(held, spot))

    def ask_anew(self, one: str) -> Strike:
        """Rather the officer's room than the counter. From here on only the one who decides knows where it is."""
        held = self.ledger.forget(one)
        spot = replace(held.spot, room="race-officer")

        def do() -> Note:
            self._edited(held, spot)
            return lambda: self.ledger.tell(held.code, "change_requested")

        return Strike("", [*held.spot.wants, *spot.wants], do)

    def decide_change(self, one: str) -> Strike:
        held = self.ledger.held[one]
        spots = [replace(held.spot, room=room) for room in ("race-counter", "race-officer")]

        def do() -> Note:
            decide_changes(act=self.world.act(OFFICERS[0].lower()), code=held.code, is_approved=True)
            return note

        def note() -> None:
            self.ledger.put(one, spot=spots[0], or_in=tuple(spots[1:]))
            self.ledger.tell(held.code, "change_approved")

        return Strike("", [*held.spot.wants, *(want for spot in spots for want in spot.wants)], do)


Prepare = Callable[[Dueller, str, Spot], str]
Side = Callable[[Dueller, str], Strike]

DUELS: tuple[tuple[Prepare, Side, Side], ...] = (
    (Dueller.request_of_officer, Dueller.approve_as_first, Dueller.approve_as_second),
    (Dueller.request_of_officer, Dueller.call_off, Dueller.approve_as_first),
    (Dueller.booking, Dueller.move_to_other_room, Dueller.move_to_other_time),
    (Dueller.asked_change, Dueller.ask_anew, Dueller.decide_change),
)
"""What there must be, what the first of a pair does, what the second does in the same moment."""


def _instant(stored_as: object) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds(stored_as))
