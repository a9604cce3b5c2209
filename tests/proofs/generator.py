"""A centre of twenty rooms with N approved bookings, written in bulk past the use cases.

A day looks alike whatever N is: about five bookings a room, back to back with gaps, spread outwards from today over as
many past and future days as they need. One room has the whole year ahead of it full at every size, so that what reads a
year finds as much with 2,000 bookings as with 2,000,000. One booking in ten is a series of six days; it counts as one.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, count, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from flask import Flask
from sqlalchemy import create_engine, text

from booking import create_app
from booking.domain.lifecycle import State
from booking.domain.series import Every, Pattern
from booking.storage import feeds
from booking.storage.db import db, reading
from booking.storage.places import Room, all_rooms, leaves_of, room_leaves
from booking.storage.settings import Centre
from booking.usecases import furnishing
from tests.support import databases
from tests.support.world import ALL_WEEK, JAKARTA, World

Plan = tuple[tuple[str, str], ...]
Rows = list[tuple[Any, ...]]

BATCH = 5_000
BLOCK = 6
"""Days over which a day's plan stays the same; a series lasts one block."""
YEAR_ROOM = "r01"
YEAR = 62
"""So many blocks of the year room are full from today on: 53 weeks and the days a proposal looks further."""
AUTOMATIC = tuple(f"r{number:02d}" for number in range(1, 9))
OFFICER = tuple(f"r{number:02d}" for number in range(9, 17))
POOL, PARTS, COMPOSITE = "pool", ("hall-a", "hall-b"), "hall"
RULES = {"hours": ALL_WEEK, "length": {"shortest": 30, "longest": 480}, "grid": {"minutes": 30}}

# What a day holds, by the wall clock. All rooms are free from 20.30 on, those without buffers from 20.00 on.
USUAL: tuple[Plan, ...] = (
    (("08:00", "10:00"), ("10:00", "12:00"), ("13:00", "14:30"), ("15:00", "17:00"), ("18:30", "20:00")),
    (("08:30", "10:00"), ("10:30", "12:30"), ("12:30", "14:30"), ("15:30", "17:30"), ("18:00", "20:00")),
    (("09:00", "11:00"), ("11:00", "12:30"), ("13:30", "15:30"), ("16:00", "18:00"), ("18:30", "20:00")),
)
WITH_BUFFERS: Plan = (
    ("08:00", "09:30"),
    ("10:00", "12:00"),
    ("12:30", "14:30"),
    ("15:00", "17:00"),
    ("18:00", "20:00"),
)
OVERLAPPING: Plan = (("08:00", "11:00"), ("09:00", "12:00"), ("11:00", "14:00"), ("13:00", "17:00"), ("16:00", "20:00"))
OF_A_PART: Plan = (("08:00", "10:00"), ("10:00", "11:30"), ("12:30", "14:30"))
OF_THE_WHOLE: Plan = (("15:00", "17:00"), ("18:00", "20:00"))

TITLES = ("Latihan", "Rapat bulanan", "Kelas melukis", "Rekaman lagu", "Lokakarya film", "Diskusi buku")
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODES = len(ALPHABET) ** 8
SPREAD = 524_287_000_003  # no multiple of 31: each number below CODES gets a code of its own

COLUMNS: dict[str, tuple[str, ...]] = {
    "person": ("id", "name", "phone", "email", "password", "language", "created_at", "closed_at"),
    "community": ("id", "slug", "name", "about", "is_public", "verified_at", "closed_at"),
    "feed_state": ("scope", "version", "changed"),
    "booking": (
        *("id", "code", "title", "purpose", "community_id", "booked_for", "created_by", "people", "funding", "pattern"),
        *("key", "body_hash", "version", "created_at"),
    ),
    "occurrence": (
        *("id", "uid", "booking_id", "room_id", "starts_at", "ends_at", "wall_starts", "wall_ends", "units", "state"),
        *("decided_by", "decided_at", "setup_minutes", "teardown_minutes", "series_day", "series_line", "sequence"),
        "changed_at",
    ),
    "claim": ("id", "resource_id", "exclusive", "occurrence_id", "units", "active", "starts_at", "ends_at"),
}


