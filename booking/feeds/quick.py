"""304 for what an app has already, before Flask: no session, no hooks, two statements at the most.

Nearly all polls end here. Whatever is anything else (changed, unknown, revoked, over the limit) takes the usual way,
which finds out again what it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Request

from booking.domain.errors import NotFound
from booking.feeds import sources
from booking.feeds.errors import Gone, TooMany
from booking.feeds.serving import Poll, answered, known
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
        response = self._known(environ)
        return self._usual(environ, start_response) if response is None else response(environ, start_response)

    def _known(self, environ: WSGIEnvironment) -> Response | None:
        path: str = environ.get("PATH_INFO", "")
        is_asking = environ["REQUEST_METHOD"] in ("GET", "HEAD") and any(name in environ for name in _HEADERS)
        if not is_asking or not path.startswith("/feeds/"):
            return None
        source = source_of(path)
        if source is None:
            return None
        with self._app.app_context():
            try:
                return _answer(source, Request(environ))
            except (NotFound, polling.Moved, Gone, TooMany, SQLAlchemyError):
                return None


def _answer(source: Source, request: Request) -> Response | None:
    with polling.asking() as connection:
        poll = Poll(request, connection, is_counted=False)
        feed = source(poll)
    response = known(feed, poll)
    if response is None or feed.holder is None:
        return response
    if not sources.is_allowed(feed.holder):
        return None
    answered(feed.holder, poll)
    return response


def source_of(path: str) -> Source | None:
    """What the views would ask of this address; None where that is not for sure."""
    if not path.isascii() or not path.endswith(".ics"):
        return None
    found: Any = None
    match path.removeprefix("/feeds/").removesuffix(".ics").split("/"):
        case ["all"]:
            found = sources.everything
        case ["rooms", slug] if slug:
            found = partial(sources.room, slug=slug)
        case ["sites", slug] if slug:
            found = partial(sources.site, slug=slug)
        case ["u", token, *rest] if token:
            found = _private(token, rest)
    return found  # type: ignore[no-any-return]  # one of ours


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
