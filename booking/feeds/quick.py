"""304 for what an app has already, before Flask: no session, no hooks, two statements at the most.

Nearly all polls end here. Whatever is anything else (changed, unknown, revoked, over the limit) takes the usual way,
which finds out again what it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from booking.domain.errors import NotFound
from booking.feeds import sources
from booking.feeds.errors import Gone, TooMany
from booking.feeds.serving import Headers, Poll, answered, known
from booking.feeds.sources import Source
from booking.storage import polling

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_HEADERS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


class Quick:
    """In front of the application."""

    def __init__(self, app: Flask) -> None:
        self._app, self._usual = app, app.wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = self._known(environ)
        if headers is None:
            return self._usual(environ, start_response)
        start_response("304 NOT MODIFIED", headers)
        return []

    def _known(self, environ: WSGIEnvironment) -> Headers | None:
        path: str = environ.get("PATH_INFO", "")
        is_asking = environ["REQUEST_METHOD"] in ("GET", "HEAD") and any(name in environ for name in _HEADERS)
        source = source_of(path) if is_asking and path.startswith("/feeds/") else None
        if source is None:
            return None
        with self._app.app_context():
            try:
                headers = _answer(source, environ)
            except (NotFound, polling.Moved, Gone, TooMany, SQLAlchemyError, polling.quick_errors()):
                return None
            if headers is not None and self._app.config["HTTPS"]:
                headers.append(("Strict-Transport-Security", "max-age=63072000"))
            return headers


def _answer(source: Source, environ: WSGIEnvironment) -> Headers | None:
    with polling.asking_quickly() as ask:
        poll = Poll(ask, environ, is_counted=False)
        feed = source(poll)
    headers = known(feed, poll)
    if headers is None or (feed.holder is not None and not sources.is_allowed(feed.holder)):
        return None
    answered(feed, poll)
    return headers


def source_of(path: str) -> Source | None:
    """What the views would ask of this address; None where that is not for sure."""
    if not path.isascii() or not path.endswith(".ics"):
        return None
    found: Source | None = None
    match path.removeprefix("/feeds/").removesuffix(".ics").split("/"):
        case ["all"]:
            found = sources.everything
        case ["rooms", slug] if slug:
            found = partial(sources.room, slug=slug)
        case ["sites", slug] if slug:
            found = partial(sources.site, slug=slug)
        case ["u", token, *rest] if token:
            found = _private(token, rest)
    return found


def _private(token: str, rest: list[str]) -> Source | None:
    match rest:
        case ["my"]:
            return partial(sources.mine, token=token)
        case ["requests"]:
            return partial(sources.requests, token=token)
        case ["communities", slug] if slug:
            return partial(sources.community, token=token, slug=slug)
        case ["rooms", slug] if slug:
            return partial(sources.staff_room, token=token, slug=slug)
    return None
