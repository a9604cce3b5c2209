"""Minutes of a day say the same times as the instants they stand for, on days of 23, 24 and 25 hours."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from booking.domain.opening import day_period
from booking.domain.period import Period
from booking.domain.rules.grid import past_grid
from booking.front import formats
from booking.web.dial import MINUTE, Dial, joined, without

DAYS = [
    ("Asia/Jakarta", date(2026, 11, 24), 24),
    ("Europe/London", date(2026, 10, 25), 25),
    ("Europe/London", date(2027, 3, 28), 23),
    ("Asia/Kathmandu", date(2026, 11, 24), 24),
]


@pytest.mark.parametrize(("zone_name", "day", "hours"), DAYS)
@pytest.mark.parametrize("language", ["id", "en"])
def test_times_are_those_of_the_instants(app: Flask, zone_name: str, day: date, hours: int, language: str) -> None:
    zone = ZoneInfo(zone_name)
    whole = day_period(day, zone)
    with app.test_request_context(f"/?lang={language}"):
        dial = Dial(whole, zone)
        assert dial.length == hours * 60
        for start in range(0, dial.length, 15):
            period = Period(
                whole.starts_at + start * MINUTE, min(whole.starts_at + (start + 45) * MINUTE, whole.ends_at)
            )
            span = dial.around(period)
            assert span == dial.inside(period)
            assert dial.times(span) == formats.times(period, zone)
            assert dial.value(start) == f"{period.starts_at.astimezone(zone):%H:%M}"
            assert dial.past_grid(start, 50) * MINUTE == past_grid(period.starts_at, zone, 50)
        assert (dial.value(dial.length), dial.past_grid(dial.length, 35)) == ("24:00", 0)


def test_what_is_taken_is_rounded_outwards_and_what_is_free_inwards(app: Flask) -> None:
    zone = ZoneInfo("Asia/Jakarta")
    whole = day_period(date(2026, 11, 24), zone)
    odd = Period(whole.starts_at + timedelta(seconds=90), whole.starts_at + timedelta(seconds=210))
    with app.test_request_context("/"):
        dial = Dial(whole, zone)
        assert (dial.around(odd), dial.inside(odd)) == ((1, 4), (2, 3))


def test_spans_are_cut_and_joined() -> None:
    assert without((0, 10), [(0, 2), (1, 3), (5, 6), (9, 12)]) == [(3, 5), (6, 9)]
    assert without((0, 10), [(0, 10)]) == []
    assert joined([(5, 6), (0, 2), (2, 3)]) == [(0, 3), (5, 6)]
