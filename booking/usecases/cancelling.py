"""Cancel a booking or some of its occurrences; the time is free again in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import OPEN, State, check_step
from booking.domain.text import clean_text
from booking.storage import claims
from booking.storage.bookings import Booking, Occurrence, is_own, may_override
from booking.storage.offers import waits_of
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.changing import withdraw_change
from booking.usecases.locking import locked
from booking.usecases.recording import publish, record, set_state
from booking.usecases.waitlist import pass_on


@writes
def cancel(session: Session, *, act: Act, code: str, reason: str = "", uids: Collection[str] | None = None) -> str:
    """Cancel what is not over yet or waits in line (of `uids`, where given); returns the code.

    Staff must say why. Raises Refused(state, reason_required), Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    booking, stock = locked(session, code, viewer, act.now)
    own = is_own(booking, viewer)
    if not own and not may_override(booking, viewer):
        raise Forbidden
    reason = clean_text(reason, field="reason")
    if not own and not reason:
        raise refuse("reason_required", field="reason")
    waits = waits_of(session, [one.id for one in booking.occurrences if one.state == State.SKIPPED])
    may_go = [*cancellable(booking, act.now), *(one for one in booking.occurrences if one.id in waits)]
    chosen = [one for one in may_go if uids is None or one.uid in uids]
    if not chosen:
        raise refuse("state", state=booking.state, wanted=str(State.CANCELLED))
    was = booking.state
    for occurrence in chosen:
        check_step(State(occurrence.state), State.CANCELLED)
        set_state(occurrence, State.CANCELLED, act.now)
        withdraw_change(occurrence, act)
        occurrence.reason = reason or occurrence.reason
    booking.version += 1
    claims.release(session, [occurrence.id for occurrence in chosen])
    record(session, act, Event.CANCELLED, booking, chosen, was=was, text=reason)
    publish(session, act, chosen, left_rooms=pass_on(session, act, stock))
    return booking.code


def cancellable(booking: Booking, now: datetime) -> list[Occurrence]:
    """Occurrences that are open or approved and have not ended. Skipped dates of a series are nothing to cancel."""
    return [one for one in booking.occurrences if one.state in OPEN | {State.APPROVED} and one.ends_at > now]
