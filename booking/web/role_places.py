"""Where roles hold, in words and as choices: everywhere, a site, a room."""

from __future__ import annotations

from collections.abc import Callable

from booking.front.language import _
from booking.storage import places
from booking.storage.db import reading
from booking.storage.people import RoleGrant


def choices() -> list[tuple[str, str]]:
    """(site:<slug> or room:<slug>, words): the sites, then the rooms site by site."""
    sites = [(f"site:{site.slug}", _("All of %(site)s", site=site.short_name)) for site in places.sites(reading())]
    rooms = [(f"room:{room.slug}", f"{room.name}, {room.site.short_name}") for room in places.all_rooms(reading())]
    return [*sites, *rooms]


def names() -> Callable[[RoleGrant], str]:
    """What says where a role holds; two statements, however many roles."""
    sites = {site.id: site.short_name for site in places.sites(reading())}
    rooms = {room.id: f"{room.name}, {room.site.short_name}" for room in places.all_rooms(reading())}

    def where(one: RoleGrant) -> str:
        if one.room_id is not None:
            return rooms[one.room_id]
        return _("All sites") if one.site_id is None else sites[one.site_id]

    return where
