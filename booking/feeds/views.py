"""The addresses of feeds: room, site and all for everybody; behind a token one's own, a community's, the office's."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request

from booking.feeds import sources
from booking.feeds.errors import line
from booking.feeds.serving import Poll, serve
from booking.feeds.sources import Source
from booking.storage import polling

pages = Blueprint("feeds", __name__, url_prefix="/feeds")


@pages.after_request
def plain(response: Response) -> Response:
    """OPTIONS has no body and is no page."""
    if request.method == "OPTIONS":
        response.status_code = 204
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
    return response


@pages.get("/rooms/<slug>.ics")
def room(slug: str) -> Response:
    return _answer(partial(sources.room, slug=slug))


@pages.get("/sites/<slug>.ics")
def site(slug: str) -> Response:
    return _answer(partial(sources.site, slug=slug))


@pages.get("/all.ics")
def everything() -> Response:
    return _answer(sources.everything)


@pages.get("/u/<token>/my.ics")
def mine(token: str) -> Response:
    return _answer(partial(sources.mine, token=token))


@pages.get("/u/<token>/requests.ics")
def requests(token: str) -> Response:
    return _answer(partial(sources.requests, token=token))


@pages.get("/u/<token>/communities/<slug>.ics")
def community(token: str, slug: str) -> Response:
    return _answer(partial(sources.community, token=token, slug=slug))


@pages.get("/u/<token>/rooms/<slug>.ics")
def staff_room(token: str, slug: str) -> Response:
    return _answer(partial(sources.staff_room, token=token, slug=slug))


def _answer(source: Source) -> Response:
    """The calendar; 301 to the same calendar where its slug is another one now."""
    try:
        with polling.asking() as ask:
            poll = Poll(ask, request.environ)
            feed = source(poll)
    except polling.Moved as moved:
        return _moved(moved.slug)
    return serve(feed, poll)


def _moved(slug: str) -> Response:
    """To the new slug behind everything that stood before the old one, the language kept: never to a page."""
    path, _, _ = request.path.rpartition("/")
    query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    response = line(301, Location=f"{path}/{slug}.ics{query}")
    response.headers["Cache-Control"] = "max-age=86400"
    return response
