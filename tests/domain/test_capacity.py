"""The sweep against counting minute by minute."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from booking.domain.capacity import Ledger, Taken, fitting, free_units, least_free, nearest_fit, outwards
from booking.domain.period import REACH, Period
from tests.domain.test_period import hours, periods

claims = st.lists(st.tuples(periods, st.integers(1, 6)).map(lambda pair: Taken(*pair)), max_size=10)


@given(claims, periods, st.integers(1, 24))
def test_free_units_equal_counting(taken: list[Taken], within: Period, units: int) -> None:
    found = free_units(units, taken, within)
    assert found[0].period.starts_at == within.starts_at
    assert found[-1].period.ends_at == within.ends_at
    for free in found:
        moment = free.period.starts_at
        while moment < free.period.ends_at:
            used = sum(one.units for one in taken if one.period.starts_at <= moment < one.period.ends_at)
            assert free.units == max(units - used, 0)
            moment += timedelta(hours=1)
    neighbours = pairwise(found)
    assert all(one.units != other.units and one.period.ends_at == other.period.starts_at for one, other in neighbours)


def test_touching_claims_leave_room() -> None:
    assert least_free(1, [Taken(hours(1, 2), 1), Taken(hours(3, 4), 1)], hours(2, 3)) == 1
    assert least_free(1, [Taken(hours(1, 2), 1)], hours(1.5, 3)) == 0


def test_nearest_fit_takes_the_closest_start_that_is_free_and_suits() -> None:
    starts = [hours(n / 2, n).starts_at for n in range(16, 40)]
    wanted = hours(10, 12)

    def nearest(taken: list[Taken], suits=lambda _: True, starts=starts) -> Period | None:
        return nearest_fit(wanted, fitting(1, 1, taken, hours(0, 48)), starts=starts, suits=suits)

    assert nearest([Taken(hours(9, 11), 1)]) == hours(11, 13)
    late = hours(14, 15).starts_at
    assert nearest([Taken(hours(9, 11), 1)], lambda one: one.starts_at >= late) == hours(14, 16)
    assert nearest([Taken(hours(0, 48), 1)]) is None
    assert nearest([], starts=[]) is None


@given(claims, periods)
def test_a_ledger_leaves_out_only_what_cannot_matter(taken: list[Taken], within: Period) -> None:
    short = [one for one in taken if one.period.length <= REACH]
    ledger = Ledger(short[1:])
    for one in short[:1]:
        ledger.add(one)
    assert free_units(9, ledger.near(within), within) == free_units(9, short, within)
    assert sorted(ledger, key=repr) == sorted(short, key=repr)


@given(st.lists(st.integers(-50, 50), max_size=30), st.integers(-60, 60))
def test_outwards_is_the_order_of_distance_then_of_time(minutes: list[int], middle: int) -> None:
    ordered = sorted(hours(0, 1).starts_at + timedelta(minutes=one) for one in minutes)
    at = hours(0, 1).starts_at + timedelta(minutes=middle)
    assert list(outwards(ordered, at)) == sorted(ordered, key=lambda one: (abs(one - at), one))
