"""What a process was told, and whether the database holds just that: state, place, time and messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import Engine, create_engine, text

from tests.proofs.racing.places import Spot
from tests.proofs.racing.sweep import microseconds

RANK = ("requested", "approved", "cancelled")
"""Later steps of an occurrence win where two processes were told of the same one."""


@dataclass(frozen=True)
class Held:
    """One occurrence as its process was told that it is. `is_mine`: nobody else touches it.

    `or_in`: where it may be instead, when what another process was told a moment before decides.
    """

    code: str
    uid: str
    who: str
    spot: Spot
    state: str
    day: date | None = None
    is_mine: bool = True
    or_in: tuple[Spot, ...] = ()

    @property
    def keys(self) -> set[tuple[str, int, int, int]]:
        return {_key(one.room, one.starts_at, one.ends_at, one.units) for one in (self.spot, *self.or_in)}


@dataclass
class Ledger:
    """Uid -> what was told of an occurrence last; and how many messages of each kind a booking must have by that."""

    held: dict[str, Held] = field(default_factory=dict)
    messages: Counter[tuple[str, str]] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    _of_code: dict[str, list[str]] = field(default_factory=dict)
    _young: list[str] = field(default_factory=list)

    def add(self, held: Held) -> None:
        self.held[held.uid] = held
        self._of_code.setdefault(held.code, []).append(held.uid)
        self._young.append(held.uid)

    def put(self, uid: str, **changes: object) -> None:
        self.held[uid] = replace(self.held[uid], **changes)

    def forget(self, uid: str) -> Held:
        """Hand it over to another process's ledger."""
        held = self.held.pop(uid)
        self._of_code[held.code].remove(uid)
        self._young.remove(uid)
        return held

    def of(self, code: str) -> list[str]:
        return self._of_code[code]

    def young(self, now: datetime) -> list[str]:
        """What is still to come and nobody else's business; the rest is forgotten as something to act on."""
        self._young = [one for one in self._young if self.held[one].is_mine and self.held[one].spot.starts_at > now]
        return self._young

    def tell(self, code: str, *kinds: str) -> None:
        self.messages.update((code, kind) for kind in kinds)

    def enter(self, engine: Engine, code: str, who: str, spots: Iterable[Spot], state: str) -> None:
        """Find the uids of what was asked for; what is not there although it was acknowledged is lost already."""
        there = {_key(row.room, row.starts_at, row.ends_at, row.units): row for row in stored(engine, code)}
        for spot in spots:
            row = there.get(_key(spot.room, spot.starts_at, spot.ends_at, spot.units))
            if row is None:
                self.missing.append(f"{code}: {spot} was accepted and is not there")
                continue
            day = date.fromisoformat(str(row.series_day)) if row.series_day else None
            self.add(Held(code, row.uid, who, spot, state, day))


def _key(room: str, starts_at: object, ends_at: object, units: int) -> tuple[str, int, int, int]:
    return room, microseconds(starts_at), microseconds(ends_at), units


_STORED = """SELECT booking.code, occurrence.uid, room.slug AS room, occurrence.starts_at,
                    occurrence.ends_at, occurrence.units, occurrence.state, occurrence.series_day
             FROM occurrence JOIN booking ON booking.id = occurrence.booking_id
             JOIN room ON room.id = occurrence.room_id"""


def stored(engine: Engine, code: str) -> list:
    with engine.connect() as connection:
        return list(connection.execute(text(f"{_STORED} WHERE booking.code = :code"), {"code": code}))


def lost(url: str, ledgers: Iterable[Ledger]) -> list[str]:
    """Everything in which the database is not what the processes were told, either way."""
    ledgers = list(ledgers)
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = {row.uid: row for row in connection.execute(text(_STORED))}
        query = """SELECT booking.code, outbox.kind, count(*) AS messages FROM outbox
                   JOIN booking ON booking.id = outbox.booking_id AND booking.booked_for = outbox.person_id
                   WHERE outbox.kind <> 'new_request' GROUP BY booking.code, outbox.kind"""
        sent = Counter({(row.code, str(row.kind)): row.messages for row in connection.execute(text(query))})
    engine.dispose()
    told: dict[str, list[Held]] = defaultdict(list)
    for ledger in ledgers:
        for uid, held in ledger.held.items():
            told[uid].append(held)
    missing = [said for ledger in ledgers for said in ledger.missing]
    return [*missing, *_differences(rows, told), *_messages(sent, ledgers)]


def _differences(rows: dict, told: dict[str, list[Held]]) -> Iterator[str]:
    for uid, helds in told.items():
        row = rows.get(uid)
        state = max((held.state for held in helds), key=RANK.index)
        if row is None:
            yield f"{helds[0].code}: {state}, and not there at all"
        elif row.state != state:
            yield f"{row.code}: {state}, and stored as {row.state}"
        elif _key(row.room, row.starts_at, row.ends_at, row.units) not in set().union(*(held.keys for held in helds)):
            yield f"{row.code}: in {row.room} at {row.starts_at}, told {[held.spot for held in helds]}"
    for uid in set(rows) - set(told):
        yield f"{rows[uid].code}: stored as {rows[uid].state}, and nobody was told"


def _messages(sent: Counter, ledgers: Iterable[Ledger]) -> Iterator[str]:
    due: Counter[tuple[str, str]] = Counter()
    for ledger in ledgers:
        due.update(ledger.messages)
    for code, kind in sorted({*sent, *due}):
        if sent[code, kind] != due[code, kind]:
            yield f"{code}: {due[code, kind]} messages of {kind} are due, {sent[code, kind]} are there"
