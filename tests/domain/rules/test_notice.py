"""How long before its start a request must arrive."""

from __future__ import annotations

from tests.domain.rules.asking import ask


def test_edges() -> None:
    settings = {"notice": {"hours": 24}}
    assert ask(1, "08:00", "09:00", settings) == ["notice"]
    assert ask(1, "08:30", "09:30", settings) == []
    assert ask(1, "08:00", "09:00", settings, deciding=True) == [], "judged when asked, not when decided"
    assert ask(0, "08:00", "09:00", settings) == ["past"]
