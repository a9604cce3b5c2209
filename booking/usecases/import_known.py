"""What was imported before, and whether it still stands as the file has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.domain.lifecycle import GONE
from booking.domain.period import Period
from booking.ical.reading import Time, moment_of
from booking.storage.bookings import Occurrence
from booking.storage.closures import Closure
from booking.storage.imports import imported
from booking.storage.places import Room, Site, all_rooms, sites


@dataclass(frozen=True)
class Stands:
    """What came out of a time of a file: an occurrence of a booking, or (without a code) a closure."""

    title: str
    titles: Collection[str]
    place: Room | Site | None
    period: Period
    zone: ZoneInfo
    state: str = ""
    code: str = ""

    @property
    def is_gone(self) -> bool:
        return self.state in GONE

    def differs(self, title: str, place: Room | Site | None, time: Time) -> bool:
        """Whether the file has another title or time by now, or names another place, or whether it was called off."""
        is_elsewhere = place is not None and self.place is not None and place != self.place
        moved = Period(*moment_of(time, self.zone)) != self.period
        return self.is_gone or title not in self.titles or is_elsewhere or moved


def stands_of(one: Occurrence) -> Stands:
    titles = {one.title, one.label or one.booking.title}
    return Stands(one.title, titles, one.room, one.period, one.room.site.zone, str(one.state), one.booking.code)


def known_times(session: Session, uids: Collection[str]) -> Mapping[tuple[str, str], Stands]:
    """By (uid, recurrence)."""
    found: dict[tuple[str, str], Stands] = {}
    rooms = {room.id: room for room in all_rooms(session)}
    places = {site.id: site for site in sites(session)}
    for mark, one in imported(session, uids).items():
        if isinstance(one, Closure):
            place = rooms.get(one.room_id or 0) or places.get(one.site_id or 0)
            found[mark] = _closure(one, place)
        else:
            found[mark] = stands_of(one)
    return found


def _closure(one: Closure, place: Room | Site | None) -> Stands:
    """Imported ones are of a room or a site."""
    zone = place.site.zone if isinstance(place, Room) else place.zone if place else ZoneInfo("UTC")
    return Stands(one.name_id, {one.name_id}, place, Period(one.starts_at, one.ends_at), zone)
