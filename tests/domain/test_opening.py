"""Weekly hours, breaks and closures, also over midnight and on the day the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking.domain.opening import Closed, Opening, Pause, day_period
from booking.domain.period import Period

JAKARTA, LONDON = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/London")
FRIDAY = date(2026, 11, 27)


def utc(day: date, clock: str, zone: ZoneInfo = JAKARTA) -> datetime:
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), zone).astimezone(UTC)


def test_a_day_is_cut_by_break_and_closure() -> None:
    closed = Closed(Period(utc(FRIDAY, "15:00"), utc(FRIDAY, "16:00")), {"id": "x"})
    opening = Opening(JAKARTA, {4: [("08:00", "18:00")]}, [Pause(4, "11:30", "13:00")], [closed])
    found = [(one.starts_at, one.ends_at) for one in opening.on(FRIDAY)]
    clocks = [("08:00", "11:30"), ("13:00", "15:00"), ("16:00", "18:00")]
    assert found == [(utc(FRIDAY, starts), utc(FRIDAY, ends)) for starts, ends in clocks]
    assert opening.on(FRIDAY + timedelta(days=1)) == []


def test_hours_join_over_midnight() -> None:
    opening = Opening(JAKARTA, {4: [("20:00", "24:00")], 5: [("00:00", "02:00")]})
    night = Period(utc(FRIDAY, "22:00"), utc(FRIDAY + timedelta(days=1), "01:00"))
    assert opening.holds(night)
    assert opening.within_hours(night)
    assert not opening.holds(Period(night.starts_at, night.ends_at + timedelta(hours=2)))


def test_without_hours_a_room_is_open_round_the_clock() -> None:
    assert Opening(JAKARTA).holds(Period(utc(FRIDAY, "03:00"), utc(FRIDAY, "23:00")))


def test_days_have_23_24_or_25_hours() -> None:
    lengths = {day: day_period(day, LONDON).minutes // 60 for day in (date(2027, 3, 28), FRIDAY, date(2026, 10, 25))}
    assert lengths == {date(2027, 3, 28): 23, FRIDAY: 24, date(2026, 10, 25): 25}


def test_opening_keeps_wall_time_when_the_clocks_change() -> None:
    opening = Opening(LONDON, {6: [("08:00", "18:00")]})
    before, after = opening.on(date(2026, 10, 18)), opening.on(date(2026, 10, 25))
    assert [one.starts_at.hour for one in (*before, *after)] == [7, 8]
