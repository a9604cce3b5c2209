"""The waitlist: whoever is first in line for a place that has become free has it held for a while.

A turn touches another booking than the one whose claims have ended, and that booking is not locked. That is safe:
whoever changes a skipped occurrence or answers an offer locks its room first, so that whoever holds the room sees the
line as it is; what the clock alone ends (`end_waits`, `close_overdue`) has begun, and gets no turn any more. All that
is written of the other booking are rows of its own (offer, place in line, claims, history, message), never the booking
or the occurrence. Their keys are only referred to, which the locks of bookings let pass (`locking.lock_bookings`). Thus
locks are still taken in one order: resources by id, then bookings by id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import State, check_step
from booking.storage import claims
from booking.storage.availability import House
from booking.storage.bookings import Booking, Occurrence, may_act_for
from booking.storage.offers import (
    Offer,
    OfferKind,
    OfferState,
    Waiting,
    WaitState,
    in_line,
    in_vain,
    is_waited_for,
    open_offers,
    waited_for,
    waits_of,
)
from booking.storage.places import leaves_of
from booking.storage.premises import premises
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.claiming import About, Judgement, candidate_of, hold, items_of, judge
from booking.usecases.locking import lock, lock_bookings, locked
from booking.usecases.planning import Candidate
from booking.usecases.recording import publish, record, set_state

TURN = timedelta(hours=24)
SHORTEST_TURN = timedelta(minutes=30)
MENDED_BY_WAITING = frozenset({"taken", "item_taken"})
"""What claims that end can mend; whatever else stands in the way still refuses."""


def may_wait(judgement: Judgement) -> set[int]:
    """The positions of those that nothing but claims of others stands in the way of."""
    return {
        one.candidate.at
        for one in judgement.judged
        if one.violations and {violation.code for violation in one.violations} <= MENDED_BY_WAITING
    }


def join(session: Session, act: Act, booking: Booking, occurrences: Sequence[Occurrence]) -> None:
    """Put skipped occurrences at the end of the line for their rooms, which are locked already."""
    for one in occurrences:
        session.add(Waiting(occurrence=one, room_id=one.room_id, joined_at=act.now))
        session.flush()
    if occurrences:
        record(session, act, Event.WAITLISTED, booking, occurrences)


def turn_until(now: datetime, starts_at: datetime) -> datetime:
    """A day, but at most half of the time that is left, and at least 30 minutes."""
    return now + max(min(TURN, (starts_at - now) / 2), SHORTEST_TURN)


def freed(session: Session, act: Act, stock: Mapping[int, claims.Stock], room_ids: Collection[int]) -> set[int]:
    """Claims of these rooms have ended: hold the place for the first in line whom it fits, in this transaction.

    Strictly in the order of coming: each is offered what it asked for, if that is free and the rules still hold, beside
    what those before it were offered. Only who waits for one of these rooms, all of whose places and items are locked
    (`stock`); the worker offers the rest. Call it before `publish`; it returns the ids of the rooms in which something
    is held now, for `left_rooms`.
    """
    held: set[int] = set()
    after = act.now + SHORTEST_TURN
    if not is_waited_for(session, room_ids, after):
        return held
    parts = premises(session).leaves
    line = [
        one
        for one in in_line(session, room_ids, after)
        if {*leaves_of(one.room_id, parts), *one.occurrence.wanted_items} <= set(stock)
    ]
    for waiting, candidate, house in _fitting(session, line, act.now):
        _give_turn(session, act, waiting, candidate, house, stock)
        held.add(waiting.room_id)
    return held


def pass_on(session: Session, act: Act, stock: Mapping[int, claims.Stock]) -> set[int]:
    """Offer what is free by now in any of the locked rooms to the first in line; for whoever ends claims or holds.

    As the last thing before `publish`; returns the ids of all these rooms, for `left_rooms`: what is free there may be
    another than before, wherever the occurrences are.
    """
    room_ids = set(premises(session).rooms) & set(stock)
    freed(session, act, stock, room_ids)
    return room_ids


def _fitting(session: Session, line: Sequence[Waiting], now: datetime) -> Iterator[tuple[Waiting, Candidate, House]]:
    """Those of a line in whose way nothing stands, each beside those before it. Judged as an approval would be.

    How early and how often one may ask was judged when they asked, and is again when they accept.
    """
    occurrences = [one.occurrence for one in line]
    candidates = [candidate_of(at, one) for at, one in enumerate(occurrences)]
    judgement = judge(session, candidates, now, About(deciding=True, proposing=False), items_of(occurrences))
    for waiting, judged in zip(line, judgement.judged, strict=True):
        if not judged.violations:
            yield waiting, judged.candidate, judgement.houses[waiting.room_id]


def _give_turn(
    session: Session,
    act: Act,
    waiting: Waiting,
    candidate: Candidate,
    house: House,
    stock: Mapping[int, claims.Stock],
) -> None:
    one, until = waiting.occurrence, turn_until(act.now, candidate.period.starts_at)
    hold(session, one, candidate, house, stock, until=until)
    waiting.state = WaitState.OFFERED
    session.add(
        Offer(
            occurrence_id=one.id,
            kind=OfferKind.TURN,
            room_id=waiting.room_id,
            starts_at=candidate.period.starts_at,
            ends_at=candidate.period.ends_at,
            units=candidate.units,
            expires_at=until,
            made_at=act.now,
        )
    )
    record(session, act.by(None), Event.TURN, one.booking, [one], more={"until": until.isoformat()})


def rooms_with_turns(session: Session, act: Act) -> list[int]:
    """The ids of rooms in which somebody's turn has come; asked outside any transaction."""
    after = act.now + SHORTEST_TURN
    line = [one for room_id in waited_for(session, after) for one in in_line(session, [room_id], after)]
    return sorted({waiting.room_id for waiting, _, _ in _fitting(session, line, act.now)})


