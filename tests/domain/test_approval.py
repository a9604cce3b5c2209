"""By when an office answers: working days of the site's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from booking.domain.approval import Tier, answer_by, higher

JAKARTA = ZoneInfo("Asia/Jakarta")


def end_of(day: date, zone: ZoneInfo = JAKARTA) -> datetime:
    return datetime.combine(date.fromordinal(day.toordinal() + 1), datetime.min.time(), zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("asked", "days", "expected"),
    [
        (datetime(2026, 11, 23, 1, 30, tzinfo=UTC), 2, date(2026, 11, 25)),  # Monday morning: the end of Wednesday
        (datetime(2026, 11, 23, 18, 0, tzinfo=UTC), 2, date(2026, 11, 26)),  # Tuesday 01.00 in Jakarta
        (datetime(2026, 11, 27, 3, 0, tzinfo=UTC), 2, date(2026, 12, 1)),  # Friday: over the weekend
        (datetime(2026, 11, 28, 3, 0, tzinfo=UTC), 1, date(2026, 11, 30)),  # Saturday
        (datetime(2026, 11, 23, 1, 30, tzinfo=UTC), 0, date(2026, 11, 23)),
    ],
)
def test_working_days_count_from_the_day_after(asked: datetime, days: int, expected: date) -> None:
    assert answer_by(asked, days, JAKARTA, lambda _day: False).astimezone(UTC) == end_of(expected)


def test_holidays_do_not_count_and_a_year_of_them_ends_somewhere() -> None:
    asked = datetime(2026, 12, 23, 1, 0, tzinfo=UTC)  # Wednesday
    shut = {date(2026, 12, 24), date(2026, 12, 25)}
    assert answer_by(asked, 2, JAKARTA, shut.__contains__).astimezone(UTC) == end_of(date(2026, 12, 29))
    assert answer_by(asked, 2, JAKARTA, lambda _day: True) > asked


def test_the_end_of_a_day_that_changes_its_clocks() -> None:
    london = ZoneInfo("Europe/London")
    asked = datetime(2026, 10, 22, 9, 0, tzinfo=UTC)  # Thursday; clocks go back on Sunday the 25th
    assert answer_by(asked, 2, london, lambda _day: False).astimezone(UTC) == datetime(2026, 10, 27, 0, 0, tzinfo=UTC)


def test_higher() -> None:
    assert higher(Tier.OFFICER, Tier.AUTOMATIC) is Tier.OFFICER
    assert higher(Tier.OFFICER, Tier.HEAD) is Tier.HEAD
