"""A joined feed is icalendar's own output; other bytes have another tag; and both are the same in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from icalendar import Calendar, Event, Timezone
from sqlalchemy import delete, select

from booking.domain.lifecycle import CONFIRMED, State
from booking.ical import vevent
from booking.ical.calendar import Head, head_calendar
from booking.ical.timezones import vtimezone
from booking.ical.words import LANGUAGES
from booking.storage.bookings import Booking, Occurrence
from booking.storage.db import db, reading
from booking.storage.feeds import Piece
from booking.storage.people import Person
from booking.storage.places import Room
from booking.storage.settings import centre
from booking.usecases import furnishing
from booking.usecases.attending import arrive, complete, end_early
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.communities import CommunityFacts, change_community
from booking.usecases.deciding import Verdict, decide, resubmit
from booking.usecases.expiring import close_overdue
from booking.usecases.furnishing import RoomFacts, SiteFacts
from booking.usecases.intents import Edit
from booking.usecases.joining import change_person
from booking.usecases.memberships import add_member, remove_member
from booking.usecases.refreshing import write_missing_pieces
from booking.usecases.undoing import undo
from tests.ical.test_lines import by_icalendar
from tests.support import databases
from tests.support.clients import WebClient
from tests.support.feeds import addresses, private_addresses, public_addresses
from tests.support.lint import problems
from tests.support.world import ADDRESS, ALL_WEEK, World


def some_bookings(world: World) -> None:
    """Of every level, in two zones, with a composite room; a minute passes after each step."""
    world.site("lon", "London Hub", "Europe/London")
    world.room("attic", site="lon", tier="automatic", rules={}, feed_level="busy")
    world.room("sepi", tier="automatic", feed_level="busy")
    asked = [
        world.ask("cecep", world.time(room, 2, "09:00", "11:00", label=f"di {room}"), community="gerimis-sore")
        for room in ("musik", "rapat", "meja", "sepi", "attic", "plx", "pl1")
    ]
    world.now += timedelta(minutes=1)
    world.approve("dadang", asked[0])
    world.now += timedelta(minutes=1)
    cancel(act=world.act("cecep"), code=asked[2])
    world.approve("entin", asked[5])
    world.now += timedelta(minutes=1)
    db.session.remove()


def shown_by_hand(name: str, level_of: Callable[[Occurrence], str]) -> list[tuple[Occurrence, str]]:
    """(occurrence, level) in the order of a feed, told without the program's queries."""
    every = reading().scalars(select(Occurrence).order_by(Occurrence.starts_at, Occurrence.id)).all()
    if name == "my":
        return [(one, "full") for one in every if one.state != State.SKIPPED]
    return [(one, level) for one in every if one.state in CONFIRMED and (level := level_of(one))]


def level_in(name: str) -> Callable[[Occurrence], str]:
    """The level at which a public feed shows an occurrence; "" where it does not."""
    rooms = {one.slug: one for one in reading().scalars(select(Room))}
    kind, _, slug = name.partition(" ")
    if kind == "room":
        near = {"plx": {"pl1", "pl2"}, "pl1": {"plx"}, "pl2": {"plx"}}.get(slug, set())
        return lambda one: rooms[slug].feed_level if one.room.slug == slug else "busy" * (one.room.slug in near)
    among = [one for one in rooms.values() if one.is_public and slug in ("", one.site.slug)]
    level = "busy" if any(one.feed_level == "busy" for one in among) else "title"
    return lambda one: level * (one.room in among)


def by_icalendar_alone(name: str, body: bytes, language: str) -> bytes:
    """The feed as icalendar writes it: its head as it stands, then every zone and event added as components."""
    said = Calendar.from_ical(body)
    url, source = str(said["URL"]), str(said["SOURCE"]) if "SOURCE" in said else None
    zones = tuple(str(zone["TZID"]) for zone in said.walk("VTIMEZONE"))
    calendar = head_calendar(Head(str(said["NAME"]), zones, url, source))
    for zone in zones:
        calendar.add_component(Timezone.from_ical(vtimezone(zone)))
    for one, level in shown_by_hand(name, level_in(name)):
        calendar.add_component(Event.from_ical(by_icalendar(one, level, language)))
    return calendar.to_ical()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pieces", ["as stored", "written by the worker", "missing"])
