"""Skipped dates of a series: noticed when nothing stands in their way any more, and asked for after all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from booking.domain.approval import Tier
from booking.domain.errors import Forbidden, Refused, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import State, check_step
from booking.storage import claims
from booking.storage.availability import House
from booking.storage.bookings import Booking, Occurrence, booking_by_code, may_act_for
from booking.storage.due import skipped_ahead, stands
from booking.storage.offers import waits_of
from booking.storage.transaction import writes
from booking.storage.uses import lock_holder
from booking.usecases.act import Act, viewer_of
from booking.usecases.claiming import About, candidate_of, counts_uses, items_of, judge, take, tier_for
from booking.usecases.locking import lock_bookings, locked
from booking.usecases.planning import asker_of
from booking.usecases.recording import publish, record, set_state


@writes
def resume(session: Session, *, act: Act, code: str, uids: Sequence[str]) -> str:
    """Ask for skipped dates after all: judged like any request, approved at once where the room does that.

    Not for those that stand in line: their turn comes by itself (`offering.accept_offer`).

    Raises Refused with what stands in the way, Refused(state) where nothing of them is skipped, Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    before = booking_by_code(session, code, viewer)
    if counts_uses(one.room for one in before.occurrences):
        lock_holder(session, asker_of(before.booked_for, before.community))
    booking, stock = locked(session, code, viewer, act.now)
    if not may_act_for(booking, viewer):
        raise Forbidden
    if booking.community is not None and booking.community.closed_at is not None:
        raise refuse("community_closed")
    waits = waits_of(session, [one.id for one in booking.occurrences])
    skipped = [one for one in booking.occurrences if one.state == State.SKIPPED and one.id not in waits]
    chosen = [one for one in skipped if one.uid in uids]
    if not chosen or not stands(booking):
        raise refuse("state", state=booking.state, wanted=str(State.REQUESTED))
    about = _about(booking)
    candidates = [candidate_of(at, one) for at, one in enumerate(chosen)]
    judgement = judge(session, candidates, act.now, about, items_of(chosen))
    if judgement.violations:
        raise Refused(judgement.violations)
    for one in chosen:
        check_step(State.SKIPPED, State.REQUESTED)
        set_state(one, State.REQUESTED, act.now)
        one.skipped_because = None
    booking.version += 1
    record(session, act, Event.RESUMED, booking, chosen, was=State.SKIPPED)
    if all(tier_for(one, about, act.now) is Tier.AUTOMATIC for one in candidates):
        _approve(session, act, booking, chosen, judgement.houses, stock)
    publish(session, act, chosen)
    return booking.code


def _approve(
    session: Session,
    act: Act,
    booking: Booking,
    chosen: Sequence[Occurrence],
    facts: Mapping[int, House],
    stock: dict[int, claims.Stock],
) -> None:
    for one in chosen:
        set_state(one, State.APPROVED, act.now)
        one.decided_at = act.now
    take(session, chosen, facts, stock)
    record(session, act.by(None), Event.APPROVED, booking, chosen, was=State.REQUESTED)


def _about(booking: Booking) -> About:
    return About(asker_of(booking.booked_for, booking.community), is_series=True, booking_id=booking.id)


def free_again(session: Session, act: Act, occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Those skipped dates in whose way nothing stands now; not those that stand in line. Only reads; of one booking."""
    waits = waits_of(session, [one.id for one in occurrences if one.state == State.SKIPPED])
    ahead = [one for one in occurrences if one.state == State.SKIPPED and one.starts_at > act.now]
    ahead = [one for one in ahead if one.id not in waits]
    if not ahead or not stands(ahead[0].booking):
        return []
    candidates = [candidate_of(at, one) for at, one in enumerate(ahead)]
    about = replace(_about(ahead[0].booking), proposing=False)
    judged = judge(session, candidates, act.now, about, items_of(ahead)).judged
    return [ahead[one.candidate.at] for one in judged if not one.violations]


def any_free_again(session: Session, act: Act, *, most: int = 500) -> bool:
    """Whether there is anybody to tell; asked outside any transaction."""
    found = skipped_ahead(session, act.now, most=most)
    bookings = dict.fromkeys(one.booking for one in found)
    return any(free_again(session, act, [one for one in found if one.booking is booking]) for booking in bookings)


@writes
def tell_free_again(session: Session, *, act: Act, most: int = 500) -> int:
    """Tell whom it concerns, once, that a skipped date is free; returns how many dates were told of."""
    ids = {one.booking_id for one in skipped_ahead(session, act.now, most=most)}
    # all at once and by id, in the order in which everybody locks bookings
    lock_bookings(session, ids)
    found = [one for one in skipped_ahead(session, act.now, most=most) if one.booking_id in ids]
    told = 0
    for booking in dict.fromkeys(one.booking for one in found):
        mine = [one for one in found if one.booking is booking]
        free = free_again(session, act, mine)
        if not free:
            continue
        for one in free:
            one.offered_at = act.now
        record(session, act.by(None), Event.FREE_AGAIN, booking, free)
        told += len(free)
    return told
