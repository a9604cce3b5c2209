"""Shares of hours that everybody wants."""

from __future__ import annotations

from tests.domain.rules.asking import BAND, ask, broken, use

SETTINGS = {"prime": {"hours": 4}}


def test_only_prime_time_counts() -> None:
    had = [use(0, "15:00", "20:00")]  # three hours of it
    assert ask(1, "17:00", "18:00", SETTINGS, asker=BAND, uses=had) == []
    (violation,) = broken(1, "17:00", "18:30", SETTINGS, asker=BAND, uses=had)
    assert (violation.code, violation.values["had_minutes"], violation.values["minutes"]) == ("prime", 180, 90)
    assert ask(1, "10:00", "16:00", SETTINGS, asker=BAND, uses=had) == []
    assert ask(5, "17:00", "21:00", SETTINGS, asker=BAND, uses=had) == [], "Saturday is no day of it"
    assert ask(7, "17:00", "21:00", SETTINGS, asker=BAND, uses=had) == [], "another week"
    assert ask(1, "17:00", "21:00", SETTINGS, asker=BAND, uses=[use(0, "17:00", "21:00", community_id=9)]) == []
