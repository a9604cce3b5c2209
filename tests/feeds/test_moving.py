"""Whatever changes what a calendar shows changes its tag and its date: moved, renamed, hidden, retired, called off."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta

from werkzeug.http import parse_date

from booking.storage.closures import closures
from booking.storage.db import db, reading
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.closing import reopen
from booking.usecases.furnishing import RoomFacts, SiteFacts, save_room, save_site
from booking.usecases.intents import Edit
from tests.conftest import _app
from tests.feeds.reading import events, has_changed, mine, summaries, tag
from tests.support.clients import WebClient
from tests.support.world import ALL_WEEK, World

MUSIC, MEETING, DESKS = (f"/feeds/rooms/{slug}.ics" for slug in ("musik", "rapat", "meja"))
FACTS = RoomFacts("bitc", "Ruang Rapat", tier="automatic", capacity=12, rules={"hours": ALL_WEEK})


def furnish(world: World, slug: str = "rapat", **more) -> str:
    return save_room(act=world.act("admin"), slug=slug, facts=replace(FACTS, **more))


def test_a_booking_moved_to_another_room(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rapat")
    paths = (MEETING, DESKS, "/feeds/sites/bitc.ics", "/feeds/all.ics", mine(world))
    before = {path: web.get(path) for path in paths}
    change_booking(act=world.act("cecep"), code=code, edit=Edit(room="meja"))
    assert all(has_changed(web, path, before[path].headers["ETag"]) for path in paths)
    assert summaries(web.get(MEETING)) == []
    (gone,) = events(before[MEETING])
    (found,) = events(web.get(DESKS))
    assert found["UID"] == gone["UID"]
    assert found["SEQUENCE"] > gone["SEQUENCE"]
    assert found["LAST-MODIFIED"].dt > gone["LAST-MODIFIED"].dt
    assert str(found["SUMMARY"]) == "Rapat · Working Space"


def test_last_modified_moves_when_a_row_leaves_and_when_the_day_moves(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    dates = [parse_date(web.get(MEETING).headers["Last-Modified"])]
    cancel(act=world.act("cecep"), code=code)
    dates.append(parse_date(web.get(MEETING).headers["Last-Modified"]))
    world.now += timedelta(days=1)
    dates.append(parse_date(web.get(MEETING).headers["Last-Modified"]))
    world.now += timedelta(hours=3)
    dates.append(parse_date(web.get(MEETING).headers["Last-Modified"]))
    assert dates[0] < dates[1] < dates[2] == dates[3]
    since = {"If-Modified-Since": web.get(MEETING).headers["Last-Modified"]}
    assert web.get(MEETING, headers=since).status_code == 304


def test_the_same_day_is_the_same_bytes_and_the_next_one_another_tag(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 0, "09:00", "10:00"))
    first = web.get(MEETING)
    world.now += timedelta(hours=5)
    assert (web.get(MEETING).data, web.get(MEETING).headers["ETag"]) == (first.data, first.headers["ETag"])
    world.now += timedelta(days=1)
    assert has_changed(web, MEETING, first.headers["ETag"])


def test_tags_are_the_same_after_a_restart(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    paths = (MEETING, "/feeds/sites/bitc.ics", "/feeds/all.ics", mine(world))
    before = [(web.get(path).headers["ETag"], web.get(path).data) for path in paths]
    again = _app(world.app.config["SQLALCHEMY_DATABASE_URI"], world.app.config["DATA"])
    again.config["CLOCK"] = again.config["REAL_CLOCK"] = lambda: world.now
    client = again.test_client()
    assert [(client.get(path).headers["ETag"], client.get(path).data) for path in paths] == before
    with again.app_context():
        db.engine.dispose()


def test_renaming_a_room_is_seen_in_all_its_calendars(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rapat")
    paths = (MEETING, "/feeds/sites/bitc.ics", mine(world))
    before = [web.get(path) for path in paths]
    world.now += timedelta(minutes=5)
    furnish(world, name="Ruang Musyawarah")
    for path, was in zip(paths, before, strict=True):
        answer = web.get(path, headers={"If-None-Match": was.headers["ETag"]})
        (found,), (old,) = events(answer), events(was)
        assert str(found["SUMMARY"]) == "Rapat · Ruang Musyawarah"
        assert found["SEQUENCE"] > old["SEQUENCE"]
        assert found["DTSTAMP"].dt == world.now.replace(microsecond=0)


def test_hidden_it_is_404_and_gone_from_the_site_and_shown_it_is_back(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rapat")
    known = {"If-None-Match": tag(web, MEETING)}
    of_site = tag(web, "/feeds/sites/bitc.ics")
    furnish(world, is_public=False)
    assert [web.get(MEETING).status_code, web.get(MEETING, headers=known).status_code] == [404, 404]
    assert has_changed(web, "/feeds/sites/bitc.ics", of_site)
    assert summaries(web.get("/feeds/sites/bitc.ics")) == []
    furnish(world)
    assert summaries(web.get(MEETING)) == ["Rapat · Ruang Rapat"]


def test_a_retired_room_keeps_its_calendar(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rapat")
    furnish(world, active_to=date(2026, 11, 23))
    assert summaries(web.get(MEETING)) == ["Rapat · Ruang Rapat"]


def test_another_level_changes_the_tag_and_all_that_is_said(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rahasia")
    titled, of_site = web.get(MEETING), tag(web, "/feeds/sites/bitc.ics")
    furnish(world, feed_level="busy")
    busy = web.get(MEETING, headers={"If-None-Match": titled.headers["ETag"]})
    assert summaries(busy) == ["Terpakai"]
    assert events(busy)[0]["UID"] != events(titled)[0]["UID"]
    assert has_changed(web, "/feeds/sites/bitc.ics", of_site)
    assert summaries(web.get("/feeds/sites/bitc.ics")) == ["Terpakai"], "the lower level of its rooms"


def test_a_renamed_site_and_another_zone(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rapat")
    before = tag(web, MEETING)
    save_site(act=world.act("admin"), slug="bitc", facts=SiteFacts("Gedung Baru", "BITC", "Asia/Makassar", rules={}))
    answer = web.get(MEETING, headers={"If-None-Match": before})
    (found,) = events(answer)
    assert (found["DTSTART"].params["TZID"], found.start) == ("Asia/Makassar", world.at(1, "09:00"))
    assert str(found["LOCATION"]) == "Ruang Rapat, Gedung Baru"


def test_a_closure_changes_the_tags_of_the_rooms(web: WebClient, world: World) -> None:
    before = tag(web, MEETING)
    world.close(world.at(3, "00:00"), world.at(4, "00:00"))
    between = tag(web, MEETING)
    reopen(act=world.act("admin"), closure_id=closures(reading())[0].id)
    assert len({before, between, tag(web, MEETING)}) == 3


def test_a_hundred_polls_at_once(world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rapat")
    web = WebClient(world)
    first, found, guard = web.get(MEETING), [], threading.Lock()
    known = {"If-None-Match": first.headers["ETag"]}

    def poll(number: int) -> None:
        answer = world.app.test_client().get(MEETING, headers=known if number % 2 else {})
        with guard:
            found.append((answer.status_code, answer.data))

    threads = [threading.Thread(target=poll, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(set(found)) == [(200, first.data), (304, b"")]
    assert len(found) == 100
