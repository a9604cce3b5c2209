"""One feed as an HTTP answer: tags that do not need the body, and bodies joined from stored pieces."""

from __future__ import annotations

import gzip
import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import Response, current_app, request
from werkzeug.http import http_date

from booking.domain.period import Period
from booking.front import context
from booking.ical.vevent import vevent
from booking.ical.words import LANGUAGES
from booking.storage import feeds
from booking.storage.db import reading
from booking.storage.feeds import Entry, Version

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Feed:
    """What is served, from `days_back` to 365 days ahead; `build` is called only when the bytes are needed."""

    name: str
    version: Version
    level: str
    days_back: int
    is_private: bool
    build: Callable[[Period], bytes]


def serve(feed: Feed) -> Response:
    """200 with the calendar or 304 without building it (RFC 9110 13)."""
    first_day = context.now().date() - timedelta(days=feed.days_back)
    tag = _tag(feed, first_day)
    changed_at = max(feed.version.changed_at or datetime.min.replace(tzinfo=UTC), _midnight(context.now().date()))
    response = Response(status=304) if _is_known(feed, tag, changed_at) else _whole(feed, first_day)
    zipped = response.headers.get("Content-Encoding") == "gzip" or (response.status_code == 304 and _wants_gzip())
    response.headers["ETag"] = f'"{tag}-gz"' if zipped else f'"{tag}"'
    response.headers["Last-Modified"] = http_date(changed_at)
    response.headers["Cache-Control"] = f"{'private' if feed.is_private else 'public'}, max-age=300"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def language() -> str:
    """?lang= alone: no cookie, no header, so that one address is one calendar for everybody."""
    asked = request.args.get("lang")
    return asked if asked in LANGUAGES else str(current_app.config["DEFAULT_LANGUAGE"])


def _tag(feed: Feed, first_day: date) -> str:
    parts = (feed.version.tag, feed.level, language(), context.address().writer, first_day.isoformat(), feed.name)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _is_known(feed: Feed, tag: str, changed_at: datetime) -> bool:
    """If-None-Match decides where it is sent: any form of this tag, weak or strong, or *.

    If-Modified-Since alone tells too little of a private feed: it joins scopes that may change in the same second.
    """
    asked = request.if_none_match
    if "If-None-Match" in request.headers:
        return asked.contains_weak(tag) or asked.contains_weak(f"{tag}-gz")
    since = None if feed.is_private else request.if_modified_since
    return since is not None and changed_at.replace(microsecond=0) <= since


def _wants_gzip() -> bool:
    return bool(current_app.config["GZIP"]) and request.accept_encodings["gzip"] > 0


def _whole(feed: Feed, first_day: date) -> Response:
    window = Period(_midnight(first_day), _midnight(context.now().date()) + timedelta(days=366))
    body = feed.build(window)
    headers = {"Content-Disposition": f'inline; filename="{feed.name}.ics"'}
    if _wants_gzip():
        body = gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, 200, headers, content_type="text/calendar; charset=utf-8")


def events(entries: Iterable[Entry], level: str) -> list[bytes]:
    """The VEVENTs in order; what is not at hand is rendered for this answer (the worker stores it later)."""
    entries = list(entries)
    missing = [occurrence_id for _, occurrence_id, body in entries if body is None]
    rendered = {}
    for occurrence in feeds.whole_occurrences(reading(), missing) if missing else ():
        try:
            rendered[occurrence.id] = vevent(occurrence, level, language(), context.address())
        except Exception:  # one event that cannot be written must not take the calendar of everybody
            log.exception("occurrence %s cannot be written", occurrence.id)
    return [body or rendered.get(occurrence_id, b"") for _, occurrence_id, body in entries]
