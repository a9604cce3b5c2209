"""Eight processes want the same places and items at once: python -m tests.proofs.race [--attempts N].

On the migrated schema, on a temporary SQLite file and on a temporary PostgreSQL cluster, or on the empty database that
--database names. Exits 1 when anything was taken twice, lost or locked in a circle, when the program crashed, or when
fewer than half of the attempts were contested.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, inspect, text

from booking import create_app
from booking.storage.db import db
from tests.proofs.racing.ledger import lost
from tests.proofs.racing.places import furnish
from tests.proofs.racing.processes import PROCESSES, Course, run
from tests.proofs.racing.sweep import astray, breaches, deadlocks
from tests.proofs.racing.tally import Report
from tests.support import databases
from tests.support.world import World

ATTEMPTS = 100_000
MOST_SHOWN = 10


@dataclass(frozen=True)
class Findings:
    """What must be empty, and why it must."""

    overlaps: list[str]
    claims_astray: list[str]
    lost: list[str]
    deadlocks: list[str]
    crashes: list[str]
    by_guard: list[str]
    tame: list[str]

    @property
    def all(self) -> Counter[str]:
        return Counter(f"{name.replace('_', ' ')}: {said}" for name, some in vars(self).items() for said in some)

    def __str__(self) -> str:
        return ", ".join(f"{len(some)} {name.replace('_', ' ')}" for name, some in vars(self).items() if name != "tame")


def found(url: str, report: Report) -> Findings:
    """Everything that would disprove the guarantee. What only the schema's guard noticed, the lock had let through."""
    total = report.total
    return Findings(
        breaches(url),
        astray(url),
        lost(url, report.ledgers),
        ["counted by PostgreSQL"] * deadlocks(url),
        [*report.crashes.elements()],
        ["refused by the schema alone"] * report.by_guard,
        [f"only {report.share_contested:.0%} were contested"] if total.contested * 2 < total.attempts else [],
    )


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="race", description=__doc__)
    parser.add_argument("--attempts", type=int, default=ATTEMPTS, help="for each database (default: %(default)s)")
    parser.add_argument("--database", help="race on this empty database instead of temporary ones")
    parser.add_argument("--seed", type=int, default=7, help="which attempts (default: %(default)s)")
    said = parser.parse_args(words)
    rounds = max(-(-said.attempts // PROCESSES), 1)
    try:
        if said.database:
            return 0 if _raced(said.database, rounds, said.seed) else 1
        return 0 if all([_on_sqlite(rounds, said.seed), _on_postgresql(rounds, said.seed)]) else 1
    except KeyboardInterrupt:
        return 130


def _on_sqlite(rounds: int, seed: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="race") as folder:
        return _raced(f"sqlite:///{folder}/race.sqlite", rounds, seed)


def _on_postgresql(rounds: int, seed: int) -> bool:
    programs = databases.find_programs()
    if programs is None:
        print("PostgreSQL: NOT raced (no initdb found; Debian: apt install postgresql)", flush=True)
        return True
    cluster = databases.Cluster(programs)
    try:
        databases.execute(cluster.url("postgres"), "CREATE DATABASE race")
        return _raced(cluster.url("race"), rounds, seed)
    finally:
        cluster.stop()


def _raced(url: str, rounds: int, seed: int) -> bool:
    """Migrate, furnish, race, look. True when nothing was found."""
    kind = url.partition(":")[0].partition("+")[0]
    with tempfile.TemporaryDirectory(prefix="race") as folder:
        course, began = Course(url, Path(folder), rounds, seed), time.monotonic()
        world = _prepared(course)

        def tell(report: Report) -> None:
            print(f"{kind} {time.monotonic() - began:5.0f} s of {rounds * PROCESSES:,}: {report.line}", flush=True)

        report = run(course, world, tell=tell)
    print(f"{kind}: {report}", flush=True)
    findings = found(url, report)
    for said, count in findings.all.most_common(MOST_SHOWN):
        print(f"  FOUND {count:,} x {said}")
    print(f"{kind}: {findings}; {time.monotonic() - began:.0f} s", flush=True)
    return not findings.all


def _prepared(course: Course) -> World:
    """The migrated database with the race's own rooms and people."""
    _refuse_inhabited(course.url)
    databases.migrate(course.url, course.data)
    app = create_app({"SQLALCHEMY_DATABASE_URI": course.url, "DATA": course.data, "SECRET_KEY": databases.SECRET})
    with app.app_context():
        world = World(app)
        furnish(world)
        db.session.remove()
        db.engine.dispose()
    return world


def _refuse_inhabited(url: str) -> None:
    """Exits, before anything is touched, where there are somebody's people."""
    engine = create_engine(url)
    with engine.connect() as connection:
        people = 0
        if inspect(connection).has_table("person"):
            people = connection.execute(text("SELECT count(*) FROM person")).scalar()
    engine.dispose()
    if people:
        sys.exit(f"There are {people} people in this database: the race needs an empty one of its own.")


if __name__ == "__main__":
    # whoever ends this ends the processes and the cluster too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
