"""What every change writes beside itself: history, message, calendar bytes, versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from booking.domain.events import ENDS_OFFERS, Event
from booking.domain.lifecycle import CONFIRMED, GONE, State
from booking.domain.messages import ASKED, is_told
from booking.ical.vevent import Address, vevents
from booking.ical.words import LANGUAGES
from booking.storage import feeds, history, outbox
from booking.storage.bookings import Booking, Occurrence
from booking.storage.offers import give_way
from booking.usecases.act import Act
from booking.usecases.late_changes import note_late_changes
from booking.usecases.locking import lock_bookings
from booking.usecases.promising import promise
from booking.usecases.telling import Place, tell_deciders_of_changes, tell_deciders_of_requests

SHOWN_BACK = timedelta(days=91)
"""How long the bytes of what is over are kept: the longest calendars begin at the midnight 90 days ago."""


def set_state(occurrence: Occurrence, state: State, now: datetime) -> None:
    was_shown = occurrence.state != State.SKIPPED
    occurrence.state = state
    mark_changed(occurrence, now, is_shown=was_shown or state not in GONE)


def mark_changed(occurrence: Occurrence, now: datetime, *, is_shown: bool = True) -> None:
    """A visible change: SEQUENCE and LAST-MODIFIED rise together.

    Of what stands in no calendar only the latter does: what is gone with SEQUENCE 0 was never shown.
    """
    if is_shown and occurrence.state != State.SKIPPED:
        occurrence.sequence += 1
    # in whole seconds, as calendars tell it: LAST-MODIFIED rises whenever SEQUENCE does
    occurrence.changed_at = max(now, occurrence.changed_at + timedelta(seconds=1))


def record(
    session: Session,
    act: Act,
    event: Event,
    booking: Booking,
    occurrences: Sequence[Occurrence],
    *,
    was: str | None = None,
    text: str = "",
    more: Mapping[str, Any] | None = None,
    wait: timedelta = timedelta(0),
    tells: bool = True,
    is_news: bool = True,
    as_of: State | None = None,
    has_ties: bool = True,
) -> None:
    """Write history and message of one event of a booking. `publish` it when all events of the change are written.

    `wait`: how long the message stays in the outbox, so that the event can be taken back; without `tells` there is
    none, and without `is_news` none for slow calendar apps later. `more` are further facts (old and new values); ids,
    codes, times and numbers only, never anybody's words. What was offered to these occurrences, held for them or waited
    for ends here, whatever ends it; without `has_ties` nothing was. `as_of`: their state when it happened, where more
    has happened since.
    """
    if event in ENDS_OFFERS and occurrences and has_ties:
        give_way(session, occurrences, act.now, is_edit=event in (Event.CHANGED, Event.RELOCATED))
    uids = [occurrence.uid for occurrence in occurrences]
    facts: dict[str, Any] = {"occurrences": uids, "was": was, "state": str(as_of or booking.state), **(more or {})}
    history.note(session, act.now, act.actor, event, booking.id, facts, text)
    if is_news:
        note_late_changes(session, act, event, occurrences, facts.get("changes", {}))
    if event in ASKED:
        ask_deciders(session, booking, occurrences)
    if event is Event.CHANGE_REQUESTED:
        tell_deciders_of_changes(session, act, booking, occurrences, facts["changes"])
    if tells and is_told(event):
        told = {**facts, "code": booking.code, "by": act.actor, "occurrences": as_they_are(occurrences, as_of)}
        told |= {"reason": text} if text else {}
        due_at = _due_at(session, act, booking, wait)
        outbox.put(session, event, [booking.booked_for], booking.id, told, now=act.now, due_at=due_at)


def ask_deciders(
    session: Session, booking: Booking, occurrences: Sequence[Occurrence], *, known_at: Place | None = None
) -> None:
    """Whoever may decide these is told when the change is published; not who decides at `known_at` and so knows."""
    session.info.setdefault("asked", []).append((booking, occurrences, known_at))


def as_they_are(occurrences: Sequence[Occurrence], as_of: State | None = None) -> dict[str, list[Any]]:
    """uid -> [starts_at, ends_at, room id, SEQUENCE, state], for the message and its invitation."""
    return {
        one.uid: [
            one.starts_at.isoformat(),
            one.ends_at.isoformat(),
            one.room_id,
            one.sequence,
            str(as_of or one.state),
        ]
        for one in occurrences
    }


def _due_at(session: Session, act: Act, booking: Booking, wait: timedelta) -> datetime:
    """Never before what waits for the same booking: messages must not overtake each other."""
    due_at = act.now + wait
    if booking.version > 1:
        latest = outbox.latest_due(session, booking.id, booking.booked_for, act.now)
        due_at = max(due_at, latest or due_at)
    return due_at


def publish(
    session: Session,
    act: Act,
    occurrences: Sequence[Occurrence],
    *,
    left_rooms: Collection[int] = (),
    are_new: bool = False,
) -> None:
    """Write the calendar bytes and raise the versions of everything that shows these occurrences.

    `left_rooms`: rooms out of which some of them have moved. `are_new`: no bytes of them are stored yet. Once, as the
    last thing of a change.
    """
    session.flush()
    for booking, asked, known_at in session.info.pop("asked", ()):
        if known_at is None:
            _promise_anew(session, act, booking, asked)
        tell_deciders_of_requests(session, act, booking, asked, known_at)
    feeds.store_pieces(session, act.address.writer, bodies_of(occurrences, act.address), are_new=are_new)
    feeds.bump(session, scopes(session, occurrences) | feeds.room_scopes(session, left_rooms), act.now)


def _promise_anew(session: Session, act: Act, booking: Booking, asked: Sequence[Occurrence]) -> None:
    """What is asked for has a promise; what is asked for later (skipped dates, turns) is not late by an old one."""
    waiting = [one for one in booking.occurrences if one.state == State.REQUESTED]
    is_over = booking.answer_by is None or booking.answer_by <= act.now
    if is_over and waiting and all(one in asked for one in waiting):
        promise(session, booking, act.now)


def bodies_of(occurrences: Iterable[Occurrence], address: Address) -> dict[Occurrence, dict[tuple[str, str], bytes]]:
    """What each occurrence shows, to be stored: `full` always, the room's public level once it is standing."""
    bodies = {}
    for occurrence in occurrences:
        levels = ["full", *([occurrence.room.feed_level] if occurrence.state in CONFIRMED else [])]
        bodies[occurrence] = vevents(occurrence, levels, LANGUAGES, address)
    return bodies


