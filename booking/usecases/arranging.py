"""The order in which rooms are shown, and rooms that were entered by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from booking.domain.errors import refuse
from booking.domain.permissions import Action
from booking.storage import feeds
from booking.storage.db import Base
from booking.storage.former import FormerSlug, kind_of
from booking.storage.places import Resource, Room, RoomPart, all_rooms, room_by_slug
from booking.storage.profiles import HoursProfile
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.furnishing import allowed, bump_everything


@writes
def move_room(session: Session, *, act: Act, slug: str, is_up: bool) -> None:
    """One place up or down among the rooms of its site; the first and the last stay. Raises Forbidden, NotFound."""
    room = room_by_slug(session, slug)
    allowed(session, act, Action.FURNISH, room.site_id)
    rooms = [one for one in all_rooms(session) if one.site_id == room.site_id]
    at = rooms.index(room)
    rooms.insert(max(at - 1, 0) if is_up else at + 1, rooms.pop(at))
    for position, one in enumerate(rooms):
        one.position = position
    session.flush()
    bump_everything(session, act)


@writes
def remove_room(session: Session, *, act: Act, slug: str) -> str:
    """Take a room away for which nobody ever asked; returns its name.

    Raises Refused(room_in_use) while anything refers to it, Forbidden, NotFound.
    """
    room = room_by_slug(session, slug)
    allowed(session, act, Action.FURNISH, room.site_id)
    name, touched = room.name, feeds.room_scopes(session, [room.id])
    session.execute(delete(RoomPart).where(RoomPart.room_id == room.id))
    if _is_spoken_of(session, room):
        raise refuse("room_in_use", room=name)
    session.execute(delete(FormerSlug).where(FormerSlug.kind == kind_of(room), FormerSlug.owner_id == room.id))
    session.delete(room)
    session.flush()
    feeds.bump(session, touched, act.now)
    bump_everything(session, act)
    return name


def _is_spoken_of(session: Session, room: Room) -> bool:
    """Whether any row of any table points to it, or a profile has hours for it."""
    if any(session.scalar(select(exists().where(column == room.id))) for column in _pointers()):
        return True
    return any(room.slug in one.rules for one in session.scalars(select(HoursProfile)))


def _pointers() -> Iterator[Any]:
    """The columns of all other tables that hold the id of a room."""
    ids = [Room.__table__.c.id, Resource.__table__.c.id]
    for table in Base.metadata.tables.values():
        if table is not Room.__table__:
            yield from (key.parent for key in table.foreign_keys if any(key.column is one for one in ids))
