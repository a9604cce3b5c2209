"""What each feed is made of: who may have it, its version, and the events in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from flask import current_app

from booking.domain.errors import NotFound
from booking.domain.feed_names import MINE, REQUESTS, id_in
from booking.domain.permissions import Action, Viewer
from booking.feeds.days import days_of
from booking.feeds.errors import Gone, TooMany
from booking.feeds.limits import Limits
from booking.feeds.serving import Feed, Poll, events, one_event, room_events
from booking.front import context
from booking.ical import words
from booking.ical.calendar import Head, joined
from booking.ical.vevent import for_decision
from booking.storage import desk, feed_events, places, polling
from booking.storage.access import digest
from booking.storage.communities import open_memberships
from booking.storage.db import reading
from booking.storage.feed_events import Window
from booking.storage.places import Room
from booking.storage.polling import Holder, Place, StaffRoom
from booking.usecases.deciding_changes import decidable_changes

GONE_KEPT = timedelta(days=30)
BACK, BACK_OF_PERSONS = 30, 90
"""Days."""
MOST_DECIDABLE = 20_000

Source = Callable[[Poll], Feed]


def room(poll: Poll, slug: str) -> Feed:
    """A room's confirmed bookings at its level; what takes it as part of another room as busy."""
    place = polling.public_room(poll.ask, slug)

    def build(window: Window) -> bytes:
        found = reading().get_one(Room, place.id)
        levels = feed_events.touching_levels(reading(), found, place.level)
        bodies = room_events(levels, window, poll)
        return joined(_head_of_room(found, f"/feeds/rooms/{slug}.ics", poll), bodies + days_of(found, window, poll))

    return Feed(slug, place.version, place.level, BACK, build)


def site(poll: Poll, slug: str) -> Feed:
    place = polling.public_site(poll.ask, slug)

    def rooms() -> list[Room]:
        return [one for one in places.public_rooms(reading()) if one.site_id == place.id]

    return _of_rooms(poll, slug, place, rooms, f"/schedule?site={slug}", f"/feeds/sites/{slug}.ics")


def everything(poll: Poll) -> Feed:
    place = polling.everything(poll.ask)
    return _of_rooms(poll, "all", place, lambda: places.public_rooms(reading()), "/schedule", "/feeds/all.ics")


def _of_rooms(poll: Poll, slug: str, place: Place, rooms: Callable[[], Sequence[Room]], page: str, source: str) -> Feed:
    """Several rooms at the lower level among them; each booking once."""

    def build(window: Window) -> bytes:
        found = rooms()
        name = found[0].site.name if place.id and found else context.centre().name or "Ruang"
        levels = {one.id: place.level for one in found}
        bodies = room_events(levels, window, poll)
        return joined(_head_of_several(name, {one.site.timezone for one in found}, page, source, poll), bodies)

    return Feed(slug, place.version, place.level, BACK, build)


def mine(poll: Poll, token: str) -> Feed:
    """Everything of the token's person and of their communities, requests too; what was called off for 30 days."""
    holder = _holder(poll, token, lambda feed: feed == MINE)
    person_id = holder.person_id

    def build(window: Window) -> bytes:
        viewer = Viewer(person_id, communities=open_memberships(reading(), person_id))
        found = feed_events.own_entries(reading(), viewer, window, poll.midnight - GONE_KEPT, poll.shelf)
        return joined(_head_of_several(words.MINE[poll.language], _zones(), "/mine", None, poll), events(found, poll))

    version = polling.person_version(poll.ask, person_id)
    return Feed("my", version, "full", BACK_OF_PERSONS, build, holder)


def community(poll: Poll, token: str, slug: str) -> Feed:
    """All that a community has booked and asked for, as its members see it under "my bookings"."""
    holder = _holder(poll, token, lambda feed: id_in(feed, "community") is not None)
    community_id = id_in(holder.feed, "community") or 0
    member_of = polling.membership(poll.ask, holder.person_id, community_id)
    polling.check_slug(poll.ask, "community", community_id, member_of.slug, slug)

    def build(window: Window) -> bytes:
        since = poll.midnight - GONE_KEPT
        found = feed_events.community_entries(reading(), community_id, window, since, poll.shelf)
        return joined(_head_of_several(member_of.name, _zones(), "/mine", None, poll), events(found, poll))

    return Feed(slug, member_of.version, "full", BACK_OF_PERSONS, build, holder)


