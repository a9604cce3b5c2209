"""Changes that come so late that a calendar app may not ask again in time: noted with the change, told later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.calendar_apps import LONGEST_NEED
from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.storage.bookings import Occurrence
from booking.storage.subscribers import LateChange, late_changes_of
from booking.usecases.act import Act

SHORTEST_WAIT = timedelta(minutes=3)
"""Longer than a decision can be taken back, and than it takes until a fetch is known."""
LONGEST_WAIT = timedelta(hours=3)

MOVES = frozenset({Event.CHANGED, Event.CHANGE_APPROVED, Event.RELOCATED})
SETTLES = frozenset({Event.APPROVED, Event.OFFER_ACCEPTED})
CALLS_OFF = frozenset({Event.CANCELLED, Event.DECLINED})


def note_late_changes(
    session: Session, act: Act, event: Event, occurrences: Sequence[Occurrence], changes: Mapping[str, Any]
) -> None:
    """Called for every event: most are none of these, or far ahead. `changes`: uid -> [before, after] of what moved.

    New words, people or notes of a booking wait for the app: nobody comes in vain because of them.
    """
    if event is Event.UNDONE:
        _forget(session, occurrences)
        return
    near = [(one, moved) for one in occurrences if (moved := _matters(event, one, changes, act.now)) is not None]
    if not near:
        return
    known = late_changes_of(session, [one.id for one, _ in near if one.id is not None])
    for one, before in near:
        _note(session, act, one, before or None, known.get(one.id))


def _matters(event: Event, one: Occurrence, changes: Mapping[str, Any], now: datetime) -> list[Any] | None:
    """None where it does not; else where it was before it moved, or nothing."""
    before: list[Any] = []
    if event in MOVES:
        old, new = changes.get(one.uid, ([], []))
        # room, start and end
        if old[:3] == new[:3] or one.state != State.APPROVED:
            return None
        before = list(old)
    elif event in SETTLES:
        if one.state != State.APPROVED:
            return None
    elif event not in CALLS_OFF or one.sequence == 0:
        # with SEQUENCE 0 it only stood in line or was skipped: no calendar has shown it
        return None
    starts_at = _soonest(one, before, now)
    return before if starts_at is not None and starts_at - now < LONGEST_NEED else None


def _soonest(one: Occurrence, before: Sequence[Any], now: datetime) -> datetime | None:
    """The earlier of its old and new start that is still to come: somebody comes by the clock of the old one."""
    starts = [one.starts_at, *([datetime.fromisoformat(before[1])] if before else [])]
    return min((at for at in starts if at > now), default=None)


def _note(session: Session, act: Act, one: Occurrence, before: list[Any] | None, known: LateChange | None) -> None:
    """What was not told yet is told together with what comes on top."""
    starts_at = _soonest(one, before or [], act.now) or one.starts_at
    due_at = act.now + min(max((starts_at - act.now) / 4, SHORTEST_WAIT), LONGEST_WAIT)
    if known is None:
        known = LateChange(occurrence=one, starts_at=starts_at, due_at=due_at)
        session.add(known)
    else:
        known.starts_at = min(known.starts_at, starts_at)
        known.due_at = max(min(known.due_at, due_at), act.now + SHORTEST_WAIT)
    known.add_step(act.now, before)
    known.actor_id = act.actor


def _forget(session: Session, occurrences: Sequence[Occurrence]) -> None:
    """A decision taken back within seconds: nobody has been told."""
    for known in late_changes_of(session, [one.id for one in occurrences]).values():
        session.delete(known)
