"""Who fetched when: counted in memory, in each process, and taken out in batches. Never a statement of the request."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from flask import Flask, current_app

from booking.domain.calendar_apps import Family, app_of, is_known
from booking.front import context
from booking.usecases.subscribing import Fetch

MOST_KEPT = 20_000
"""Different (public feed, known app) between two batches; what comes on top is not counted."""
LONGEST_AGENT = 200

_Key = tuple[int | None, str, str]


class Counts:
    """Of one process; any thread may count or take. Whatever apps call themselves, it holds no more than there are
    feeds and addresses.
    """

    def __init__(self) -> None:
        self._public: dict[_Key, Fetch] = {}
        # at most two of each address that is in use: nobody crowds them out
        self._private: dict[_Key, Fetch] = {}
        self._guard = threading.Lock()

    def note(self, token_id: int | None, feed: str, user_agent: str, at: datetime) -> None:
        """One fetch of the calendar, new or not modified."""
        self._add(Fetch(token_id, feed, user_agent[:LONGEST_AGENT], at))

    def _add(self, new: Fetch) -> None:
        key = _key(new)
        with self._guard:
            found = self._public if new.token_id is None else self._private
            old = found.get(key)
            if old is not None:
                newest = max(old, new, key=lambda one: one.at)
                new = replace(newest, times=old.times + new.times)
            elif new.token_id is None and len(found) >= MOST_KEPT:
                return
            found[key] = new

    def take(self) -> list[Fetch]:
        """Everything since the last time; it is the caller's now."""
        with self._guard:
            found = [*self._private.values(), *self._public.values()]
            self._private, self._public = {}, {}
        return found

    def put_back(self, fetches: Sequence[Fetch]) -> None:
        """What could not be written goes with the next batch."""
        for one in fetches:
            self._add(one)


def _key(fetch: Fetch) -> _Key:
    """What is counted as one: by known app, all others together; of an address the app's beside a browser's."""
    app = app_of(fetch.user_agent)
    if fetch.token_id is None:
        return None, fetch.feed, app.name if is_known(app) else ""
    return fetch.token_id, fetch.feed, app.name if app.family is Family.BROWSER else ""


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
