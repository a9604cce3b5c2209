"""By when the office means to answer a request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.approval import answer_by
from booking.domain.lifecycle import State
from booking.storage.bookings import Booking
from booking.storage.closures import shut_days


def promise(session: Session, booking: Booking, now: datetime) -> None:
    """Note until when the undecided of a booking are to be answered: by the slowest of their sites, before they begin.

    Reminders and escalation start anew. Where nothing waits, nothing is promised, and an old promise is history.
    """
    waiting = [one for one in booking.occurrences if one.state == State.REQUESTED]
    if not waiting:
        return
    sites = {one.room.site_id: one.room.site for one in waiting if one.room.site.answer_days}
    found = [answer_by(now, site.answer_days, site.zone, shut_days(session, site, now)) for site in sites.values()]
    booking.answer_by = min(max(found), *(one.starts_at for one in waiting)) if found else None
    booking.reminded_at = booking.escalated_at = None
