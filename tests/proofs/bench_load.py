"""Several writers at once, and what the real server's worker keeps in memory."""

from __future__ import annotations

import http.client
import multiprocessing
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from booking.domain.errors import Busy, Refused
from booking.storage.db import db
from booking.usecases.cancelling import cancel
from booking.usecases.deciding import Verdict, decide
from booking.usecases.requesting import request_booking
from tests.proofs.bench_calls import Desk, dispose
from tests.proofs.generator import AUTOMATIC, OFFICER, Made
from tests.support import server

WRITERS = 4
MIXED_ROOMS = tuple(zip(AUTOMATIC[1:], OFFICER[1:], strict=True))


@dataclass(frozen=True)
class Share:
    """What one writer did, by a clock that all processes share."""

    began: float
    done: float
    writes: int


def mixed(made: Made, turns: range) -> float:
    """Writes per second: each writer asks twice, has one request approved and calls the other booking off.

    The first of the turns warms up. No turn may be done twice: its places are taken then.
    """
    shares = (_by_threads if made.url.startswith("sqlite") else _by_processes)(made, turns)
    spent = max(share.done for share in shares) - min(share.began for share in shares)
    return sum(share.writes for share in shares) / spent


def _by_threads(made: Made, turns: range) -> list[Share]:
    """As SQLite is served: one process with one app."""
    app, barrier, shares = made.app(), threading.Barrier(WRITERS), []

    def run(number: int) -> None:
        shares.append(_share(Desk(made), app, number, turns, barrier))

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    dispose(app)
    if len(shares) < WRITERS:
        raise AssertionError("a writer did not come to its end")
    return shares


def _by_processes(made: Made, turns: range) -> list[Share]:
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(WRITERS), context.Queue()

    def run(number: int) -> None:
        app = made.app()
        share = _share(Desk(made), app, number, turns, barrier)
        dispose(app)
        results.put(share)

    processes = [context.Process(target=run, args=(number,), daemon=True) for number in range(WRITERS)]
    for process in processes:
        process.start()
    try:
        return [results.get(timeout=300) for _ in processes]
    finally:
        for process in processes:
            process.join(5)
            if process.is_alive():
                process.terminate()


def _share(desk: Desk, app: Flask, number: int, turns: range, barrier: Any) -> Share:
    """One turn to warm up, then all together."""
    _turn(desk, app, turns[0] * WRITERS + number)
    barrier.wait(60)
    began = time.monotonic()
    writes = sum(_turn(desk, app, turn * WRITERS + number) for turn in turns[1:])
    return Share(began, time.monotonic(), writes)


def _turn(desk: Desk, app: Flask, turn: int) -> int:
    """How many of the four writes came through. The places are this turn's own; what they rest on is shared."""
    ahead, at = divmod(turn, len(MIXED_ROOMS))
    at_once, decided = (desk.wanted(room, desk.period(1 + ahead, "20:30", 30)) for room in MIXED_ROOMS[at])
    asker, officer = desk.act(desk.person(turn)), desk.act(desk.made.people["dadang"])
    done = 0
    with app.app_context():
        try:
            first = request_booking(act=asker, wanted=at_once).code
            second = request_booking(act=asker, wanted=decided).code
            done = 2
            decide(act=officer, code=second, verdict=Verdict.APPROVE)
            cancel(act=asker, code=first)
            done = 4
        except (Refused, Busy) as error:
            print(f"a writer: {error!r}", file=sys.stderr)
        db.session.remove()
    return done


def memory(desk: Desk, pages: int) -> float:
    """MB that the worker process of the real server holds after so many pages and feeds."""
    port = server.free_port()
    started = server.start(desk.made.url, desk.made.folder, port)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number in range(pages):
            connection.request("GET", _path(desk, number), headers={"Accept-Encoding": "gzip"})
            got = connection.getresponse()
            got.read()
            if got.status != 200:
                raise AssertionError(f"{_path(desk, number)}: {got.status}")
        connection.close()
        return max(_resident(one) for one in _below(started.pid)) / 1024
    finally:
        server.kill(started)


def _path(desk: Desk, number: int) -> str:
    day = desk.day(number % 28 - 7)
    rooms = (*AUTOMATIC, *OFFICER)
    kinds = (f"/schedule?date={day}", f"/?date={day}", f"/rooms/{rooms[number % len(rooms)]}?date={day}")
    return kinds[number % len(kinds)]


def _below(pid: int) -> Iterator[int]:
    """All processes below this one."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listed.read_text().split()):
            yield child
            yield from _below(child)


def _resident(pid: int) -> int:
    """Resident KB of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)
