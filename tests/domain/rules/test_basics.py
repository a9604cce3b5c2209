"""What holds everywhere."""

from __future__ import annotations

from tests.domain.rules.asking import ask


def test_edges() -> None:
    assert ask(1, "08:00", "09:00", {}, capacity=1) == ["capacity"]
    assert ask(1, "08:00", "09:00", {}, units=2) == ["units"]
    assert ask(1, "08:00", "09:00", {}, units=0) == ["units"]
    assert ask(1, "08:00", "09:00", {}, people=0) == ["people"]
    assert ask(1, "08:00", "09:00", {}, bookable=False) == ["not_bookable"]
    assert ask(4 * 366, "08:00", "09:00", {}) == ["too_far"]
