from datetime import date
from zoneinfo import ZoneInfo

import pytest

from booking.domain.rules import parse
from booking.domain.rules.base import SettingError


def test_times_by_the_settings_in_force() -> None:
    zone, day = ZoneInfo("Asia/Jakarta"), date(2026, 11, 23)

    def times(**more: object) -> dict[str, str]:
        (rule,) = parse({"prayer": {"latitude": -6.9, "longitude": 107.54, **more}})
        return {name: f"{at.astimezone(zone):%H:%M}" for name, at in rule.on(day, zone).items()}

    usual = times()
    assert list(usual) == ["fajr", "dhuhr", "asr", "maghrib", "isha"]
    assert usual["dhuhr"] == "11:39"
    assert times(margin=0)["dhuhr"] == "11:37"
    assert times(method="isna")["fajr"] > usual["fajr"]
    assert times(shadow="two")["asr"] > usual["asr"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"latitude": "x"}, "type"), ({"latitude": 70}, "range"), ({"longitude": True}, "type"), ({}, "missing")],
)
def test_places_that_cannot_be(wrong: dict, why: str) -> None:
    known = {"latitude": 0, "longitude": 0} if wrong else {}
    with pytest.raises(SettingError) as caught:
        parse({"prayer": {**known, **wrong}})
    assert caught.value.why == why
