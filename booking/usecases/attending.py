"""Who came, who did not, who left early and how many they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy.orm import Session

from booking.domain.capacity import least_free
from booking.domain.errors import Forbidden, NotFound, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import CONFIRMED, State, check_step
from booking.domain.period import Period, wall
from booking.domain.permissions import Action, Viewer
from booking.storage import claims
from booking.storage.attendance import EARLIEST, may_arrive, no_shows
from booking.storage.availability import houses
from booking.storage.bookings import Booking, Occurrence, is_own
from booking.storage.claims import Stock, WantedClaim
from booking.storage.places import leaves_of, room_leaves
from booking.storage.transaction import Again, writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.changing import withdraw_change
from booking.usecases.locking import lock, lock_bookings, locked
from booking.usecases.recording import publish, record, set_state
from booking.usecases.waitlist import pass_on

COUNTED_FOR = timedelta(days=14)
"""How long after its end the number of people can still be told."""

MOST_PEOPLE = 100_000
NOBODY_CAME, LEFT_EARLY = "nobody_came", "left_early"
"""Why the rest is free again: the fact `because` of the events."""


@writes
def arrive(session: Session, *, act: Act, code: str, uid: str, people: int | None = None) -> str:
    """They are here: from 30 minutes before the start until the end; said twice it changes nothing. Returns the code.

    Who comes after the time was given up has it back if nobody else took it meanwhile. `people`: how many came.
    Raises Refused(state, people, taken, too_early), Forbidden, NotFound.
    """
    _check_people(people)
    booking, occurrence, stock = _theirs(session, act, code, uid)
    if occurrence.starts_at - EARLIEST > act.now:
        raise refuse("too_early", starts_at=occurrence.starts_at)
    if occurrence.ends_at <= act.now or occurrence.state not in (State.APPROVED, State.MISSED):
        raise refuse("state", state=occurrence.state, wanted="arrived")
    if occurrence.arrived_at is not None:
        _count(session, act, booking, occurrence, people)
        return booking.code
    was = occurrence.state
    if was == State.MISSED:
        _take_back(session, act, occurrence, stock)
        booking.version += 1
    occurrence.arrived_at = act.now
    occurrence.actual_people = people or occurrence.actual_people
    more = {"people": people} if people else None
    record(session, act, Event.ARRIVED, booking, [occurrence], was=was, more=more, tells=False)
    if was == State.MISSED:
        publish(session, act, [occurrence])
    return booking.code


@writes
def mark_missed(session: Session, *, act: Act, code: str, uid: str) -> str:
    """Nobody came: keep the time from the start until now, free the rest. `arrive` takes it back.

    Raises Refused(state), Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    booking, stock = locked(session, code, viewer, act.now, Action.ATTEND)
    occurrence = next((one for one in booking.occurrences if one.uid == uid), None)
    if occurrence is None or not viewer.may(Action.ATTEND, occurrence.room.site_id, occurrence.room.id):
        raise Forbidden
    if not occurrence.starts_at < act.now < occurrence.ends_at:
        raise refuse("state", state=occurrence.state, wanted=str(State.MISSED))
    _miss(session, act, occurrence)
    booking.version += 1
    record(session, act, Event.MISSED, booking, [occurrence], was=State.APPROVED)
    _give_up(session, act, [occurrence], stock)
    return booking.code


@writes
def release_no_shows(session: Session, *, act: Act) -> int:
    """Give up what nobody came to by the time that the room has set; returns how many, up to 200 a time."""
    seen = no_shows(session, act.now)
    items = {item for one in seen for item in one.wanted_items}
    stock = lock(session, {one.room_id for one in seen}, act.now, items=items)
    ids = sorted({one.booking_id for one in seen})
    lock_bookings(session, ids)
    found = no_shows(session, act.now, of=ids)
    parts = room_leaves(session)
    if not {leaf for one in found for leaf in (*leaves_of(one.room_id, parts), *one.wanted_items)} <= set(stock):
        raise Again  # it moved elsewhere while we waited
    for _, grouped in groupby(sorted(found, key=lambda one: (one.booking_id, one.id)), key=lambda one: one.booking_id):
        occurrences = list(grouped)
        for occurrence in occurrences:
            _miss(session, act, occurrence)
        booking = occurrences[0].booking
        booking.version += 1
        more = {"because": NOBODY_CAME, "minutes": occurrences[0].room.release_minutes}
        record(session, act, Event.RELEASED, booking, occurrences, was=State.APPROVED, more=more)
    if found:
        _give_up(session, act, found, stock)
    return len(found)


@writes
def end_early(session: Session, *, act: Act, code: str, uid: str, people: int | None = None) -> str:
    """They leave before the end: it ends with this minute, and what is left (after clearing up) is free.

    Raises Refused(state, people), Forbidden, NotFound.
    """
    _check_people(people)
    booking, occurrence, stock = _theirs(session, act, code, uid)
    if not occurrence.starts_at < act.now < occurrence.ends_at:
        raise refuse("state", state=occurrence.state, wanted=str(State.COMPLETED))
    check_step(State(occurrence.state), State.COMPLETED)
    set_state(occurrence, State.COMPLETED, act.now)
    occurrence.actual_people = people or occurrence.actual_people
    withdraw_change(occurrence, act)
    before = occurrence.ends_at
    _shorten(session, occurrence, min(before, _minute_after(act.now)))
    booking.version += 1
    more = {"because": LEFT_EARLY, "ended_before": before.isoformat()} | ({"people": people} if people else {})
    record(session, act, Event.RELEASED, booking, [occurrence], was=State.APPROVED, more=more)
    _give_up(session, act, [occurrence], stock)
    return booking.code


