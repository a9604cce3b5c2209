"""When the sun stands where at a place, and the prayer times that follow from it.

Position of the sun: the approximate solar coordinates of the U.S. Naval Observatory ("Computing Approximate Solar
Coordinates", from the Astronomical Almanac), good to about one arc minute from 1950 to 2050 and to some more for
decades around; hour angles by the usual spherical triangle. Sunset is when the centre is 0.833 degrees below the
horizon: the sun's radius and the refraction of the air. No allowance for height above the sea.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from math import acos, asin, atan, atan2, cos, degrees, radians, sin, tan
from zoneinfo import ZoneInfo

J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
SUNSET = -0.833
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Prayers:
    """How prayer times are reckoned. Angles in degrees below the horizon; `shadow`: lengths of it at Asr, 1 or 2.

    `margin`: minutes added to each time for safety (ihtiyat), after rounding up to a whole minute.
    """

    latitude: float
    longitude: float
    dawn: float
    nightfall: float
    shadow: int = 1
    margin: int = 0


@lru_cache(maxsize=1024)
def prayer_times(said: Prayers, day: date, zone: ZoneInfo) -> dict[str, datetime]:
    """The five of a day, in order, in UTC; without those for which the sun does not go so low on that day."""
    noon = _noon(said.longitude, day, zone)
    below = {"fajr": (-said.dawn, -1), "asr": (None, 1), "maghrib": (SUNSET, 1), "isha": (-said.nightfall, 1)}
    found: dict[str, datetime | None] = {"dhuhr": noon}
    for name, (altitude, side) in below.items():
        found[name] = _when(said, noon, altitude, side)
    names = ("fajr", "dhuhr", "asr", "maghrib", "isha")
    return {name: _in_minutes(at) + said.margin * MINUTE for name in names if (at := found[name]) is not None}


def _in_minutes(at: datetime) -> datetime:
    """Rounded up: a prayer begins no earlier than its time."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + MINUTE


def _noon(longitude: float, day: date, zone: ZoneInfo) -> datetime:
    """When the sun crosses the meridian on a day of the zone, which may be another day in UTC."""
    for days in (0, -1, 1):
        mean = datetime.combine(day + days * DAY, time(12), UTC) - timedelta(hours=longitude / 15)
        noon = mean - timedelta(hours=_sun(mean)[1])
        if noon.astimezone(zone).date() == day:
            return noon
    return noon


def _when(said: Prayers, noon: datetime, altitude: float | None, side: int) -> datetime | None:
    """When the sun has an altitude before (-1) or after (1) noon; None: that of Asr. Its own motion counts."""
    at, phi = noon, radians(said.latitude)
    for _ in range(3):
        declination, _equation = _sun(at)
        low = atan(1 / (said.shadow + tan(abs(phi - declination)))) if altitude is None else radians(altitude)
        cosine = (sin(low) - sin(phi) * sin(declination)) / (cos(phi) * cos(declination))
        if not -1 <= cosine <= 1:
            return None
        turned = timedelta(hours=side * degrees(acos(cosine)) / 15)
        at = noon + turned + timedelta(hours=_sun(noon)[1] - _sun(at)[1])
    return at


def _sun(at: datetime) -> tuple[float, float]:
    """Its declination (radians) and the equation of time (hours: apparent minus mean solar time)."""
    days = (at - J2000) / DAY
    anomaly, mean = radians(357.529 + 0.98560028 * days), 280.459 + 0.98564736 * days
    longitude = radians(mean + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    tilt = radians(23.439 - 0.00000036 * days)
    ascension = degrees(atan2(cos(tilt) * sin(longitude), cos(longitude)))
    equation = ((mean - ascension + 180) % 360 - 180) / 15
    return asin(sin(tilt) * sin(longitude)), equation
