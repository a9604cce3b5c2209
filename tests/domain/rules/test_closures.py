"""Closures laid over the hours."""

from __future__ import annotations

from datetime import timedelta

from booking.domain.opening import Closed, Opening
from booking.domain.period import Period
from tests.domain.rules.asking import NOW, ZONE, ask


def test_edges() -> None:
    shut = Closed(Period(NOW + timedelta(days=1), NOW + timedelta(days=2)), {"id": "Libur", "en": "Holiday"})
    closed = Opening(ZONE, closures=[shut])
    assert ask(1, "08:00", "09:00", {}, opening=closed) == ["closed"]
    assert ask(2, "08:30", "09:00", {}, opening=closed) == []
