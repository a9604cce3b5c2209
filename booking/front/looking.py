"""Who of the staff looked at whose data: noted in memory, in each process, and taken out in batches.

Never a statement of the request that looks. A process that is killed loses what it noted since the last batch.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from flask import Flask, current_app

from booking.domain.permissions import Viewer
from booking.front import context
from booking.storage.bookings import Booking, is_own
from booking.storage.looks import Seen

MOST_KEPT = 50_000
"""Different (viewer, person, kind, day) between two batches; what comes on top is told to the log, without names."""


class Looks:
    """Of one process; any thread may note or take."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}
        self._guard = threading.Lock()

    def note(self, new: Seen) -> bool:
        """False where there is no room for it."""
        with self._guard:
            old = self._seen.get(new.key)
            if old is None and len(self._seen) >= MOST_KEPT:
                return False
            if old is not None:
                new = replace(new, times=old.times + new.times, last_at=max(old.last_at, new.last_at))
            self._seen[new.key] = new
        return True

    def take(self) -> list[Seen]:
        """Everything since the last time; it is the caller's now."""
        with self._guard:
            found, self._seen = list(self._seen.values()), {}
        return found

    def put_back(self, seen: Iterable[Seen]) -> None:
        """What could not be written goes with the next batch."""
        for one in seen:
            self.note(one)


def looks(app: Flask) -> Looks:
    return cast("Looks", app.extensions.setdefault("looks", Looks()))


def saw_person(what: str, person_id: int, by: Viewer | None = None) -> None:
    """Whoever asks (or `by`) is shown a person's data; one's own are nobody's business to note."""
    viewer = by or context.viewer()
    if viewer.is_staff and viewer.person_id != person_id:
        _note(viewer.person_id, person_id, what)


def saw_booking(what: str, booking: Booking, by: Viewer | None = None) -> None:
    """Whoever asks (or `by`) is shown a booking, and with it who asked for it and who answers for it."""
    if not is_own(booking, by or context.viewer()):
        for person_id in {booking.booked_for, booking.created_by}:
            saw_person(what, person_id, by)


def saw_list(what: str) -> None:
    """Whoever asks is shown a list of many; it counts as one."""
    _note(context.viewer().person_id, None, what)


def _note(viewer_id: int | None, person_id: int | None, what: str) -> None:
    seen = Seen(viewer_id, person_id, what, context.today(), context.now())
    if not looks(current_app).note(seen):
        current_app.logger.error("too much was looked at to note all of it")
