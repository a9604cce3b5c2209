"""Several processes want the same places at once; counted by SQL and a sweep that is not the program's."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import create_engine, text

from booking import create_app
from booking.domain.errors import Busy, Refused
from booking.storage import transaction
from booking.storage.db import db
from booking.usecases.cancelling import cancel
from tests.support.databases import SECRET
from tests.support.world import World

PROCESSES = 8
ROOMS = ("race-one", "race-pool", "race-a", "race-ab", "race-officer")
RIVALS = {"race-a": {"race-a", "race-ab"}, "race-ab": {"race-a", "race-ab"}}


@dataclass(frozen=True)
class Attempt:
    process: int
    room: str
    starts: float
    ends: float
    began: int
    done: int
    outcome: str
    code: str | None


@dataclass
class Report:
    attempts: list[Attempt] = field(default_factory=list)
    retries: int = 0

    def count(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self.attempts)

    @property
    def contested(self) -> int:
        """Attempts during which another process wanted an overlapping time in a room that shares the place."""
        by_rooms: dict[str, list[Attempt]] = defaultdict(list)
        for one in self.attempts:
            for room in RIVALS.get(one.room, {one.room}):
                by_rooms[room].append(one)
        return sum(any(_competes(one, other) for other in by_rooms[one.room]) for one in self.attempts)

    def __str__(self) -> str:
        outcomes = Counter(one.outcome for one in self.attempts)
        spent = sorted((one.done - one.began) / 1e6 for one in self.attempts)
        p50, p99 = (spent[int(len(spent) * share)] for share in (0.5, 0.99))
        return (
            f"attempts {len(self.attempts)}, contested {self.contested}, accepted {outcomes['accepted']}, "
            f"refused {outcomes['refused']}, busy {outcomes['busy']}, retries {self.retries}, "
            f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"
        )


def _competes(one: Attempt, other: Attempt) -> bool:
    return (
        one.process != other.process
        and one.began < other.done
        and other.began < one.done
        and one.starts < other.ends
        and other.starts < one.ends
    )


def furnish(world: World) -> None:
    world.room("race-one", tier="automatic")
    world.room("race-pool", tier="automatic", units=10)
    world.room("race-a", tier="automatic")
    world.room("race-b", tier="automatic")
    world.room("race-ab", tier="automatic", parts=("race-a", "race-b"))
    world.room("race-officer", tier="officer")


def run(url: str, world: World, folder: Path, *, rounds: int, seed: int) -> Report:
    """`rounds` times all processes set off together for one room and nearly the same time."""
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    now, people = world.now, dict(world.people)
    processes = [
        context.Process(target=_work, args=(url, folder, number, rounds, seed, now, people, barrier, results))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    report = Report()
    for _ in processes:
        attempts, retries = results.get(timeout=150)
        report.attempts += attempts
        report.retries += retries
    for process in processes:
        process.join(30)
    return report


def _work(url, folder, number, rounds, seed, now, people, barrier, results) -> None:
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": folder, "SECRET_KEY": SECRET})
    world = World(app, now=now, people=people)
    dice, shared = random.Random(seed * 100 + number), random.Random(seed)
    attempts = []
    with app.app_context():
        for turn in range(rounds):
            room = shared.choice(ROOMS)
            if room in RIVALS:
                room = dice.choice(sorted(RIVALS[room]))
            barrier.wait(60)
            attempts.append(_attempt(world, number, turn, room, dice))
        db.session.remove()
    results.put((attempts, transaction.retries))


def _attempt(world: World, number: int, turn: int, room: str, dice: random.Random) -> Attempt:
    starts_at = world.at(1 + turn // 6, f"{8 + 2 * (turn % 6):02d}:00") + timedelta(minutes=dice.choice((0, 30)))
    ends_at = starts_at + timedelta(minutes=dice.choice((60, 90)))
    who = dice.choice(("cecep", "euis", "dewi"))
    began, outcome, code = time.monotonic_ns(), "accepted", None
    try:
        code = _ask(world, who, room, starts_at, ends_at, dice)
    except Refused as refused:
        outcome = "refused" if refused.only_taken else f"refused for {refused}"
    except Busy:
        outcome = "busy"
    done = time.monotonic_ns()
    if code and dice.random() < 0.2:
        cancel(act=world.act(who), code=code)
        outcome = "cancelled"
    return Attempt(number, room, starts_at.timestamp(), ends_at.timestamp(), began, done, outcome, code)


def _ask(world: World, who: str, room: str, starts_at, ends_at, dice: random.Random) -> str:
    from booking.usecases.planning import WantedOccurrence

    units = dice.randint(2, 5) if room == "race-pool" else 1
    code = world.ask(who, WantedOccurrence(room, starts_at, ends_at, units))
    if room == "race-officer":
        world.approve("dadang", code)
    return code


def breaches(url: str) -> list[str]:
    """Places taken more often than there are, found by SQL and a sweep that shares no code with the program."""
    engine = create_engine(url)
    with engine.connect() as connection:
        units = {row.id: row.units for row in connection.execute(text("SELECT id, units FROM resource"))}
        rows = connection.execute(text("SELECT resource_id, starts_at, ends_at, units FROM claim WHERE active")).all()
    engine.dispose()
    return [f"resource {one}: {most} of {units[one]}" for one, most in _most_taken(rows).items() if most > units[one]]


def _most_taken(rows: Iterable) -> dict[int, int]:
    steps = defaultdict(list)
    for resource_id, starts_at, ends_at, units in rows:
        steps[resource_id] += [(starts_at, 1, units), (ends_at, 0, -units)]
    most = {}
    for resource_id, changes in steps.items():
        taken = highest = 0
        for _at, _order, change in sorted(changes):
            taken += change
            highest = max(highest, taken)
        most[resource_id] = highest
    return most


def accepted_but_lost(url: str, report: Report) -> list[str]:
    """Codes that somebody was told and that the database does not hold approved, with a message."""
    engine = create_engine(url)
    with engine.connect() as connection:
        query = """SELECT booking.code FROM booking JOIN occurrence ON occurrence.booking_id = booking.id
                   JOIN outbox ON outbox.booking_id = booking.id AND outbox.kind = 'approved'
                   WHERE occurrence.state = 'approved'"""
        there = {row.code for row in connection.execute(text(query))}
    engine.dispose()
    return [one.code for one in report.attempts if one.outcome == "accepted" and one.code not in there]


def naive_control(url: str, resource_id: int, drop_guards: Callable[[], None], *, rounds: int = 60) -> int:
    """How often looking first and inserting then, without lock or guard, takes one place twice. Must not be 0."""
    drop_guards()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(4)
    processes = [context.Process(target=_naive, args=(url, resource_id, rounds, barrier)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    engine = create_engine(url)
    with engine.connect() as connection:
        query = "SELECT starts_at FROM claim WHERE active GROUP BY starts_at, resource_id HAVING count(*) > 1"
        doubled = len(connection.execute(text(query)).all())
    engine.dispose()
    return doubled


def _naive(url: str, resource_id: int, rounds: int, barrier) -> None:
    is_sqlite = url.startswith("sqlite")
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"timeout": 30} if is_sqlite else {})
    for turn in range(rounds):
        begins = turn * 3_600_000_000 if is_sqlite else f"2030-01-01 00:00+00:00::{turn}"
        slot = {"r": resource_id, "s": begins, "e": turn * 3_600_000_000 + 1}
        if not is_sqlite:
            slot |= {
                "s": f"2030-01-{1 + turn // 24:02d} {turn % 24:02d}:00+00",
                "e": f"2030-01-{1 + turn // 24:02d} {turn % 24:02d}:59+00",
            }
        barrier.wait(30)
        with engine.connect() as connection:
            look = text(
                "SELECT count(*) FROM claim WHERE resource_id = :r AND active AND starts_at < :e AND ends_at > :s"
            )
            if connection.execute(look, slot).scalar() == 0:
                time.sleep(0.001)
                add = text(
                    "INSERT INTO claim (resource_id, exclusive, occurrence_id, units, active, starts_at, ends_at) "
                    "SELECT :r, true, min(id), 1, true, :s, :e FROM occurrence"
                )
                connection.execute(add, slot)
    engine.dispose()
