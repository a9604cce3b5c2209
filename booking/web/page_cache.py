"""Pages that look alike to everybody who is not logged in: one row tells whether they changed; those are kept.

A page's tag covers the version of everything (raised in the writer's transaction), address, language, minute and build.
It is looked at before Flask itself: a known tag is answered 304, a kept page with the bytes it was first sent with,
be it gzip. Whoever is logged in, has a form under way or chooses a language passes by.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, request, session
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import parse_cookie

from booking.front import context
from booking.storage.db import db
from booking.storage.feeds import everything_version
from booking.web import languages, security
from booking.web.access import cookie_name

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ENDPOINTS = {
    "find.home",
    "find.search",
    "schedule.show",
    "rooms.show",
    "rooms.week",
    "attendance.at_door",
    "displays.room",
    "displays.lobby",
}
MOST_KEPT = 256
_TAG = "booking.page_tag"
_ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Page:
    body: bytes
    headers: list[tuple[str, str]]


class Shelf:
    """The pages asked for last, in one process; an old version's pages fall off the end by themselves."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = Lock()

    def get(self, tag: str) -> Page | None:
        with self._lock:
            if tag in self._pages:
                self._pages.move_to_end(tag)
            return self._pages.get(tag)

    def put(self, tag: str, page: Page) -> None:
        with self._lock:
            self._pages[tag] = page
            while len(self._pages) > MOST_KEPT:
                self._pages.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()


def init_app(app: Flask) -> None:
    """`keep` is registered first, and so sees the answer after all others."""
    app.extensions["page_cache"] = Shelf()
    app.after_request(keep)
    app.wsgi_app = KnownPages(app, app.wsgi_app)  # type: ignore[method-assign]


@cache
def build() -> str:
    """What the bytes of a page depend on beside the database: code, templates, styles."""
    found = hashlib.sha256()
    for folder, pattern in (("booking", "*.py"), ("booking/translations", "*.mo"), ("templates", "*"), ("static", "*")):
        for path in sorted((_ROOT / folder).rglob(pattern)):
            if path.is_file():
                found.update(path.read_bytes())
    return found.hexdigest()


class KnownPages:
    """Stands before the application: answers what is known, and hands on the rest with the tag it will have."""

    def __init__(self, app: Flask, wsgi: WSGIApplication) -> None:
        self.app, self.wsgi = app, wsgi
        self.build = build()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        tag = self._tag(environ) if self._may_be_known(environ) else None
        if tag is not None:
            if tag in environ.get("HTTP_IF_NONE_MATCH", ""):
                start_response("304 NOT MODIFIED", [*security.headers(self.app), *_condition(tag)])
                return []
            page: Page | None = self.app.extensions["page_cache"].get(tag)
            if page is not None:
                start_response("200 OK", list(page.headers))
                return [] if environ["REQUEST_METHOD"] == "HEAD" else [page.body]
            environ[_TAG] = tag
        return self.wsgi(environ, start_response)

    def _may_be_known(self, environ: WSGIEnvironment) -> bool:
        """A page that is kept, for nobody in particular: not logged in, no form under way, no language being chosen."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "lang" in environ.get("QUERY_STRING", ""):
            return False
        if not self.paths.fullmatch(environ.get("PATH_INFO", "")):
            return False
        cookies = environ.get("HTTP_COOKIE", "")
        return not cookies or not any(name in parse_cookie(cookies) for name in self.own)

    @cached_property
    def paths(self) -> re.Pattern[str]:
        """The paths of the endpoints; asked for when all of the application is there."""
        rules = [rule.rule for rule in self.app.url_map.iter_rules() if rule.endpoint in ENDPOINTS]
        return re.compile("|".join(re.sub(r"<[^>]+>", "[^/]+", rule) for rule in rules))

    @cached_property
    def own(self) -> tuple[str, str]:
        """The cookies that make somebody of nobody."""
        with self.app.app_context():
            return cookie_name(), self.app.config["SESSION_COOKIE_NAME"]

    def _tag(self, environ: WSGIEnvironment) -> str | None:
        """None where the database cannot be asked: the application has words for that."""
        with self.app.app_context():
            try:
                version, changed = everything_version(db.engine)
            except SQLAlchemyError:
                return None
            # what is still early enough to be asked for changes with the clock
            minute = int(context.now().timestamp()) // 60
        cookies = environ.get("HTTP_COOKIE", "")
        language = languages.chosen(self.app, parse_cookie(cookies).get("lang") if cookies else None)
        zipped = security.is_compressed(self.app, environ.get("HTTP_ACCEPT_ENCODING", ""))
        told = "hint=seen" in cookies  # whoever has read the demo's hint is shown it no more
        address = f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        parts = f"{version}-{changed}|{address}|{language}|{told}|{minute}|{zipped}|{self.build}"
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _condition(tag: str) -> list[tuple[str, str]]:
    return [("ETag", f'W/"{tag}"'), ("Cache-Control", "private, no-cache"), ("Vary", "Cookie, Accept-Encoding")]


def keep(response: Response) -> Response:
    tag = request.environ.pop(_TAG, None)
    if tag is None or request.endpoint not in ENDPOINTS:
        return response
    if response.status_code != 200 or "Set-Cookie" in response.headers or response.is_streamed:
        return response
    if session.modified:
        return response  # somebody's own by now, a token of theirs in it; the cookie is written after this
    response.headers["ETag"] = f'W/"{tag}"'
    if request.method == "GET":
        current_app.extensions["page_cache"].put(tag, Page(response.get_data(), list(response.headers.items())))
    return response
