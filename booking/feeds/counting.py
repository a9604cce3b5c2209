"""Who fetched when: counted in memory, in each process, and taken out in batches. Never a statement of the request."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from flask import Flask, current_app

from booking.front import context
from booking.usecases.subscribing import Fetch

MOST_KEPT = 20_000
"""Different (token, feed, app) between two batches; what comes on top is not counted."""
LONGEST_AGENT = 200


class Counts:
    """Of one process; any thread may count or take."""

    def __init__(self) -> None:
        self._found: dict[tuple[int | None, str, str], Fetch] = {}
        self._guard = threading.Lock()

    def note(self, token_id: int | None, feed: str, user_agent: str, at: datetime) -> None:
        """One fetch of the calendar, new or not modified."""
        self._add(Fetch(token_id, feed, user_agent[:LONGEST_AGENT], at))

    def _add(self, new: Fetch) -> None:
        key = (new.token_id, new.feed, new.user_agent)
        with self._guard:
            old = self._found.get(key)
            if old is not None:
                new = replace(new, at=max(old.at, new.at), times=old.times + new.times)
            elif len(self._found) >= MOST_KEPT:
                return
            self._found[key] = new

    def take(self) -> list[Fetch]:
        """Everything since the last time; it is the caller's now."""
        with self._guard:
            found, self._found = self._found, {}
        return list(found.values())

    def put_back(self, fetches: Sequence[Fetch]) -> None:
        """What could not be written goes with the next batch."""
        for one in fetches:
            self._add(one)


def counts(app: Flask) -> Counts:
    return cast("Counts", app.extensions.setdefault("feed_counts", Counts()))


def fetched(environ: Mapping[str, Any], token_id: int | None) -> None:
    """Count this request of a feed, which was answered with 200 or 304; within the application's context."""
    if environ["REQUEST_METHOD"] != "GET":
        return
    path = str(environ.get("PATH_INFO", ""))
    feed = "" if token_id is not None else path.removeprefix("/feeds/").removesuffix(".ics")
    agent = str(environ.get("HTTP_USER_AGENT", ""))
    counts(current_app).note(token_id, feed, agent, context.real_now())
