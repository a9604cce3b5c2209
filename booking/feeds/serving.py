"""One feed as an HTTP answer: tags that do not need the body, and bodies joined from stored pieces."""

from __future__ import annotations

import gzip
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from flask import Response, current_app
from werkzeug.datastructures import Accept
from werkzeug.http import http_date, parse_accept_header, parse_date, parse_etags
from werkzeug.wrappers import Request

from booking.domain.period import Period
from booking.feeds import counting
from booking.feeds.kept import Bodies
from booking.front import context
from booking.ical.vevent import Address, vevent
from booking.ical.words import LANGUAGES
from booking.storage import feed_events
from booking.storage.db import reading
from booking.storage.feed_events import Entry, Shelf, Window
from booking.storage.polling import Ask, Holder, Version

log = logging.getLogger(__name__)

FORMAT = "2"
"""Raise it when what stands around the events changes: tags and kept bodies of before are then no good any more."""


GZIP_LEVEL = 4
"""Half the time of the usual 6, for 4 % more bytes."""


@dataclass(frozen=True)
class Poll:
    """A calendar app asks: everything that may change its answer. `is_counted`: towards the limits of its token."""

    ask: Ask
    environ: Mapping[str, Any]
    is_counted: bool = True
    now: datetime = field(default_factory=context.now)
    address: Address = field(default_factory=context.address)

    @cached_property
    def language(self) -> str:
        """?lang= alone: no cookie, no header, so that one address is one calendar for everybody."""
        asked = Request({**self.environ}).args.get("lang") if self.environ.get("QUERY_STRING") else None
        return asked if asked in LANGUAGES else str(current_app.config["DEFAULT_LANGUAGE"])

    @cached_property
    def midnight(self) -> datetime:
        """What is served depends on the day (UTC), never on the minute: the same tag is the same bytes."""
        return self.now.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.language, self.address.writer)

    @property
    def wants_gzip(self) -> bool:
        return bool(current_app.config["GZIP"]) and _takes_gzip(self.environ.get("HTTP_ACCEPT_ENCODING", ""))


@lru_cache(1024)
def _takes_gzip(accepted: str) -> bool:
    return parse_accept_header(accepted, Accept)["gzip"] > 0


@dataclass(frozen=True)
class Feed:
    """What is served, from `days_back` to 365 days ahead; `build` is called only when the bytes are needed."""

    name: str
    version: Version
    level: str
    days_back: int
    build: Callable[[Window], bytes]
    holder: Holder | None = None

    @property
    def is_private(self) -> bool:
        return self.holder is not None


SETTLED = timedelta(minutes=5)
"""From midnight (UTC) on: by then whatever began the day before is committed, a transaction takes seconds."""

Headers = list[tuple[str, str]]


def known(feed: Feed, poll: Poll) -> Headers | None:
    """The headers of a 304 if this is what the app has already (RFC 9110 13)."""
    tag, changed_at = _tag(feed, poll), _changed_at(feed, poll)
    return _shared(feed, poll, tag) if _is_known(feed, poll, tag, changed_at) else None


def serve(feed: Feed, poll: Poll) -> Response:
    """200 with the calendar, or 304 without building it."""
    headers = known(feed, poll)
    if headers is not None:
        # by a type of its own: what has none counts as a page, and pages get cookies
        response = Response(status=304, headers=headers, mimetype="text/calendar")
    else:
        tag = _tag(feed, poll)
        headers = _shared(feed, poll, tag)
        if _is_dated(feed, poll):
            headers.append(("Last-Modified", http_date(_changed_at(feed, poll))))
        headers.append(("Content-Disposition", f'inline; filename="{feed.name}.ics"'))
        if poll.wants_gzip:
            headers.append(("Content-Encoding", "gzip"))
        response = Response(_body(feed, poll, tag), 200, headers, content_type="text/calendar; charset=utf-8")
    answered(feed, poll)
    return response


def answered(feed: Feed, poll: Poll) -> None:
    """The app has the calendar (200 or 304): it is counted which one asked, with which token if any."""
    counting.fetched(poll.environ, feed.holder.token_id if feed.holder else None)


