"""Pages that look alike to everybody who is not logged in: one row tells whether they changed; those are kept.

A page's tag covers the version of everything (raised in the writer's transaction), address, language, minute and build.
It is looked at before session, log-in or ORM; a known tag is answered 304, a kept page with its bytes.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from flask import Flask, Response, current_app, g, request

from booking.front import context
from booking.storage.db import reading
from booking.storage.feeds import everything_version
from booking.web import languages
from booking.web.access import cookie_name

ENDPOINTS = {"find.home", "find.schedule", "rooms.show", "attendance.at_door", "attendance.display"}
MOST_KEPT = 256
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
    """Registered first: it is asked before all others, and sees the answer after all others."""
    app.extensions["page_cache"] = Shelf()
    app.extensions["build"] = _build()
    app.before_request(answer_known)
    app.after_request(keep)


@cache
def _build() -> str:
    """What the bytes of a page depend on beside the database: code, templates, styles."""
    found = hashlib.sha256()
    for folder, pattern in (("booking", "*.py"), ("booking/translations", "*.mo"), ("templates", "*"), ("static", "*")):
        for path in sorted((_ROOT / folder).rglob(pattern)):
            if path.is_file():
                found.update(path.read_bytes())
    return found.hexdigest()


def answer_known() -> Response | None:
    if request.method not in ("GET", "HEAD") or request.endpoint not in ENDPOINTS or not _is_anybody():
        return None
    tag = _tag()
    g.page_tag = tag
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers={"ETag": f'W/"{tag}"', "Cache-Control": "private, no-cache"})
    page = current_app.extensions["page_cache"].get(tag)
    if page is None:
        return None
    g.pop("page_tag")
    return Response(page.body, 200, page.headers)


def _is_anybody() -> bool:
    """Nobody is logged in, no form is under way, and no language is being chosen."""
    cookies = request.cookies
    own = (cookie_name(), current_app.config["SESSION_COOKIE_NAME"])
    return not any(name in cookies for name in own) and "lang" not in request.args


def _tag() -> str:
    version, changed = everything_version(reading())
    # what is still early enough to be asked for changes with the clock
    minute = context.now().replace(second=0, microsecond=0).isoformat()
    zipped = current_app.config["GZIP"] and request.accept_encodings["gzip"] > 0
    parts = (
        f"{version}-{changed}",
        request.full_path,
        languages.choose(),
        minute,
        str(zipped),
        current_app.extensions["build"],
    )
    return hashlib.sha256("|".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def keep(response: Response) -> Response:
    tag = g.pop("page_tag", None)
    if tag is None or response.status_code != 200 or "Set-Cookie" in response.headers or response.is_streamed:
        return response
    response.headers["ETag"] = f'W/"{tag}"'
    if request.method == "GET":
        current_app.extensions["page_cache"].put(tag, Page(response.get_data(), list(response.headers.items())))
    return response
