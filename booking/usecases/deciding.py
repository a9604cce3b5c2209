"""Approve, decline or return what is undecided in a booking: rules and claims are judged again meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.domain.approval import Tier, may_decide
from booking.domain.errors import Forbidden, Refused, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import OPEN, State, check_step
from booking.domain.permissions import Action, Viewer
from booking.domain.text import clean_line, clean_text
from booking.storage.availability import House
from booking.storage.bookings import Answer, Booking, Occurrence, may_act_for
from booking.storage.offers import any_ties, offers_held
from booking.storage.reasons import canned_text
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.claiming import About, candidate_of, items_of, judge, take, tier_for
from booking.usecases.locking import locked
from booking.usecases.planning import asker_of
from booking.usecases.promising import promise
from booking.usecases.recording import publish, record, set_state
from booking.usecases.waitlist import pass_on


class Verdict(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"
    RETURN = "return"


_OUTCOME = {
    Verdict.APPROVE: (State.APPROVED, Event.APPROVED),
    Verdict.DECLINE: (State.DECLINED, Event.DECLINED),
    Verdict.RETURN: (State.RETURNED, Event.RETURNED),
}

UNDO = timedelta(seconds=10)
"""How long whoever decided may take it back; the messages wait as long."""

Answers = Mapping[int, tuple[str, str]]
"""Need id -> (answer, note)."""


@writes
def decide(
    session: Session,
    *,
    act: Act,
    code: str,
    verdict: Verdict,
    reason: str = "",
    canned: int | None = None,
    version: int | None = None,
    uids: Collection[str] | None = None,
    answers: Answers | None = None,
    setting_aside: bool = False,
) -> str:
    """Decide the undecided occurrences that the actor may decide (of `uids`, where given); returns the code.

    `canned`: the id of a ready-made reason, told in the applicant's language before any own words. `setting_aside`:
    approve in spite of house rules that stand in the way now, with a reason. Raises Refused (reason_required, stale,
    state, taken and the rules that are judged again), Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    booking, stock = locked(session, code, viewer, act.now)
    _check_may_any(booking, viewer)
    reason = _reason(session, booking, verdict, reason, canned)
    if (verdict is not Verdict.APPROVE or setting_aside) and not reason:
        raise refuse("reason_required", field="reason")
    if version is not None and version != booking.version:
        raise refuse("stale", version=booking.version)
    chosen = _decidable(act, booking, viewer, verdict, uids)
    if setting_aside:
        chosen = [one for one in chosen if viewer.may(Action.OVERRIDE, one.room.site_id, one.room.id)]
    if not chosen:
        raise Forbidden
    state, event = _OUTCOME[verdict]
    was = booking.state
    _answer(act, booking, answers or {})
    former = {one.uid: [one.state, one.overridden] for one in chosen}
    # what was held for them ends with the decision and cannot be brought back: such a decision is final at once
    ids = [one.id for one in chosen]
    has_ties = any_ties(session, ids)
    is_final = has_ties and bool(offers_held(session, ids))
    facts = _judged(session, act, chosen, setting_aside=setting_aside) if verdict is Verdict.APPROVE else None
    for occurrence in chosen:
        check_step(State(occurrence.state), state)
        set_state(occurrence, state, act.now)
        occurrence.decided_by, occurrence.decided_at, occurrence.reason = act.actor, act.now, reason or None
    booking.version += 1
    if facts is not None:
        take(session, chosen, facts, stock, has_ties=has_ties)
    more = {**_aside(chosen), **({} if is_final else {"former": former})}
    wait = timedelta(0) if is_final else UNDO
    record(session, act, event, booking, chosen, was=was, text=reason, more=more, wait=wait, has_ties=has_ties)
    publish(session, act, chosen, left_rooms=pass_on(session, act, stock))
    return booking.code


def _reason(session: Session, booking: Booking, verdict: Verdict, said: str, canned: int | None) -> str:
    """A ready-made reason in the applicant's language, then own words. Raises Refused(reason_required) for none."""
    said = clean_text(said, field="reason")
    if canned is None:
        return said
    ready = canned_text(session, canned, verdict, booking.person.language)
    if ready is None:
        raise refuse("reason_required", field="reason")
    return f"{ready}\n{said}" if said else ready


def _aside(chosen: Collection[Occurrence]) -> dict[str, object]:
    """Which rules were set aside, for the history."""
    found = {one.uid: one.overridden for one in chosen if one.overridden}
    return {"overridden": found} if found else {}


