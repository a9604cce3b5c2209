"""Private calendar addresses: for what one may have them, and how they end."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import select

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.feed_names import MINE, REQUESTS
from booking.front.logs import MaskSecrets
from booking.storage import people
from booking.storage.access import Token, tokens_of
from booking.storage.communities import community_by_slug
from booking.storage.db import reading
from booking.storage.feeds import community_scope, room_scope
from booking.storage.people import person_by_id
from booking.storage.places import room_by_slug
from booking.usecases.joining import change_person
from booking.usecases.subscribing import (
    MOST_ADDRESSES,
    feeds_for,
    new_api_token,
    new_feed_token,
    revoke_feed_tokens,
    revoke_token,
)
from tests.support.world import World


def paths(world: World, who: str) -> list[str]:
    reading().rollback()
    viewer = people.viewer(reading(), world.people[who], world.act().today)
    return [one.path for one in feeds_for(reading(), viewer)]


def make(world: World, who: str | None, feed: str, label: str = "") -> str:
    return new_feed_token(act=world.act(who), feed=feed, label=label, real_now=world.now)


def live(world: World, who: str, kind: str = "feed") -> list[Token]:
    reading().rollback()
    return list(tokens_of(reading(), world.people[who], kind))


def test_what_each_may_subscribe_to(world: World) -> None:
    assert paths(world, "cecep") == ["my", "communities/gerimis-sore"]
    assert paths(world, "dewi") == ["my"]
    bitc = {"my", "requests", "rooms/aula", "rooms/musik", "rooms/rapat", "rooms/meja"}
    assert set(paths(world, "dadang")) == bitc
    ctp = ["rooms/pl1", "rooms/plx", "rooms/pl2"]
    assert set(paths(world, "entin")) == {"my", "requests", *ctp}
    assert "requests" not in paths(world, "ujang"), "a guard decides nothing"
    assert {"rooms/aula", "rooms/pl1"} <= set(paths(world, "ujang")), "but serves everywhere"
    assert "requests" not in paths(world, "admin")


@pytest.mark.parametrize(
    ("who", "feed", "is_allowed"),
    [
        ("cecep", "community", True),
        ("euis", "community", False),
        ("dadang", "community", False),
        ("cecep", "room", False),
        ("dadang", "room", True),
        ("entin", "room", False),
        ("cecep", REQUESTS, False),
        ("sumarna", REQUESTS, True),
        ("cecep", "room:999999", False),
        ("cecep", "my ", False),
        ("cecep", "", False),
    ],
)
def test_permission_is_asked_when_it_is_made(world: World, who: str, feed: str, is_allowed: bool) -> None:
    community = community_scope(community_by_slug(reading(), "gerimis-sore").id)
    word = {"community": community, "room": room_scope(room_by_slug(reading(), "musik").id)}.get(feed, feed)
    if is_allowed:
        make(world, who, word)
        assert [one.feed for one in live(world, who)] == [word]
        return
    with pytest.raises(NotFound):
        make(world, who, word)
    assert live(world, who) == []


def test_nobody_has_none(world: World) -> None:
    with pytest.raises(Forbidden):
        make(world, None, MINE)


def test_only_a_hash_is_kept(world: World) -> None:
    secret = make(world, "cecep", MINE, "HP\tsaya\u202e")
    (found,) = live(world, "cecep")
    assert (found.label, found.fetched_at, found.app) == ("HP saya", None, "")
    assert secret.startswith("bk_")
    assert len(secret) >= 46
    row = reading().execute(select(Token.__table__)).one()
    assert not any(secret in str(value) for value in row)


def test_one_is_revoked_or_all_at_once_and_nobody_elses(world: World) -> None:
    for who in ("cecep", "cecep", "cecep", "euis"):
        make(world, who, MINE)
    key = new_api_token(person_id=world.people["cecep"], label="", real_now=world.now)
    first = live(world, "cecep")[0]
    with pytest.raises(NotFound):
        revoke_token(act=world.act("euis"), token_id=first.id, real_now=world.now)
    revoke_token(act=world.act("cecep"), token_id=first.id, real_now=world.now)
    assert len(live(world, "cecep")) == 2
    assert revoke_feed_tokens(act=world.act("cecep"), real_now=world.now) == 2
    assert live(world, "cecep") == []
    assert len(live(world, "euis")) == 1
    assert len(live(world, "cecep", "api")) == 1, key


def test_not_without_end(world: World) -> None:
    for _ in range(MOST_ADDRESSES):
        make(world, "cecep", MINE)
    with pytest.raises(Refused, match="too_many_addresses"):
        make(world, "cecep", MINE)
    revoke_token(act=world.act("cecep"), token_id=live(world, "cecep")[0].id, real_now=world.now)
    assert make(world, "cecep", MINE)


def test_all_end_when_the_account_closes(world: World) -> None:
    make(world, "cecep", MINE)
    make(world, "cecep", paths_word(world))
    cecep = person_by_id(reading(), world.people["cecep"])
    facts = {"name": cecep.name, "phone": cecep.phone, "email": cecep.email or ""}
    for closed in (True, False):
        act = world.act("admin")
        change_person(act=act, person_id=cecep.id, closed=closed, real_now=world.now, **facts)
        assert live(world, "cecep") == [], "for good"


def paths_word(world: World) -> str:
    return community_scope(community_by_slug(reading(), "gerimis-sore").id)


@pytest.mark.parametrize("tail", ["my.ics", "communities/gerimis-sore.ics", "requests.ics?lang=en", "rooms/musik.ics"])
def test_logs_show_no_address(tail: str) -> None:
    from booking.storage.access import new_secret

    secret = new_secret()
    record = logging.LogRecord("x", logging.ERROR, "", 0, "Exception on /feeds/u/%s/%s", (secret, tail), None)
    assert MaskSecrets().filter(record)
    assert record.getMessage() == f"Exception on /feeds/u/bk_***/{tail}"