@dataclass(frozen=True)
class Spot:
    """A room as the generator fills it: what it takes of which leaves, and its days."""

    room_id: int
    units: int
    leaves: tuple[tuple[int, int, bool], ...]  # leaf id, units taken of it, whether it is exclusive
    setup: int
    teardown: int
    needs_officer: bool
    plans: tuple[Plan, ...]

    def plan(self, block: int) -> Plan:
        return self.plans[(block + self.room_id) % len(self.plans)]


@dataclass(frozen=True)
class Stay:
    """One booking: a room, a time of the day, and the day or days of it."""

    spot: Spot
    days: tuple[date, ...]
    starts: str
    ends: str


@dataclass(frozen=True)
class Made:
    """What there is, counted with count(*), and who may be asked to act."""

    url: str
    folder: Path
    now: datetime
    people: dict[str, int]
    persons: Sequence[int]
    counts: dict[str, int]

    def app(self, **more: Any) -> Flask:
        """The application on this database, with a clock that stands at `now`."""
        return make_app(self.url, self.folder, self.now, **more)


def make_app(url: str, folder: Path, now: datetime, **more: Any) -> Flask:
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": folder, "SECRET_KEY": databases.SECRET, **more})
    app.config["CLOCK"] = app.config["REAL_CLOCK"] = lambda: now
    return app


def morning() -> datetime:
    """08.30 today at the centre: the server that is started later lives by the same day."""
    today = datetime.now(JAKARTA).date()
    return datetime.combine(today, time(8, 30), JAKARTA).astimezone(UTC)


def generate(url: str, folder: Path, bookings: int, *, now: datetime | None = None) -> Made:
    """Migrate an empty database, furnish the centre through the use cases, and fill it with so many bookings."""
    now = now or morning()
    databases.migrate(url, folder)
    app = make_app(url, folder, now)
    with app.app_context():
        world = furnish(World(app, now))
        spots = _spots(all_rooms(reading()), room_leaves(reading()))
        scopes = feeds.room_scopes(reading(), [spot.room_id for spot in spots])
        db.session.remove()
        db.engine.dispose()
    with _sink(url, folder) as sink:
        writer = _Writer(sink, world, bookings)
        writer.write(_walk(spots, now.astimezone(JAKARTA).date(), _year(bookings)), scopes)
    counts = counted(url)
    if counts["booking"] != bookings:
        raise AssertionError(f"{counts['booking']} bookings instead of {bookings}")
    return Made(url, folder, now, world.people, writer.persons, counts)


def furnish(world: World) -> World:
    """Twenty rooms at one site: eight automatic ones, eight that an officer decides, a pool, a hall of two parts."""
    centre = Centre(name="Contoh", timezone="Asia/Jakarta", notice_id="Gratis", notice_en="Free of charge")
    furnishing.save_centre(act=world.act(), said=centre)
    world.site("bitc", "Gedung BITC")
    for at, slug in enumerate(AUTOMATIC):
        world.room(slug, name=f"Ruang {at + 1}", capacity=6 + 4 * at, tier="automatic", rules=RULES, position=at)
    for at, slug in enumerate(OFFICER, len(AUTOMATIC)):
        # half of them are tidied up for a quarter of an hour
        teardown = 15 if at % 2 else 0
        world.room(
            slug, name=f"Ruang {at + 1}", capacity=8 + 4 * at, rules=RULES, teardown_minutes=teardown, position=at
        )
    world.room(POOL, name="Meja bersama", capacity=24, units=24, tier="automatic", rules=RULES, position=20)
    for at, slug in enumerate(PARTS, 21):
        world.room(slug, name=f"Aula {slug[-1].upper()}", capacity=60, rules=RULES, position=at)
    world.room(COMPOSITE, name="Aula", capacity=120, parts=PARTS, rules=RULES, position=23)
    world.person("Cecep")
    world.person("Dadang", officer="bitc")
    world.community("Gerimis Sore", "cecep")
    return world


def _spots(rooms: Sequence[Room], parts: dict[int, tuple[int, ...]]) -> list[Spot]:
    """The year room first."""
    units = {room.id: room.units for room in rooms}
    found = []
    for room in sorted(rooms, key=lambda room: room.slug != YEAR_ROOM):
        leaves = leaves_of(room.id, parts)
        wanted = 4 if room.units > 1 else 1
        taken = tuple((leaf, wanted if leaf == room.id else units[leaf], units[leaf] == 1) for leaf in leaves)
        needs_officer = room.tier != "automatic"
        minutes = (room.setup_minutes, room.teardown_minutes)
        found.append(Spot(room.id, wanted, taken, *minutes, needs_officer, _plans(room)))
    return found


