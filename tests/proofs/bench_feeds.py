"""How fast calendars are: python -m tests.proofs.bench_feeds [--databases sqlite,postgresql].

Everything is told beside what Flask itself takes in the same minutes, called alike (werkzeug's client, no network): a
hello for 304, `send_file` of the same bytes for whole calendars. Then a thousand pollers ask the real server. Goals are
told, never asserted: the exit code is 0 when everything was measured.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask, send_file
from icalendar import Calendar, Event
from sqlalchemy import insert, select

from booking import create_app
from booking.domain.feed_names import MINE
from booking.feeds.kept import Bodies
from booking.ical.vevent import Address
from booking.storage import feed_events
from booking.storage.bookings import Booking, Occurrence
from booking.storage.db import db, reading
from booking.storage.feeds import Piece
from booking.storage.places import room_by_slug
from booking.usecases.act import Act
from booking.usecases.refreshing import write_missing_pieces
from booking.usecases.requesting import request_booking
from booking.usecases.subscribing import new_feed_token
from booking.usecases.wanted import PRIVATELY, Wanted, WantedOccurrence
from tests.proofs.bench import databases_of, hello_app
from tests.proofs.bench_calls import Browser, timed
from tests.proofs.bench_polls import Polled, poll
from tests.support import databases
from tests.support.world import JAKARTA, World, furnished

BIG, SMALL = "/feeds/rooms/meja.ics", "/feeds/rooms/rapat.ics"


@dataclass(frozen=True)
class Effort:
    """How much: events of the big calendar (a tenth in the small one), calls, pollers, rounds and their seconds."""

    events: int = 5000
    rounds: int = 8
    calls: int = 60
    whole_calls: int = 6
    written: int = 300
    pollers: int = 1000
    polls: int = 3
    seconds: float = 20.0


@dataclass(frozen=True)
class Line:
    """One figure with what it is told beside; the goal is at most (or, where it is a speed-up, at least) `limit`."""

    what: str
    said: str
    ratio: float
    limit: float
    is_least: bool = False

    def __str__(self) -> str:
        is_met = self.ratio >= self.limit if self.is_least else self.ratio <= self.limit
        goal = f"{'>=' if self.is_least else '<='} {self.limit:g}: {'met' if is_met else 'MISSED'}"
        return f"| {self.what} | {self.said} | {self.ratio:,.2f} | {goal} |"


def run(kind: str, url: str, folder: Path, effort: Effort) -> list[Line]:
    databases.migrate(url, folder)
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": folder, "SECRET_KEY": databases.SECRET})
    app.extensions["feed_limits"].per_token.most = 10**9
    with app.app_context():
        world = furnished(app)
        now = datetime.now(JAKARTA).replace(hour=8, minute=30, second=0, microsecond=0)
        _fill(world, "meja", now, effort.events)
        _fill(world, "rapat", now, effort.events // 10)
        secret = new_feed_token(act=_act(world, now), feed=MINE, label="", real_now=now)
        while write_missing_pieces(act=_act(world, now), most=500):
            pass
    app.config["CLOCK"] = app.config["REAL_CLOCK"] = lambda: now.astimezone(world.now.tzinfo)
    paths = [SMALL, "/feeds/sites/bitc.ics", "/feeds/all.ics", f"/feeds/u/{secret}/my.ics"]
    found = [*_unchanged(app, paths, effort), *_whole(app, folder, effort)]
    with app.app_context():
        found.append(_written(world, now, effort))
        db.session.remove()
        db.engine.dispose()
    return [*found, *_polled(url, folder, paths, effort)]


def _act(world: World, now: datetime) -> Act:
    base = Address("http://127.0.0.1:8000", "booking.invalid")
    return Act(world.people["cecep"], now.astimezone(world.now.tzinfo), now.date(), base)


def _fill(world: World, slug: str, now: datetime, events: int) -> None:
    """Approved half hours, fourteen a day from four weeks ago on, past the use cases and the claims."""
    first = WantedOccurrence(slug, *(now.replace(hour=hour) + timedelta(days=90) for hour in (19, 20)))
    wanted = Wanted("Latihan tari untuk pentas akhir tahun", 12, [first], community=PRIVATELY)
    code = request_booking(act=_act(world, now), wanted=wanted).code
    booking_id, room_id = (
        reading().scalar(select(Booking.id).where(Booking.code == code)),
        room_by_slug(reading(), slug).id,
    )
    rows = []
    for number in range(events - 1):
        starts_at = now + timedelta(
            days=number // 14 - 28 if events > 14 * 28 else number // 14, minutes=30 * (number % 14)
        )
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30), "changed_at": now}
        walls = {"wall_starts": f"{starts_at:%Y-%m-%dT%H:%M}", "wall_ends": f"{starts_at:%Y-%m-%dT%H:%M}"}
        ids = {"uid": f"{slug}-{number:08d}-bench", "booking_id": booking_id, "room_id": room_id}
        buffers = {"setup_minutes": 0, "teardown_minutes": 0, "sequence": 0}
        rows.append({**ids, **times, **walls, **buffers, "units": 1, "state": "approved"})
    reading().rollback()
    with db.engine.begin() as connection:
        connection.execute(insert(Occurrence.__table__), rows)


# Whole answers beside Flask's own


def _best(pairs: Sequence[Callable[[], object]], rounds: int, calls: int) -> list[float]:
    """The best of several medians (ms) of each, taking turns so that a noisy minute meets them all."""
    best = [float("inf")] * len(pairs)
    for _ in range(rounds):
        for at, call in enumerate(pairs):
            best[at] = min(best[at], statistics.median(timed(call) for _ in range(calls)))
    return best


def _unchanged(app: Flask, paths: Sequence[str], effort: Effort) -> list[Line]:
    hello, browser = Browser(hello_app()), Browser(app)
    asks = [(path, browser.get(path)) for path in paths]
    calls = [lambda path=path, tag=tag: browser.get(path, tag, status=304) for path, tag in asks]
    least, *spent = _best([lambda: hello.get("/"), *calls], effort.rounds, effort.calls)
    names = ("304 of a room", "304 of a site", "304 of everything", "304 of my bookings")
    said = [f"{one:.3f} ms, hello {least:.3f} ms" for one in spent]
    return [Line(name, text, one / least, 2) for name, text, one in zip(names, said, spent, strict=True)]


def _whole(app: Flask, folder: Path, effort: Effort) -> list[Line]:
    browser = Browser(app)
    body = app.test_client().get(BIG).data
    (folder / "same.ics").write_bytes(body)
    files = Flask("files")
    files.add_url_rule("/", view_func=lambda: send_file(folder / "same.ics", mimetype="text/calendar"))
    sender = Browser(files)

    def cold(path: str) -> None:
        app.extensions["feed_bodies"] = Bodies()
        browser.get(path)

    def warm() -> None:
        browser.get(BIG)

    sent, of_big, of_small = _best(
        [lambda: sender.get("/"), lambda: cold(BIG), lambda: cold(SMALL)], effort.rounds, effort.whole_calls
    )
    warm()
    sent_again, kept = _best([lambda: sender.get("/"), warm], effort.rounds, effort.whole_calls)
    with app.app_context():
        by_icalendar = min(timed(lambda: _by_icalendar(effort.events)) for _ in range(2))
        db.session.remove()
    count = body.count(b"BEGIN:VEVENT")
    size = f"{count:,} events, {len(body) / 1e6:.2f} MB"
    return [
        Line("whole calendar, cold", f"{of_big:.2f} ms, send_file {sent:.2f} ms ({size})", of_big / sent, 5),
        Line("whole calendar, warm", f"{kept:.3f} ms, send_file {sent_again:.2f} ms", kept / sent_again, 1.2),
        Line("ten times as many events, cold", f"{of_small:.2f} -> {of_big:.2f} ms", of_big / of_small, 11),
        Line("icalendar at each request", f"{by_icalendar:,.0f} ms", by_icalendar / of_big, 300, is_least=True),
    ]


def _by_icalendar(most: int) -> bytes:
    """What others do: events put together by icalendar from rows, at each request."""
    calendar = Calendar()
    room = room_by_slug(reading(), "meja")
    ids = reading().scalars(select(Occurrence.id).where(Occurrence.room_id == room.id).limit(most)).all()
    for facts in feed_events.facts_of(reading(), ids):
        event = Event()
        event.add("summary", f"{facts.title} · {room.name}")
        event.add("dtstart", facts.starts_at.astimezone(room.site.zone))
        event.add("dtend", facts.ends_at.astimezone(room.site.zone))
        event.add("dtstamp", facts.changed_at)
        event.add("uid", f"{facts.uid}@booking.invalid")
        event.add("sequence", facts.sequence)
        event.add("last-modified", facts.changed_at)
        event.add("location", f"{room.name}, {room.site.name}")
        event.add("status", "CONFIRMED")
        event.add("transp", "OPAQUE")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _written(world: World, now: datetime, effort: Effort) -> Line:
    """What storing its bytes adds to the writing of an occurrence, in ms."""
    ids = reading().scalars(select(Piece.occurrence_id).distinct().limit(effort.written)).all()
    reading().rollback()
    spent = []
    for _ in range(3):
        with db.engine.begin() as connection:
            connection.execute(Piece.__table__.delete().where(Piece.__table__.c.occurrence_id.in_(ids)))
        spent.append(timed(lambda: write_missing_pieces(act=_act(world, now), most=len(ids))) / len(ids))
    return Line("bytes of one occurrence more, ms", f"{min(spent):.3f} ms", min(spent), 2)


# A thousand apps


def _polled(url: str, folder: Path, paths: Sequence[str], effort: Effort) -> list[Line]:
    found: Polled = poll(url, folder, paths, effort.pollers, effort.polls, effort.seconds)
    told = f"{found.count:,} polls ({found.told_304:,} x 304, {found.told_200:,} x 200) in {found.spent:.0f} s"
    return [
        Line(f"{effort.pollers:,} pollers, errors", told, found.errors, 0),
        Line(f"{effort.pollers:,} pollers, p99 in ms", f"p50 {found.quantile(0.5):.1f} ms", found.quantile(0.99), 250),
        Line(
            "memory after them, of before",
            f"{found.after:.0f} MB, {found.before:.0f} MB",
            found.after / found.before,
            1.1,
        ),
    ]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench_feeds", description=__doc__.partition("\n")[0])
    parser.add_argument("--databases", default="sqlite")
    parser.add_argument("--events", type=int, default=Effort.events)
    said = parser.parse_args(argv)
    # whoever ends it from outside leaves no server behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        for kind in said.databases.split(","):
            with databases_of(kind, folder, [said.events]) as urls:
                began = time.monotonic()
                lines = run(kind, urls[said.events], folder / f"{kind}-{said.events}", Effort(events=said.events))
                print(f"{kind}, in {time.monotonic() - began:.0f} s", "", sep="\n")
                print(
                    "| what | measured | ratio | goal |", "| --- | --- | --- | --- |", *lines, "", sep="\n", flush=True
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