@writes
def complete(session: Session, *, act: Act, code: str, uid: str, people: int) -> str:
    """How many people really came to what has begun; staff only, until 14 days after its end.

    Raises Refused(state, people), Forbidden, NotFound.
    """
    _check_people(people)
    viewer = viewer_of(session, act)
    booking, _ = locked(session, code, viewer, act.now, Action.ATTEND)
    occurrence = _of(booking, uid)
    if not viewer.may(Action.ATTEND, occurrence.room.site_id, occurrence.room.id):
        raise Forbidden
    if not is_countable(occurrence, act.now):
        raise refuse("state", state=occurrence.state, wanted=str(State.COMPLETED))
    _count(session, act, booking, occurrence, people)
    return booking.code


def is_countable(occurrence: Occurrence, now: datetime) -> bool:
    """Whether it took or takes place and people can still be counted."""
    took_place = occurrence.state in CONFIRMED - {State.MISSED}
    has_begun = occurrence.arrived_at is not None or occurrence.starts_at <= now
    return took_place and has_begun and now < occurrence.ends_at + COUNTED_FOR


def can_arrive(occurrence: Occurrence, now: datetime) -> bool:
    """Whether a page offers the check-in: nobody has said it yet and it is the time for it."""
    return occurrence.arrived_at is None and may_arrive(occurrence, now)


def can_end(occurrence: Occurrence, now: datetime) -> bool:
    """Whether it takes place now, so that it can be ended or given up."""
    return occurrence.state == State.APPROVED and occurrence.starts_at < now < occurrence.ends_at


def _theirs(session: Session, act: Act, code: str, uid: str) -> tuple[Booking, Occurrence, dict[int, Stock]]:
    """What its own people and the staff of its site may speak for. Raises Forbidden, NotFound."""
    viewer = viewer_of(session, act)
    booking, stock = locked(session, code, viewer, act.now, Action.ATTEND)
    occurrence = _of(booking, uid)
    if not _may(booking, occurrence, viewer):
        raise Forbidden
    return booking, occurrence, stock


def _may(booking: Booking, occurrence: Occurrence, viewer: Viewer) -> bool:
    return is_own(booking, viewer) or viewer.may(Action.ATTEND, occurrence.room.site_id, occurrence.room.id)


def _of(booking: Booking, uid: str) -> Occurrence:
    found = next((one for one in booking.occurrences if one.uid == uid), None)
    if found is None:
        raise NotFound("occurrence")
    return found


def _check_people(people: int | None) -> None:
    if people is not None and not 1 <= people <= MOST_PEOPLE:
        raise refuse("people", field="people", most=MOST_PEOPLE)


def _count(session: Session, act: Act, booking: Booking, occurrence: Occurrence, people: int | None) -> None:
    if people is None or people == occurrence.actual_people:
        return
    more = {"people": people, "people_before": occurrence.actual_people}
    occurrence.actual_people = people
    record(session, act, Event.COUNTED, booking, [occurrence], was=booking.state, more=more, tells=False)


def _miss(session: Session, act: Act, occurrence: Occurrence) -> None:
    """It keeps its times, so that the history says what was not used; its places are free from now on."""
    check_step(State(occurrence.state), State.MISSED)
    set_state(occurrence, State.MISSED, act.now)
    occurrence.arrived_at = None
    withdraw_change(occurrence, act)
    claims.cut(session, [occurrence.id], act.now)


def _shorten(session: Session, occurrence: Occurrence, ends_at: datetime) -> None:
    """End an occurrence at a whole minute, and its claims when it is cleared up after that."""
    base = occurrence.base_line
    occurrence.ends_at = ends_at
    occurrence.wall_ends = wall(ends_at, occurrence.room.site.zone).isoformat(timespec="minutes")
    if occurrence.series_day is not None:
        occurrence.follow(base)
    session.flush()
    claims.cut(session, [occurrence.id], occurrence.with_buffers.ends_at)


def _take_back(session: Session, act: Act, occurrence: Occurrence, stock: dict[int, Stock]) -> None:
    """What was given up is theirs again, from now until its end: claimed anew, whatever became of the old claims.

    Raises Refused(taken).
    """
    rest = Period(act.now, occurrence.with_buffers.ends_at)
    house = houses(session, [occurrence.room], rest, act.now)[occurrence.room.id]
    needed = {**house.claims_of(occurrence.units), **occurrence.wanted_items}
    others = claims.taken(session, list(needed), rest, act.now, without=[occurrence.id])
    for resource_id, units in needed.items():
        left = least_free(stock[resource_id].units, others.get(resource_id, ()), rest)
        if left < units:
            raise refuse("taken", units=units, free=left, room=occurrence.room.name)
    check_step(State(occurrence.state), State.APPROVED)
    set_state(occurrence, State.APPROVED, act.now)
    session.flush()
    wanted = [WantedClaim(occurrence.id, resource_id, units, rest) for resource_id, units in needed.items()]
    claims.add(session, stock, wanted)


def _give_up(session: Session, act: Act, occurrences: Sequence[Occurrence], stock: dict[int, Stock]) -> None:
    """What every use case that frees claims does last: whoever waits for the places, and the calendars."""
    publish(session, act, occurrences, left_rooms=pass_on(session, act, stock))


def _minute_after(now: datetime) -> datetime:
    """The whole minute that is now or comes next."""
    whole = now.replace(second=0, microsecond=0)
    return whole if whole == now else whole + timedelta(minutes=1)
