"""The shortest and the longest time."""

from __future__ import annotations

from tests.domain.rules.asking import ask


def test_edges() -> None:
    settings = {"length": {"shortest": 60, "longest": 120}}
    assert ask(1, "10:00", "10:30", settings) == ["length"]
    assert ask(1, "10:00", "12:30", settings) == ["length"]
    assert ask(1, "10:00", "11:00", settings) == ask(1, "10:00", "12:00", settings) == []
