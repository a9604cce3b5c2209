"""The guarantee under contention: 8 processes, the migrated schema, both databases; and controls that must fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from booking.storage import claims
from booking.storage.db import db, reading
from booking.storage.places import room_by_slug
from tests.proofs import race
from tests.proofs.racing import controls
from tests.proofs.racing.deck import CARDS
from tests.proofs.racing.ledger import Ledger, lost
from tests.proofs.racing.places import Spot, furnish
from tests.proofs.racing.processes import PROCESSES, Course, run
from tests.proofs.racing.sweep import astray, breaches
from tests.proofs.racing.tally import KINDS, Attempt, Report, competes
from tests.storage.test_guards import GUARDS
from tests.support.world import World

ROUNDS = 45
"""Times 8 processes times 2 databases: 720 attempts in the suite; `./run prove race` makes more."""
SELDOM = {"change series"}
"""So seldom in a short race that luck decides how they end."""


def raced(world: World, url: str, folder: Path, rounds: int, cards: tuple[str, ...] = CARDS) -> Report:
    furnish(world)
    db.session.remove()
    db.engine.dispose()
    return run(Course(url, folder, rounds, cards=cards), world)


@pytest.mark.race
def test_nothing_is_taken_twice(world: World, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = raced(world, url, tmp_path, ROUNDS)
    with capsys.disabled():
        print(f"\n{url.partition(':')[0]}: {report}")
    assert report.total.attempts == ROUNDS * PROCESSES
    assert race.found(url, report).all == {}
    # units: what a hand gave a date of a series in a pool does not fit where the series moves to
    assert {code for codes in report.why for code in codes.split(", ")} <= {"taken", "item_taken", "state", "units"}
    for kind in set(KINDS) - SELDOM:
        assert report.kinds[kind].outcomes["accepted"], kind
    assert {"accepted", "refused"} <= set(report.total.outcomes) <= {"accepted", "refused", "busy"}


@pytest.mark.race
def test_control_without_lock_and_guard_takes_twice(world: World, url: str) -> None:
    """If this did not overlap, the race above would prove nothing."""
    world.ask("cecep", world.time("musik", 1, "10:00", "11:00"))
    resource_id = room_by_slug(reading(), "rapat").id
    db.session.remove()

    def drop_guards() -> None:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if url.startswith("sqlite"):
                for name in GUARDS["sqlite"]:
                    connection.execute(text(f"DROP TRIGGER {name}"))
            else:
                connection.execute(text("ALTER TABLE claim DROP CONSTRAINT claim_no_overlap"))
        engine.dispose()

    assert controls.naive_control(url, resource_id, drop_guards) > 0
    assert breaches(url) != []


@pytest.mark.race
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_control_without_the_lock_overbooks_pools_and_items(
    world: World, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL the lock alone guards what has more than one unit; the rest is then left to the schema."""
    monkeypatch.setattr(claims, "lock", controls.look_without_locking)
    report = raced(world, url, tmp_path, 15, ("pool", "items", "single"))
    over = " ".join(breaches(url))
    assert "Race Pool" in over or "Race-Lamp" in over
    assert "Race One" not in over
    assert report.by_guard > 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM outbox WHERE kind = 'approved'", "1 messages of approved are due, 0 are there"),
        ("UPDATE occurrence SET state = 'cancelled'", "approved, and stored as cancelled"),
        ("UPDATE occurrence SET units = units + 1", "told"),
        ("DELETE FROM claim", "no claim"),
    ],
)
def test_what_is_lost_is_found(world: World, url: str, statement: str, said: str) -> None:
    ledger = Ledger()
    spot = Spot("rapat", world.at(1, "10:00"), world.at(1, "11:00"))
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "11:00"))
    ledger.enter(db.engine, code, "cecep", [spot], "approved")
    ledger.tell(code, "requested", "approved")
    assert lost(url, [ledger]) == astray(url) == []
    with db.engine.connect() as connection:
        connection.execute(text(statement))
    assert said in " ".join([*lost(url, [ledger]), *astray(url)])


def test_what_nobody_was_told_is_found(world: World, url: str) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "11:00"))
    assert f"{code}: stored as approved, and nobody was told" in lost(url, [Ledger()])


@pytest.mark.parametrize(
    ("process", "place", "starts", "began", "is_contested"),
    [
        (2, "a", 5.0, 5, True),
        (1, "a", 5.0, 5, False),
        (2, "b", 5.0, 5, False),
        (2, "a", 10.0, 5, False),
        (2, "a", 5.0, 10, False),
    ],
)
def test_contested_is_the_same_place_and_time_at_the_same_moment_by_another(
    process: int, place: str, starts: float, began: int, is_contested: bool
) -> None:
    one = Attempt(1, 0, "single", [("a", 0.0, 10.0)], 0, 10, "accepted")
    other = Attempt(process, 0, "single", [(place, starts, starts + 10)], began, began + 10, "accepted")
    assert competes(one, other) is competes(other, one) is is_contested


def test_race_refuses_a_database_with_people(world: World, url: str) -> None:
    with pytest.raises(SystemExit, match="people in this database"):
        race.main(["--database", url])
