"""Settings that cannot be, and what a site says for its rooms."""

from __future__ import annotations

from typing import Any

import pytest

from booking.domain.rules import RULES, in_force, parse
from booking.domain.rules.base import SettingError


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
        ({"pause": {"day": "xyz"}}, ("pause", "day", "unknown_choice")),
        ({"pause": {"starts": "13:00", "ends": "11:00"}}, ("pause", "starts", "order")),
        ({"pause": {"starts": "25:00"}}, ("pause", "starts", "clock")),
        ({"quota_community": {}}, ("quota_community", "count", "missing")),
        ({"quota_community": {"per": "year", "count": 1}}, ("quota_community", "per", "unknown_choice")),
        ({"who": {"private": "yes"}}, ("who", "private", "type")),
        ({"who": {"kinds": "UMKM"}}, ("who", "kinds", "type")),
        ({"who": {"kinds": [""]}}, ("who", "kinds", "type")),
        ({"prime": {"days": ["mon", "xyz"]}}, ("prime", "days", "unknown_day")),
        ({"prime": {"days": []}}, ("prime", "days", "missing")),
        ({"prime": {"starts": "21:00", "ends": "17:00"}}, ("prime", "starts", "order")),
        ({"active": {"count": 0}}, ("active", "count", "range")),
        ({"distance": {"hours": 10**9}}, ("distance", "hours", "range")),
        ({"automatic": {"nope": 1}}, ("automatic", "nope", "unknown")),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], named: tuple[str, str | None, str]) -> None:
    with pytest.raises(SettingError) as caught:
        parse(settings)
    assert (caught.value.rule, caught.value.setting, caught.value.why) == named


def test_every_rule_is_in_the_table_under_its_code() -> None:
    assert {code: rule.code for code, rule in RULES.items()} == {code: code for code in RULES}


def test_a_room_speaks_for_itself_and_its_site_for_the_rest() -> None:
    site = {"notice": {"hours": 24}, "horizon": {"days": 90}}
    found = {rule.code: rule for rule in in_force(site, {"notice": {"hours": 2}, "horizon": None})}
    assert list(found) == ["notice"]
    assert found["notice"].hours == 2
    assert [rule.code for rule in in_force(site, {})] == ["notice", "horizon"]


def test_every_rule_has_a_test_of_its_own() -> None:
    from pathlib import Path

    here = Path(__file__).parent
    files = {path.stem for path in (here.parents[2] / "booking" / "domain" / "rules").glob("*.py")}
    assert {f"test_{name}" for name in files - {"__init__", "ask", "base", "clock"}} <= {
        path.stem for path in here.glob("*.py")
    }
