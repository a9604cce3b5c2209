"""Prayer times as lines in the schedule. They refuse nothing; a break in which nothing takes place is `pause`.

Methods are named after who publishes them: angles of the sun below the horizon at dawn and at nightfall. Kemenag: the
ministry of religious affairs of Indonesia, 20 and 18 degrees with two minutes of ihtiyat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from booking.domain.rules.base import Rule, choice, degrees, number
from booking.domain.sun import Prayers, prayer_times

METHODS: Mapping[str, tuple[float, float]] = {
    "kemenag": (20, 18),
    "mwl": (18, 17),
    "isna": (15, 15),
    "egypt": (19.5, 17.5),
    "karachi": (18, 18),
}
MOST_LATITUDE = 66
"""Beyond the polar circles there are days without sunset, for which the methods say nothing."""


@dataclass(frozen=True)
class PrayerTimes(Rule):
    """{"latitude": -6.9, "longitude": 107.54, "method": "kemenag", "margin": 2, "shadow": "one"}"""

    code: ClassVar[str] = "prayer"
    latitude: float = degrees(most=MOST_LATITUDE)
    longitude: float = degrees(most=180)
    method: str = choice(*METHODS, default="kemenag")
    margin: int = number("minutes", least=0, most=10, default=2)
    shadow: str = choice("one", "two", default="one")

    def on(self, day: date, zone: ZoneInfo) -> dict[str, datetime]:
        """The prayer times of a day, in order."""
        dawn, nightfall = METHODS[self.method]
        shadow = 2 if self.shadow == "two" else 1
        said = Prayers(float(self.latitude), float(self.longitude), dawn, nightfall, shadow, self.margin)
        return prayer_times(said, day, zone)