@writes
def give_turns(session: Session, *, act: Act, room_id: int) -> None:
    """What no ended claim of the room itself has offered yet: a part or an item became free, hours grew."""
    line = in_line(session, [room_id], act.now + SHORTEST_TURN)
    items = {item for one in line for item in one.occurrence.wanted_items}
    stock = lock(session, [room_id], act.now, items=items)
    held = freed(session, act, stock, [room_id])
    if held:
        publish(session, act, [], left_rooms=held)


@writes
def leave_waitlist(session: Session, *, act: Act, code: str, uid: str | None = None) -> str:
    """Wait no longer: for one occurrence, or without a word for any of the booking; what is held goes to the next.

    A date of a series stays skipped, anything else is cancelled. Raises Refused(state), Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    booking, stock = locked(session, code, viewer, act.now)
    if not may_act_for(booking, viewer):
        raise Forbidden
    waits = waits_of(session, [one.id for one in booking.occurrences])
    chosen = [one for one in booking.occurrences if one.id in waits and uid in (None, one.uid)]
    if not chosen:
        raise refuse("state", state=booking.state, wanted="left")
    for one in chosen:
        step_out(session, act, one, State.CANCELLED, OfferState.REFUSED)
    booking.version += 1
    record(session, act, Event.LEFT_WAITLIST, booking, chosen, was=State.SKIPPED)
    gone = [one for one in chosen if one.state != State.SKIPPED]
    publish(session, act, gone, left_rooms=pass_on(session, act, stock))
    return booking.code


def step_out(session: Session, act: Act, occurrence: Occurrence, state: State, of_offer: OfferState) -> None:
    """Out of the line: its hold is given back, its offer ends as `of_offer` says.

    What is no date of a series becomes `state`; nobody would ask for it again.
    """
    claims.release_holds(session, [occurrence.id])
    if offer := open_offers(session, [occurrence.id]).get(occurrence.id):
        offer.state, offer.ended_at = of_offer, act.now
    if waiting := waits_of(session, [occurrence.id]).get(occurrence.id):
        waiting.state = WaitState.LEFT if state is State.CANCELLED else WaitState.OVER
    if occurrence.booking.pattern is None:
        check_step(State(occurrence.state), state)
        set_state(occurrence, state, act.now)


@writes
def end_waits(session: Session, *, act: Act) -> int:
    """Nobody waits any longer for what has begun. Returns how many did."""
    ids = {one.occurrence.booking_id for one in in_vain(session, act.now)}
    lock_bookings(session, ids)
    found = [one for one in in_vain(session, act.now) if one.occurrence.booking_id in ids]
    ended = []
    for waiting in found:
        waiting.state = WaitState.OVER
        if waiting.occurrence.booking.pattern is None:
            ended.append(waiting.occurrence)
            set_state(waiting.occurrence, State.EXPIRED, act.now)
    for booking in dict.fromkeys(one.booking for one in ended):
        booking.version += 1
        mine = [one for one in ended if one.booking is booking]
        record(session, act, Event.EXPIRED, booking, mine, was=State.SKIPPED)
    if ended:
        publish(session, act, ended)
    return len(found)