def test_every_feed_is_icalendars_byte_by_byte(web: WebClient, world: World, language: str, pieces: str) -> None:
    some_bookings(world)
    feeds = {name: path for name, path in addresses(world).items() if name == "my" or name in public_addresses()}
    if pieces != "as stored":
        with db.engine.begin() as connection:
            connection.execute(delete(Piece))
    if pieces == "written by the worker":
        while write_missing_pieces(act=world.act()):
            pass
    told = set()
    for name, path in feeds.items():
        body = web.get(f"{path}?lang={language}").data
        assert body == by_icalendar_alone(name, body, language), name
        told |= {(name.split()[0], level) for _, level in shown_by_hand(name, level_in(name))}
    assert told >= {("room", "title"), ("room", "busy"), ("all", "busy"), ("site", "title"), ("my", "full")}


@dataclass
class Step:
    """Something that happens in the product; `shows` are the feeds that must tell it."""

    name: str
    do: Callable[[World, dict[str, str]], object]
    shows: tuple[str, ...] = ()


def uid_of(code: str) -> str:
    return reading().scalars(select(Booking).where(Booking.code == code)).one().occurrences[0].uid


def person_with(name: str, **more: str) -> Callable[[World, dict[str, str]], None]:
    def change(world: World, codes: dict[str, str]) -> None:
        known = reading().get(Person, world.people["cecep"])
        facts = {"phone": known.phone, "email": known.email, "closed": False, "real_now": world.now}
        change_person(act=world.act("admin"), person_id=known.id, name=name, **(facts | more))

    return change


def room_with(slug: str, **facts) -> Callable[[World, dict[str, str]], None]:
    def save(world: World, codes: dict[str, str]) -> None:
        room = reading().scalars(select(Room).where(Room.slug == slug)).one()
        known = {"name": room.name, "tier": room.tier, "capacity": room.capacity, "units": room.units}
        known |= {"feed_level": room.feed_level, "rules": {"hours": ALL_WEEK}}
        furnishing.save_room(act=world.act("admin"), slug=slug, facts=RoomFacts(room.site.slug, **(known | facts)))

    return save


def ask(slug: str, key: str, day: int = 2) -> Callable[[World, dict[str, str]], None]:
    def do(world: World, codes: dict[str, str]) -> None:
        when = world.time(slug, day, "09:00", "10:00")
        codes[key] = world.ask("cecep", when, title=f"Kegiatan {key}", community="gerimis-sore")

    return do


def edit(key: str, **wanted) -> Callable[[World, dict[str, str]], object]:
    return lambda world, codes: change_booking(act=world.act("cecep"), code=codes[key], edit=Edit(**wanted))


def judge(verdict: Verdict) -> Callable[[World, dict[str, str]], object]:
    return lambda world, codes: decide(act=world.act("dadang"), code=codes["b"], verdict=verdict, reason="Maaf.")


def site_in(zone: str) -> Callable[[World, dict[str, str]], object]:
    facts = SiteFacts("Gedung Baru", "BARU", zone, rules={})
    return lambda world, codes: furnishing.save_site(act=world.act(), slug="bitc", facts=facts)


def others(world: World, codes: dict[str, str]) -> None:
    world.ask("euis", world.time("meja", 4, "09:00", "10:00"), community="kujang-lima")


def joins(world: World, codes: dict[str, str]) -> None:
    add_member(act=world.act(), slug="kujang-lima", login="cecep@example.com", relation="member")


def leaves(world: World, codes: dict[str, str]) -> None:
    remove_member(act=world.act("admin"), slug="kujang-lima", person_id=world.people["cecep"])


def community_renamed(world: World, codes: dict[str, str]) -> None:
    change_community(act=world.act(), slug="gerimis-sore", facts=CommunityFacts("Hujan Sore"))


def centre_renamed(world: World, codes: dict[str, str]) -> None:
    furnishing.save_centre(act=world.act(), said=replace(centre(reading()), name="Pusat"))


def hour_later(world: World, codes: dict[str, str]) -> None:
    """To half past nine on the day of the booking in the meeting room."""
    world.now = world.at(2, "09:30")