def show_anew(session: Session, act: Act, of: ColumnElement[bool]) -> None:
    """Something that events show (a name, a phone, a room, a zone) has changed: all among `of` changed visibly.

    Their bytes are dropped and written anew when asked for; what was called off stays no longer in sight for it.
    """
    found = _locked_shown(session, of, act.now - SHOWN_BACK)
    feeds.outdate(session, [occurrence.id for occurrence in found], act.now)
    standing = [occurrence for occurrence in found if occurrence.state not in GONE]
    feeds.bump(session, scopes(session, standing) | _whose(found), act.now)


def _locked_shown(session: Session, of: ColumnElement[bool], since: datetime) -> Sequence[Occurrence]:
    """With their bookings locked, and found again then: whoever changed one meanwhile had read the old name."""
    locked: set[int] = set()
    while True:
        found = feeds.shown(session, of, since)
        missing = {one.booking_id for one in found} - locked
        if not missing:
            return found
        lock_bookings(session, missing)
        locked |= missing


def scopes(session: Session, occurrences: Sequence[Occurrence]) -> set[str]:
    """Everything whose calendar changes with these occurrences."""
    return feeds.room_scopes(session, {occurrence.room_id for occurrence in occurrences}) | _whose(occurrences)


def _whose(occurrences: Sequence[Occurrence]) -> set[str]:
    """The calendars of the persons and communities of these."""
    found = set()
    for booking in {occurrence.booking for occurrence in occurrences}:
        found.add(feeds.person_scope(booking.booked_for))
        if booking.community_id is not None:
            found.add(feeds.community_scope(booking.community_id))
    return found
