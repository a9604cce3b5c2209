"""The weekly break."""

from __future__ import annotations

from tests.domain.rules.asking import ask


def test_edges() -> None:
    settings = {"pause": {"day": "fri", "starts": "11:30", "ends": "13:00"}}
    assert ask(4, "11:00", "12:00", settings) == ["pause"]
    assert ask(4, "10:00", "11:30", settings) == []
    assert ask(4, "13:00", "14:00", settings) == []
    assert ask(3, "11:30", "13:00", settings) == []
