"""Closures and hours in the calendar of a room that chose them, and of no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, Timezone

from booking.ical.calendar import Head, head_calendar, joined
from booking.ical.timezones import vtimezone
from booking.usecases.closing import ClosureFacts, close, reopen
from booking.usecases.furnishing import RoomFacts, save_room
from booking.usecases.furnishing_profiles import ProfileFacts, save_profile
from tests.feeds.reading import events, has_changed, of_room, summaries, tag
from tests.support.clients import WebClient
from tests.support.world import ALL_WEEK, World

PATH = "/feeds/rooms/rapat.ics"
FACTS = RoomFacts("bitc", "Ruang Rapat", tier="automatic", capacity=12, rules={"hours": ALL_WEEK})


def choose(world: World, **more) -> None:
    save_room(act=world.act("admin"), slug="rapat", facts=replace(FACTS, **more))


def shut(world: World, starts: datetime, ends: datetime, name: str = "Pemeliharaan", **more) -> int:
    return close(act=world.act("admin"), facts=ClosureFacts(starts, ends, name, **more))


def test_nothing_of_it_unless_the_room_chose_it(web: WebClient, world: World) -> None:
    shut(world, world.at(3, "00:00"), world.at(4, "00:00"))
    assert summaries(web.get(PATH)) == []
    choose(world, feed_closures=True)
    assert summaries(web.get(PATH)) == ["Tutup: Pemeliharaan"]
    assert summaries(web.get("/feeds/rooms/musik.ics")) == []
    assert summaries(web.get("/feeds/sites/bitc.ics")) == [], "a choice of the room is of its own calendars"
    assert summaries(web.get(of_room(world, "dadang", "rapat"))) == ["Tutup: Pemeliharaan"]


def test_whole_days_are_dates_and_hours_are_times(web: WebClient, world: World) -> None:
    choose(world, feed_closures=True)
    shut(world, world.at(3, "00:00"), world.at(6, "00:00"), "Idulfitri", name_en="Eid")
    shut(world, world.at(8, "09:00"), world.at(9, "12:00"), "Cat dinding", provisional=True, room="rapat")
    eid, painting = events(web.get(PATH))
    assert (eid["DTSTART"].dt, eid["DTEND"].dt) == (date(2026, 11, 26), date(2026, 11, 29))
    assert (str(eid["STATUS"]), str(eid["TRANSP"])) == ("CONFIRMED", "OPAQUE")
    assert (painting.start, painting.end) == (world.at(8, "09:00"), world.at(9, "12:00"))
    assert (str(painting["SUMMARY"]), str(painting["STATUS"])) == ("Tutup (belum pasti): Cat dinding", "TENTATIVE")
    assert [one["SEQUENCE"] for one in (eid, painting)] == [0, 0]
    assert eid["DTSTAMP"].dt == eid["LAST-MODIFIED"].dt == world.now
    assert summaries(web.get(f"{PATH}?lang=en")) == ["Closed: Eid", "Closed (provisional): Cat dinding"]


def test_uids_stay_and_are_of_one_closure(web: WebClient, world: World) -> None:
    choose(world, feed_closures=True)
    closure_id = shut(world, world.at(3, "00:00"), world.at(4, "00:00"))
    (first,) = events(web.get(PATH))
    world.now += timedelta(days=1)
    choose(world, feed_closures=True, name="Ruang Musyawarah")
    (again,) = events(web.get(PATH))
    assert again == first, "another name of the room changes nothing of it"
    reopen(act=world.act("admin"), closure_id=closure_id)
    shut(world, world.at(4, "00:00"), world.at(5, "00:00"))
    (other,) = events(web.get(PATH))
    assert other["UID"] != first["UID"], "the database may give its id again"


def test_closures_of_parts_and_not_of_other_rooms(web: WebClient, world: World) -> None:
    facts = RoomFacts("ctp", "Pelatihan 1+2", capacity=90, parts=("pl1", "pl2"), feed_closures=True)
    save_room(act=world.act("admin"), slug="plx", facts=facts)
    shut(world, world.at(3, "08:00"), world.at(3, "10:00"), "Lampu", room="pl1")
    shut(world, world.at(4, "08:00"), world.at(4, "10:00"), "Kantor", site="bitc")
    assert summaries(web.get("/feeds/rooms/plx.ics")) == ["Tutup: Lampu"]


def test_hours_are_a_line_above_each_of_the_next_days(web: WebClient, world: World) -> None:
    weekly = {"mon": [["08:00", "12:00"], ["13:00", "21:00"]], "sat": [["00:00", "24:00"]]}
    rules = {"hours": {"weekly": weekly}}
    choose(world, feed_hours=True, rules=rules)
    found = events(web.get(PATH))
    assert {str(one["SUMMARY"]) for one in found} == {"Buka 08.00-12.00, 13.00-21.00", "Buka 24 jam"}
    assert len(found) == 16
    assert (found[0]["DTSTART"].dt, found[-1]["DTSTART"].dt) == (date(2026, 11, 23), date(2027, 1, 16))
    assert {str(one["TRANSP"]) for one in found} == {"TRANSPARENT"}
    assert all(one["DTSTAMP"].dt < world.now for one in found)
    assert len({one["UID"] for one in found}) == len(found)
    english = {str(one["SUMMARY"]) for one in events(web.get(f"{PATH}?lang=en"))}
    assert english == {"Open 08:00-12:00, 13:00-21:00", "Open 24 hours"}
    before, old = tag(web, PATH), {one["UID"] for one in found}
    world.now += timedelta(days=7)
    assert has_changed(web, PATH, before)
    later = {one["UID"] for one in events(web.get(PATH))}
    assert len(old & later) == 14, "what is still in view is the same event"


def test_hours_follow_profiles_and_closures(web: WebClient, world: World) -> None:
    choose(world, feed_hours=True)
    before = tag(web, PATH)
    said = {"*": {"hours": {"weekly": {"wed": [["09:00", "15:00"]]}}}}
    facts = ProfileFacts("Ramadan", date(2026, 11, 25), date(2026, 11, 25), rules=said)
    save_profile(act=world.act("admin"), profile_id=None, facts=facts)
    assert has_changed(web, PATH, before)
    shut(world, world.at(3, "00:00"), world.at(4, "00:00"))
    shut(world, world.at(4, "08:00"), world.at(4, "10:00"))
    first = [(one["DTSTART"].dt.day, str(one["SUMMARY"])) for one in events(web.get(PATH))][:4]
    assert first == [
        *((23, "Buka 08.00-21.00"), (24, "Buka 08.00-21.00"), (25, "Buka 09.00-15.00"), (27, "Buka 10.00-21.00"))
    ]


def test_no_hours_where_nobody_set_any_nor_after_the_last_day(web: WebClient, world: World) -> None:
    choose(world, feed_hours=True, rules={})
    assert events(web.get(PATH)) == []
    choose(world, feed_hours=True, active_to=date(2026, 11, 24))
    assert len(events(web.get(PATH))) == 2


def test_its_events_equal_icalendars_own_output(web: WebClient, world: World) -> None:
    choose(world, feed_hours=True, feed_closures=True)
    shut(world, world.at(3, "00:00"), world.at(4, "00:00"), "Libur; nasional, " + "panjang " * 12)
    shut(world, world.at(8, "09:00"), world.at(9, "12:00"))
    body = web.get(PATH).data
    head = Head(
        "Ruang Rapat · BITC", ("Asia/Jakarta",), "http://127.0.0.1:8000/rooms/rapat", f"http://127.0.0.1:8000{PATH}"
    )
    calendar = head_calendar(head)
    calendar.add_component(Timezone.from_ical(vtimezone("Asia/Jakarta")))
    pieces = [Event.from_ical(one.to_ical()) for one in Calendar.from_ical(body).events]
    for one in pieces:
        calendar.add_component(one)
    assert calendar.to_ical() == body == joined(head, [one.to_ical() for one in pieces])


def test_closures_of_before_the_column_have_a_time_that_never_changes(web: WebClient, world: World) -> None:
    from booking.storage.db import db

    choose(world, feed_closures=True)
    shut(world, world.at(3, "00:00"), world.at(4, "00:00"))
    with db.engine.begin() as connection:
        zero = "0" if db.engine.dialect.name == "sqlite" else "'1970-01-01T00:00:00Z'"
        connection.exec_driver_sql(f"UPDATE closure SET created_at = {zero}")
    (found,) = events(web.get(PATH))
    assert found["DTSTAMP"].dt == datetime(1970, 1, 1, tzinfo=UTC)
