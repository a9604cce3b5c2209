"""Officers, applicants and the worker at one held place at once: python -m tests.proofs.holds [--rounds N].

On the migrated schema, on a temporary SQLite file and on a temporary PostgreSQL cluster. Exits 1 when a hold was not
honoured, a place was had twice, anything of offers, holds and lines does not agree, or anybody waited in a circle.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import create_app
from booking.domain.errors import Busy, Forbidden, NotFound, Refused
from booking.domain.lifecycle import State
from booking.storage import claims
from booking.storage.bookings import Occurrence
from booking.storage.claims import Claim
from booking.storage.db import db, reading
from booking.storage.offers import Offer, OfferKind, OfferState, Waiting, WaitState
from booking.storage.places import room_by_slug
from booking.usecases.act import Act
from booking.usecases.cancelling import cancel
from booking.usecases.deciding import Verdict, decide
from booking.usecases.offering import Proposal, accept_offer, expire_offers, propose
from booking.usecases.requesting import request_booking
from booking.usecases.waitlist import give_turns, leave_waitlist
from booking.usecases.wanted import Wanted, WantedOccurrence
from tests.proofs.racing.sweep import deadlocks
from tests.support import databases
from tests.support.world import World, furnished

ROUNDS = 200
Call = Callable[[], object]


class Race:
    """Rounds of contested holds, each on a slot of its own; what should not be is counted in `found`."""

    def __init__(self, world: World) -> None:
        self.world, self.found, self.outcomes = world, Counter[str](), Counter[str]()
        self.officers, self.automatic = world.room("hold-officer"), world.room("hold-automatic", tier="automatic")
        self.automatic_id = room_by_slug(reading(), self.automatic).id

    def run(self, rounds: int) -> None:
        for at in range(rounds):
            self.rivals(at)
            self.turns(at)
            self.look(self.world.now)

    def together(self, kind: str, *calls: Call) -> list[str]:
        """All at one moment, each in a thread: "done", the codes of a refusal, or the name of what was raised."""
        gate = Barrier(len(calls))

        def call(one: Call) -> str:
            with self.world.app.app_context():
                gate.wait()
                try:
                    one()
                except Refused as refused:
                    return ", ".join(sorted({violation.code for violation in refused.violations}))
                except (Forbidden, NotFound, Busy) as error:
                    return type(error).__name__
                finally:
                    db.session.remove()
                return "done"

        db.session.remove()
        with ThreadPoolExecutor(len(calls)) as pool:
            said = list(pool.map(call, calls))
        self.outcomes.update(f"{kind}: {one}" for one in said)
        return said

    def expect(self, what: str, *, holds: bool) -> None:
        if not holds:
            self.found[what] += 1

    def slot(self, room: str, at: int, *, hours: int = 0) -> WantedOccurrence:
        starts_at = self.world.at(5 + at // 5, f"{8 + 2 * (at % 5):02d}:00") + timedelta(hours=hours)
        return WantedOccurrence(room, starts_at, starts_at + timedelta(hours=2))

    def ask(self, who: str, one: WantedOccurrence, *, wait: bool = False) -> str:
        wanted = Wanted("Berebut", 2, [one], community="-", wait=wait)
        return request_booking(act=self.world.act(who), wanted=wanted).code

    def approve(self, who: str, code: str) -> str:
        return decide(act=self.world.act(who), code=code, verdict=Verdict.APPROVE)

    def rivals(self, at: int) -> None:
        """Two officers approve rivals while one offers the place to a third; then the third accepts."""
        act, slot = self.world.act, self.slot(self.officers, at)
        one, other = self.ask("cecep", slot), self.ask("euis", slot)
        elsewhere = [one_at + timedelta(days=60) for one_at in (slot.starts_at, slot.ends_at)]
        third = self.ask("dewi", replace(slot, starts_at=elsewhere[0], ends_at=elsewhere[1]))
        offer = Proposal(starts_at=slot.starts_at, ends_at=slot.ends_at)
        said = self.together(
            "rivals",
            lambda: self.approve("dadang", one),
            lambda: self.approve("sumarna", other),
            lambda: propose(act=act("sumarna"), code=third, proposal=offer),
        )
        self.expect("not exactly one had the place", holds=sorted(said) == ["done", "taken", "taken"])
        if said[2] == "done":
            said = self.together(
                "offered",
                lambda: accept_offer(act=act("dewi"), code=third),
                lambda: self.approve("dadang", one),
                lambda: self.approve("sumarna", other),
            )
            self.expect("what was held was not honoured", holds=said == ["done", "taken", "taken"])

    def turns(self, at: int) -> None:
        """A place becomes free while others ask for it; then the first in line is of two minds; then time is over."""
        act, slot = self.world.act, self.slot(self.automatic, at)
        had = self.ask("dewi", slot)
        line = ("cecep", "euis") if at % 2 else ("euis", "cecep")
        codes = [self.ask(who, slot, wait=True) for who in line]
        said = self.together(
            "freed",
            lambda: cancel(act=act("dewi"), code=had),
            lambda: self.ask("ujang", slot),
            lambda: self.ask("admin", slot),
            lambda: give_turns(act=act(), room_id=self.automatic_id),
        )
        self.expect("somebody got past the line", holds=said == ["done", "taken", "taken", "done"])
        said = self.together(
            "turn",
            lambda: accept_offer(act=act(line[0]), code=codes[0]),
            lambda: leave_waitlist(act=act(line[0]), code=codes[0]),
            lambda: self.ask("ujang", slot),
            lambda: accept_offer(act=act(line[1]), code=codes[1]),
        )
        self.expect("both yes and no, or neither", holds=said[:2].count("done") == 1)
        self.expect("somebody got past a turn", holds=said[2] == "taken")
        self.expect("a turn before its time", holds=said[3] == "offer_over" or said[1] == said[3] == "done")
        if said[1] == "done" and said[3] != "done":
            self.lapse(line[1], codes[1], slot)

    def lapse(self, who: str, code: str, slot: WantedOccurrence) -> None:
        """At the moment at which a hold ends nobody has it any more, and whoever asks does."""
        later: Act = replace(self.world.act(), now=self.world.now + timedelta(hours=24))
        said = self.together(
            "lapse",
            lambda: accept_offer(act=later.by(self.world.people[who]), code=code),
            lambda: expire_offers(act=later),
            lambda: request_booking(
                act=later.by(self.world.people["ujang"]), wanted=Wanted("Berebut", 2, [slot], community="-")
            ),
        )
        self.expect("a hold outlived its time", holds=said == ["offer_over", "done", "done"])

    def look(self, now: datetime) -> None:
        """What must agree after each round."""
        db.session.remove()
        for what in disagreements(reading(), now):
            self.found[what] += 1
        db.session.remove()


def disagreements(session: Session, now: datetime) -> list[str]:
    """Offers, holds and places in line that do not go together; and places that are taken twice."""
    found = [f"taken twice: {one}" for one in claims.over_units(session)]
    live = Claim.active & (Claim.expires_at > now)
    held = set(session.scalars(select(Claim.occurrence_id).where(live)))
    offers = session.scalars(select(Offer).where(Offer.expires_at > now)).unique().all()
    states = dict(session.execute(select(Occurrence.id, Occurrence.state)).all())
    still = {one.occurrence_id for one in offers if one.state == OfferState.OPEN}
    turned = set(session.scalars(select(Offer.occurrence_id).where(Offer.state == OfferState.ACCEPTED)))
    kept = {one for one in turned if states[one] == State.REQUESTED}
    found += ["an offer without a hold"] * len(still - held)
    found += ["a hold without an offer"] * len(held - still - kept)
    waits = dict(session.execute(select(Waiting.occurrence_id, Waiting.state)).all())
    turns = {one.occurrence_id for one in offers if one.state == OfferState.OPEN and one.kind == OfferKind.TURN}
    offered = {one for one, state in waits.items() if state == WaitState.OFFERED}
    found += ["a turn of nobody in line"] * len(turns - offered)
    found += ["in line as offered, without an offer"] * len(offered - turns)
    return found


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="holds", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="for each database (default: %(default)s)")
    rounds = parser.parse_args(words).rounds
    with tempfile.TemporaryDirectory(prefix="holds") as folder:
        is_right = _raced(f"sqlite:///{folder}/holds.sqlite", rounds)
    programs = databases.find_programs()
    if programs is None:
        print("PostgreSQL: NOT raced (no initdb found; Debian: apt install postgresql)", flush=True)
        return 0 if is_right else 1
    cluster = databases.Cluster(programs)
    try:
        databases.execute(cluster.url("postgres"), "CREATE DATABASE holds")
        return 0 if _raced(cluster.url("holds"), rounds) and is_right else 1
    finally:
        cluster.stop()


def _raced(url: str, rounds: int) -> bool:
    """Migrate, furnish, race, look. True when nothing was found."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="holds") as folder:
        databases.migrate(url, Path(folder))
        app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": Path(folder), "SECRET_KEY": databases.SECRET})
        with app.app_context():
            race = Race(furnished(app))
            race.run(rounds)
            db.session.remove()
            db.engine.dispose()
    race.found["waited in a circle"] += deadlocks(url)
    for said, count in sorted(race.outcomes.items()):
        print(f"  {said}: {count:,}")
    for said, count in (+race.found).items():
        print(f"  FOUND {count:,} x {said}")
    found, took = sum(race.found.values()), time.monotonic() - began
    print(f"{url.partition(':')[0]}: {rounds:,} rounds, {found} found; {took:.0f} s", flush=True)
    return not +race.found


if __name__ == "__main__":
    sys.exit(main())
