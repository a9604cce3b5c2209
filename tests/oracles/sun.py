"""The sun by another way than booking/domain/sun.py: the equations of NOAA's Solar Calculator.

After Meeus, Astronomical Algorithms: orbit with its eccentricity, nutation, equation of time as a series.
All in minutes of UTC since the midnight that begins the day.
"""

from __future__ import annotations

import math
from datetime import date


def _series(day: date, hour: float) -> tuple[float, float]:
    """Equation of time in minutes, declination in radians."""
    t = (day.toordinal() - date(2000, 1, 1).toordinal() + (hour - 12) / 24) / 36525
    length = math.radians((280.46646 + t * (36000.76983 + t * 0.0003032)) % 360)
    anomaly = math.radians(357.52911 + t * (35999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = (
        math.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + math.sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + math.sin(3 * anomaly) * 0.000289
    )
    node = math.radians(125.04 - 1934.136 * t)
    apparent = length + math.radians(centre - 0.00569 - 0.00478 * math.sin(node))
    tilt = 23 + (26 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60) / 60
    tilt = math.radians(tilt + 0.00256 * math.cos(node))
    y = math.tan(tilt / 2) ** 2
    equation = 4 * math.degrees(
        y * math.sin(2 * length)
        - 2 * eccentricity * math.sin(anomaly)
        + 4 * eccentricity * y * math.sin(anomaly) * math.cos(2 * length)
        - 0.5 * y * y * math.sin(4 * length)
        - 1.25 * eccentricity**2 * math.sin(2 * anomaly)
    )
    return equation, math.asin(math.sin(tilt) * math.sin(apparent))


def noon(day: date, longitude: float) -> float:
    at = 720 - 4 * longitude
    return at - _series(day, at / 60)[0]


def crossing(day: date, latitude: float, longitude: float, altitude: float, *, before: bool) -> float:
    """When the sun's centre has an altitude (degrees), in the morning or in the evening."""
    return _solve(day, latitude, longitude, lambda _declination: math.radians(90 - altitude), before=before)


def asr(day: date, latitude: float, longitude: float, shadow: int) -> float:
    """When a shadow is longer than at noon by `shadow` lengths of what throws it."""

    def zenith(declination: float) -> float:
        return math.atan(shadow + math.tan(abs(math.radians(latitude) - declination)))

    return _solve(day, latitude, longitude, zenith, before=False)


def _solve(day: date, latitude: float, longitude: float, zenith, *, before: bool) -> float:
    phi, at = math.radians(latitude), noon(day, longitude)
    for _ in range(4):
        equation, declination = _series(day, at / 60)
        turned = math.acos(
            math.cos(zenith(declination)) / (math.cos(phi) * math.cos(declination))
            - math.tan(phi) * math.tan(declination)
        )
        at = 720 - 4 * (longitude + (math.degrees(turned) if before else -math.degrees(turned))) - equation
    return at
