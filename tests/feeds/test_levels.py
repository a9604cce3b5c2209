"""At level busy nobody and nothing is named; at level title the title, the room and the community, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import String, Text, inspect, select

from booking.domain.lifecycle import State
from booking.ical import vevent
from booking.ical.words import LANGUAGES
from booking.storage.bookings import Booking, Need, Occurrence
from booking.storage.communities import Community
from booking.storage.db import db, reading
from booking.storage.people import Person
from booking.storage.places import Room, Site
from booking.usecases import furnishing
from booking.usecases.deciding import Verdict, decide
from booking.usecases.furnishing import RoomFacts
from tests.support.clients import WebClient
from tests.support.feeds import private_addresses, public_addresses
from tests.support.world import ADDRESS, ALL_WEEK, World

PLACES = {Room: {"name"}, Site: {"name", "timezone"}}
"""What a calendar may always say: where it is. Everything else of these tables is marked too."""
AT_TITLE = {(Booking, "title"), (Occurrence, "label"), (Community, "name")}
NOT_TEXT = {(Occurrence, "state"), (Occurrence, "tier"), (Site, "timezone"), (Room, "tier"), (Room, "feed_level")}
TABLES = (Booking, Occurrence, Person, Community, Need, Room, Site)
CODE = re.compile(r"[0-9A-Z]{8}$")


def text_columns(table: type) -> Iterator[str]:
    """Every column that holds text, whoever added it and whatever for."""
    for column in inspect(table).columns:
        is_text = isinstance(column.type, (String, Text))
        if is_text and not column.foreign_keys and (table, column.key) not in NOT_TEXT:
            yield column.key


def marker(table: type, column: str, salt: str) -> str:
    """Longer than what a line folds at only where it stands; found in bytes after unfolding."""
    return f"Q{table.__name__}{column.replace('_', '')}{salt}Z"


def marked(table: type, salt: str, **more: object) -> object:
    return table(**{name: marker(table, name, salt) for name in text_columns(table)} | more)


@st.composite
def occurrences(draw: st.DrawFn) -> tuple[Occurrence, dict[tuple[type, str], str]]:
    """An occurrence with a mark in every text that hangs on it, and the marks by (table, column)."""
    salt = draw(st.text("0123456789abcdef", min_size=6, max_size=6))
    zone = draw(st.sampled_from(["Asia/Jakarta", "Europe/London", "America/New_York"]))
    site = marked(Site, salt, timezone=zone, rules={})
    room = marked(Room, salt, site=site, is_public=draw(st.booleans()))
    person = marked(Person, salt, muted=[])
    community = draw(st.sampled_from([None, marked(Community, salt)]))
    needs = [marked(Need, salt)]
    booking = marked(Booking, salt, people=977_531, person=person, community=community, needs=needs)
    starts_at = draw(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)))
    occurrence = marked(
        Occurrence,
        salt,
        booking=booking,
        room=room,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=draw(st.integers(1, 1440))),
        state=draw(st.sampled_from(State)),
        sequence=draw(st.integers(0, 99)),
        changed_at=starts_at,
        people=draw(st.one_of(st.none(), st.just(977_531))),
        **draw(st.sampled_from([{}, {"label": None}])),
    )
    marks = {(table, name): marker(table, name, salt) for table in TABLES for name in text_columns(table)}
    return occurrence, marks


def told(body: bytes, marks: Mapping[tuple[type, str], str]) -> set[tuple[type, str]]:
    """Which of the marks a calendar tells, however it is folded and escaped."""
    said = body.replace(b"\r\n ", b"").decode()
    return {key for key, mark in marks.items() if mark in said}


def leaks(occurrence: Occurrence, marks: Mapping[tuple[type, str], str], level: str) -> set[tuple[type, str]]:
    """What a level tells and should not."""
    allowed = {(table, name) for table, names in PLACES.items() for name in names}
    allowed |= AT_TITLE if level == "title" else set()
    found = set()
    for language in LANGUAGES:
        body = vevent.vevent(occurrence, level, language, ADDRESS)
        found |= told(body, marks) - allowed
        assert b"977531" not in body, "how many people come is nobody's business"
    return found


def test_every_text_is_marked() -> None:
    """A column that is added tomorrow is looked at tomorrow."""
    known = {(table.__name__, name) for table in TABLES for name in text_columns(table)}
    assert known >= {
        ("Person", "name"),
        ("Person", "phone"),
        ("Person", "email"),
        ("Community", "name"),
        ("Community", "slug"),
        ("Booking", "title"),
        ("Booking", "purpose"),
        ("Booking", "code"),
        ("Booking", "funding"),
        ("Booking", "key"),
        ("Occurrence", "label"),
        ("Occurrence", "reason"),
        ("Need", "text"),
        ("Need", "note"),
        ("Room", "about"),
    }


@settings(max_examples=100, deadline=None)
@given(occurrences())
def test_busy_tells_nothing_of_anyone(drawn: tuple) -> None:
    occurrence, marks = drawn
    del marks[Occurrence, "uid"]  # the derived id is another test's
    assert leaks(occurrence, marks, "busy") == set()
    for language in LANGUAGES:
        body = vevent.vevent(occurrence, "busy", language, ADDRESS)
        names = {line.split(b":")[0].split(b";")[0] for line in body.replace(b"\r\n ", b"").split(b"\r\n")}
        assert names.isdisjoint({b"DESCRIPTION", b"URL", b"CATEGORIES", b"ORGANIZER", b"ATTENDEE", b"CONTACT"})
        assert occurrence.uid.encode() not in body


@settings(max_examples=100, deadline=None)
@given(occurrences())
def test_title_tells_title_label_community_and_place(drawn: tuple) -> None:
    occurrence, marks = drawn
    del marks[Occurrence, "uid"]
    assert leaks(occurrence, marks, "title") == set()
    body = vevent.vevent(occurrence, "title", "id", ADDRESS)
    assert (Booking, "title") in told(body, marks)
    assert ((Community, "name") in told(body, marks)) == (occurrence.booking.community is not None)


LEAKS = {
    "name": lambda one: one.booking.person.name,
    "phone": lambda one: one.booking.person.phone,
    "purpose": lambda one: one.booking.purpose,
    "reason": lambda one: one.reason,
    "code": lambda one: one.booking.code,
    "need": lambda one: one.booking.needs[0].text,
}


@pytest.mark.parametrize("what", LEAKS)
@pytest.mark.parametrize("level", ["busy", "title"])
def test_control_a_writer_that_leaks_is_caught(level: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write = vevent._location
    monkeypatch.setattr(vevent, "_location", lambda one, at: f"{write(one, at)} {LEAKS[what](one)}")
    test = {"busy": test_busy_tells_nothing_of_anyone, "title": test_title_tells_title_label_community_and_place}[level]
    with pytest.raises((AssertionError, ExceptionGroup)):
        test()


@pytest.mark.parametrize("what", ["title", "community"])
def test_control_a_title_at_level_busy_is_caught(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if what == "title":
        monkeypatch.setattr(vevent, "_summary", lambda one, level, language: one.title)
    else:
        monkeypatch.setattr(vevent, "_location", lambda one, level: getattr(one.booking.community, "name", ""))
    with pytest.raises((AssertionError, ExceptionGroup)):
        test_busy_tells_nothing_of_anyone()


SECRETS = {
    "title": "Judulrahasia",
    "label": "Labelrahasia",
    "purpose": "Tujuanrahasia",
    "reason": "Alasanrahasia",
    "need": "Kebutuhanrahasia",
    "person": "Cecep",
    "phone": "0000-0001",
    "phone as it is kept": "62840",
    "mail": "cecep@",
    "community": "Gerimis",
    "slug": "gerimis-sore",
}


def two_rooms_of_each_level(world: World) -> set[str]:
    """A booking with a secret in every field, confirmed, in a busy room and in one that shows titles; its ids."""
    for slug, level in (("sepi", "busy"), ("ramai", "title")):
        world.room(slug, tier="officer", feed_level=level)
    times = [world.time(slug, 2, "09:00", "10:00", label=SECRETS["label"]) for slug in ("sepi", "ramai")]
    more = {"purpose": SECRETS["purpose"], "needs": (SECRETS["need"],), "community": "gerimis-sore"}
    code = world.ask("cecep", *times, title=SECRETS["title"], **more)
    decide(act=world.act("dadang"), code=code, verdict=Verdict.APPROVE, reason=SECRETS["reason"])
    db.session.remove()
    return {code, *reading().scalars(select(Occurrence.uid))}


def spoken(body: bytes) -> str:
    return body.replace(b"\r\n ", b"").decode()


def test_feeds_over_http_tell_what_their_level_allows(web: WebClient, world: World) -> None:
    ids = two_rooms_of_each_level(world)
    for stored in (True, False):
        if not stored:
            from sqlalchemy import delete

            from booking.storage.feeds import Piece

            with db.engine.begin() as connection:
                connection.execute(delete(Piece))
        for name, path in public_addresses().items():
            for language in LANGUAGES:
                said = spoken(web.get(f"{path}?lang={language}").data)
                if name == "room ramai":
                    told = {key for key, secret in SECRETS.items() if secret in said}
                    assert told == {"title", "label", "community"}, name
                    assert not any(one in said for one in ids if CODE.match(one))
                else:
                    assert not any(secret in said for secret in (*SECRETS.values(), *ids)), name
    full = spoken(web.get(private_addresses(world)["my"]).data)
    assert all(SECRETS[key] in full for key in ("title", "label", "purpose", "reason", "person", "community"))


def test_a_room_that_turns_busy_forgets_what_it_told(web: WebClient, world: World) -> None:
    ids = two_rooms_of_each_level(world)
    path = "/feeds/rooms/ramai.ics"
    before = web.get(path)
    assert SECRETS["title"] in spoken(before.data)
    facts = RoomFacts("bitc", "Ramai", rules={"hours": ALL_WEEK}, feed_level="busy")
    furnishing.save_room(act=world.act("admin"), slug="ramai", facts=facts)
    db.session.remove()
    after = web.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert not any(secret in spoken(after.data) for secret in (*SECRETS.values(), *ids))


def test_uids_of_busy_and_of_the_others_never_meet() -> None:
    plain = [f"{number:032x}" for number in range(500)]
    busy = {vevent.uid(one, "busy", ADDRESS) for one in plain}
    others = {vevent.uid(one, level, ADDRESS) for one in plain for level in ("title", "full")}
    assert (len(busy), len(others), busy & others) == (500, 500, set())
