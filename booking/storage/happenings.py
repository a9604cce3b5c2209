"""What takes place day by day, as lists and months show it: without what is free, which they do not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from booking.domain.opening import Closed, day_period
from booking.domain.period import Period
from booking.domain.permissions import Viewer
from booking.storage.calendar import Block, Stay, block_of, sees_requests, shown_in_rooms
from booking.storage.closures import closed_by_room
from booking.storage.places import room_leaves
from booking.storage.plain import AnyRoom

MICROSECOND = timedelta(microseconds=1)


class Happening(NamedTuple):
    """One occurrence on one day; `block.period` is cut to the day."""

    room: AnyRoom
    block: Block


@dataclass(frozen=True)
class Day:
    """What takes place on a day in order of time, and what is shut with the rooms that it shuts."""

    day: date
    items: list[Happening] = field(default_factory=list)
    closures: list[tuple[Closed, list[AnyRoom]]] = field(default_factory=list)

    @property
    def own(self) -> int:
        """How many of them are the viewer's."""
        return sum(one.block.is_own for one in self.items)


def happenings(
    session: Session, rooms: Sequence[AnyRoom], days: Sequence[date], viewer: Viewer, now: datetime
) -> list[Day]:
    """Each day with what takes place in these rooms, each occurrence once; `days` follow each other.

    Of what is only asked for the viewer's own, and for staff that of their rooms. The number of statements depends on
    neither rooms nor days nor bookings; what lies outside the days is not read.
    """
    found = {day: Day(day) for day in days}
    if not rooms or not days:
        return list(found.values())
    ends = [day_period(day, room.site.zone) for room in rooms for day in (days[0], days[-1])]
    span = Period(min(one.starts_at for one in ends), max(one.ends_at for one in ends))
    leaves = room_leaves(session)
    shown = shown_in_rooms(session, rooms, span, now, leaves)
    closed = closed_by_room(session, rooms, span, leaves)
    chosen = {room.id for room in rooms}
    for room in rooms:
        for stay in shown[room.id]:
            # what another room of the list has is said once, there
            if stay.room.id == room.id or stay.room.id not in chosen:
                _put(found, room, stay, viewer)
        _put_closures(found, room, closed[room.id])
    for day in found.values():
        day.items.sort(key=_by_time)
    return list(found.values())


def _put(found: Mapping[date, Day], room: AnyRoom, stay: Stay, viewer: Viewer) -> None:
    for day, period in _days(found, room, stay.period):
        block = block_of(stay, period, viewer, may_see=sees_requests(viewer, stay), here=room)
        if block.kind != "requested" or block.code:
            day.items.append(Happening(room, block))


def _put_closures(found: Mapping[date, Day], room: AnyRoom, closures: Sequence[Closed]) -> None:
    for closed in closures:
        for day, _period in _days(found, room, closed.period):
            known = next((rooms for one, rooms in day.closures if one == closed), None)
            if known is None:
                day.closures.append((closed, [room]))
            else:
                known.append(room)


def _days(found: Mapping[date, Day], room: AnyRoom, period: Period) -> Iterator[tuple[Day, Period]]:
    """The days that a period touches where the room is, with its part of each."""
    zone = room.site.zone
    days = list(found)
    first = max(period.starts_at.astimezone(zone).date(), days[0])
    last = min((period.ends_at - MICROSECOND).astimezone(zone).date(), days[-1])
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if clipped := period.clip(day_period(day, zone)):
            yield found[day], clipped


def _by_time(one: Happening) -> tuple[datetime, datetime]:
    return one.block.period.starts_at, one.block.period.ends_at
