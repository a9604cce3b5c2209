"""A distance between two bookings of one community."""

from __future__ import annotations

from tests.domain.rules.asking import BAND, ask, use


def test_edges() -> None:
    settings = {"distance": {"hours": 24}}
    had = [use(1, "10:00", "12:00")]
    assert ask(2, "11:00", "13:00", settings, asker=BAND, uses=had) == ["distance"]
    assert ask(2, "12:00", "13:00", settings, asker=BAND, uses=had) == []
    assert ask(0, "09:30", "10:00", settings, asker=BAND, uses=had) == []
    assert ask(0, "09:30", "11:00", settings, asker=BAND, uses=had) == ["distance"]
    assert ask(2, "11:00", "13:00", settings, asker=BAND, uses=[use(1, "10:00", "12:00", is_other=False)]) == []
    assert ask(2, "11:00", "13:00", settings, asker=BAND, uses=[use(1, "10:00", "12:00", room_id=5)]) == []
