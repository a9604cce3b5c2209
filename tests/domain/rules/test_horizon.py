"""How far ahead one may ask."""

from __future__ import annotations

from tests.domain.rules.asking import ask


def test_edges() -> None:
    assert ask(8, "08:00", "09:00", {"horizon": {"days": 7}}) == ["horizon"]
    assert ask(7, "08:30", "09:00", {"horizon": {"days": 7}}) == []
