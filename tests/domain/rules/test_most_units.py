"""How many units one request may take."""

from __future__ import annotations

from tests.domain.rules.asking import ask


def test_edges() -> None:
    settings = {"most_units": {"most": 4}}
    assert ask(1, "10:00", "11:00", settings, room_units=24, units=5) == ["most_units"]
    assert ask(1, "10:00", "11:00", settings, room_units=24, units=4) == []
    assert ask(1, "10:00", "11:00", settings, room_units=3, units=9) == ["units"], "said once, by what is narrower"
