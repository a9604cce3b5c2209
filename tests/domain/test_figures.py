"""Figures that everybody may read: exact spreads, and nothing of a few people."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from booking.domain.figures import Figures, spread


@pytest.mark.parametrize(
    ("minutes", "median", "most"),
    [([1, 2, 3, 4, 5], 3, 5), ([7] * 5, 7, 7), (list(range(1, 101)), 50, 90), ([0, 0, 0, 0, 9, 9], 0, 9)],
)
def test_spread_is_the_nearest_rank(minutes: list[int], median: int, most: int) -> None:
    found = spread(Counter(minutes))
    assert (found.median, found.most) == (timedelta(minutes=median), timedelta(minutes=most))


def test_nothing_is_told_of_fewer_than_five() -> None:
    assert spread(Counter([1, 2, 3, 4])) is None
    assert Figures(Counter(asked=4, approved=4)).is_hidden
    group = Figures(Counter(asked=9, approved=5, declined=4, expired=0))
    assert not group.is_hidden
    assert group.told() == {"approved": 5, "declined": None, "expired": 0, "overridden": 0}