def requests(poll: Poll, token: str) -> Feed:
    """What its officer or head may decide now, as the inbox says: requests, and changes where they shall be."""
    holder = _holder(poll, token, lambda feed: feed == REQUESTS)
    grants, version = polling.deciding(poll.ask, holder.person_id, poll.now)
    viewer = Viewer(holder.person_id, grants)
    if not (viewer.may(Action.DECIDE_OFFICER) or viewer.may(Action.DECIDE_HEAD)):
        raise NotFound("requests")

    def build(window: Window) -> bytes:
        session = reading()
        ids = sorted(desk.undecided_by(session, viewer))[:MOST_DECIDABLE]
        bodies = events(feed_events.entries_of(session, ids, window, poll.shelf), poll)
        bookings = desk.bookings_with_changes(session, viewer)
        changes = [change.id for one in bookings for _, change in decidable_changes(one, viewer)]
        facts = feed_events.changes_of(session, changes, window) if changes else ()
        bodies += [one_event(one, "full", poll) for one in facts]
        head = _head_of_several(words.REQUESTS[poll.language], _zones(), "/inbox", None, poll)
        return joined(head, [for_decision(body) for body in bodies if body])

    return Feed("requests", version, "full", BACK_OF_PERSONS, build, holder)


def staff_room(poll: Poll, token: str, slug: str) -> Feed:
    """A room, hidden ones too, with everything about its bookings and what is asked for, for its staff.

    Whoever only attends (a guard) sees what is approved. What takes it as part of a room elsewhere is busy.
    """
    holder = _holder(poll, token, lambda feed: id_in(feed, "room") is not None)
    room_id = id_in(holder.feed, "room") or 0
    place = polling.staff_room(poll.ask, holder.person_id, room_id, poll.now)
    polling.check_slug(poll.ask, "room", room_id, place.slug, slug)
    viewer = Viewer(holder.person_id, place.grants)
    sees_requests = viewer.may(Action.SEE_REQUESTS, place.site_id, room_id)

    def build(window: Window) -> bytes:
        found = reading().get_one(Room, room_id)
        levels = feed_events.touching_levels(reading(), found, "full")
        at_hand = places.rooms_by_id(reading(), levels)
        levels = {
            one: "full" if _is_whole(viewer, at_hand[one], place, asked=sees_requests) else "busy" for one in levels
        }
        entries = feed_events.room_entries(reading(), levels, window, poll.shelf, asked=sees_requests)
        head = _head_of_room(found, None, poll)
        return joined(head, events(entries, poll) + days_of(found, window, poll))

    return Feed(slug, place.version, "full", BACK, build, holder)


def _is_whole(viewer: Viewer, room: Room, place: StaffRoom, *, asked: bool) -> bool:
    """Whether all is told of a room that shares places with it: at its site, and as much the holder's."""
    if room.site_id != place.site_id:
        return False
    if asked:
        return viewer.may(Action.SEE_REQUESTS, room.site_id, room.id)
    return viewer.serves(room.site_id, room.id)


def _holder(poll: Poll, token: str, fits: Callable[[str], bool]) -> Holder:
    """Whose token it is. Raises NotFound (unknown, or of another feed), Gone, TooMany."""
    found = polling.holder(poll.ask, digest(token))
    if found is None or not fits(found.feed):
        if poll.is_counted and not _limits().unknown_tokens.allows(
            poll.environ.get("REMOTE_ADDR", ""), context.real_now()
        ):
            raise TooMany(_limits().unknown_tokens.seconds_left(context.real_now()))
        raise NotFound("token")
    if found.is_over:
        raise Gone
    if poll.is_counted and not is_allowed(found):
        raise TooMany(_limits().per_token.seconds_left(context.real_now()))
    return found


def is_allowed(holder: Holder) -> bool:
    """Count one poll of a token; False once it is one too many in this hour."""
    return _limits().per_token.allows(str(holder.token_id), context.real_now())


def _limits() -> Limits:
    limits: Limits = current_app.extensions["feed_limits"]
    return limits


def _zones() -> set[str]:
    return {one.timezone for one in places.sites(reading())}


def _head_of_room(found: Room, source: str | None, poll: Poll) -> Head:
    name, base = f"{found.name} · {found.site.short_name}", poll.address.base_url
    return Head(name, (found.site.timezone,), f"{base}/rooms/{found.slug}", base + source if source else None)


def _head_of_several(name: str, zones: Iterable[str], page: str, source: str | None, poll: Poll) -> Head:
    """Of several sites, of which no tag tells that there is one more, or that one has moved."""
    base, home = poll.address.base_url, context.centre().timezone
    return Head(name, tuple(sorted(zones)), base + page, base + source if source else None, home=home)