def _decidable(
    act: Act, booking: Booking, viewer: Viewer, verdict: Verdict, uids: Collection[str] | None
) -> list[Occurrence]:
    """Undecided ones; what was returned for changes may still be declined.

    Automatic ones that waited for the others go along with the approval of the last of them, wherever they are.
    """
    states = OPEN if verdict is Verdict.DECLINE else {State.REQUESTED}
    undecided = [one for one in booking.occurrences if one.state in states and (uids is None or one.uid in uids)]
    if not undecided:
        raise refuse("state", state=booking.state, wanted="decided")
    chosen = [one for one in undecided if may_decide(viewer, one.decided_by_tier, one.room.site_id, one.room.id)]
    rest = [one for one in booking.occurrences if one.state == State.REQUESTED and one not in chosen]
    if chosen and verdict is Verdict.APPROVE and uids is None and all(_needs_nobody(act, one) for one in rest):
        chosen += rest
    return chosen


def _needs_nobody(act: Act, occurrence: Occurrence) -> bool:
    """Whether its room would have approved it by itself, had the rest of the booking not needed a decision."""
    booking = occurrence.booking
    about = About(asker_of(booking.booked_for, booking.community), booking.pattern is not None, booking.id)
    return tier_for(candidate_of(0, occurrence), about, act.now) is Tier.AUTOMATIC


def _check_may_any(booking: Booking, viewer: Viewer) -> None:
    if not any(may_decide(viewer, one.decided_by_tier, one.room.site_id, one.room.id) for one in booking.occurrences):
        raise Forbidden


def _judged(session: Session, act: Act, chosen: list[Occurrence], *, setting_aside: bool) -> Mapping[int, House]:
    """Judge again. Raises Refused; violations speak of positions among the chosen occurrences.

    What staff set aside when it was asked for is not held against it now.
    """
    candidates = [candidate_of(at, one) for at, one in enumerate(chosen)]
    # what they hold themselves does not stand in their way
    own = {one.id for one in chosen}
    about = About(without=own, deciding=True, setting_aside=setting_aside or any(one.overridden for one in chosen))
    judgement = judge(session, candidates, act.now, about, items_of(chosen))
    broken = judgement.violations
    for one, judged in zip(chosen, judgement.judged, strict=True):
        if not setting_aside:
            broken += [violation for violation in judged.set_aside if violation.code not in (one.overridden or ())]
        one.overridden = sorted({*(one.overridden or ()), *(judged.overridden or ())}) or None
    if broken:
        raise Refused(broken)
    return judgement.houses


def _answer(act: Act, booking: Booking, answers: Answers) -> None:
    """Raises Refused(need) for an answer that is none or to a need of another booking."""
    needs = {need.id: need for need in booking.needs} if answers else {}
    for need_id, (answer, note) in answers.items():
        if need_id not in needs or answer not in set(Answer):
            raise refuse("need", field="needs")
        need = needs[need_id]
        need.answer, need.note = answer, clean_line(note, field="needs", longest=500, required=False)
        need.answered_by, need.answered_at = act.actor, act.now


@writes
def answer_needs(session: Session, *, act: Act, code: str, answers: Answers) -> str:
    """Tell the applicant what of the needs the office can give, without deciding yet. Raises as `decide` does."""
    viewer = viewer_of(session, act)
    booking, _ = locked(session, code, viewer, act.now)
    _check_may_any(booking, viewer)
    _answer(act, booking, answers)
    booking.version += 1
    more = {"needs": {str(need_id): answer for need_id, (answer, _) in answers.items()}}
    record(session, act, Event.NEEDS_ANSWERED, booking, [], was=booking.state, more=more)
    return booking.code


@writes
def resubmit(session: Session, *, act: Act, code: str, note: str) -> str:
    """Send a returned request again, with an answer to what was asked. Raises Refused(required, state), NotFound."""
    viewer = viewer_of(session, act)
    booking, _ = locked(session, code, viewer, act.now)
    if not may_act_for(booking, viewer):
        raise Forbidden
    note = clean_text(note, field="note", required=True)
    returned = [one for one in booking.occurrences if one.state == State.RETURNED]
    if not returned:
        raise refuse("state", state=booking.state, wanted=str(State.REQUESTED))
    for occurrence in returned:
        set_state(occurrence, State.REQUESTED, act.now)
        occurrence.reason = None
    promise(session, booking, act.now)
    booking.version += 1
    record(session, act, Event.RESUBMITTED, booking, returned, was=State.RETURNED, text=note)
    publish(session, act, returned)
    return booking.code


def can_decide(booking: Booking, viewer: Viewer) -> list[Occurrence]:
    """The open occurrences this viewer may decide; for the inbox."""
    return [
        one
        for one in booking.occurrences
        if one.state in OPEN and may_decide(viewer, one.decided_by_tier, one.room.site_id, one.room.id)
    ]
