"""Keep personal data as long as the centre has said and no longer; the numbers are the administrators'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.domain import retention as rules
from booking.domain.events import Event, PrivacyEvent
from booking.domain.permissions import Action
from booking.domain.retention import Retention
from booking.storage import history, personal
from booking.storage import retention as stored
from booking.storage.bookings import Booking
from booking.storage.db import reading
from booking.storage.history import History
from booking.storage.transaction import writes
from booking.usecases.act import Act, require_everywhere
from booking.usecases.locking import lock_bookings

MOST = 200
"""Rows that end in one transaction, whatever their kind."""


@writes
def set_retention(session: Session, *, act: Act, said: Retention) -> None:
    """The numbers hold from now on. Raises Refused(range) for each that is out of bounds, Forbidden."""
    require_everywhere(session, act, Action.FURNISH)
    new, old = asdict(rules.checked(said)), asdict(stored.retention(session))
    changes = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    if not changes:
        return
    stored.put_retention(session, said)
    session.add(History(at=act.now, actor_id=act.actor, event=PrivacyEvent.RETENTION, facts={"changes": changes}))


def due_counts(session: Session, said: Retention, now: datetime, real_now: datetime) -> dict[str, int]:
    """Kind -> how many rows would go now under these numbers. Raises Refused(range)."""
    return stored.counts(session, rules.before(rules.checked(said), now, real_now))


def is_any_due(*, act: Act, real_now: datetime) -> bool:
    """The worker's question, asked with the reader."""
    return stored.any_due(reading(), rules.before(stored.retention(reading()), act.now, real_now))


@writes
def drop_due(session: Session, *, act: Act, real_now: datetime, most: int = MOST) -> dict[str, int]:
    """End some of what is due; kind -> how many rows. Empty when nothing is left."""
    said = stored.retention(session)
    gone: dict[str, int] = {}
    for kind, due in stored.due(rules.before(said, act.now, real_now)).items():
        found = stored.keys(session, due, most - sum(gone.values()))
        if not found:
            continue
        if kind == stored.WORDS:
            _forget(session, act, found, said.words_months)
        else:
            stored.drop(session, due, found)
        gone[kind] = len(found)
        if sum(gone.values()) >= most:
            break
    return gone


def _forget(session: Session, act: Act, ids: Sequence[int], months: int) -> None:
    """The words of bookings that are long over, with a step in the history of each; titles of communities stay."""
    lock_bookings(session, ids)
    personal.forget_texts(session, ids)
    private = select(Booking.id).where(Booking.id.in_(ids), Booking.community_id.is_(None))
    personal.forget_titles(session, session.scalars(private).all())
    session.execute(update(Booking).where(Booking.id.in_(ids)).values(forgotten_at=act.now))
    for booking_id in ids:
        history.note(session, act.now, None, Event.FORGOTTEN, booking_id, {"months": months}, "")
