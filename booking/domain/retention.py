"""How long personal data is kept once nobody needs it any more: numbers of the centre, with defaults that may stay.

Titles of communities, times, rooms, numbers of people and the steps of the history are no personal data of this kind.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from booking.domain.errors import Refused, Violation


@dataclass(frozen=True)
class Retention:
    """Counted from the end of each thing: of a booking, of a log-in, from the revocation of an address."""

    # two yearly reports, and the audit of either, can still read why a room was lent
    words_months: int = 24
    # long enough to answer "I was never told"
    messages_days: int = 180
    # sessions and codes that are over let nobody in: they are kept only to see what happened lately
    sessions_days: int = 30
    # so long an app with a revoked address is told that it is revoked (410) and not that there is nothing (404)
    tokens_days: int = 365
    # a person who asks once a year sees all of it
    views_days: int = 365


BOUNDS: Mapping[str, tuple[int, int]] = {
    # calendars show what was for 90 days: with fewer months a title would vanish from phones before its event does
    "words_months": (4, 240),
    "messages_days": (7, 3650),
    "sessions_days": (1, 3650),
    "tokens_days": (7, 3650),
    "views_days": (30, 3650),
}
"""Least and most of each number."""


def checked(said: Retention) -> Retention:
    """Raises Refused(range) for every number out of its bounds."""
    broken = [
        Violation("range", {"least": BOUNDS[name][0], "most": BOUNDS[name][1]}, field=name)
        for name, value in asdict(said).items()
        if not BOUNDS[name][0] <= value <= BOUNDS[name][1]
    ]
    if broken:
        raise Refused(broken)
    return said


@dataclass(frozen=True)
class Before:
    """What ended before these moments may go."""

    words: datetime
    messages: datetime
    sessions: datetime
    tokens: datetime
    views: datetime


def before(said: Retention, now: datetime, real_now: datetime) -> Before:
    """`now` is the time bookings live by, `real_now` that of sessions and tokens."""
    return Before(
        words=months_before(now, said.words_months),
        messages=now - timedelta(days=said.messages_days),
        sessions=real_now - timedelta(days=said.sessions_days),
        tokens=real_now - timedelta(days=said.tokens_days),
        views=now - timedelta(days=said.views_days),
    )


def months_before(at: datetime, months: int) -> datetime:
    """The same day so many months earlier, or the last one of a month that has no such day."""
    year, index = divmod(at.year * 12 + at.month - 1 - months, 12)
    last = calendar.monthrange(year, index + 1)[1]
    return at.replace(year=year, month=index + 1, day=min(at.day, last))