def _shared(feed: Feed, poll: Poll, tag: str) -> Headers:
    """What 200 and 304 both say (RFC 9110 15.4.5)."""
    return [
        ("ETag", f'"{tag}-gz"' if poll.wants_gzip else f'"{tag}"'),
        ("Cache-Control", f"{'private' if feed.is_private else 'public'}, max-age=300"),
        ("Vary", "Accept-Encoding"),
        ("X-Robots-Tag", "noindex"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ]


def _tag(feed: Feed, poll: Poll) -> str:
    first_day = (poll.midnight - timedelta(days=feed.days_back)).date().isoformat()
    parts = (feed.version.tag, feed.level, poll.language, poll.address.writer, first_day, feed.name, FORMAT)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _changed_at(feed: Feed, poll: Poll) -> datetime:
    return max(feed.version.changed_at or poll.midnight, poll.midnight)


def _is_dated(feed: Feed, poll: Poll) -> bool:
    """Whether Last-Modified is sure to rise with the next change: midnight is not while one of before may yet come."""
    return _changed_at(feed, poll) > poll.midnight or poll.now >= poll.midnight + SETTLED


def _is_known(feed: Feed, poll: Poll, tag: str, changed_at: datetime) -> bool:
    """If-None-Match decides where it is sent: any form of this tag, weak or strong, or *.

    If-Modified-Since counts where it is our own Last-Modified, said exactly: what began before another date may be
    committed after it. Alone it tells too little of a private feed: it joins scopes that may change in the same second.
    """
    asked = poll.environ.get("HTTP_IF_NONE_MATCH")
    if asked is not None:
        tags = parse_etags(asked)
        return tags.contains_weak(tag) or tags.contains_weak(f"{tag}-gz")
    is_telling = not feed.is_private and _is_dated(feed, poll)
    since = parse_date(poll.environ.get("HTTP_IF_MODIFIED_SINCE")) if is_telling else None
    return since is not None and changed_at.replace(microsecond=0) == since


def _body(feed: Feed, poll: Poll, tag: str) -> bytes:
    """As it was kept under its tag, or joined now."""
    bodies: Bodies = current_app.extensions["feed_bodies"]

    def plain() -> bytes:
        return bodies.get(tag, lambda: feed.build(_window(feed, poll)))

    if not poll.wants_gzip:
        return plain()
    return bodies.get(f"{tag}-gz", lambda: gzip.compress(plain(), GZIP_LEVEL, mtime=0))


def _window(feed: Feed, poll: Poll) -> Window:
    back, ahead = timedelta(days=feed.days_back), timedelta(days=366)
    return Window(Period(poll.midnight - back, poll.midnight + ahead), poll.midnight)


def room_events(levels: Mapping[int, str], window: Window, poll: Poll) -> list[bytes]:
    """The confirmed bookings of rooms (id -> level): all in one piece where all bytes are at hand, else one by one."""
    whole = feed_events.room_bytes(reading(), levels, window, poll.shelf)
    if whole is not None:
        return [whole]
    return events(feed_events.room_entries(reading(), levels, window, poll.shelf), poll)


def events(entries: Sequence[Entry], poll: Poll) -> list[bytes]:
    """The VEVENTs in order; what is not at hand is rendered for this answer (the worker stores it later)."""
    missing = {entry[1]: entry[3] for entry in entries if entry[2] is None}
    if not missing:
        return [body for _, _, body, _ in entries if body is not None]
    written = {}
    for facts in feed_events.facts_of(reading(), missing):
        written[facts.id] = one_event(facts, missing[facts.id], poll)
    return [written.get(number, b"") if body is None else body for _, number, body, _ in entries]


def one_event(facts: feed_events.Facts, level: str, poll: Poll) -> bytes:
    """Nothing for an event that cannot be written: one must not take the calendar of everybody."""
    try:
        return vevent(facts, level, poll.language, poll.address)
    except Exception:
        log.exception("occurrence %s cannot be written", facts.id)
        return b""
