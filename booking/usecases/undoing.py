"""Take a decision back within seconds: as if it had not been taken, but for the history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.storage import claims
from booking.storage.bookings import Booking
from booking.storage.history import History, HistoryText
from booking.storage.outbox import Outbox
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.deciding import UNDO
from booking.usecases.locking import locked
from booking.usecases.recording import publish, record, set_state

_DECISIONS = {Event.APPROVED: State.APPROVED, Event.DECLINED: State.DECLINED, Event.RETURNED: State.RETURNED}


@writes
def undo(session: Session, *, act: Act, code: str) -> str:
    """Restore what the actor's own last decision changed, at most 10 seconds later; SEQUENCE rises all the same.

    Messages that were not sent are not sent; answers to needs stay. Raises Refused(undo_over) when it is too late,
    something happened since, or the decision ended an offer or a hold; Forbidden for anybody else's, NotFound.
    """
    viewer = viewer_of(session, act)
    booking, _ = locked(session, code, viewer, act.now)
    last = _last(session, booking)
    if last is None or last.event not in _DECISIONS or "former" not in last.facts or act.now > last.at + UNDO:
        raise refuse("undo_over")
    if last.actor_id != act.actor:
        raise Forbidden
    former: dict[str, list[str]] = last.facts["former"]
    chosen = [one for one in booking.occurrences if one.uid in former]
    decided = _DECISIONS[Event(last.event)]
    if len(chosen) < len(former) or any(one.state != decided for one in chosen):
        raise refuse("undo_over")
    claims.release(session, [one.id for one in chosen])
    for one in chosen:
        state, one.overridden = former[one.uid]  # type: ignore[assignment]  # JSON knows no types
        set_state(one, State(state), act.now)
        one.decided_by = one.decided_at = None
        one.reason = _why_returned(session, booking) if state == State.RETURNED else None
    booking.version += 1
    is_told = _unsend(session, booking, Event(last.event), last.at)
    record(session, act, Event.UNDONE, booking, chosen, was=str(decided), tells=is_told)
    publish(session, act, chosen)
    return booking.code


def _last(session: Session, booking: Booking) -> History | None:
    query = select(History).where(History.booking_id == booking.id).order_by(History.id.desc()).limit(1)
    return session.scalars(query).first()


def _why_returned(session: Session, booking: Booking) -> str | None:
    query = select(HistoryText.text).join(History, History.id == HistoryText.history_id)
    query = query.where(History.booking_id == booking.id, History.event == Event.RETURNED)
    return session.scalar(query.order_by(History.id.desc()).limit(1))


def _unsend(session: Session, booking: Booking, event: Event, at: datetime) -> bool:
    """Take the messages of a decision out of the outbox. Returns whether one has gone out, or is just going."""
    mine = (Outbox.booking_id == booking.id, Outbox.kind == event, Outbox.created_at == at)
    waiting = (Outbox.sent_at.is_(None), Outbox.leased_until.is_(None), Outbox.told_at.is_(None))
    session.execute(delete(Outbox).where(*mine, *waiting))
    return session.scalar(select(Outbox.id).where(*mine).limit(1)) is not None
