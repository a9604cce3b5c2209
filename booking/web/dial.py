"""The wall clock of one day at one site: its moments as whole minutes since midnight, and what they are called."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from booking.domain.period import Period
from booking.front import formats

MINUTE = timedelta(minutes=1)
HOUR = 60
Span = tuple[int, int]
"""Minutes since the day's midnight, half open; cheap to cut, join and look up."""


class Dial:
    """Turns the instants of a day into minutes that have passed of it (a day of 23 or 25 hours has fewer or more)."""

    def __init__(self, whole: Period, zone: ZoneInfo) -> None:
        self.starts_at, self.zone = whole.starts_at, zone
        self.day = whole.starts_at.astimezone(zone).date()
        self.length = whole.minutes
        # without a change of clocks wall times are plain arithmetic
        self._is_plain = self.length == 24 * HOUR
        self.zone_name = formats.zone_name(whole.starts_at, zone)
        self._mark = formats.clock_text(":")
        # a board says few different times, each of them often
        self._texts: dict[int, str] = {}

    def around(self, period: Period) -> Span:
        """The whole minutes that a period touches: for what is taken."""
        return (period.starts_at - self.starts_at) // MINUTE, self.after(period.ends_at)

    def inside(self, period: Period) -> Span:
        """The whole minutes that lie in a period: for what is free; may be empty or reversed."""
        return self.after(period.starts_at), (period.ends_at - self.starts_at) // MINUTE

    def after(self, at: datetime) -> int:
        """The first whole minute at or after a moment."""
        return -((self.starts_at - at) // MINUTE)

    def wall(self, minute: int) -> int:
        """What the clock on the wall shows, in minutes since its midnight; 24 hours at the end of the day."""
        if self._is_plain or minute >= self.length:
            return 24 * HOUR if minute >= self.length else minute
        there = self._there(minute)
        return there.hour * HOUR + there.minute

    def past_grid(self, minute: int, step: int) -> int:
        """How many minutes ago, by the wall clock, the last multiple of `step` from midnight was."""
        if minute >= self.length:
            return 0
        return (minute if self._is_plain else self.wall(minute)) % step

    def text(self, minute: int) -> str:
        """19.30, as it is written in the reader's language; 24.00 at the end of the day."""
        found = self._texts.get(minute)
        if found is None:
            hour, left = divmod(self.wall(minute), HOUR)
            found = self._texts[minute] = f"{hour:02d}{self._mark}{left:02d}"
        return found

    def value(self, minute: int) -> str:
        """19:30, as addresses say it."""
        return self.text(minute).replace(self._mark, ":")

    def span(self, span: Span) -> str:
        """19.30-21.00"""
        return f"{self.text(span[0])}-{self.text(span[1])}"

    def times(self, span: Span) -> str:
        """19.30-21.00 WIB"""
        name = self.zone_name if self._is_plain else formats.zone_name(self._there(span[0]), self.zone)
        return f"{self.span(span)} {name}"

    def _there(self, minute: int) -> datetime:
        return (self.starts_at + minute * MINUTE).astimezone(self.zone)


def without(span: Span, cut: list[Span]) -> list[Span]:
    """What is left of a span when others, in order of their starts, are cut out."""
    left, (at, until) = [], span
    for starts, ends in cut:
        if ends <= at or starts >= until:
            continue
        if starts > at:
            left.append((at, starts))
        at = max(at, ends)
    if at < until:
        left.append((at, until))
    return left


def joined(spans: list[Span]) -> list[Span]:
    """The same time as few spans: overlapping and touching ones become one."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span[0] <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], span[1]))
        else:
            result.append(span)
    return result
