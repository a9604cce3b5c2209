"""The sweep against counting minute by minute."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from booking.domain.capacity import Taken, free_units, least_free, nearest_fit
from booking.domain.period import Period
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
    wanted, taken = hours(10, 12), [Taken(hours(9, 11), 1)]
    assert nearest_fit(wanted, 1, 1, taken, starts=starts, suits=lambda _: True) == hours(11, 13)
    late = hours(14, 15).starts_at
    assert nearest_fit(wanted, 1, 1, taken, starts=starts, suits=lambda one: one.starts_at >= late) == hours(14, 16)
    assert nearest_fit(wanted, 1, 1, [Taken(hours(0, 48), 1)], starts=starts, suits=lambda _: True) is None
    assert nearest_fit(wanted, 1, 1, [], starts=[], suits=lambda _: True) is None
