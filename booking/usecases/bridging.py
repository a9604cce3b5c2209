"""The bridge over slow calendar apps: who subscribes to what changed, and whose app has not asked since, is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.calendar_apps import IN_USE, Family, app_named, has_seen
from booking.domain.events import Notice
from booking.domain.lifecycle import GONE, State
from booking.storage import people
from booking.storage.access import Token
from booking.storage.bookings import Booking
from booking.storage.feeds import room_scope
from booking.storage.outbox import Outbox
from booking.storage.places import Room
from booking.storage.premises import premises
from booking.storage.subscribers import LateChange, late_changes, subscribers
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.intents import spot_of
from booking.usecases.locking import lock_bookings
from booking.usecases.recording import as_they_are
from booking.usecases.subscribing import serves_at


class What(StrEnum):
    """What a change comes to for whoever wants to come."""

    OFF = "off"
    MOVED = "moved"
    ON = "on"


@dataclass
class _Told:
    """What one person is told about one booking, and because of which address."""

    token: Token
    changes: list[LateChange] = field(default_factory=list)


@writes
def tell_late_changes(session: Session, *, act: Act, real_now: datetime) -> int:
    """What is due is told to those whose app has not asked since, and forgotten. Returns how many changes.

    `real_now`: the time that fetches are kept in; `act.now` is that of the changes.
    """
    ids = {one.occurrence.booking_id for one in late_changes(session, act.now)}
    lock_bookings(session, ids)
    found = [one for one in late_changes(session, act.now) if one.occurrence.booking_id in ids]
    ahead = act.now - real_now
    for booking in dict.fromkeys(one.occurrence.booking for one in found):
        mine = [one for one in found if one.occurrence.booking is booking]
        for what in What:
            _tell(session, act, booking, what, [one for one in mine if _what(one) is what], ahead)
    for one in found:
        session.delete(one)
    return len(found)


def _what(one: LateChange) -> What | None:
    """As it stands now; None where nothing came of it."""
    now = one.occurrence
    if now.state in GONE:
        return What.OFF
    if now.state != State.APPROVED:
        return None
    if one.before is None:
        return What.ON
    return What.MOVED if one.before[:3] != spot_of(now).as_json()[:3] else None


def _tell(
    session: Session, act: Act, booking: Booking, what: What, changes: Sequence[LateChange], ahead: timedelta
) -> None:
    changes = [one for one in changes if one.starts_at > act.now]
    rooms = {room_id for one in changes for room_id in _rooms(session, one)}
    told: dict[int, _Told] = {}
    for token in subscribers(session, booking, rooms) if changes else ():
        news = list(_news(session, act, token, what, changes, ahead))
        if news and token.person_id != booking.booked_for:
            one = told.setdefault(token.person_id, _Told(token))
            one.changes += [change for change in news if change not in one.changes]
    for person_id, one in told.items():
        facts = _facts(booking, what, one, ahead)
        session.add(
            Outbox(
                kind=Notice.LATE_CHANGE,
                person_id=person_id,
                booking_id=booking.id,
                facts=facts,
                created_at=act.now,
                due_at=act.now,
            )
        )


def _rooms(session: Session, one: LateChange) -> set[int]:
    """Whose staff's calendars show it: where it is or was, and all of that site that share a leaf with these."""
    there = premises(session)
    found = {one.occurrence.room_id, *([one.before[0]] if one.before else [])}
    for room_id in tuple(found):
        site = there.sites([room_id])
        found |= {near for near in there.touching([room_id]) if there.sites([near]) <= site}
    return found


def _news(
    session: Session, act: Act, token: Token, what: What, changes: Sequence[LateChange], ahead: timedelta
) -> Iterator[LateChange]:
    """The changes that this address shows, that its app could not be relied on to see, and has not seen."""
    app = app_named(token.app)
    if token.fetched_at is None or app.family is Family.BROWSER:
        return
    fetched_at = token.fetched_at + ahead
    if act.now - fetched_at > IN_USE:
        return
    for one in changes:
        is_near = one.starts_at - one.changed_at < app.needs
        is_known = has_seen(fetched_at, one.changed_at) or one.actor_id == token.person_id
        if is_near and not is_known and _shows(session, act, token, what, one):
            yield one


def _shows(session: Session, act: Act, token: Token, what: What, one: LateChange) -> bool:
    """Rooms' staff see what is certain. Others hear of what is new only where it waited for somebody's decision."""
    rooms = {room_scope(room_id): room_id for room_id in _rooms(session, one)}
    if token.feed not in rooms:
        return what is not What.ON or one.actor_id is not None
    if one.occurrence.state == State.DECLINED:
        return False
    room = session.get(Room, rooms[token.feed])
    viewer = people.viewer(session, token.person_id, act.today)
    # what was never approved never stood there for sure
    return room is not None and serves_at(viewer, room.site_id) and one.occurrence.decided_at is not None


def _facts(booking: Booking, what: What, told: _Told, ahead: timedelta) -> dict[str, Any]:
    occurrences = [one.occurrence for one in told.changes]
    changes = {
        one.occurrence.uid: [one.before, spot_of(one.occurrence).as_json()]
        for one in told.changes
        if one.before and what is What.MOVED
    }
    fetched_at = told.token.fetched_at
    return {
        "code": booking.code,
        "what": str(what),
        "occurrences": as_they_are(occurrences),
        "changes": changes,
        "app": told.token.app,
        "fetched": (fetched_at + ahead).isoformat() if fetched_at else None,
    }
