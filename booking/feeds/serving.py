"""One feed as an HTTP answer: tags that do not need the body, and bodies joined from stored pieces."""

from __future__ import annotations

import gzip
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property

from flask import Response, current_app
from sqlalchemy import Connection
from werkzeug.http import http_date
from werkzeug.wrappers import Request

from booking.domain.period import Period
from booking.feeds.kept import Bodies
from booking.front import context
from booking.ical.vevent import Address, vevent
from booking.ical.words import LANGUAGES
from booking.storage import feed_events
from booking.storage.db import reading
from booking.storage.feed_events import Entry, Shelf, Window
from booking.storage.polling import Holder, Version

log = logging.getLogger(__name__)

FORMAT = "1"
"""Raise it when what stands around the events changes: tags and kept bodies of before are then no good any more."""


@dataclass(frozen=True)
class Poll:
    """A calendar app asks: everything that may change its answer. `is_counted`: towards the limits of its token."""

    request: Request
    connection: Connection
    is_counted: bool = True
    now: datetime = field(default_factory=context.now)
    address: Address = field(default_factory=context.address)

    @cached_property
    def language(self) -> str:
        """?lang= alone: no cookie, no header, so that one address is one calendar for everybody."""
        asked = self.request.args.get("lang")
        return asked if asked in LANGUAGES else str(current_app.config["DEFAULT_LANGUAGE"])

    @property
    def midnight(self) -> datetime:
        """What is served depends on the day (UTC), never on the minute: the same tag is the same bytes."""
        return datetime.combine(self.now.date(), time(), UTC)

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.language, self.address.writer)


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


def known(feed: Feed, poll: Poll) -> Response | None:
    """304 if this is what the app has already (RFC 9110 13)."""
    tag, changed_at = _tag(feed, poll), _changed_at(feed, poll)
    if not _is_known(feed, poll, tag, changed_at):
        return None
    # by a type of its own: what has none counts as a page, and pages get cookies
    response = Response(status=304, mimetype="text/calendar")
    return _marked(response, feed, tag, changed_at, is_zipped=_wants_gzip(poll))


def serve(feed: Feed, poll: Poll) -> Response:
    """200 with the calendar, or 304 without building it."""
    response = known(feed, poll)
    if response is None:
        tag, is_zipped = _tag(feed, poll), _wants_gzip(poll)
        body = _body(feed, poll, tag, is_zipped=is_zipped)
        response = Response(body, 200, content_type="text/calendar; charset=utf-8")
        response.headers["Content-Disposition"] = f'inline; filename="{feed.name}.ics"'
        if is_zipped:
            response.headers["Content-Encoding"] = "gzip"
        _marked(response, feed, tag, _changed_at(feed, poll), is_zipped=is_zipped)
    if feed.holder is not None:
        answered(feed.holder, poll)
    return response


def answered(holder: Holder, poll: Poll) -> None:
    """A private feed was told something (200 or 304): here it is noted which token asked, and with which app."""


def _marked(response: Response, feed: Feed, tag: str, changed_at: datetime, *, is_zipped: bool) -> Response:
    """The headers that 200 and 304 share."""
    headers = response.headers
    headers["ETag"] = f'"{tag}-gz"' if is_zipped else f'"{tag}"'
    headers["Last-Modified"] = http_date(changed_at)
    headers["Cache-Control"] = f"{'private' if feed.is_private else 'public'}, max-age=300"
    headers["Vary"] = "Accept-Encoding"
    headers["X-Robots-Tag"] = "noindex"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    return response


def _tag(feed: Feed, poll: Poll) -> str:
    first_day = (poll.midnight - timedelta(days=feed.days_back)).date().isoformat()
    parts = (feed.version.tag, feed.level, poll.language, poll.address.writer, first_day, feed.name, FORMAT)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _changed_at(feed: Feed, poll: Poll) -> datetime:
    return max(feed.version.changed_at or poll.midnight, poll.midnight)


def _is_known(feed: Feed, poll: Poll, tag: str, changed_at: datetime) -> bool:
    """If-None-Match decides where it is sent: any form of this tag, weak or strong, or *.

    If-Modified-Since alone tells too little of a private feed: it joins scopes that may change in the same second.
    """
    request = poll.request
    if "If-None-Match" in request.headers:
        asked = request.if_none_match
        return asked.contains_weak(tag) or asked.contains_weak(f"{tag}-gz")
    since = None if feed.is_private else request.if_modified_since
    return since is not None and changed_at.replace(microsecond=0) <= since


def _wants_gzip(poll: Poll) -> bool:
    accepted = poll.request.headers.get("Accept-Encoding")
    return bool(accepted and current_app.config["GZIP"]) and poll.request.accept_encodings["gzip"] > 0


def _body(feed: Feed, poll: Poll, tag: str, *, is_zipped: bool) -> bytes:
    """As it was kept under its tag, or joined now."""
    bodies: Bodies = current_app.extensions["feed_bodies"]
    key = f"{tag}-gz" if is_zipped else tag
    body = bodies.get(key)
    if body is None:
        body = bodies.get(tag) if is_zipped else None
        body = feed.build(_window(feed, poll)) if body is None else body
        body = gzip.compress(body, 6, mtime=0) if is_zipped else body
        bodies.put(key, body)
    return body


def _window(feed: Feed, poll: Poll) -> Window:
    back, ahead = timedelta(days=feed.days_back), timedelta(days=366)
    return Window(Period(poll.midnight - back, poll.midnight + ahead), poll.midnight)


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
