"""Private calendar addresses and API keys: made once, shown once, revoked one by one; and when apps asked for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import calendar_apps
from booking.domain.calendar_apps import Family
from booking.domain.errors import NotFound, refuse
from booking.domain.feed_names import MINE, REQUESTS, community_feed, room_feed
from booking.domain.permissions import Action, Viewer
from booking.domain.text import clean_line
from booking.storage import access, subscribers
from booking.storage.access import Token
from booking.storage.communities import Community, communities_of
from booking.storage.people import Person
from booking.storage.places import Room, all_rooms
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of

MOST_ADDRESSES = 40
"""Of one person at a time: a device more than anybody has."""


@dataclass(frozen=True)
class Feed:
    """A private calendar that somebody may subscribe to: its word in `token.feed`, its path, what it is of."""

    word: str
    path: str
    of: Community | Room | None = None


def feeds_for(session: Session, viewer: Viewer) -> list[Feed]:
    """What the viewer may make an address for now."""
    if viewer.person_id is None:
        return []
    mine = communities_of(session, viewer.person_id)
    found = [Feed(MINE, "my"), *(Feed(community_feed(one.id), f"communities/{one.slug}", one) for one in mine)]
    if viewer.may(Action.DECIDE_OFFICER) or viewer.may(Action.DECIDE_HEAD):
        found.append(Feed(REQUESTS, "requests"))
    if viewer.is_staff:
        rooms = [room for room in all_rooms(session) if viewer.serves(room.site_id, room.id)]
        found += [Feed(room_feed(room.id), f"rooms/{room.slug}", room) for room in rooms]
    return found


def wants_invitations(session: Session, person: Person) -> bool:
    """As the person said; else where no calendar app has an address of theirs: it would show each date twice."""
    if person.invitations is not None:
        return person.invitations
    return subscribed_since(session, person) is None


def subscribed_since(session: Session, person: Person) -> datetime | None:
    """Since when a calendar app has an address of their bookings; None where none has."""
    made = [token.created_at for token in access.tokens_of(session, person.id, "feed") if token.feed == MINE]
    return min(made, default=None)


@writes
def new_feed_token(session: Session, *, act: Act, feed: str, label: str, real_now: datetime) -> str:
    """A new address for one feed on one device; returns the secret, which is not kept.

    Raises NotFound where the actor may not have that feed, Refused(too_many_addresses), Forbidden.
    """
    viewer = viewer_of(session, act)
    if feed not in {one.word for one in feeds_for(session, viewer)} or viewer.person_id is None:
        raise NotFound("feed")
    if len(access.tokens_of(session, viewer.person_id, "feed")) >= MOST_ADDRESSES:
        raise refuse("too_many_addresses", most=MOST_ADDRESSES)
    secret = access.new_secret()
    label = clean_line(label, field="label", longest=60, required=False)
    session.add(
        Token(
            person_id=viewer.person_id,
            kind="feed",
            feed=feed,
            hash=access.digest(secret),
            label=label,
            created_at=real_now,
        )
    )
    return secret


@writes
def new_api_token(session: Session, *, person_id: int, label: str, real_now: datetime) -> str:
    """A key to the API with everything this person may do; returns the secret, which is not kept."""
    secret = access.new_secret()
    session.add(
        Token(person_id=person_id, kind="api", hash=access.digest(secret), label=label[:60], created_at=real_now)
    )
    return secret


@writes
def revoke_token(session: Session, *, act: Act, token_id: int, real_now: datetime) -> None:
    """End one of the actor's own tokens. Raises NotFound."""
    viewer = viewer_of(session, act)
    token = session.get(Token, token_id)
    if token is None or token.person_id != viewer.person_id:
        raise NotFound("token")
    token.revoked_at = token.revoked_at or real_now


@writes
def revoke_feed_tokens(session: Session, *, act: Act, real_now: datetime) -> int:
    """End all calendar addresses of the actor, whatever device they are on. Returns how many."""
    viewer = viewer_of(session, act)
    found = access.tokens_of(session, viewer.person_id or 0, "feed")
    for token in found:
        token.revoked_at = real_now
    return len(found)


@dataclass(frozen=True)
class Fetch:
    """One app asked for one feed: behind a token, or (None) a public one; the last time, and how often."""

    token_id: int | None
    feed: str
    user_agent: str
    at: datetime
    times: int = 1


@writes
def note_fetches(session: Session, *, fetches: Sequence[Fetch]) -> None:
    """What was counted in memory since the last batch, in at most three statements."""
    browser = next(app.name for _, app in calendar_apps.KNOWN if app.family is Family.BROWSER)
    private: dict[int, tuple[datetime, str]] = {}
    for one in sorted(fetches, key=lambda fetch: fetch.at):
        name = calendar_apps.app_of(one.user_agent).name
        if one.token_id is not None and (name != browser or one.token_id not in private):
            private[one.token_id] = (one.at, name)
    subscribers.note_token_fetches(session, private, browser)
    counts = _readings(fetches)
    if counts:
        subscribers.note_readings(session, counts, max(one.at for one in fetches).date())


def _readings(fetches: Sequence[Fetch]) -> Mapping[tuple[str, str], int]:
    """(public feed, app) -> times. What is not known is one app without a name: anybody may call itself anything."""
    counts: dict[tuple[str, str], int] = {}
    for one in fetches:
        if one.token_id is None:
            app = calendar_apps.app_of(one.user_agent)
            name = app.name if calendar_apps.is_known(app) else ""
            counts[one.feed, name] = counts.get((one.feed, name), 0) + one.times
    return counts
