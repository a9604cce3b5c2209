"""Every change of the house itself goes into the history: rules, rooms, closures, roles, words of the centre.

Whatever use case makes it, the flush that writes it writes the step beside it, so that none can forget to. The history
refuses to be changed (guards in the schema).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import event, insert, inspect
from sqlalchemy.orm import Session

from booking.storage.classifications import Classification
from booking.storage.closures import Closure
from booking.storage.db import Base
from booking.storage.history import History
from booking.storage.people import RoleGrant
from booking.storage.places import Item, Room, RoomPart, Site
from booking.storage.profiles import HoursProfile
from booking.storage.reasons import CannedReason
from booking.storage.settings import CENTRE, Setting

WATCHED: Mapping[type[Base], str] = {
    Site: "site",
    Room: "room",
    RoomPart: "part",
    Item: "item",
    HoursProfile: "profile",
    Closure: "closure",
    CannedReason: "reason",
    Classification: "class",
    RoleGrant: "role",
    Setting: "centre",
}
"""What is watched, with the first word of its events."""

ACT = "act"
_STEP = insert(History.metadata.tables[History.__tablename__])


class Acting(Protocol):
    """Who does something, and when."""

    @property
    def actor(self) -> int | None: ...

    @property
    def now(self) -> datetime: ...


def acting(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Acting | None:
    """The act among what a use case is called with."""
    return kwargs.get(ACT) or next((one for one in args if hasattr(one, "actor") and hasattr(one, "now")), None)


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: object) -> None:
    """Raises LookupError where somebody changes the house without saying who."""
    steps = [*_steps(session)]
    if not steps:
        return
    act: Acting | None = session.info.get(ACT)
    if act is None:
        raise LookupError(f"{steps[0]['event']}: nobody has said who does this")
    session.connection().execute(_STEP, [{"at": act.now, "actor_id": act.actor, **step} for step in steps])


def _steps(session: Session) -> Iterator[dict[str, Any]]:
    for verb, rows in (("entered", session.new), ("changed", session.dirty), ("removed", session.deleted)):
        for row in rows:
            what = WATCHED.get(type(row))
            if what is None or (isinstance(row, Setting) and row.key != CENTRE):
                continue
            if changes := _changes(row, verb):
                yield {"event": f"{what}_{verb}", "facts": {"id": _number(row), **_where(row), "changes": changes}}


def _changes(row: Base, verb: str) -> dict[str, list[Any]]:
    """Column -> [before, after]."""
    found = {}
    for column in inspect(type(row)).column_attrs:
        now = _plain(getattr(row, column.key))
        seen = inspect(row).attrs[column.key].history
        was = _plain(seen.deleted[0]) if seen.deleted else (None if verb == "entered" or seen.added else now)
        pair = [now, None] if verb == "removed" else [was, now]
        if pair[0] != pair[1]:
            found[column.key] = pair
    return found


def _number(row: Base) -> int | None:
    number = inspect(row).identity
    return number[0] if number and isinstance(number[0], int) else None


def _where(row: Base) -> dict[str, int]:
    """The site, room or person that it is about."""
    names = (("site_id", "site"), ("room_id", "room"), ("person_id", "person"))
    said = {name: getattr(row, column, None) for column, name in names}
    return {name: number for name, number in said.items() if number is not None}


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return value.isoformat() if isinstance(value, date | datetime) else value
