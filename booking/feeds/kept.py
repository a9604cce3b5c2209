"""Whole calendars as they were sent last, by their tags, in one process: whoever asks second waits for no database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

MOST_BYTES = 16 * 1024 * 1024


class Bodies:
    """At most so many bytes; those asked for longest ago go first. A tag never has two bodies."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most = most
        self.bytes = 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._making: dict[str, Lock] = {}
        self._guard = Lock()

    def get(self, tag: str, make: Callable[[], bytes]) -> bytes:
        """What is kept under the tag, else what `make` gives.

        After a change many apps ask at once: one of them makes it, the others wait instead of making it beside it.
        """
        kept = self._kept(tag)
        if kept is not None:
            return kept
        with self._guard:
            making = self._making.setdefault(tag, Lock())
        with making:
            kept = self._kept(tag)
            if kept is None:
                try:
                    kept = make()
                    self._keep(tag, kept)
                finally:
                    with self._guard:
                        self._making.pop(tag, None)
        return kept

    def _kept(self, tag: str) -> bytes | None:
        with self._guard:
            if tag in self._bodies:
                self._bodies.move_to_end(tag)
            return self._bodies.get(tag)

    def _keep(self, tag: str, body: bytes) -> None:
        """But not one that would push out more than half of all."""
        if len(body) * 2 > self.most:
            return
        with self._guard:
            self.bytes += len(body) - len(self._bodies.pop(tag, b""))
            self._bodies[tag] = body
            while self.bytes > self.most:
                self.bytes -= len(self._bodies.popitem(last=False)[1])
