"""The generator makes what it is asked for, and the bench measures every row. No time is asserted."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import pytest

from booking.domain.period import Period
from booking.storage import claims
from booking.storage.db import reading
from tests.proofs import bench, generator
from tests.proofs.bench_calls import FULL_DAYS, Desk, dispose
from tests.storage.test_guards import GUARDS

BOOKINGS = 300
SHORT = bench.Effort(rounds=1, calls=2, requests=3, series=2, turns=2, tries=1, pages=9)


@pytest.mark.race
def test_the_generator_and_every_row(tmp_path: Path) -> None:
    with bench.databases_of("sqlite", tmp_path, [BOOKINGS]) as urls:
        made = generator.generate(urls[BOOKINGS], tmp_path / f"sqlite-{BOOKINGS}", BOOKINGS)
        assert made.counts["booking"] == BOOKINGS
        assert made.counts == generator.counted(made.url)
        assert made.counts["claim"] >= made.counts["occurrence"] > BOOKINGS
        check_guards_and_series(made.folder / "booking.sqlite")
        assert over_units(made) == []
        found = bench.measure([made], SHORT)
    # 304 only where pages have a tag
    assert {*found, bench.UNCHANGED} == set(bench.EVERYTHING)
    for what, (figure,) in found.items():
        assert figure.value > 0
        assert math.isfinite(figure.value)
        if what != bench.MEMORY:
            assert figure.ratio > 0
            assert math.isfinite(figure.ratio)
    told = str(bench.Report([BOOKINGS], [bench.Row("sqlite", what, figures) for what, figures in found.items()]))
    assert all(f"| sqlite | {what} | " in told for what in found)


def over_units(made: generator.Made) -> list:
    app = made.app()
    with app.app_context():
        found = claims.over_units(reading())
    dispose(app)
    return found


def check_guards_and_series(path: Path) -> None:
    """The triggers of the migrated schema are back, and one booking in ten is a series."""
    connection = sqlite3.connect(path)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    series = connection.execute("SELECT count(*) FROM booking WHERE pattern IS NOT NULL").fetchone()[0]
    codes = connection.execute("SELECT count(DISTINCT code) FROM booking").fetchone()[0]
    connection.close()
    assert names >= GUARDS["sqlite"]
    assert BOOKINGS / 15 < series < BOOKINGS / 7
    assert codes == BOOKINGS


def test_what_a_day_holds_does_not_depend_on_the_size(tmp_path: Path) -> None:
    days = []
    with bench.databases_of("sqlite", tmp_path, [2000, 2500]) as urls:
        for bookings, url in urls.items():
            made = generator.generate(url, tmp_path / f"sqlite-{bookings}", bookings)
            desk, app = Desk(made), made.app()
            span = Period(*(desk.period(day, "00:00", 1).starts_at for day in (FULL_DAYS[0], FULL_DAYS[-1] + 1)))
            with app.app_context():
                found = claims.taken(reading(), range(1, 21), span, made.now)
                days.append({resource: len(taken) for resource, taken in found.items()})
            dispose(app)
    assert days[0] == days[1]
    assert sum(days[0].values()) >= 19 * 4 * len(FULL_DAYS)


def test_quantiles_and_goals() -> None:
    assert [bench.quantile([3, 1, 2, 4], share) for share in (0.25, 0.5, 0.99, 1.0)] == [1, 2, 4, 4]
    row = bench.Row("sqlite", bench.COLD, [bench.Figure(2.0, hello=0.1), bench.Figure(4.0, hello=0.1)])
    assert row.growth == pytest.approx(2)
    assert row.verdicts() == ["<= 30 hellos: MISSED", "growth <= 1.3: MISSED"]
    assert bench.Row("postgresql", bench.MIXED, [bench.Figure(160, "/s", 0.1)]).verdicts() == [">= 150/s: met"]
