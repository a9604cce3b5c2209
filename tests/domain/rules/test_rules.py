"""Each rule at its edges, and settings that cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from booking.domain.opening import Closed, Opening
from booking.domain.period import Period
from booking.domain.rules import RULES, opening, parse, violations
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import SettingError

ZONE = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # Monday, 08.30 WIB
WEEKDAYS = {"weekly": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}


def ask(day: int, starts: str, ends: str, settings: dict[str, Any], **more: Any) -> list[str]:
    """Codes of what stands in the way, `day` days after Monday."""
    midnight = datetime(2026, 11, 23, tzinfo=ZONE) + timedelta(days=day)
    instants = [midnight + timedelta(hours=int(clock[:2]), minutes=int(clock[3:])) for clock in (starts, ends)]
    deciding = more.pop("deciding", False)
    rules = parse(settings)
    wanted = Ask(Period(*instants), 1, 2, NOW, opening(rules, ZONE))
    return [violation.code for violation in violations(rules, replace(wanted, **more), deciding=deciding)]


def test_notice() -> None:
    settings = {"notice": {"hours": 24}}
    assert ask(1, "08:00", "09:00", settings) == ["notice"]
    assert ask(1, "08:30", "09:30", settings) == []
    assert ask(1, "08:00", "09:00", settings, deciding=True) == []
    assert ask(0, "08:00", "09:00", settings) == ["past"]


def test_horizon() -> None:
    assert ask(8, "08:00", "09:00", {"horizon": {"days": 7}}) == ["horizon"]
    assert ask(7, "08:30", "09:00", {"horizon": {"days": 7}}) == []


def test_length() -> None:
    settings = {"length": {"shortest": 60, "longest": 120}}
    assert ask(1, "10:00", "10:30", settings) == ["length"]
    assert ask(1, "10:00", "12:30", settings) == ["length"]
    assert ask(1, "10:00", "11:00", settings) == ask(1, "10:00", "12:00", settings) == []


def test_grid() -> None:
    assert ask(1, "10:15", "11:00", {"grid": {"minutes": 30}}) == ["grid"]
    assert ask(1, "10:00", "11:10", {"grid": {"minutes": 30}}) == ["grid"]
    assert ask(1, "10:30", "11:30", {"grid": {"minutes": 30}}) == []


def test_hours() -> None:
    assert ask(1, "07:30", "09:00", {"hours": WEEKDAYS}) == ["hours"]
    assert ask(1, "17:00", "18:00", {"hours": WEEKDAYS}) == []
    assert ask(5, "10:00", "11:00", {"hours": WEEKDAYS}) == ["hours"]
    assert ask(5, "10:00", "11:00", {"hours": WEEKDAYS}, deciding=True) == ["hours"]


def test_pause() -> None:
    settings = {"pause": {"day": "fri", "starts": "11:30", "ends": "13:00"}}
    assert ask(4, "11:00", "12:00", settings) == ["pause"]
    assert (
        ask(4, "10:00", "11:30", settings)
        == ask(4, "13:00", "14:00", settings)
        == ask(3, "11:30", "13:00", settings)
        == []
    )


def test_closures() -> None:
    shut = Closed(Period(NOW + timedelta(days=1), NOW + timedelta(days=2)), {"id": "Libur", "en": "Holiday"})
    closed = Opening(ZONE, closures=[shut])
    assert ask(1, "08:00", "09:00", {}, opening=closed) == ["closed"]
    assert ask(2, "08:30", "09:00", {}, opening=closed) == []


def test_basics() -> None:
    assert ask(1, "08:00", "09:00", {}, capacity=1) == ["capacity"]
    assert ask(1, "08:00", "09:00", {}, units=2) == ["units"]
    assert ask(1, "08:00", "09:00", {}, units=0) == ["units"]
    assert ask(1, "08:00", "09:00", {}, people=0) == ["people"]
    assert ask(1, "08:00", "09:00", {}, bookable=False) == ["not_bookable"]
    assert ask(4 * 366, "08:00", "09:00", {}) == ["horizon"]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"nope": {}}, ("nope", None, "unknown_rule")),
        ({"notice": {}}, ("notice", "hours", "missing")),
        ({"notice": {"hours": "24"}}, ("notice", "hours", "type")),
        ({"notice": {"hours": True}}, ("notice", "hours", "type")),
        ({"notice": {"hours": -1}}, ("notice", "hours", "range")),
        ({"notice": {"hours": 1, "days": 2}}, ("notice", "days", "unknown")),
        ({"notice": 5}, ("notice", None, "type")),
        ({"length": {"shortest": 120, "longest": 60}}, ("length", "shortest", "order")),
        ({"hours": {"weekly": {"monday": []}}}, ("hours", "weekly", "unknown_day")),
        ({"hours": {"weekly": {"mon": [["25:00", "26:00"]]}}}, ("hours", "weekly", "clock")),
        ({"hours": {"weekly": {"mon": [["12:00", "10:00"]]}}}, ("hours", "weekly", "order")),
        ({"hours": {"weekly": {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}}}, ("hours", "weekly", "order")),
        ({"hours": {"weekly": []}}, ("hours", "weekly", "type")),
        ({"pause": {"day": "xyz"}}, ("pause", "day", "unknown_day")),
        ({"pause": {"starts": "13:00", "ends": "11:00"}}, ("pause", "starts", "order")),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], named: tuple[str, str | None, str]) -> None:
    with pytest.raises(SettingError) as caught:
        parse(settings)
    assert (caught.value.rule, caught.value.setting, caught.value.why) == named


def test_every_rule_is_in_the_table_under_its_code() -> None:
    assert {code: rule.code for code, rule in RULES.items()} == {code: code for code in RULES}
