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


class What(StrEnum):
    """What a change comes to for whoever wants to come."""

    OFF = "off"
    MOVED = "moved"
    ON = "on"


@dataclass(frozen=True)
class _News:
    """What a change comes to for one app: by the last time it asked. `before`: where its calendar shows it."""

    change: LateChange
    what: What
    before: list[Any] | None


@dataclass
class _Told:
    """What one person is told about one booking, and because of which address."""

    token: Token
    news: list[_News] = field(default_factory=list)


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
        mine = [one for one in found if one.occurrence.booking is booking and one.starts_at > act.now]
        _tell(session, act, booking, mine, ahead)
    for one in found:
        session.delete(one)
    return len(found)


def _tell(session: Session, act: Act, booking: Booking, changes: Sequence[LateChange], ahead: timedelta) -> None:
    """Each change once to each person, in one message with all that comes to the same."""
    rooms = {room_id for one in changes for room_id in _rooms(session, one)}
    told: dict[tuple[What, int], _Told] = {}
    knows: set[tuple[int, int]] = set()
    for token in subscribers(session, booking, rooms) if changes else ():
        for one in _news(session, act, token, changes, ahead) if token.person_id != booking.booked_for else ():
            if (token.person_id, one.change.id) not in knows:
                knows.add((token.person_id, one.change.id))
                told.setdefault((one.what, token.person_id), _Told(token)).news.append(one)
    for what in What:
        for person_id, those in ((who, those) for (of, who), those in told.items() if of is what):
            session.add(
                Outbox(
                    kind=Notice.LATE_CHANGE,
                    person_id=person_id,
                    booking_id=booking.id,
                    facts=_facts(booking, what, those, ahead),
                    created_at=act.now,
                    due_at=act.now,
                )
            )


def _rooms(session: Session, one: LateChange) -> set[int]:
    """Whose staff's calendars show it: where it is or was, and all of that site that share a leaf with these."""
    there = premises(session)
    found = {one.occurrence.room_id, *(step.before[0] for step in one.steps if step.before)}
    for room_id in tuple(found):
        site = there.sites([room_id])
        found |= {near for near in there.touching([room_id]) if there.sites([near]) <= site}
    return found


def _news(session: Session, act: Act, token: Token, changes: Sequence[LateChange], ahead: timedelta) -> Iterator[_News]:
    """The changes that this address shows, that its app could not be relied on to see, and has not seen."""
    app = app_named(token.app)
    if token.fetched_at is None or app.family is Family.BROWSER:
        return
    fetched_at = token.fetched_at + ahead
    if act.now - fetched_at > IN_USE:
        return
    for one in changes:
        is_near = one.starts_at - one.changed_at < app.needs
        found = _as_shown(one, fetched_at) if is_near and one.actor_id != token.person_id else None
        if found and _shows(session, act, token, found):
            yield found


def _as_shown(one: LateChange, fetched_at: datetime) -> _News | None:
    """What it comes to for an app that asked last then: as it stands now beside where its calendar shows it.

    None where nothing came of it: moved and back unseen. Seen elsewhere meanwhile, the way back is a move too.
    """
    unseen = [step for step in one.steps if not has_seen(fetched_at, step.at)]
    now = one.occurrence
    if unseen and now.state in GONE:
        return _News(one, What.OFF, None)
    if not unseen or now.state != State.APPROVED:
        return None
    before = next((step.before for step in unseen if step.before), None)
    if before is not None and before[:3] != spot_of(now).as_json()[:3]:
        return _News(one, What.MOVED, before)
    return _News(one, What.ON, None) if any(step.before is None for step in unseen) else None


def _shows(session: Session, act: Act, token: Token, news: _News) -> bool:
    """Rooms' staff see what is certain. Others hear of what is new only where it waited for somebody's decision."""
    one = news.change
    rooms = {room_scope(room_id): room_id for room_id in _rooms(session, one)}
    if token.feed not in rooms:
        return news.what is not What.ON or one.actor_id is not None
    if one.occurrence.state == State.DECLINED:
        return False
    room = session.get(Room, rooms[token.feed])
    viewer = people.viewer(session, token.person_id, act.today)
    # what was never approved never stood there for sure
    return room is not None and viewer.serves(room.site_id, room.id) and one.occurrence.decided_at is not None


def _facts(booking: Booking, what: What, told: _Told, ahead: timedelta) -> dict[str, Any]:
    fetched_at = told.token.fetched_at
    return {
        "code": booking.code,
        "what": str(what),
        "occurrences": as_they_are([one.change.occurrence for one in told.news]),
        "changes": {
            one.change.occurrence.uid: [one.before, spot_of(one.change.occurrence).as_json()]
            for one in told.news
            if one.before
        },
        "app": told.token.app,
        "fetched": (fetched_at + ahead).isoformat() if fetched_at else None,
    }
