"""Rooms as plain values, for those who only read: a page of all rooms would spend more on rows of the ORM than on what
takes place in them. Who changes a room, or locks it, needs the row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from booking.domain.rules import Settings, in_force
from booking.domain.rules.base import Rule
from booking.storage.db import rows
from booking.storage.places import Mode, Room, Site, mode_of


@dataclass(frozen=True, slots=True)
class PlainSite:
    zone: ZoneInfo
    rules: Settings
    id: int
    slug: str
    name: str
    short_name: str
    timezone: str


@dataclass(frozen=True, slots=True, eq=False)
class PlainRoom:
    """As `Room`, with what follows from its columns worked out: the same row gives the same object."""

    site: PlainSite
    house_rules: Sequence[Rule]
    id: int
    slug: str
    name: str
    units: int
    purpose: str
    floor: str
    capacity: int
    tier: str
    feed_level: str
    is_public: bool
    bookable: bool
    setup_minutes: int
    teardown_minutes: int
    active_from: date | None
    active_to: date | None
    position: int
    open_area: bool
    exclusive: bool

    @property
    def site_id(self) -> int:
        return self.site.id

    def mode(self, *, is_composite: bool) -> Mode:
        return mode_of(self, is_composite=is_composite)


AnyRoom = Room | PlainRoom

_OF_SITE = (Site.id, Site.slug, Site.name, Site.short_name, Site.timezone, cast(Site.rules, Text))
_OF_ROOM = (
    *(Room.id, Room.slug, Room.name, Room.units, Room.purpose, Room.floor, Room.capacity, Room.tier, Room.feed_level),
    *(Room.is_public, Room.bookable, Room.setup_minutes, Room.teardown_minutes, Room.active_from, Room.active_to),
    *(Room.position, Room.open_area, Room.exclusive, cast(Room.rules, Text)),
)
_ROOMS = (
    select(*_OF_SITE, *_OF_ROOM)
    .join(Site, Site.id == Room.site_id)
    .order_by(Site.position, Site.id, Room.position, Room.id)
)


def plain_rooms(session: Session) -> list[PlainRoom]:
    """Every room, retired ones too, in the order of display."""
    wide = len(_OF_SITE)
    found = (tuple(row) for row in rows(session, _ROOMS))
    return [_room(row[:wide], row[wide:]) for row in found]


@lru_cache(maxsize=256)
def _site(of_site: tuple[Any, ...]) -> PlainSite:
    *facts, settings = of_site
    return PlainSite(ZoneInfo(facts[-1]), json.loads(settings), *facts)


# the rows themselves are the key: nothing here can be older than what was just read
@lru_cache(maxsize=2048)
def _room(of_site: tuple[Any, ...], of_room: tuple[Any, ...]) -> PlainRoom:
    site, (*facts, settings) = _site(of_site), of_room
    return PlainRoom(site, in_force(site.rules, json.loads(settings)), *facts)


def active_rooms(session: Session, first: date, last: date | None = None) -> list[PlainRoom]:
    """Public rooms in use on some day from `first` to `last`."""
    last = last or first
    return [
        room
        for room in plain_rooms(session)
        if room.is_public
        and (room.active_from is None or room.active_from <= last)
        and (room.active_to is None or room.active_to >= first)
    ]
