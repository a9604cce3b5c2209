"""The guarantee under contention: 8 processes, the migrated schema, both databases; and the control that must fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from booking.storage.db import db
from booking.storage.places import room_by_slug
from tests.proofs import race
from tests.storage.test_guards import GUARDS
from tests.support.world import World

ROUNDS = 325  # times 8 processes times 2 databases: 5,200 attempts in the suite


@pytest.mark.race
def test_nothing_is_taken_twice(world: World, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    race.furnish(world)
    db.session.remove()
    db.engine.dispose()
    report = race.run(url, world, tmp_path, rounds=ROUNDS, seed=7)
    with capsys.disabled():
        print(f"\n{url.partition(':')[0]}: {report}")
    assert len(report.attempts) == ROUNDS * race.PROCESSES
    assert report.contested >= len(report.attempts) / 2
    assert race.breaches(url) == []
    assert race.accepted_but_lost(url, report) == []
    assert report.count("accepted") > ROUNDS / 2
    assert {one.outcome for one in report.attempts} == {"accepted", "refused", "cancelled"}
    assert deadlocks(url) == 0


def deadlocks(url: str) -> int:
    if url.startswith("sqlite"):
        return 0
    engine = create_engine(url)
    with engine.connect() as connection:
        query = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        found = connection.execute(query).scalar()
    engine.dispose()
    return found


@pytest.mark.race
def test_control_without_lock_and_guard_takes_twice(world: World, url: str) -> None:
    """If this did not overlap, the race above would prove nothing."""
    world.ask("cecep", world.time("musik", 1, "10:00", "11:00"))
    from booking.storage.db import reading

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

    assert race.naive_control(url, resource_id, drop_guards) > 0
    assert race.breaches(url) != []
