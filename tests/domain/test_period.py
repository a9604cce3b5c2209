"""Half-open periods, wall time, gaps and folds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.period import Period, WallTimeError, instant, joined, wall

BASE = datetime(2026, 11, 23, tzinfo=UTC)


def hours(first: float, last: float) -> Period:
    return Period(BASE + timedelta(hours=first), BASE + timedelta(hours=last))


periods = st.tuples(st.integers(0, 40), st.integers(1, 10)).map(lambda pair: hours(pair[0], pair[0] + pair[1]))


def minutes_of(*given_periods: Period) -> set[int]:
    return {
        minute
        for one in given_periods
        for minute in range(
            int((one.starts_at - BASE).total_seconds() // 60), int((one.ends_at - BASE).total_seconds() // 60), 30
        )
    }


def test_empty_reversed_and_naive_are_refused() -> None:
    for starts_at, ends_at in ((BASE, BASE), (BASE + timedelta(1), BASE), (BASE.replace(tzinfo=None), BASE)):
        with pytest.raises((ValueError, TypeError)):
            Period(starts_at, ends_at)


def test_touching_periods_do_not_overlap() -> None:
    assert not hours(1, 2).overlaps(hours(2, 3))
    assert hours(1, 3).overlaps(hours(2, 4))


@given(periods, st.lists(periods, max_size=6))
def test_minus_leaves_exactly_what_is_not_cut(whole: Period, cut: list[Period]) -> None:
    left = whole.minus(cut)
    assert minutes_of(*left) == minutes_of(whole) - minutes_of(*cut)
    assert left == sorted(left)


@given(st.lists(periods, max_size=8))
def test_joined_covers_the_same_time_without_touching(some: list[Period]) -> None:
    result = joined(some)
    assert minutes_of(*result) == minutes_of(*some)
    assert all(one.ends_at < other.starts_at for one, other in pairwise(result))


@given(periods, periods)
def test_clip_is_the_common_part(one: Period, other: Period) -> None:
    clipped = one.clip(other)
    assert minutes_of(*([clipped] if clipped else [])) == minutes_of(one) & minutes_of(other)


def test_gap_is_refused_with_the_next_time() -> None:
    with pytest.raises(WallTimeError) as caught:
        instant(datetime(2027, 3, 28, 1, 30), ZoneInfo("Europe/London"))
    assert (caught.value.code, caught.value.hint) == ("gap", datetime(2027, 3, 28, 2, 30))


def test_fold_is_refused() -> None:
    with pytest.raises(WallTimeError) as caught:
        instant(datetime(2026, 11, 1, 1, 30), ZoneInfo("America/New_York"))
    assert caught.value.code == "fold"


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["Asia/Jakarta", "Europe/London", "America/New_York"]),
)
def test_wall_time_comes_back(at: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    try:
        found = instant(at, zone)
    except WallTimeError:
        return
    assert wall(found, zone) == at
