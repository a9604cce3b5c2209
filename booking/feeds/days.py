"""What a room chose to show beside its bookings: when it is shut, and its hours of the next weeks."""

from __future__ import annotations

from datetime import timedelta

from booking.domain.opening import Opening
from booking.domain.period import Period
from booking.feeds.serving import Poll
from booking.ical.days import Shut, open_event, shut_event
from booking.storage import feed_events
from booking.storage.closures import Closure
from booking.storage.db import reading
from booking.storage.feed_events import Window
from booking.storage.places import Room

DAYS_AHEAD = 56
"""Hours are told for eight weeks: they are looked at before one goes, and a year of them would be half the calendar."""


def days_of(room: Room, window: Window, poll: Poll) -> list[bytes]:
    """Closures of the whole window, hours from today on; nothing of what the room did not choose."""
    closures = feed_events.closures_of(reading(), room, window) if room.feed_closures else ()
    bodies = [shut_event(_shut(one), room.site.zone, poll.language, poll.address) for one in closures]
    return bodies + (_hours(room, poll) if room.feed_hours else [])


def _shut(closure: Closure) -> Shut:
    closed, since = closure.as_closed(), closure.created_at
    key = f"{closure.id}|{since.isoformat()}"
    return Shut(key, closed.period, dict(closed.names), closed.provisional, since)


def _hours(room: Room, poll: Poll) -> list[bytes]:
    """One line a day on which it is open; none where nobody set hours."""
    ahead = Period(poll.midnight, poll.midnight + timedelta(days=DAYS_AHEAD))
    opening: Opening = feed_events.opening_of(reading(), room, ahead)
    zone, bodies = room.site.zone, []
    for number in range(DAYS_AHEAD):
        day = poll.midnight.date() + timedelta(days=number)
        profile = opening.profile_on(day)
        if opening.weekly is None and (profile is None or profile.weekly is None):
            continue
        if opened := opening.on(day):
            # told since it came into view: a time that is the same whenever it is asked for
            since = poll.midnight + timedelta(days=number - DAYS_AHEAD)
            bodies.append(open_event(room.id, day, opened, zone, since, poll.language, poll.address))
    return bodies
