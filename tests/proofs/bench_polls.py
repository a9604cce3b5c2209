"""Many calendar apps ask the real server, each on a connection of its own, at times of their own."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.proofs.bench_load import _below, _resident
from tests.support import server

CHANGE = "UPDATE feed_state SET version = version + 1, changed = changed + 1 WHERE scope = 'all' OR scope LIKE 'room:%'"


@dataclass
class Polled:
    """What came of it: milliseconds of each poll, statuses, MB of the server after the first round and after all."""

    times: list[float] = field(default_factory=list)
    told_200: int = 0
    told_304: int = 0
    errors: int = 0
    spent: float = 0.0
    before: float = 0.0
    after: float = 0.0

    @property
    def count(self) -> int:
        return len(self.times) + self.errors

    def quantile(self, share: float) -> float:
        ordered = sorted(self.times) or [float("inf")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def poll(url: str, folder: Path, paths: Sequence[str], pollers: int, polls: int, seconds: float) -> Polled:
    """Each polls so often, once within each `seconds`; public calendars change about every ten.

    Some hundred times as often as calendar apps do.
    """
    port = server.free_port()
    started = server.start(url, folder, port)
    try:
        found = Polled()
        asyncio.run(_round(port, paths, pollers, 1, seconds, Polled()))
        found.before = _memory(started.pid)
        is_over = threading.Event()
        changing = threading.Thread(target=_change, args=(url, is_over), daemon=True)
        changing.start()
        began = time.monotonic()
        asyncio.run(_round(port, paths, pollers, polls, seconds, found))
        found.spent = time.monotonic() - began
        is_over.set()
        changing.join(10)
        found.after = _memory(started.pid)
        return found
    finally:
        server.kill(started)


def _memory(pid: int) -> float:
    return max(_resident(one) for one in _below(pid)) / 1024


def _change(url: str, is_over: threading.Event) -> None:
    engine = create_engine(url)
    while not is_over.wait(10):
        with engine.begin() as connection:
            connection.execute(text(CHANGE))
    engine.dispose()


async def _round(port: int, paths: Sequence[str], pollers: int, polls: int, seconds: float, found: Polled) -> None:
    chance = random.Random(7)
    # a private address is asked by one phone: sixty times an hour are its limit
    public = [path for path in paths if "/u/" not in path]
    mine = [path for path in paths if "/u/" in path]
    chosen = [mine[at] if at < len(mine) else public[at % len(public)] for at in range(pollers)]
    await asyncio.gather(*(_poller(port, path, polls, seconds, chance.random(), found) for path in chosen))


async def _poller(port: int, path: str, polls: int, seconds: float, phase: float, found: Polled) -> None:
    tag, began = "", time.monotonic()
    for number in range(polls):
        await asyncio.sleep(max(0.0, began + (number + phase) * seconds - time.monotonic()))
        asked = time.perf_counter()
        try:
            status, tag = await asyncio.wait_for(_ask(port, path, tag), 30)
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError):
            found.errors += 1
            continue
        found.times.append((time.perf_counter() - asked) * 1000)
        found.told_200 += status == 200
        found.told_304 += status == 304
        found.errors += status not in (200, 304)


async def _ask(port: int, path: str, tag: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        said = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n{known}\r\n"
        writer.write(said.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status_line, *lines = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        await reader.readexactly(int(headers.get("content-length", "0")))
        return int(status_line.split()[1]), headers.get("etag", tag)
    finally:
        writer.close()
