"""Whole calendars as they were sent last, by their tags, in one process: whoever asks second waits for no database."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

MOST_BYTES = 16 * 1024 * 1024


class Bodies:
    """At most so many bytes; those asked for longest ago go first. A tag never has two bodies."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most = most
        self.bytes = 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._guard = Lock()

    def get(self, tag: str) -> bytes | None:
        with self._guard:
            if tag in self._bodies:
                self._bodies.move_to_end(tag)
            return self._bodies.get(tag)

    def put(self, tag: str, body: bytes) -> None:
        """Keep it; not one that would push out more than half of all."""
        if len(body) * 2 > self.most:
            return
        with self._guard:
            self.bytes += len(body) - len(self._bodies.pop(tag, b""))
            self._bodies[tag] = body
            while self.bytes > self.most:
                self.bytes -= len(self._bodies.popitem(last=False)[1])
