"""The rooms and items that are raced for, written down by hand: what each takes is not asked of the program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from booking.usecases import furnishing_items
from booking.usecases.furnishing_items import ItemFacts
from tests.support.world import World

SITE = "race"
APPLICANTS = ("Asep", "Entis", "Lilis", "Neneng")
OFFICERS = ("Wawan", "Yayat")


@dataclass(frozen=True)
class Place:
    """A room; `buffer` are its minutes before and after."""

    units: int = 1
    parts: tuple[str, ...] = ()
    tier: str = "automatic"
    buffer: int = 0


PLACES = {
    "race-one": Place(),
    "race-two": Place(buffer=15),
    "race-left": Place(),
    "race-right": Place(),
    "race-pool": Place(units=10),
    "race-a": Place(),
    "race-b": Place(),
    "race-c": Place(),
    "race-ab": Place(parts=("race-a", "race-b")),
    "race-abc": Place(parts=("race-ab", "race-c")),
    "race-desks": Place(units=6),
    "race-d": Place(),
    "race-hall": Place(parts=("race-desks", "race-d")),
    "race-officer": Place(tier="officer"),
    "race-counter": Place(tier="officer", units=4),
}
MIXER, LAMP = "race-mixer", "race-lamp"
STOCK = {MIXER: 1, LAMP: 3}
"""One mixer for the left and the right room; three lamps where the pool has ten units."""

FAMILIES = {
    "exclusive": ("race-one", "race-two"),
    "pair": ("race-left", "race-right"),
    "pool": ("race-pool",),
    "joined": ("race-a", "race-c", "race-ab", "race-abc"),
    "hall": ("race-desks", "race-d", "race-hall"),
    "officer": ("race-officer", "race-counter"),
}
"""Rooms between which the processes choose in one turn: each shares a place or an item with another, or is the same."""

AUTOMATIC = tuple(name for name in FAMILIES if name != "officer")

Want = tuple[str, float, float]
"""A place or an item, from one instant to another, buffers included."""


def leaves(room: str) -> set[str]:
    parts = PLACES[room].parts
    return {leaf for part in parts for leaf in leaves(part)} if parts else {room}


def is_pool(room: str) -> bool:
    return PLACES[room].units > 1


@dataclass(frozen=True)
class Spot:
    """A room from one instant to another, with what goes along."""

    room: str
    starts_at: datetime
    ends_at: datetime
    units: int = 1
    items: tuple[tuple[str, int], ...] = ()

    @property
    def wants(self) -> list[Want]:
        buffer = timedelta(minutes=PLACES[self.room].buffer)
        span = (self.starts_at - buffer).timestamp(), (self.ends_at + buffer).timestamp()
        return [(place, *span) for place in (*sorted(leaves(self.room)), *(item for item, _ in self.items))]

    def later(self, days: int) -> Spot:
        change = timedelta(days=days)
        return replace(self, starts_at=self.starts_at + change, ends_at=self.ends_at + change)

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        return self.starts_at < ends_at and starts_at < self.ends_at


def furnish(world: World) -> None:
    """The rooms, items and people of the race, in a site of their own; open day and night."""
    world.site(SITE)
    for slug, place in PLACES.items():
        buffers = {"setup_minutes": place.buffer, "teardown_minutes": place.buffer}
        facts = {"site": SITE, "tier": place.tier, "rules": {}, "units": place.units, "parts": place.parts}
        world.room(slug, **facts, **buffers)
    for slug, stock in STOCK.items():
        facts = ItemFacts(SITE, slug.title(), stock)
        furnishing_items.save_item(act=world.act(), slug=None, facts=facts, new_slug=slug)
    for name in APPLICANTS:
        world.person(name)
    for name in OFFICERS:
        world.person(name, officer=SITE)