ROOM, SITE, ALL, MY = "room rapat", "site bitc", "all", "my"
PUBLIC, WHOLE = (ROOM, SITE, ALL), (ROOM, SITE, ALL, MY)
MUSIC, DESKS = ("room musik", SITE, ALL, MY), ("room meja", SITE, ALL, MY)
LATER = {"starts_at": datetime(2026, 11, 25, 2, tzinfo=UTC), "ends_at": datetime(2026, 11, 25, 5, tzinfo=UTC)}
STEPS = (
    Step("asked, at once approved", ask("rapat", "a"), WHOLE),
    Step("asked", ask("musik", "b"), (MY,)),
    Step("approved", judge(Verdict.APPROVE), MUSIC),
    Step("taken back", lambda world, codes: undo(act=world.act("dadang"), code=codes["b"]), MUSIC),
    Step("returned", judge(Verdict.RETURN), (MY,)),
    Step("sent again", lambda world, codes: resubmit(act=world.act("cecep"), code=codes["b"], note="Sudah."), (MY,)),
    Step("declined", judge(Verdict.DECLINE), (MY,)),
    Step("moved in time", edit("a", **LATER), WHOLE),
    Step("other title", edit("a", title="Lain"), WHOLE),
    Step("other label", edit("a", label="Satu"), WHOLE),
    Step("other purpose", edit("a", purpose="Lain"), (MY,)),
    Step("more people", edit("a", people=5), (MY,)),
    Step("asked elsewhere", ask("meja", "c", 3), DESKS),
    Step("moved to a room", edit("c", room="rapat"), ("room meja", *WHOLE)),
    Step("cancelled", lambda world, codes: cancel(act=world.act("cecep"), code=codes["c"]), WHOLE),
    Step("room renamed", room_with("rapat", name="Ruang Rapat Besar"), WHOLE),
    Step("room busy", room_with("rapat", feed_level="busy"), PUBLIC),
    Step("room of titles", room_with("rapat", feed_level="title"), PUBLIC),
    Step("site renamed", site_in("Asia/Jakarta"), WHOLE),
    Step("site elsewhere", site_in("Asia/Makassar"), WHOLE),
    Step("site back", site_in("Asia/Jakarta"), WHOLE),
    Step("centre renamed", centre_renamed, (ALL,)),
    Step("community renamed", community_renamed, WHOLE),
    Step("person renamed", person_with("Cecep Baru"), (MY,)),
    Step("member of another", joins),
    Step("another's booking", others, DESKS),
    Step("ex-member", leaves, (MY,)),
    Step("time passes", hour_later),
    Step("came", lambda world, codes: arrive(act=world.act("dadang"), code=codes["a"], uid=uid_of(codes["a"]))),
    Step("counted", lambda w, codes: complete(act=w.act("dadang"), code=codes["a"], uid=uid_of(codes["a"]), people=4)),
    Step("left early", lambda w, codes: end_early(act=w.act("cecep"), code=codes["a"], uid=uid_of(codes["a"])), WHOLE),
    Step("the worker", lambda world, codes: close_overdue(act=world.act())),
)


def test_whatever_is_shown_changes_the_tag_and_what_is_stored_is_what_would_be_written(
    web: WebClient, world: World
) -> None:
    """Through a life: other bytes, another tag; later, too; and SEQUENCE never stays where an event looks different."""
    feeds, codes = addresses(world), {}
    feeds = {name: path for name, path in feeds.items() if not name.startswith("site ctp") and "pl" not in name}
    before = {name: web.get(path) for name, path in feeds.items()}
    for step in STEPS:
        world.now += timedelta(seconds=5)
        step.do(world, codes)
        db.session.remove()
        for name, path in feeds.items():
            answer, was = web.get(path), before[name]
            what = f"{step.name}: {name}"
            assert answer.status_code == 200, what
            assert (answer.data != was.data) or name not in step.shows, f"{what} tells nothing"
            if answer.data != was.data:
                assert answer.headers["ETag"] != was.headers["ETag"], what
                assert answer.last_modified > was.last_modified, what
                assert web.get(path, headers={"If-None-Match": was.headers["ETag"]}).status_code == 200, what
            compare_events(was.data, answer.data, what)
            assert [one for one in problems(answer.data) if "in the zone" not in one] == [], what
            before[name] = answer
        check_stored(step.name)
        world.app.extensions["feed_limits"].per_token._counts.clear()


def compare_events(before: bytes, after: bytes, what: str) -> None:
    """What looks different has a higher SEQUENCE and a later LAST-MODIFIED (RFC 5545 3.8.7)."""
    old = {str(one["UID"]): one for one in Calendar.from_ical(before).events}
    for one in Calendar.from_ical(after).events:
        known = old.get(str(one["UID"]))
        if known is None or known.to_ical() == one.to_ical():
            continue
        assert one["SEQUENCE"] > known["SEQUENCE"], what
        assert one["LAST-MODIFIED"].dt > known["LAST-MODIFIED"].dt, what


def check_stored(what: str) -> None:
    """No stored piece is other than what would be written now."""
    for piece in reading().scalars(select(Piece)):
        one = reading().get(Occurrence, piece.occurrence_id)
        assert piece.body == vevent.vevent(one, piece.level, piece.language, ADDRESS), what
    db.session.remove()


