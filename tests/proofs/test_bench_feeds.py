"""The bench of feeds measures every line it tells of. No time is asserted."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.proofs import bench, bench_feeds

TINY = bench_feeds.Effort(events=40, rounds=1, calls=2, whole_calls=1, written=5, pollers=8, polls=2, seconds=0.5)


@pytest.mark.race
def test_every_line_is_measured(tmp_path: Path) -> None:
    with bench.databases_of("sqlite", tmp_path, [40]) as urls:
        lines = bench_feeds.run("sqlite", urls[40], tmp_path / "sqlite-40", TINY)
    assert len(lines) == 12
    assert all(math.isfinite(line.ratio) for line in lines)
    told = {line.what: line for line in lines}
    assert told["8 pollers, errors"].ratio == 0
    assert told["8 pollers, errors"].said.startswith("16 polls ")
    assert "40 events" in told["whole calendar, cold"].said
    assert all(str(line).endswith(("met |", "MISSED |")) for line in lines)


def test_goals() -> None:
    assert str(bench_feeds.Line("a", "b", 3, 2)).endswith("3.00 | <= 2: MISSED |")
    assert str(bench_feeds.Line("a", "b", 3, 2, is_least=True)).endswith("3.00 | >= 2: met |")
