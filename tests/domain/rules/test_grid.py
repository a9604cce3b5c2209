"""On which minutes a period may start and end."""

from __future__ import annotations

from tests.domain.rules.asking import ask


def test_edges() -> None:
    assert ask(1, "10:15", "11:00", {"grid": {"minutes": 30}}) == ["grid"]
    assert ask(1, "10:00", "11:10", {"grid": {"minutes": 30}}) == ["grid"]
    assert ask(1, "10:30", "11:30", {"grid": {"minutes": 30}}) == []
