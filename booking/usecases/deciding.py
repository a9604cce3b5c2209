"""Approve, decline or return what is undecided in a booking: rules and claims are judged again meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.approval import Tier, may_decide
from booking.domain.errors import Forbidden, Refused, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import OPEN, State, check_step
from booking.domain.permissions import Action, Viewer
from booking.domain.text import clean_text
from booking.storage import claims
from booking.storage.bookings import Booking, Occurrence, booking_by_code, is_own
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.claiming import Candidate, judge, lock, take
from booking.usecases.recording import publish, record, set_state


class Verdict(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"
    RETURN = "return"


_OUTCOME = {
    Verdict.APPROVE: (State.APPROVED, Event.APPROVED),
    Verdict.DECLINE: (State.DECLINED, Event.DECLINED),
    Verdict.RETURN: (State.RETURNED, Event.RETURNED),
}


@writes
def decide(
    session: Session,
    *,
    act: Act,
    code: str,
    verdict: Verdict,
    reason: str = "",
    version: int | None = None,
    uids: Collection[str] | None = None,
) -> str:
    """Decide the undecided occurrences that the actor may decide (of `uids`, where given); returns the code.

    Raises Refused (reason_required, stale, state, taken and the rules that are judged again), Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    booking, stock = locked(session, code, viewer, act.now)
    _check_may_any(booking, viewer)
    reason = clean_text(reason, field="reason")
    if verdict is not Verdict.APPROVE and not reason:
        raise refuse("reason_required", field="reason")
    if version is not None and version != booking.version:
        raise refuse("stale", version=booking.version)
    chosen = _decidable(booking, viewer, verdict, uids)
    state, event = _OUTCOME[verdict]
    was = booking.state
    if verdict is Verdict.APPROVE:
        _approve(session, act, chosen, stock)
    for occurrence in chosen:
        check_step(State(occurrence.state), state)
        set_state(occurrence, state, act.now)
        occurrence.decided_by, occurrence.decided_at, occurrence.reason = act.actor, act.now, reason or None
    booking.version += 1
    record(session, act, event, booking, chosen, was=was, text=reason)
    publish(session, act, chosen)
    return booking.code


def locked(
    session: Session, code: str, viewer: Viewer, now: datetime, action: Action = Action.SEE_REQUESTS
) -> tuple[Booking, dict[int, claims.Stock]]:
    """The booking with its resources locked first, then itself, read anew. Raises NotFound."""
    rooms = {occurrence.room for occurrence in booking_by_code(session, code, viewer, action).occurrences}
    stock = lock(session, rooms, now)
    session.execute(select(Booking.id).where(Booking.code == code.upper()).with_for_update())
    session.expire_all()
    return booking_by_code(session, code, viewer, action), stock


def _decidable(booking: Booking, viewer: Viewer, verdict: Verdict, uids: Collection[str] | None) -> list[Occurrence]:
    """Undecided ones; what was returned for changes may still be declined."""
    states = OPEN if verdict is Verdict.DECLINE else {State.REQUESTED}
    undecided = [one for one in booking.occurrences if one.state in states and (uids is None or one.uid in uids)]
    if not undecided:
        raise refuse("state", state=booking.state, wanted="decided")
    chosen = [one for one in undecided if may_decide(viewer, Tier(one.room.tier), one.room.site_id)]
    if not chosen:
        raise Forbidden
    return chosen


def _check_may_any(booking: Booking, viewer: Viewer) -> None:
    if not any(may_decide(viewer, Tier(one.room.tier), one.room.site_id) for one in booking.occurrences):
        raise Forbidden


def _approve(session: Session, act: Act, chosen: list[Occurrence], stock: dict[int, claims.Stock]) -> None:
    """Judge again and take the claims; violations speak of positions among the chosen occurrences."""
    candidates = [Candidate(at, one.room, one.period, one.units, one.head_count) for at, one in enumerate(chosen)]
    broken, facts = judge(session, candidates, act.now, deciding=True)
    if broken:
        raise Refused(broken)
    take(session, chosen, facts, stock)


@writes
def resubmit(session: Session, *, act: Act, code: str, note: str) -> str:
    """Send a returned request again, with an answer to what was asked. Raises Refused(required, state), NotFound."""
    viewer = viewer_of(session, act)
    booking, _ = locked(session, code, viewer, act.now)
    if not is_own(booking, viewer):
        raise Forbidden
    note = clean_text(note, field="note", required=True)
    returned = [one for one in booking.occurrences if one.state == State.RETURNED]
    if not returned:
        raise refuse("state", state=booking.state, wanted=str(State.REQUESTED))
    for occurrence in returned:
        set_state(occurrence, State.REQUESTED, act.now)
        occurrence.reason = None
    booking.version += 1
    record(session, act, Event.RESUBMITTED, booking, returned, was=State.RETURNED, text=note)
    publish(session, act, returned)
    return booking.code


def can_decide(booking: Booking, viewer: Viewer) -> list[Occurrence]:
    """The open occurrences this viewer may decide; for the inbox."""
    return [
        one
        for one in booking.occurrences
        if one.state in OPEN and may_decide(viewer, Tier(one.room.tier), one.room.site_id)
    ]
