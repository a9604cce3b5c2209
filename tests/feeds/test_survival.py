"""What feeds must survive: text that should never have come so far, no addresses, rooms and people that go."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.exc import DBAPIError

from booking.domain.errors import Refused
from booking.storage.bookings import Booking, Occurrence
from booking.storage.communities import Community
from booking.storage.db import db, reading
from booking.storage.feed_events import Facts
from booking.storage.feeds import Piece
from booking.storage.people import Person
from booking.storage.places import Resource, Site
from booking.storage.settings import CENTRE, Setting, centre
from booking.usecases import furnishing
from booking.usecases.changing import change_booking
from booking.usecases.communities import CommunityFacts, change_community
from booking.usecases.deciding import Verdict, decide
from booking.usecases.furnishing import RoomFacts, SiteFacts
from booking.usecases.intents import Edit
from booking.usecases.joining import change_person
from booking.usecases.wanted import WantedOccurrence
from tests.oracles import readers
from tests.support import server
from tests.support.clients import WebClient
from tests.support.feeds import addresses, private_addresses, public_addresses
from tests.support.lint import problems
from tests.support.world import ALL_WEEK, World

MUSIC = "/feeds/rooms/musik.ics"
HOSTILE = {
    "CR": "a\rb",
    "LF": "a\nb",
    "CRLF and a property": "a\r\nATTENDEE:mailto:x@example.com",
    "NUL": "a\0b",
    "VT": "a\x0bb",
    "C1": "a\x85\x9fb",
    "U+2028": "a\u2028b\u2029c",
    "lone surrogate": "a\ud83db",
    "bidi override": "a\u202eb\u2066c",
    "10 kB": "x" * 10_000,
    "10 kB of emoji": "👋🏽" * 1250,
    "an alarm": "BEGIN:VALARM",
    "the end": "END:VEVENT\nEND:VCALENDAR",
    "separators": "a;b,c\\d:e\"f^g'h",
    "backslashes": "\\\\;\\,\\n\\",
    "not in NFC": "cafe\u0301",
    "BOM": "\ufeffa\ufeffb",
}


FIELDS = ("title", "label", "purpose", "reason", "person", "community", "room", "site", "centre")


def events_of(body: bytes) -> list:
    return list(Calendar.from_ical(body).events)


def a_week(world: World) -> str:
    """A booking of a community in three rooms, and a request; returns the code of the booking."""
    times = [world.time(room, 2, "09:00", "10:00", label="satu") for room in ("musik", "rapat", "meja")]
    code = world.ask("cecep", *times, title="Latihan", purpose="Rencana", community="gerimis-sore")
    world.now += timedelta(minutes=1)
    world.approve("dadang", code)
    world.ask("cecep", world.time("musik", 3, "09:00", "10:00"), title="Menanti", community="gerimis-sore")
    return code


def are_clean(web: WebClient, world: World, feeds: dict[str, str], why: str) -> None:
    for name, path in feeds.items():
        answer = web.get(path)
        assert answer.status_code == 200, (name, why)
        assert problems(answer.data, world.now) == [], (name, why)


def say(world: World, field: str, said: str, day: int) -> None:
    """Put a text where people can put it, through the use cases."""
    when = world.time("meja", day, "09:00", "10:00", label=said if field == "label" else "")
    if field in ("title", "label", "purpose"):
        words = {"title": said if field == "title" else "Kelas", "purpose": said if field == "purpose" else ""}
        world.ask("cecep", when, **words)
    elif field == "reason":
        code = world.ask("cecep", world.time("musik", day, "09:00", "10:00"))
        world.now += timedelta(minutes=1)
        decide(act=world.act("dadang"), code=code, verdict=Verdict.RETURN, reason=said)
    elif field == "person":
        person = reading().get(Person, world.people["cecep"])
        more = {"phone": person.phone, "email": person.email, "closed": False, "real_now": world.now}
        change_person(act=world.act("admin"), person_id=person.id, name=said, **more)
    elif field == "community":
        change_community(act=world.act(), slug="gerimis-sore", facts=CommunityFacts(said))
    elif field == "room":
        furnishing.save_room(act=world.act(), slug="musik", facts=RoomFacts("bitc", said, rules={"hours": ALL_WEEK}))
    elif field == "site":
        furnishing.save_site(act=world.act(), slug="bitc", facts=SiteFacts(said, said, "Asia/Jakarta", rules={}))
    else:
        furnishing.save_centre(act=world.act(), said=replace(centre(reading()), name=said))


@pytest.mark.parametrize("field", FIELDS)
def test_text_that_people_type_is_refused_or_cleaned(web: WebClient, world: World, field: str) -> None:
    a_week(world)
    feeds, refused = addresses(world), set()
    for day, (name, said) in enumerate(HOSTILE.items(), 4):
        world.now += timedelta(minutes=1)
        try:
            say(world, field, said, day)
        except Refused as refusal:
            refused |= {name, *(one.code for one in refusal.violations)}
        else:
            db.session.remove()
            are_clean(web, world, feeds, name)
    assert refused == {"NUL", "C1", "lone surrogate", "10 kB", "10 kB of emoji", "text", "too_long"}


def plant(field: str, said: str) -> None:
    """Put a text where it was never cleaned: straight into the database, with the stored pieces gone."""
    columns = {
        "title": (Booking, Booking.title),
        "label": (Occurrence, Occurrence.label),
        "purpose": (Booking, Booking.purpose),
        "reason": (Occurrence, Occurrence.reason),
        "person": (Person, Person.name),
        "community": (Community, Community.name),
        "room": (Resource, Resource.name),
        "site": (Site, Site.name),
        "site's short name": (Site, Site.short_name),
    }
    with db.engine.begin() as connection:
        if field == "centre":
            found = connection.execute(select(Setting.value).where(Setting.key == CENTRE)).scalar_one()
            connection.execute(update(Setting).where(Setting.key == CENTRE).values(value={**found, "name": said}))
        else:
            table, column = columns[field]
            connection.execute(update(table).values({column: said}))
        connection.execute(delete(Piece))


def planted(web: WebClient, world: World, field: str) -> None:
    a_week(world)
    feeds = addresses(world)
    counts = {name: len(events_of(web.get(path).data)) for name, path in feeds.items()}
    assert counts["my"] == 4
    stored = 0
    for name, said in HOSTILE.items():
        try:
            plant(field, said)
        except (DBAPIError, ValueError):  # the database itself has none of it: NUL, surrogates, what is too long
            continue
        stored += 1
        db.session.remove()
        for feed, path in feeds.items():
            answer = web.get(path)
            assert answer.status_code == 200, (feed, name)
            assert problems(answer.data, world.now) == [], (feed, name)
            assert len(events_of(answer.data)) == counts[feed], (feed, name)
    assert stored >= 9


@pytest.mark.parametrize("field", [field for field in FIELDS if field not in ("room", "site", "centre")])
def test_text_that_bypassed_the_cleaning_breaks_no_feed(web: WebClient, world: World, field: str) -> None:
    planted(web, world, field)


@pytest.mark.parametrize("field", ["room", "site", "site's short name", "centre"])
def test_names_that_bypassed_the_cleaning_break_no_feed(web: WebClient, world: World, field: str) -> None:
    planted(web, world, field)


def test_bytes_that_are_no_text_are_an_error_and_not_an_empty_calendar(web: WebClient, world: World, url: str) -> None:
    """SQLite keeps what is no UTF-8; nobody can read it, and nobody is told that there is nothing."""
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps no such text")
    a_week(world)
    feeds = addresses(world)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE booking SET title = CAST(X'61EDA08062' AS TEXT)"))
        connection.execute(delete(Piece))
    for name, path in feeds.items():
        answer = web.get(path)
        assert answer.status_code in (200, 503), name
        if answer.status_code == 200:
            assert problems(answer.data, world.now) == [], name
        else:
            assert (answer.data, "Retry-After" in answer.headers) == (b"503\n", True)


def test_signs_of_several_octets_at_every_place_of_the_fold(web: WebClient, world: World) -> None:
    signs = ("👋🏽🇮🇩", "é", "長", "\\", "^", ";")
    labels = [f"{'x' * number}{signs[number % len(signs)] * 3}{number}" for number in range(30, 78)]
    times = [
        world.time("meja", 1 + at // 12, f"{8 + at % 12:02}:00", f"{8 + at % 12:02}:30", label=label)
        for at, label in enumerate(labels)
    ]
    world.ask("cecep", *times, title="T")
    for path in addresses(world).values():
        body = web.get(path).data
        assert problems(body, world.now) == []
        if events := events_of(body):
            assert [str(one["SUMMARY"]) for one in events] == [f"T: {label} · Working Space" for label in labels]
            assert [one[2] for one in readers.by_vobject(body)] == [f"T: {label} · Working Space" for label in labels]


NO_TOKENS = ("", "%00", "%0d%0a", "bk_", "bk_%f0%9f%91%8b", "%ff", "..", "%2e%2e", "%2f", "x" * 5000, "bk_" + "a" * 43)


@pytest.mark.parametrize("token", NO_TOKENS)
def test_tokens_that_are_none(web: WebClient, token: str) -> None:
    answer = web.get(f"/feeds/u/{token}/my.ics")
    assert (answer.status_code, answer.mimetype, answer.data) == (404, "text/plain", b"404\n")
    assert "Set-Cookie" not in answer.headers


def test_a_token_with_something_about_it_is_another(web: WebClient, world: World) -> None:
    path = private_addresses(world)["my"]
    token = path.split("/")[3]
    for said in (token.upper(), token + "%20", token + "%0a", token[:-1], token + "x", "%20" + token, token[3:]):
        assert web.get(path.replace(token, said)).status_code == 404, said
    encoded = "".join(f"%{ord(sign):02x}" for sign in token)
    assert web.get(path.replace(token, encoded)).data == web.get(path).data, "the same address, otherwise written"


NO_SLUGS = (
    "..",
    "%2e%2e",
    "..%2f..%2fall",
    "%2f",
    "..%5c",
    "a%00b",
    "%ff",
    "%ed%a0%80",
    "x" * 10_000,
    "musik%20",
    "MUSIK",
    "",
)


@pytest.mark.parametrize("slug", NO_SLUGS)
@pytest.mark.parametrize("kind", ["rooms", "sites"])
def test_slugs_that_are_none(web: WebClient, kind: str, slug: str) -> None:
    answer = web.get(f"/feeds/{kind}/{slug}.ics")
    assert (answer.status_code, answer.mimetype, answer.data) == (404, "text/plain", b"404\n")


def test_a_person_whose_account_is_closed(web: WebClient, world: World) -> None:
    code = a_week(world)
    private = private_addresses(world)
    person = reading().get(Person, world.people["cecep"])
    facts = {"person_id": person.id, "name": person.name, "phone": person.phone, "email": person.email}
    db.session.remove()
    for closed in (True, False):
        change_person(act=world.act("admin"), **facts, closed=closed, real_now=world.now)
        for path in private.values():
            answer = web.get(path)
            assert (answer.status_code, answer.data) == (410, b"410\n"), "opened again, old addresses stay dead"
            assert web.get(path, headers={"If-None-Match": "*"}).status_code == 410
    assert [str(one["SUMMARY"]) for one in events_of(web.get(MUSIC).data)] == ["Latihan: satu · Ruang Latihan Musik"]
    assert code


def tags(web: WebClient, paths: Iterable[str]) -> list[str]:
    return [web.get(path).headers["ETag"] for path in paths]


def save_music(world: World, **facts) -> None:
    known = {"name": "Ruang Latihan Musik", "capacity": 8, "purpose": "studio", "rules": {"hours": ALL_WEEK}}
    furnishing.save_room(act=world.act("admin"), slug="musik", facts=RoomFacts("bitc", **(known | facts)))
    db.session.remove()


def test_a_room_that_is_renamed(web: WebClient, world: World) -> None:
    a_week(world)
    paths = (MUSIC, "/feeds/sites/bitc.ics", "/feeds/all.ics", private_addresses(world)["my"])
    before = {path: web.get(path) for path in paths}
    (old,) = events_of(before[MUSIC].data)
    world.now += timedelta(hours=1)
    save_music(world, name="Studio Suara")
    for path in paths:
        after = web.get(path, headers={"If-None-Match": before[path].headers["ETag"]})
        assert after.status_code == 200, path
        assert problems(after.data, world.now) == []
        assert "Studio Suara" in after.text.replace("\r\n ", "")
        assert "Ruang Latihan Musik" not in after.text.replace("\r\n ", "")
    (new,) = events_of(web.get(MUSIC).data)
    assert (new["UID"], new["DTSTAMP"].dt, new["SEQUENCE"]) == (old["UID"], world.now, old["SEQUENCE"] + 1)


def test_a_room_that_is_hidden(web: WebClient, world: World) -> None:
    a_week(world)
    paths = ("/feeds/sites/bitc.ics", "/feeds/all.ics")
    before = tags(web, paths)
    assert "Ruang Latihan Musik" in web.get(paths[0]).text
    save_music(world, is_public=False)
    answer = web.get(MUSIC, headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.data) == (404, b"404\n")
    assert all(one != other for one, other in zip(before, tags(web, paths), strict=True))
    for path in paths:
        assert "Ruang Latihan Musik" not in web.get(path).text.replace("\r\n ", "")
    save_music(world)
    assert len(events_of(web.get(MUSIC).data)) == 1


def test_a_hidden_whole_does_not_name_itself_in_the_calendars_of_its_parts(web: WebClient, world: World) -> None:
    facts = RoomFacts(
        "ctp", "Ruang Rahasia", capacity=90, parts=("pl1", "pl2"), feed_level="busy", rules={"hours": ALL_WEEK}
    )
    furnishing.save_room(act=world.act("admin"), slug="plx", facts=facts)
    world.approve("entin", world.ask("cecep", world.time("plx", 1, "09:00", "10:00")))
    assert "Ruang Rahasia" in web.get("/feeds/rooms/pl1.ics").text
    furnishing.save_room(act=world.act("admin"), slug="plx", facts=replace(facts, is_public=False))
    db.session.remove()
    body = web.get("/feeds/rooms/pl1.ics")
    assert len(events_of(body.data)) == 1
    assert "Ruang Rahasia" not in body.text


def test_a_room_that_is_retired_keeps_its_calendar(web: WebClient, world: World) -> None:
    a_week(world)
    save_music(world, active_to=date(2026, 11, 22), bookable=False)
    assert len(events_of(web.get(MUSIC).data)) == 1
    assert problems(web.get(MUSIC).data, world.now) == []


def test_a_booking_that_moves_to_another_room(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"), title="Pindahan")
    old_room, new_room = "/feeds/rooms/rapat.ics", "/feeds/rooms/meja.ics"
    paths = (old_room, new_room, "/feeds/sites/bitc.ics", "/feeds/all.ics", private_addresses(world)["my"])
    before = {path: web.get(path) for path in paths}
    (old,) = events_of(before[old_room].data)
    world.now += timedelta(minutes=5)
    change_booking(act=world.act("cecep"), code=code, edit=Edit(room="meja"))
    db.session.remove()
    after = {path: web.get(path, headers={"If-None-Match": before[path].headers["ETag"]}) for path in paths}
    for path in paths:
        assert after[path].status_code == 200, path
        assert after[path].headers["ETag"] != before[path].headers["ETag"], path
        assert after[path].last_modified > before[path].last_modified, path
        assert problems(after[path].data, world.now) == [], path
    assert events_of(after[old_room].data) == []
    for path in paths[1:]:
        (new,) = events_of(after[path].data)
        assert (str(new["SUMMARY"]), new["UID"]) == ("Pindahan · Working Space", old["UID"])
        assert (new["SEQUENCE"], new["DTSTAMP"].dt) == (old["SEQUENCE"] + 1, world.now)
        assert str(new["LOCATION"]).startswith("Working Space")


@pytest.fixture
def port(world: World, url: str, tmp_path: Path) -> Iterator[int]:
    """A real server on the database of the test, with bookings that lie ahead by its clock too."""
    world.room("attic", tier="automatic", rules={})
    world.now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for number in range(8):
        starts_at = world.now + timedelta(days=10 + number)
        world.ask("cecep", WantedOccurrence("attic", starts_at, starts_at + timedelta(hours=1)))
    port = server.free_port()
    running = server.start(url, tmp_path, port)
    yield port
    server.kill(running)


def asked(port: int, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()


def test_a_hundred_polls_at_once(port: int, world: World) -> None:
    paths = [
        "/feeds/all.ics",
        "/feeds/sites/bitc.ics",
        "/feeds/rooms/attic.ics",
        "/feeds/rooms/attic.ics?lang=en",
        MUSIC,
    ]
    first = {path: asked(port, "GET", path) for path in paths}
    jobs = [
        (path, headers)
        for path in paths
        for headers in ({}, {"If-None-Match": first[path][1]["etag"]})
        for _ in range(10)
    ]
    with ThreadPoolExecutor(len(jobs)) as pool:
        answers = list(pool.map(lambda job: asked(port, "GET", job[0], **job[1]), jobs))
    assert len(answers) == 100
    for (path, headers), (status, said, body) in zip(jobs, answers, strict=True):
        assert (status, body) == ((304, b"") if headers else (200, first[path][2]))
        assert said["etag"] == first[path][1]["etag"]


def test_raw_addresses_never_lead_out_of_the_feeds(port: int) -> None:
    """As they come over the wire: a client library tidies them up before a program sees them."""
    for path in (
        "/feeds/rooms/../../etc/passwd.ics",
        "/feeds/rooms/..%2f..%2f..%2fetc%2fpasswd.ics",
        "/feeds/rooms/%2e%2e/all.ics",
        "/feeds/u/../all.ics",
        "/feeds/u//my.ics",
        "/feeds/rooms/%c0%ae%c0%ae.ics",
        "/feeds/rooms/musik.ics%00",
        "/feeds/rooms/musik.ics/",
    ):
        status, headers, body = asked(port, "GET", path)
        assert (status, body) == (404, b"404\n"), path
        assert "set-cookie" not in headers


CONDITIONS = (
    ("*", 304),
    ("W/{tag}", 304),
    ('"a", "b", {tag}', 304),
    ('"a",{tag},', 304),
    ('"a"', 200),
    ("{bare}", 304),
    ("garbage", 200),
    ("", 200),
    ('"', 200),
    ("W/", 200),
    (",,,,", 200),
    (", ".join(f'"{n}"' for n in range(2000)), 200),
    ("\xe9\xff", 200),
)


def test_conditions_of_every_form(web: WebClient, world: World) -> None:
    a_week(world)
    for name, path in (public_addresses() | private_addresses(world)).items():
        if name not in ("all", "site bitc", "room musik", "my"):
            continue
        tag = web.get(path).headers["ETag"]
        for said, status in CONDITIONS:
            answer = web.get(path, headers={"If-None-Match": said.format(tag=tag, bare=tag.strip('"'))})
            assert answer.status_code == status, (name, said[:40])
            assert answer.headers["ETag"] == tag
            assert (answer.data == b"") == (status == 304)


def test_ranges_are_ignored(web: WebClient, world: World) -> None:
    a_week(world)
    for path in addresses(world).values():
        whole = web.get(path)
        for headers in ({"Range": "bytes=0-9"}, {"Range": "bytes=0-9", "If-Range": whole.headers["ETag"]}):
            answer = web.get(path, headers=headers)
            assert (answer.status_code, answer.data) == (200, whole.data)
            assert {"Content-Range", "Accept-Ranges"}.isdisjoint(answer.headers.keys())


@pytest.mark.parametrize("zipped", [False, True])
def test_head_says_what_get_says(web: WebClient, world: World, zipped: bool) -> None:
    a_week(world)
    asked_with = {"Accept-Encoding": "gzip"} if zipped else {}
    for name, path in {**addresses(world), "none": "/feeds/rooms/nope.ics", "no token": "/feeds/u/x/my.ics"}.items():
        get = web.get(path, headers=asked_with)
        for condition in ({}, {"If-None-Match": get.headers.get("ETag", "")}):
            get = web.get(path, headers=asked_with | condition)
            head = web.client.head(path, headers=asked_with | condition)
            assert (head.status_code, dict(head.headers)) == (get.status_code, dict(get.headers)), name
            assert head.data == b""
            assert "Set-Cookie" not in get.headers
        if zipped and name != "none" and get.status_code == 200:
            assert gzip.decompress(get.data)


def test_a_304_costs_two_statements_and_builds_nothing(web: WebClient, world: World) -> None:
    a_week(world)
    for name, path in addresses(world).items():
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            tag = web.get(path, headers=headers).headers["ETag"]
            statements: list[str] = []
            listen = lambda _c, _cu, statement, *_: statements.append(statement)  # noqa: E731
            event.listen(db.engine, "before_cursor_execute", listen)
            assert web.get(path, headers={"If-None-Match": tag, **headers}).status_code == 304, name
            event.remove(db.engine, "before_cursor_execute", listen)
            assert len(statements) <= 2, (name, statements)
            assert not any("piece" in one or "occurrence" in one for one in statements), name


def test_an_event_that_cannot_be_written_is_left_out(
    web: WebClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The calendar of everybody lives, and the log says which one."""
    from booking.ical import vevent

    a_week(world)
    world.ask("cecep", world.time("musik", 4, "09:00", "10:00"), title="Rusak")
    with db.engine.begin() as connection:
        connection.execute(delete(Piece))
    write = vevent._summary

    def fails(facts: Facts, *more: str) -> str:
        if facts.title == "Rusak":
            raise ValueError("cannot be written")
        return write(facts, *more)

    monkeypatch.setattr(vevent, "_summary", fails)
    answer = web.get(private_addresses(world)["my"])
    assert problems(answer.data, world.now) == []
    assert len(events_of(answer.data)) == 4