def _plans(room: Room) -> tuple[Plan, ...]:
    named = {POOL: (OVERLAPPING,), COMPOSITE: (OF_THE_WHOLE,)} | dict.fromkeys(PARTS, (OF_A_PART,))
    return named.get(room.slug) or ((WITH_BUFFERS,) if room.teardown_minutes else USUAL)


def _year(bookings: int) -> int:
    """How many blocks of the year room come first: all of them from 2,000 bookings on."""
    return min(YEAR, bookings // 32)


def _walk(spots: Sequence[Spot], today: date, year: int) -> Iterator[Stay]:
    """Bookings without end: the year room's year, then all rooms outwards from today."""
    ahead = (stay for block in range(year) for stay in _block(spots[0], block, today))
    outwards = chain([0], chain.from_iterable((block, -block) for block in count(1)))
    around = (
        stay
        for block in outwards
        for spot in spots
        if spot is not spots[0] or not 0 <= block < year
        for stay in _block(spot, block, today)
    )
    return chain(ahead, around)


def _block(spot: Spot, block: int, today: date) -> Iterator[Stay]:
    """Two of the five times of a day are a series each, the others single bookings: two of twenty."""
    days = tuple(today + timedelta(days=block * BLOCK + n) for n in range(BLOCK))
    for at, (starts, ends) in enumerate(spot.plan(block)):
        if at in (1, 3):
            yield Stay(spot, days, starts, ends)
        else:
            yield from (Stay(spot, (day,), starts, ends) for day in days)


class _Writer:
    """Turns stays into rows and hands them on in batches, parents before children."""

    def __init__(self, sink: Sink, world: World, bookings: int) -> None:
        self.sink, self.now, self.officer, self.bookings = sink, world.now, world.people["dadang"], bookings
        self.dice = random.Random(bookings)  # the same database for the same number
        first = max(world.people.values()) + 1
        self.persons = range(first, first + max(20, bookings // 20))
        self.communities = range(2, 2 + max(5, bookings // 200))
        self.rows: dict[str, Rows] = {name: [] for name in COLUMNS}
        self.ids = dict.fromkeys(("booking", "occurrence", "claim"), 0)

    def write(self, stays: Iterator[Stay], scopes: set[str]) -> None:
        self._people()
        for stay in islice(stays, self.bookings):
            self._add(stay)
            if len(self.rows["booking"]) >= BATCH:
                self._flush()
        self._flush()
        self.sink.finish(scopes)

    def _flush(self) -> None:
        for table, rows in self.rows.items():
            if rows:
                self.sink.write(table, rows)
                rows.clear()

    def _people(self) -> None:
        for one in self.persons:
            mail = f"orang{one}@example.com"
            self.rows["person"].append((one, f"Orang {one}", f"+6285{one:08d}", mail, None, "id", self.now, None))
        for one in self.communities:
            row = (one, f"komunitas-{one}", f"Komunitas {one}", "", False, self.now, None)
            self.rows["community"].append(row)
        scopes = [*map(feeds.person_scope, self.persons), *map(feeds.community_scope, self.communities)]
        self.rows["feed_state"] = [(scope, 1, int(self.now.timestamp())) for scope in scopes]

    def _next(self, table: str) -> int:
        self.ids[table] += 1
        return self.ids[table]

    def _add(self, stay: Stay) -> None:
        booking_id, spot, dice = self._next("booking"), stay.spot, self.dice
        person = self.persons[dice.randrange(len(self.persons))]
        community = self.communities[dice.randrange(len(self.communities))] if dice.random() < 0.5 else None
        created_at = min(_instant(stay.days[0], stay.starts), self.now) - timedelta(days=10)
        self.rows["booking"].append(
            (
                *(booking_id, _code(booking_id), dice.choice(TITLES), "", community, person, person, 4, ""),
                *(_pattern(stay) if len(stay.days) > 1 else None, None, None, 2, created_at),
            )
        )
        decided_by = self.officer if spot.needs_officer else None
        for day in stay.days:
            self._add_occurrence(stay, day, booking_id, decided_by, created_at)

    def _add_occurrence(
        self, stay: Stay, day: date, booking_id: int, decided_by: int | None, decided_at: datetime
    ) -> None:
        """Approved; what is over is completed, as the worker would have left it, and keeps its claims."""
        occurrence_id, spot = self._next("occurrence"), stay.spot
        starts_at, ends_at = _instant(day, stay.starts), _instant(day, stay.ends)
        state = State.COMPLETED if ends_at <= self.now else State.APPROVED
        of_series = (day, 0) if len(stay.days) > 1 else (None, None)
        self.rows["occurrence"].append(
            (
                *(occurrence_id, f"{self.dice.getrandbits(128):032x}", booking_id, spot.room_id, starts_at, ends_at),
                *(f"{day}T{stay.starts}", f"{day}T{stay.ends}", spot.units, state.value, decided_by, decided_at),
                *(spot.setup, spot.teardown, *of_series, 1, decided_at),
            )
        )
        begins, over = starts_at - timedelta(minutes=spot.setup), ends_at + timedelta(minutes=spot.teardown)
        for leaf, units, exclusive in spot.leaves:
            self.rows["claim"].append((self._next("claim"), leaf, exclusive, occurrence_id, units, True, begins, over))


def _instant(day: date, clock: str, zone: ZoneInfo = JAKARTA) -> datetime:
    return datetime.combine(day, _CLOCKS[clock], zone).astimezone(UTC)


_CLOCKS = {f"{half // 2:02d}:{half % 2 * 30:02d}": time(half // 2, half % 2 * 30) for half in range(48)}


def _pattern(stay: Stay) -> str:
    """The series as a booking keeps it: daily for one block."""
    return json.dumps(Pattern(Every.DAY, count=len(stay.days)).as_json())


def _code(number: int) -> str:
    """Eight signs, another for each number."""
    left, signs = number * SPREAD % CODES, ""
    for _ in range(8):
        left, sign = divmod(left, len(ALPHABET))
        signs += ALPHABET[sign]
    return signs


class Sink:
    """Where rows go. `finish` leaves the database as a migrated one is, with its statistics gathered."""

    def write(self, table: str, rows: Rows) -> None:
        raise NotImplementedError

    def finish(self, scopes: set[str]) -> None:
        raise NotImplementedError


@contextmanager
def _sink(url: str, folder: Path) -> Iterator[Sink]:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        try:
            yield _SQLite(connection)
        finally:
            connection.close()
        return
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as connection:
        yield _PostgreSQL(connection)


class _SQLite(Sink):
    """One transaction without triggers, checks of references and waits for the disk; all of it is put back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
            connection.execute(f"PRAGMA {pragma}")
        self.triggers = self._triggers()
        for name in self.triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("BEGIN IMMEDIATE")

    def _triggers(self) -> dict[str, str]:
        return dict(self.connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"))

    def write(self, table: str, rows: Rows) -> None:
        columns = COLUMNS[table]
        holes = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({holes})"
        self.connection.executemany(statement, (tuple(map(_for_sqlite, row)) for row in rows))

    def finish(self, scopes: set[str]) -> None:
        self.connection.executemany("UPDATE feed_state SET version = version + 1 WHERE scope = ?", zip(scopes))
        for statement in self.triggers.values():
            self.connection.execute(statement)
        self.connection.execute("COMMIT")
        if self._triggers() != self.triggers or not self.triggers:
            raise AssertionError("the triggers are not what they were")
        if broken := self.connection.execute("PRAGMA foreign_key_check").fetchone():
            raise AssertionError(f"a reference leads nowhere: {broken}")
        self.connection.execute("ANALYZE")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _for_sqlite(value: Any) -> Any:
    kind = type(value)
    if kind is datetime:
        return (value - _EPOCH) // _MICROSECOND
    return value.isoformat() if kind is date else value


_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class _PostgreSQL(Sink):
    """COPY, with every constraint in force."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def write(self, table: str, rows: Rows) -> None:
        statement = f"COPY {table} ({', '.join(COLUMNS[table])}) FROM STDIN"
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def finish(self, scopes: set[str]) -> None:
        statement = "UPDATE feed_state SET version = version + 1 WHERE scope = ANY(%s)"
        self.connection.execute(statement, [sorted(scopes)])
        for table in ("person", "community", "booking", "occurrence", "claim"):
            last = f"(SELECT max(id) FROM {table})"
            self.connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})")
        self.connection.execute("VACUUM ANALYZE")


def counted(url: str, tables: Sequence[str] = tuple(COLUMNS)) -> dict[str, int]:
    """Rows by table, counted one by one."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return {table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}
    finally:
        engine.dispose()
