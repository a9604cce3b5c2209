"""Approve or decline what approved occurrences shall become. Until then, and after a no, they stay as they are."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from booking.domain.approval import Tier, may_decide
from booking.domain.errors import Forbidden, Refused, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.domain.permissions import Viewer
from booking.domain.series import Line
from booking.domain.text import clean_text
from booking.storage import claims
from booking.storage.bookings import Booking, Change, Occurrence, may_act_for
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.changing import before_and_after, put, withdraw_change
from booking.usecases.claiming import About, items_of, judge, take, tier_for
from booking.usecases.intents import Intent, Outcome, Spot, spot_of
from booking.usecases.locking import locked
from booking.usecases.planning import Candidate, asker_of
from booking.usecases.recording import publish, record
from booking.usecases.waitlist import pass_on

Pair = tuple[Occurrence, Change]


@writes
def decide_changes(
    session: Session,
    *,
    act: Act,
    code: str,
    is_approved: bool,
    reason: str = "",
    version: int | None = None,
    uids: Collection[str] | None = None,
) -> str:
    """Decide the open changes that the actor may decide (of `uids`, where given): all of them or none.

    A no needs a reason. Raises Refused (reason_required, stale, state, taken and the rules judged again), Forbidden,
    NotFound.
    """
    viewer = viewer_of(session, act)
    booking, stock = locked(session, code, viewer, act.now)
    reason = clean_text(reason, field="reason")
    if version is not None and version != booking.version:
        raise refuse("stale", version=booking.version)
    chosen = _decidable(booking, viewer, uids)
    if not is_approved and not reason:
        raise refuse("reason_required", field="reason")
    occurrences = [one for one, _ in chosen]
    intents = [_intent(one, change) for one, change in chosen]
    left = {one.room_id for one in occurrences}
    if is_approved:
        _apply(session, act, chosen, stock)
    for _, change in chosen:
        change.state = State.APPROVED if is_approved else State.DECLINED
        change.decided_by, change.decided_at, change.reason = act.actor, act.now, reason or None
    booking.version += 1
    event = Event.CHANGE_APPROVED if is_approved else Event.CHANGE_DECLINED
    record(session, act, event, booking, occurrences, text=reason, more=before_and_after(intents))
    publish(session, act, occurrences, left_rooms=left | pass_on(session, act, stock))
    return booking.code


def decidable_changes(booking: Booking, viewer: Viewer) -> list[Pair]:
    """Open changes that this viewer may decide: in the room that it shall be."""
    return [
        (one, one.change)
        for one in booking.occurrences
        if one.change and may_decide(viewer, _tier(one, one.change), one.change.room.site_id, one.change.room.id)
    ]


def _tier(occurrence: Occurrence, change: Change) -> Tier:
    """Who must decide what an occurrence shall become."""
    booking = occurrence.booking
    people = change.people or occurrence.head_count
    candidate = Candidate(0, change.room, change.period, change.units, people)
    about = About(asker_of(booking.booked_for, booking.community), booking.pattern is not None, booking.id)
    return tier_for(candidate, about, change.asked_at)


def _decidable(booking: Booking, viewer: Viewer, uids: Collection[str] | None) -> list[Pair]:
    if not any(one.change for one in booking.occurrences):
        raise refuse("state", state=booking.state, wanted="decided")
    chosen = [pair for pair in decidable_changes(booking, viewer) if uids is None or pair[0].uid in uids]
    if not chosen:
        raise Forbidden
    return chosen


def _intent(occurrence: Occurrence, change: Change) -> Intent:
    after = Spot(change.room, change.period, change.units, change.people, change.label)
    return Intent(occurrence, occurrence.series_day, spot_of(occurrence), after, Outcome.CHANGED)


def _apply(session: Session, act: Act, chosen: list[Pair], stock: dict[int, claims.Stock]) -> None:
    """Give back the old claims and take the new ones, in one go. Raises Refused with what stands in the way."""
    occurrences = [one for one, _ in chosen]
    if any(one.state != State.APPROVED for one in occurrences):
        raise refuse("state", state=occurrences[0].state, wanted="changed")
    candidates = [
        Candidate(at, change.room, change.period, change.units, change.people or one.head_count, one.wanted_items)
        for at, (one, change) in enumerate(chosen)
    ]
    about = About(without={one.id for one in occurrences}, deciding=True, setting_aside=True)
    judgement = judge(session, candidates, act.now, about, items_of(occurrences))
    broken = judgement.violations
    for (_, change), judged in zip(chosen, judgement.judged, strict=True):
        # only what staff set aside when they asked is not held against it
        broken += [violation for violation in judged.set_aside if violation.code not in (change.overridden or ())]
    if broken:
        raise Refused(broken)
    claims.release(session, [one.id for one in occurrences])
    for one, change in chosen:
        base = Line.from_json(change.base) if change.base else None
        put(one, Spot(change.room, change.period, change.units, change.people, change.label), act.now, base)
        one.overridden = change.overridden
    take(session, occurrences, judgement.houses, stock)


@writes
def withdraw_changes(session: Session, *, act: Act, code: str) -> str:
    """The applicant does not want the open changes any more. Raises Refused(state), Forbidden, NotFound."""
    viewer = viewer_of(session, act)
    booking, _ = locked(session, code, viewer, act.now)
    if not may_act_for(booking, viewer):
        raise Forbidden
    ended = [one for one in booking.occurrences if withdraw_change(one, act)]
    if not ended:
        raise refuse("state", state=booking.state, wanted="withdrawn")
    booking.version += 1
    record(session, act, Event.CHANGE_WITHDRAWN, booking, ended)
    publish(session, act, ended)
    return booking.code
