"""`flask retention` counts first, then lets go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner

from booking.cli.retention import run_retention
from booking.storage.db import reading
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


def run(*words: str) -> str:
    answer = CliRunner().invoke(run_retention, list(words))
    reading().rollback()
    return answer.output


def test_a_dry_run_counts_what_then_goes(world: World) -> None:
    world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    world.now += timedelta(days=900)
    counted = run("--dry-run")
    assert "words\t1" in counted
    assert run("--dry-run") == counted
    assert "words\t1" in run()
    assert run().splitlines()[-1] == "0 gone"
