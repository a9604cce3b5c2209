"""What time alone does: requests lapse at their start, approved occurrences are completed at their end."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.storage import settings
from booking.storage.due import changes_overdue, overdue
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.changing import withdraw_change
from booking.usecases.locking import lock_bookings
from booking.usecases.recording import publish, record, set_state


@writes
def close_overdue(session: Session, *, act: Act) -> int:
    """Lapse and complete up to 200 occurrences; returns how many, so that the worker knows to come again.

    What is completed looks in every calendar and on every public page as it did: no SEQUENCE, no tag changes for it.
    """
    ids = sorted({occurrence.booking_id for occurrence in overdue(session, act.now)})
    lock_bookings(session, ids)
    found = overdue(session, act.now, of=ids)
    standing = sorted(found, key=lambda one: (one.booking_id, one.state == State.APPROVED, one.id))
    for (_, ended), grouped in groupby(standing, key=lambda one: (one.booking_id, one.state == State.APPROVED)):
        occurrences = list(grouped)
        booking = occurrences[0].booking
        was = occurrences[0].state
        for occurrence in occurrences:
            if ended:
                occurrence.state = State.COMPLETED
            else:
                set_state(occurrence, State.EXPIRED, act.now)
        booking.version += 1
        event = Event.COMPLETED if ended else Event.EXPIRED
        record(session, act, event, booking, occurrences, was=was)
    publish(session, act, [one for one in standing if one.state == State.EXPIRED])
    return len(found)


@writes
def close_changes(session: Session, *, act: Act) -> int:
    """Changes nobody decided in time lapse; what is approved stays as it was. Returns how many."""
    found = changes_overdue(session, act.now)
    ids = sorted({occurrence.booking_id for occurrence in found})
    lock_bookings(session, ids)
    ended = [one for one in changes_overdue(session, act.now) if withdraw_change(one, act, "expired")]
    for booking in dict.fromkeys(one.booking for one in ended):
        record(session, act, Event.CHANGE_EXPIRED, booking, [one for one in ended if one.booking is booking])
        booking.version += 1
    publish(session, act, ended)
    return len(ended)


@writes
def note_worker(session: Session, *, real_now: datetime) -> None:
    """The worker lives; /readyz looks at it."""
    settings.put(session, settings.WORKER_SEEN, real_now.isoformat())