def test_a_deletion_changes_tag_and_last_modified(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"))
    paths = ("/feeds/rooms/rapat.ics", "/feeds/sites/bitc.ics", "/feeds/all.ics")
    before = {path: web.get(path) for path in paths}
    world.now += timedelta(seconds=0.2)
    cancel(act=world.act("cecep"), code=code)
    for path in paths:
        old = before[path].headers
        after = web.get(path, headers={"If-Modified-Since": old["Last-Modified"]})
        assert after.status_code == 200, "within the same second, and the row is gone"
        assert after.headers["ETag"] != old["ETag"]
        assert parsedate_to_datetime(after.headers["Last-Modified"]) > parsedate_to_datetime(old["Last-Modified"])
        assert list(Calendar.from_ical(after.data).events) == []


def test_two_changes_within_a_second_are_two(web: WebClient, world: World) -> None:
    """LAST-MODIFIED is told in whole seconds, and rises all the same (RFC 5545 3.8.7)."""
    path = private_addresses(world)["my"]
    code = world.ask("cecep", world.time("musik", 2, "09:00", "10:00"))
    seen = [web.get(path).data]
    for do in (lambda: world.approve("dadang", code), lambda: cancel(act=world.act("cecep"), code=code)):
        world.now += timedelta(seconds=0.1)
        do()
        seen.append(web.get(path).data)
        compare_events(seen[-2], seen[-1], "within a second")
        assert seen[-2] != seen[-1]


def test_languages_and_days_have_tags_of_their_own(web: WebClient, world: World) -> None:
    world.room("sepi", tier="automatic", feed_level="busy")
    world.ask("cecep", world.time("sepi", 2, "09:00", "10:00"))
    for path in ("/feeds/rooms/sepi.ics", private_addresses(world)["my"]):
        tags = {web.get(f"{path}?lang={language}").headers["ETag"] for language in LANGUAGES}
        assert len(tags) == 2
        first = web.get(path)
        world.now += timedelta(days=1)
        later = web.get(path)
        assert later.headers["ETag"] != first.headers["ETag"], "the window has moved"
        assert later.last_modified > first.last_modified


def test_what_was_called_off_leaves_with_a_new_tag(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"))
    cancel(act=world.act("cecep"), code=code)
    path = private_addresses(world)["my"]
    world.now += timedelta(days=30, minutes=-5)
    before = web.get(path)
    world.now += timedelta(minutes=10)
    after = web.get(path)
    assert (before.data == after.data) == (before.headers["ETag"] == after.headers["ETag"])


def test_only_zones_that_are_used_stand_in_a_calendar(web: WebClient, world: World) -> None:
    world.site("lon", "London Hub", "Europe/London")
    world.room("attic", site="lon", tier="automatic", rules={})
    world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"))
    for name, path in addresses(world).items():
        assert problems(web.get(path).data, world.now) == [], name


ASK = """
import json, sys
from datetime import datetime
from pathlib import Path
from booking import create_app
url, folder, secret, now, paths = json.loads(sys.argv[1])
at = datetime.fromisoformat(now)
places = {"SQLALCHEMY_DATABASE_URI": url, "DATA": Path(folder), "BASE_URL": "http://127.0.0.1:8000"}
more = {"SECRET_KEY": secret, "UID_HOST": "booking.invalid", "CLOCK": lambda: at, "REAL_CLOCK": lambda: at}
app = create_app(places | more)
client, said = app.test_client(), {}
for path in paths:
    for accept in ("", "gzip"):
        answer = client.get(path, headers={"Accept-Encoding": accept})
        said[path + " " + accept] = [answer.status_code, dict(answer.headers), answer.data.hex()]
print(json.dumps(said))
"""


def test_two_processes_say_the_same_under_any_hash_seed(web: WebClient, world: World, url: str, tmp_path) -> None:
    """A restart is a new process: bytes, tags and dates stay, whether pieces are stored or not."""
    some_bookings(world)
    paths = [f"{path}?lang={language}" for path in addresses(world).values() for language in LANGUAGES]
    for stored in (True, False):
        if not stored:
            with db.engine.begin() as connection:
                connection.execute(delete(Piece))
        given = json.dumps([url, str(tmp_path), databases.SECRET, world.now.isoformat(), paths])
        said = []
        for seed in ("1", "77"):
            environment = {**os.environ, "PYTHONHASHSEED": seed}
            command = [sys.executable, "-c", ASK, given]
            done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
            said.append(json.loads(done.stdout))
        assert said[0] == said[1]
        assert len(said[0]) == 2 * len(paths)
        for path in paths:
            status, headers, body = said[0][f"{path} "]
            here = web.get(path)
            assert (status, headers["ETag"], bytes.fromhex(body)) == (200, here.headers["ETag"], here.data), path
