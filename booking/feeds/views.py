"""The addresses of feeds: room, site, all, and a person's own bookings behind a token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, Response, current_app, g, request

from booking.domain.errors import NotFound
from booking.domain.period import Period
from booking.domain.permissions import Viewer
from booking.feeds import counting
from booking.feeds.errors import Gone, TooMany
from booking.feeds.limits import Limits
from booking.feeds.serving import Feed, events, language, serve
from booking.front import context
from booking.ical import words
from booking.ical.calendar import Head, joined
from booking.storage import feeds, places
from booking.storage.access import digest
from booking.storage.communities import open_memberships
from booking.storage.db import reading
from booking.storage.feeds import Shelf
from booking.storage.places import Room
from booking.usecases.subscribing import MINE

pages = Blueprint("feeds", __name__, url_prefix="/feeds")

GONE_KEPT = timedelta(days=30)


@pages.after_request
def plain(response: Response) -> Response:
    """OPTIONS has no body and is no page."""
    if request.method == "OPTIONS":
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
    return counting.count(response)


@pages.get("/rooms/<slug>.ics")
def room(slug: str) -> Response:
    """A room's confirmed bookings at its level; what takes it as part of another room as busy."""
    found = places.room_by_slug(reading(), slug)
    if not found.is_public:
        raise NotFound("room")

    def build(window: Period) -> bytes:
        others = feeds.touching_rooms(reading(), [found.id]) - {found.id}
        own = _entries([found.id], window, found.feed_level)
        elsewhere = _entries(others, window, "busy") if others else []
        bodies = [*zip(own, events(own, found.feed_level), strict=True)]
        bodies += zip(elsewhere, events(elsewhere, "busy"), strict=True)
        in_order = [body for _, body in sorted(bodies, key=lambda pair: pair[0][:2])]
        name = f"{found.name} · {found.site.short_name}"
        return joined(_head(name, {found.site.timezone}, f"/rooms/{slug}", f"/feeds/rooms/{slug}.ics"), in_order)

    version = feeds.scope_version(reading(), feeds.room_scope(found.id))
    return serve(Feed(slug, version, found.feed_level, 30, is_private=False, build=build))


@pages.get("/sites/<slug>.ics")
def site(slug: str) -> Response:
    rooms = [one for one in places.public_rooms(reading()) if one.site.slug == slug]
    if not rooms:
        raise NotFound("site")
    found = rooms[0].site
    scope = feeds.site_scope(found.id)
    return _of_rooms(slug, found.name, rooms, scope, f"/schedule?site={slug}", f"/feeds/sites/{slug}.ics")


@pages.get("/all.ics")
def everything() -> Response:
    return _of_rooms("all", None, places.public_rooms(reading()), feeds.ALL, "/schedule", "/feeds/all.ics")


def _of_rooms(slug: str, name: str | None, rooms: Sequence[Room], scope: str, page: str, source: str) -> Response:
    """Several rooms at the lower level among them; each booking once."""
    level = "title" if all(one.feed_level == "title" for one in rooms) else "busy"
    ids = [one.id for one in rooms]

    def build(window: Period) -> bytes:
        head = _head(name or context.centre().name or "Ruang", {one.site.timezone for one in rooms}, page, source)
        return joined(head, events(_entries(ids, window, level), level))

    return serve(Feed(slug, feeds.scope_version(reading(), scope), level, 30, is_private=False, build=build))


@pages.get("/u/<token>/my.ics")
def mine(token: str) -> Response:
    """Everything of the token's person and of their communities, requests too; what was called off for 30 days."""
    person_id = _person(token, MINE)

    def build(window: Period) -> bytes:
        viewer = Viewer(person_id, communities=open_memberships(reading(), person_id))
        shelf = Shelf("full", language(), context.address().writer)
        now = context.now()
        entries = feeds.own_entries(reading(), viewer, window, now - GONE_KEPT, now, shelf)
        head = _head(words.MINE[language()], {one.timezone for one in places.sites(reading())}, "/mine", None)
        return joined(head, events(entries, "full"))

    version = feeds.person_version(reading(), person_id)
    return serve(Feed("my", version, "full", 90, is_private=True, build=build))


def _person(token: str, feed: str) -> int:
    """Whose token it is. Raises NotFound (unknown, or of another feed), Gone, TooMany."""
    hashed, now, address = digest(token), context.real_now(), request.remote_addr or ""
    limits: Limits = current_app.extensions["feed_limits"]
    if limits.unknown_tokens.is_over(address, now):
        raise TooMany
    row = feeds.feed_token(reading(), hashed)
    if row is None or row.feed != feed:
        if not limits.unknown_tokens.allows(address, now):
            raise TooMany
        raise NotFound("token")
    if row.revoked_at is not None or row.closed_at is not None:
        raise Gone
    if not limits.per_token.allows(hashed, now):
        raise TooMany
    g.feed_token_id = int(row.id)
    return int(row.person_id)


def _entries(room_ids: Sequence[int] | set[int], window: Period, level: str) -> list[feeds.Entry]:
    shelf = Shelf(level, language(), context.address().writer)
    return feeds.room_entries(reading(), room_ids, window, context.now(), shelf)


def _head(name: str, zones: set[str], page: str, source: str | None) -> Head:
    base = context.address().base_url
    return Head(name, tuple(sorted(zones)), base + page, base + source if source else None)
