"""Short ways to ask for feeds and to read them."""

from __future__ import annotations

from icalendar import Calendar, Event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.domain.feed_names import community_feed, room_feed
from booking.storage.access import Token, digest, new_secret
from booking.storage.communities import community_by_slug
from booking.storage.db import reading
from booking.storage.places import room_by_slug
from booking.storage.transaction import writes
from tests.support.clients import WebClient
from tests.support.lint import problems
from tests.support.world import World


def events(answer: TestResponse) -> list[Event]:
    """The events of a calendar without faults."""
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert problems(answer.data) == []
    return list(Calendar.from_ical(answer.data).events)


def summaries(answer: TestResponse) -> list[str]:
    return [str(one["SUMMARY"]) for one in events(answer)]


def has_changed(web: WebClient, path: str, tag: str) -> bool:
    """Whether an app that has this tag is told something new."""
    return {200: True, 304: False}[web.get(path, headers={"If-None-Match": tag}).status_code]


def tag(web: WebClient, path: str) -> str:
    answer = web.get(path)
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"]


@writes
def token(session: Session, world: World, who: str, feed: str) -> str:
    """As it may be left over: whether they may have the feed (still) is not asked."""
    secret = new_secret()
    facts = {"kind": "feed", "feed": feed, "label": "HP", "created_at": world.now}
    session.add(Token(person_id=world.people[who], hash=digest(secret), **facts))
    return secret


def of_community(world: World, who: str, slug: str) -> str:
    secret = token(world, who, community_feed(community_by_slug(reading(), slug).id))
    return f"/feeds/u/{secret}/communities/{slug}.ics"


def of_room(world: World, who: str, slug: str) -> str:
    return f"/feeds/u/{token(world, who, room_feed(room_by_slug(reading(), slug).id))}/rooms/{slug}.ics"


def to_decide(world: World, who: str) -> str:
    return f"/feeds/u/{token(world, who, 'requests')}/requests.ics"


def mine(world: World, who: str = "cecep") -> str:
    return f"/feeds/u/{token(world, who, 'my')}/my.ics"
