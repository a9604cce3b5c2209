"""Four programs read the feeds of a real server as they were planned: python -m tests.proofs.readers [--events N].

ical.js, vobject, recurring-ical-events, and khal with what vdirsyncer fetched. They are told nothing of the program:
they get an address or bytes, and give start, end, title and status. What they should find is told from the plan alone.
Exits 1 when one of them finds anything else, when a feed is not clean, or when an altered feed is not noticed.
"""

from __future__ import annotations

import argparse
import http.server
import re
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from booking import create_app
from booking.ical.vevent import Address
from booking.storage.db import db
from tests.oracles import readers
from tests.oracles.icaljs import NotAsked
from tests.oracles.readers import Event, differences
from tests.support import databases, server
from tests.support.feeds import Filled, Placed, filled, private_addresses, public_addresses
from tests.support.lint import problems
from tests.support.world import furnished

EVENTS = 500
UID_HOST = "booking.invalid"
Readers = Mapping[str, Callable[[bytes], list[Event]]]


def moved(body: bytes) -> bytes:
    """One event an hour later."""
    line = re.search(rb"DTSTART[^\r]*T(\d\d)", _event(body))
    hour = (int(line[1]) + 1) % 24
    return body.replace(line[0], line[0][:-2] + b"%02d" % hour, 1)


def cut(body: bytes) -> bytes:
    """The last sign of one title is gone."""
    line = re.search(rb"SUMMARY:.*?(?=\r\nDTSTART)", _event(body), re.DOTALL)[0]
    shorter = line.decode()[:-1].encode()
    return body.replace(_event(body), _event(body).replace(line, shorter), 1)


def renamed(body: bytes) -> bytes:
    """One event is of another state."""
    other = {b"CONFIRMED": b"TENTATIVE", b"TENTATIVE": b"CONFIRMED", b"CANCELLED": b"CONFIRMED"}
    state = re.search(rb"STATUS:(\w+)", _event(body))[1]
    return body.replace(_event(body), _event(body).replace(b"STATUS:" + state, b"STATUS:" + other[state]), 1)


def lost(body: bytes) -> bytes:
    """One event is missing."""
    return body.replace(_event(body), b"", 1)


def _event(body: bytes) -> bytes:
    """One of the first: not next to a change of the clocks."""
    return re.search(rb"BEGIN:VEVENT.*?END:VEVENT\r\n", body, re.DOTALL)[0]


ALTERATIONS = (moved, cut, renamed, lost)


@dataclass
class Report:
    """`agreed`: lines that tell who agrees on what; `wrong`: what must not be; `silent`: who was not asked, and why."""

    agreed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    def compare(self, name: str, wanted: Sequence[Event], body: bytes, programs: Readers) -> None:
        """Ask each program for the events of a feed; one that is not to be had is asked no more."""
        heard = []
        for program, read in programs.items():
            if any(said.startswith(program) for said in self.silent):
                continue
            try:
                found = read(body)
            except NotAsked as reason:
                self.silent.append(str(reason) if str(reason).startswith(program) else f"{program}: {reason}")
                continue
            heard.append(program)
            self.wrong += [f"{name}, {program}: {line}" for line in differences(wanted, found)]
        self.agreed.append(f"{name:<22} {len(wanted):>4} events: {', '.join(heard)}")

    def control(self, wanted: Sequence[Event], body: bytes, programs: Readers) -> None:
        """Each program must tell an altered feed from what was planned."""
        for alter in ALTERATIONS:
            what, altered = f"an event {alter.__name__}", alter(body)
            asked = [name for name in programs if not any(said.startswith(name) for said in self.silent)]
            blind = [name for name in asked if not differences(wanted, programs[name](altered))]
            if blind or altered == body:
                self.wrong.append(f"control: {what} is not noticed by {', '.join(blind) or 'anybody: nothing was'}")
            else:
                self.agreed.append(f"control: {what} is noticed by {', '.join(asked)}")


@contextmanager
def handed_out() -> Iterator[Callable[[bytes], str]]:
    """A server that knows nothing but the bytes it was last given; each time at another address."""
    bodies: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            self.send_response(200)
            self.send_header("Content-Type", "text/calendar; charset=utf-8")
            self.end_headers()
            self.wfile.write(bodies[int(self.path.strip("/").partition(".")[0])])

        def log_message(self, *_: object) -> None:
            pass

    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()

    def give(body: bytes) -> str:
        bodies.append(body)
        return f"http://127.0.0.1:{serving.server_port}/{len(bodies) - 1}.ics"

    try:
        yield give
    finally:
        serving.shutdown()
        thread.join()
        serving.server_close()


def prove(url: str, folder: Path, number: int) -> Report:
    """Fill a database through the use cases, serve it, and let everybody read."""
    port, now = server.free_port(), datetime.now(UTC).replace(microsecond=0)
    base, report = f"http://127.0.0.1:{port}", Report()
    made, paths = _made(url, folder, base, number, now)
    running = server.start(url, folder, port)
    try:
        with handed_out() as give:
            whole = dict(readers.IN_MEMORY)
            for at, (name, path) in enumerate(paths.items()):
                language = ("id", "en")[at % 2]
                address, wanted = f"{base}{path}?lang={language}", made.wanted(name, language)
                body = _fetched(address)
                report.wrong += [f"{name}: {line}" for line in problems(body, now)]
                fetched = {"khal, vdirsyncer": lambda _, address=address, at=at: _by_khal(address, folder, str(at))}
                report.compare(f"{name} ({language})", wanted, body, whole | fetched)
            altered = {
                "khal, vdirsyncer": lambda body: _by_khal(address := give(body), folder, f"altered-{address[-5]}")
            }
            report.control(made.wanted("my", "id"), _fetched(f"{base}{paths['my']}?lang=id"), whole | altered)
    finally:
        server.kill(running)
    return report


def _made(url: str, folder: Path, base: str, number: int, now: datetime) -> tuple[Filled, dict[str, str]]:
    """What is to be read, and the addresses of the feeds that have anything to say."""
    databases.migrate(url, folder)
    settings = {"SQLALCHEMY_DATABASE_URI": url, "DATA": folder, "SECRET_KEY": databases.SECRET, "BASE_URL": base}
    app = create_app(settings)
    with app.app_context():
        people = furnished(app).people
        world = Placed(app, now, people, Address(base, UID_HOST))
        app.config["CLOCK"] = app.config["REAL_CLOCK"] = lambda: world.now
        made = filled(world, number)
        paths = {name: path for name, path in public_addresses().items() if made.wanted(name)}
        paths |= {name: path for name, path in private_addresses(world).items() if name == "my"}
        db.session.remove()
        db.engine.dispose()
    return made, paths


def _by_khal(address: str, folder: Path, name: str) -> list[Event]:
    return readers.by_khal(address, folder / f"khal-{name}")


def _fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read()


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run prove readers", description="Four programs read the feeds.")
    parser.add_argument("--events", type=int, default=EVENTS, metavar="N", help=f"occurrences in all; {EVENTS}")
    wanted = parser.parse_args(argv)
    began = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as name:
        report = prove(f"sqlite:///{name}/booking.sqlite", Path(name), wanted.events)
    print(*report.agreed, *report.wrong, *report.silent, sep="\n")
    seconds = (datetime.now(UTC) - began) / timedelta(seconds=1)
    print(f"{len(report.wrong)} differences; {wanted.events} occurrences, {seconds:.0f} s")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
