"""Who came and who did not."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import State, check_step
from booking.domain.permissions import Action
from booking.storage.claims import Claim
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.changing import withdraw_change
from booking.usecases.locking import locked
from booking.usecases.recording import publish, record, set_state


@writes
def mark_missed(session: Session, *, act: Act, code: str, uid: str) -> str:
    """Nobody came: keep the time from the start until now, free the rest.

    Raises Refused(state), Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    booking, _ = locked(session, code, viewer, act.now, Action.ATTEND)
    occurrence = next((one for one in booking.occurrences if one.uid == uid), None)
    if occurrence is None or not viewer.may(Action.ATTEND, occurrence.room.site_id):
        raise Forbidden
    if not occurrence.starts_at < act.now < occurrence.ends_at:
        raise refuse("state", state=occurrence.state, wanted=str(State.MISSED))
    check_step(State(occurrence.state), State.MISSED)
    set_state(occurrence, State.MISSED, act.now)
    session.execute(update(Claim).where(Claim.occurrence_id == occurrence.id, Claim.active).values(ends_at=act.now))
    withdraw_change(occurrence, act)
    booking.version += 1
    record(session, act, Event.MISSED, booking, [occurrence], was=State.APPROVED)
    publish(session, act, [occurrence])
    return booking.code
