"""How many requests may wait at a time."""

from __future__ import annotations

from tests.domain.rules.asking import BAND, ask, use


def test_edges() -> None:
    settings = {"active": {"count": 1}}
    waiting = use(9, "09:00", "10:00", is_undecided=True)
    assert ask(1, "10:00", "11:00", settings, asker=BAND, uses=[waiting]) == ["active"]
    assert ask(1, "10:00", "11:00", settings, asker=BAND, uses=[use(9, "09:00", "10:00")]) == []
    own = use(9, "09:00", "10:00", is_undecided=True, is_other=False)
    assert ask(1, "10:00", "11:00", settings, asker=BAND, uses=[own]) == [], "dates of the same series"
    elsewhere = use(9, "09:00", "10:00", is_undecided=True, room_id=5)
    assert ask(1, "10:00", "11:00", settings, asker=BAND, uses=[elsewhere]) == []
