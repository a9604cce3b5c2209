"""Every feed of the product by name, and three buildings in three zones filled with bookings of every fate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import select

from booking.domain.feed_names import MINE, REQUESTS, community_feed, room_feed
from booking.ical.vevent import Address
from booking.storage.bookings import Booking
from booking.storage.communities import community_by_slug
from booking.storage.db import db, reading
from booking.storage.places import Room, Site, room_by_slug
from booking.usecases.act import Act
from booking.usecases.attending import mark_missed
from booking.usecases.cancelling import cancel
from booking.usecases.deciding import Verdict, decide
from booking.usecases.expiring import close_overdue
from booking.usecases.requesting import request_booking
from booking.usecases.subscribing import new_feed_token
from booking.usecases.wanted import Wanted, WantedOccurrence
from tests.support.world import ADDRESS, World

Event = tuple[str, str, str, str]
"""(start, end, title, status), times in UTC as 2027-03-21T01:30:00Z."""


def public_addresses() -> dict[str, str]:
    """Name -> path of every public feed that the database has."""
    rooms = reading().scalars(select(Room.slug).where(Room.is_public).order_by(Room.slug)).all()
    sites = reading().scalars(select(Site.slug).where(Site.id.in_(select(Room.site_id))).order_by(Site.slug)).all()
    found = {"all": "/feeds/all.ics"}
    found |= {f"site {slug}": f"/feeds/sites/{slug}.ics" for slug in sites}
    return found | {f"room {slug}": f"/feeds/rooms/{slug}.ics" for slug in rooms}


def private_addresses(world: World, who: str = "cecep") -> dict[str, str]:
    """Name -> path of every feed behind a new token of this person. A new kind of feed is a line here or below."""
    community = community_by_slug(reading(), "gerimis-sore")
    return {
        "my": f"/feeds/u/{_token(world, who, MINE)}/my.ics",
        "community": f"/feeds/u/{_token(world, who, community_feed(community.id))}/communities/{community.slug}.ics",
    }


def staff_addresses(world: World) -> dict[str, str]:
    """Name -> path of every feed behind a token of an officer, a guard and a head."""
    room = room_by_slug(reading(), "musik")
    found = {
        f"requests of {who}": f"/feeds/u/{_token(world, who, REQUESTS)}/requests.ics" for who in ("dadang", "sumarna")
    }
    for who in ("dadang", "ujang"):
        found[f"staff room of {who}"] = f"/feeds/u/{_token(world, who, room_feed(room.id))}/rooms/{room.slug}.ics"
    return found


def _token(world: World, who: str, feed: str) -> str:
    return new_feed_token(act=world.act(who), feed=feed, label="HP", real_now=world.now)


def addresses(world: World) -> dict[str, str]:
    """Name -> path of every feed there is: what is tested here is tested of each of them."""
    return public_addresses() | private_addresses(world) | staff_addresses(world)


@dataclass
class Placed(World):
    """A world whose links lead elsewhere: to the port of a real server."""

    address: Address = ADDRESS

    def act(self, who: str | None = None) -> Act:
        return replace(super().act(who), address=self.address)


@dataclass(frozen=True)
class Building:
    slug: str
    name: str
    zone: str
    level: str = "title"


BUILDINGS = (
    Building("jkt", "Gedung; Timur, \\Barat", "Asia/Jakarta"),
    Building("lon", 'London "Hub"', "Europe/London"),
    Building("nyc", "Bronx: ^Loft", "America/New_York", "busy"),
)
ROOMS = ("studio", "loteng")
TITLES = (
    "Latihan",
    'a;b,c\\d:e"f^g',
    "BEGIN:VALARM",
    "C:\\new\\temp; baris\\n",
    "Rapat 👋🏽🇮🇩 naïve",
    "長いタイトル" * 12,
    "DTSTART;TZID=Mars:20270101T000000",
    "x" * 110 + "é" * 15,
    "END:VEVENT,END:VCALENDAR",
)
PAST, AHEAD = timedelta(days=24), timedelta(days=335)
STATUS = {
    "requested": "TENTATIVE",
    "returned": "TENTATIVE",
    "declined": "CANCELLED",
    "cancelled": "CANCELLED",
    "expired": "CANCELLED",
}
MARK = {
    "id": {"requested": "Menunggu: ", "returned": "Perlu perbaikan: ", "CANCELLED": "BATAL: "},
    "en": {"requested": "Awaiting approval: ", "returned": "Needs changes: ", "CANCELLED": "CANCELLED: "},
}
BUSY = {"id": "Terpakai", "en": "Busy"}
FATES = ("approved", "decided", "requested", "returned", "declined", "cancelled", "expired", "completed", "missed")
BEHIND = ("expired", "completed", "missed")
"""These lie in the past. `decided`: approved by an officer; the others that stand are so by themselves."""


@dataclass(frozen=True)
class Planned:
    """One occurrence as it is asked for, and what becomes of it."""

    building: Building
    room: str
    fate: str
    starts_at: datetime
    ends_at: datetime
    label: str

    @property
    def place(self) -> str:
        return f"{self.building.slug}-{self.room}"

    def event(self, level: str, title: str, language: str) -> Event:
        """As a calendar of this level should tell it."""
        status = STATUS.get(self.fate, "CONFIRMED")
        mark = MARK[language].get(self.fate) or MARK[language].get(status, "")
        said = BUSY[language] if level == "busy" else f"{mark}{title}: {self.label} · {name_of(self)}"
        return (_said(self.starts_at), _said(self.ends_at), said, status)


def name_of(one: Planned) -> str:
    return f"{one.room.title()}; {one.building.slug}, 🎧"


def _said(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def planned(now: datetime, number: int) -> list[Planned]:
    """So many occurrences, spread over buildings, rooms and fates; those around changes of the clocks among them."""
    found: list[Planned] = []
    for at, building in enumerate(BUILDINGS):
        each = number // len(BUILDINGS) + (at < number % len(BUILDINGS))
        mine, steps = list(_odd_hours(building, now)), count()
        while len(mine) < each:
            mine.append(_usual(building, now, next(steps), each))
        found += mine[:each]
    return found


def _usual(building: Building, now: datetime, step: int, each: int) -> Planned:
    """On a day and at hours of its own, by day: the nights belong to the changes of the clocks."""
    fate = FATES[step % len(FATES)]
    lap, laps = step // len(FATES), each // len(FATES) + 1
    if fate in BEHIND:
        # twenty-three days behind, several a day
        day, hour = -2 - lap % 20, 7 + 4 * (lap // 20) % 16 + BEHIND.index(fate)
    else:
        day = 3 + lap * 330 // (laps + 1) + FATES.index(fate) % 2
        hour = 6 + (4 * FATES.index(fate) + lap % 3) % 17
    zone = ZoneInfo(building.zone)
    start = datetime.combine(now.astimezone(zone).date() + timedelta(days=day), datetime.min.time(), zone)
    begins = (start.replace(hour=hour, minute=15 * (lap % 4))).astimezone(UTC)
    room = ROOMS[fate in ("decided", "requested", "returned", "declined", "expired")]
    length = timedelta(minutes=20 + 10 * (lap % 4))
    return Planned(building, room, fate, begins, begins + length, f"{step} {TITLES[(step + lap) % len(TITLES)][:60]}")


def _odd_hours(building: Building, now: datetime) -> Iterator[Planned]:
    """Before, over and behind each change of the clocks: a gap cut out of the night, an hour that comes twice."""
    for change in _changes(ZoneInfo(building.zone), now):
        for at, (before, length) in enumerate(
            ((150, 30), (110, 20), (85, 30), (50, 30), (15, 30), (-20, 30), (-60, 90))
        ):
            begins = change - timedelta(minutes=before)
            ends = begins + timedelta(minutes=length)
            yield Planned(building, ROOMS[0], "approved", begins, ends, f"jam {change:%Y-%m} {at}")


def _changes(zone: ZoneInfo, now: datetime) -> list[datetime]:
    """The instants within the window of a feed at which the offset of the zone changes."""
    found, at = [], now.replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    while at < now + AHEAD:
        after = at + timedelta(hours=1)
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found.append(after)
        at = after
    return found


@dataclass(frozen=True)
class Filled:
    """What each feed should say, told from the plan alone."""

    world: World
    plan: Sequence[tuple[str, Planned]]
    """(title of the booking, occurrence)."""

    def wanted(self, name: str, language: str = "id") -> list[Event]:
        """The events of a feed by its name in `addresses`."""
        if name == "my":
            return [one.event("full", title, language) for title, one in self.plan]
        kind, _, slug = name.partition(" ")
        shown = [(title, one) for title, one in self.plan if STATUS.get(one.fate) is None]
        if kind != "all":
            shown = [pair for pair in shown if slug in (pair[1].place, pair[1].building.slug)]
        return [one.event("busy" if kind == "all" else one.building.level, title, language) for title, one in shown]


def filled(world: World, number: int) -> Filled:
    """Three buildings with so many occurrences of Cecep, all of them through the use cases, each at its time."""
    now = world.now
    world.now = now - PAST
    world.person("Pertiwi", officer=None)
    for building in BUILDINGS:
        world.site(building.slug, building.name, building.zone)
        for room in ROOMS:
            one = Planned(building, room, "", now, now, "")
            tier, level = ("automatic" if room == ROOMS[0] else "officer"), building.level
            world.room(one.place, site=building.slug, name=name_of(one), tier=tier, rules={}, feed_level=level)
    bookings = _asked(world, planned(now, number))
    world.now += timedelta(hours=1)
    for code, _, chunk in bookings:
        _decided(world, code, chunk[0].fate)
    missed = [(one.starts_at, code) for code, _, chunk in bookings for one in chunk if one.fate == "missed"]
    for starts_at, code in sorted(missed):
        world.now = starts_at + timedelta(minutes=5)
        mark_missed(act=world.act("pertiwi"), code=code, uid=_running(code, world.now))
    world.now = now
    while close_overdue(act=world.act()):
        pass
    db.session.remove()
    return Filled(world, [(title, one) for _, title, chunk in bookings for one in chunk])


def _asked(world: World, plan: Sequence[Planned]) -> list[tuple[str, str, list[Planned]]]:
    """(code, title, occurrences) of bookings of up to twenty each, of one room and one fate."""
    found = []
    groups: dict[tuple[str, str], list[Planned]] = {}
    for one in plan:
        groups.setdefault((one.place, one.fate), []).append(one)
    for of_one in groups.values():
        for at in range(0, len(of_one), 20):
            chunk, title = of_one[at : at + 20], TITLES[len(found) % len(TITLES)]
            times = [WantedOccurrence(one.place, one.starts_at, one.ends_at, label=one.label) for one in chunk]
            wanted = Wanted(title, 2, times, purpose="Baris satu\nbaris; dua, \\tiga")
            found.append((request_booking(act=world.act("cecep"), wanted=wanted).code, title, chunk))
    return found


def _decided(world: World, code: str, fate: str) -> None:
    verdicts = {"decided": Verdict.APPROVE, "returned": Verdict.RETURN, "declined": Verdict.DECLINE}
    if fate in verdicts:
        reason = "" if fate == "decided" else "Ruang dipakai dinas; maaf, ya."
        decide(act=world.act("pertiwi"), code=code, verdict=verdicts[fate], reason=reason)
    if fate == "cancelled":
        cancel(act=world.act("cecep"), code=code)


def _running(code: str, now: datetime) -> str:
    """The UID of what takes place now."""
    booking = reading().scalars(select(Booking).where(Booking.code == code)).one()
    return next(one.uid for one in booking.occurrences if one.starts_at <= now < one.ends_at)
