"""The rooms of the centre, kept by each process for as long as nobody has changed them.

Every write needs a few rooms with their sites, rules and parts, and they hardly ever change. So a process keeps them as
it has read them, under a token that stands in the settings: whatever changes a room, a site or the parts of a room
replaces the token in the same transaction (`seal`), and every write asks for the token first, and again once it has its
locks (`anew`). The token is random, so that none ever comes back: not after a rollback, nor with a restored database.

What a transaction has changed itself it reads afresh, and keeps it from everybody else.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Pool, event, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from booking.storage import settings
from booking.storage.places import Room, RoomPart, Site, leaves_of, room_leaves
from booking.storage.settings import Setting

_TOKEN = select(Setting.value).where(Setting.key == settings.PREMISES)
_ROOMS = select(Room)

# In the `info` of a session
_CHANGED = "premises changed"
_READ = "premises read"
_HERE = "rooms here"


@dataclass(frozen=True)
class Premises:
    """Every room by its id, and the leaves of those with parts. The rooms belong to no session; see `rooms_by`."""

    token: str | None
    rooms: Mapping[int, Room]
    leaves: dict[int, tuple[int, ...]]

    def places(self, room_ids: Iterable[int]) -> set[int]:
        """What must be locked for these rooms: they themselves and their leaves."""
        return {place for room_id in room_ids for place in (room_id, *leaves_of(room_id, self.leaves))}

    def touching(self, room_ids: Iterable[int]) -> set[int]:
        """The rooms whose calendars change when one of these is taken: all that share a leaf with it."""
        wanted = self.places(room_ids)
        return wanted | {room_id for room_id, below in self.leaves.items() if not wanted.isdisjoint(below)}

    def sites(self, room_ids: Iterable[int]) -> set[int]:
        return {self.rooms[room_id].site_id for room_id in room_ids if room_id in self.rooms}


# One database, one pool: engines with other options share it, and it goes when the engine is disposed of
_kept: WeakKeyDictionary[Pool, Premises] = WeakKeyDictionary()


def premises(session: Session) -> Premises:
    """As of now; a writing transaction asks once, and again after `anew`."""
    session.flush()
    if session.info.get(_CHANGED):
        return _loaded(session, None)
    read: Premises | None = session.info.get(_READ)
    if read is None:
        read = _current(session)
        if _READ in session.info:
            session.info[_READ] = read
    return read


def anew(session: Session) -> Premises:
    """As of now, whatever was read before; everything else that was read is forgotten."""
    forget(session)
    if _READ in session.info:
        session.info[_READ] = None
    return premises(session)


def forget(session: Session) -> None:
    """Let everything be read again but for the rooms brought by `rooms_by`: the token answers for those."""
    session.flush()
    stay = {id(one) for room in _here(session).values() for one in (room, room.site)}
    for one in session:
        if id(one) not in stay:
            session.expire(one)


def rooms_by(session: Session, *, ids: Iterable[int] = (), slugs: Iterable[str] = ()) -> dict[int, Room]:
    """Rooms by id, as objects of this session; those that nobody knows are left out. Seldom asks the database."""
    known, wanted, named = premises(session).rooms, set(ids), set(slugs)
    if named:
        wanted |= {room.id for room in known.values() if room.slug in named}
    return {room_id: _brought(session, known[room_id]) for room_id in sorted(wanted) if room_id in known}


def _brought(session: Session, room: Room) -> Room:
    """The session's own copy: what it has already, changed or not, goes before what the process keeps."""
    there = session.identity_map.get(identity_key(instance=room))
    if there is None:
        there = session.merge(room, load=False)
        _here(session)[room.id] = there  # a session alone would let go of it
    return there


def _here(session: Session) -> dict[int, Room]:
    found: dict[int, Room] = session.info.setdefault(_HERE, {})
    return found


def _current(session: Session) -> Premises:
    token = session.scalar(_TOKEN)
    pool = cast("Engine", session.get_bind()).pool
    kept = _kept.get(pool)
    if kept is None or kept.token != token:
        # the token was read first: what changes meanwhile has another, and the next one who asks reads anew
        kept = _kept[pool] = _loaded(session, token)
    return kept


def _loaded(session: Session, token: str | None) -> Premises:
    """Read in a session of its own on the same connection, so that the rooms are nobody's afterwards."""
    with Session(session.connection(), join_transaction_mode="rollback_only") as reader:
        rooms = {room.id: room for room in reader.scalars(_ROOMS)}
        leaves = room_leaves(reader)
        reader.expunge_all()
    return Premises(token, rooms, leaves)


def writing() -> dict[str, Any]:
    """The `info` of a session that writes: it reads the premises once."""
    return {_READ: None}


@event.listens_for(Session, "after_flush")
def _notice(session: Session, _: object) -> None:
    changed = (*session.new, *session.dirty, *session.deleted)
    if any(isinstance(one, (Site, Room, RoomPart)) for one in changed):
        session.info[_CHANGED] = True


def seal(session: Session) -> None:
    """At the end of every transaction that writes: who has changed the premises replaces the token."""
    session.flush()
    if session.info.pop(_CHANGED, False):
        settings.put(session, settings.PREMISES, secrets.token_hex(8))
