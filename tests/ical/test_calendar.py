"""Bytes of calendars: equal to icalendar's own output, zones of every kind, text that tries to break out."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event, Timezone
from sqlalchemy import select

from booking.ical.calendar import Head, head_calendar, joined
from booking.ical.timezones import vtimezone
from booking.ical.vevent import vevent
from booking.storage.bookings import Occurrence
from booking.storage.db import reading
from tests.support.lint import problems
from tests.support.world import ADDRESS, World

HEAD = Head("Studio; Dubbing, ☃", ("Asia/Jakarta",), "http://x/rooms/a", "http://x/feeds/rooms/a.ics")


def occurrences(world: World, **more) -> list[Occurrence]:
    world.ask("cecep", world.time("rapat", 1, "09:00", "12:00"), world.time("rapat", 2, "09:00", "12:00"), **more)
    return list(reading().scalars(select(Occurrence).order_by(Occurrence.starts_at)))


@pytest.mark.parametrize("level", ["busy", "title", "full"])
def test_joined_pieces_equal_icalendars_own_output(world: World, level: str) -> None:
    pieces = [vevent(one, level, "id", ADDRESS) for one in occurrences(world)]
    calendar = head_calendar(HEAD)
    calendar.add_component(Timezone.from_ical(vtimezone("Asia/Jakarta")))
    for piece in pieces:
        calendar.add_component(Event.from_ical(piece))
    assert joined(HEAD, pieces) == calendar.to_ical()
    assert problems(joined(HEAD, pieces)) == []


def test_properties_of_an_event(world: World) -> None:
    (first, _) = occurrences(world, title="Latihan")
    event = Event.from_ical(vevent(first, "title", "en", ADDRESS))
    assert str(event["SUMMARY"]) == "Latihan · Ruang Rapat"
    assert str(event["UID"]) == f"{first.uid}@booking.invalid"
    assert event["DTSTART"].params["TZID"] == "Asia/Jakarta"
    assert event.start == world.at(1, "09:00")
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == first.changed_at.replace(microsecond=0)
    assert (str(event["STATUS"]), str(event["TRANSP"]), event["SEQUENCE"]) == ("CONFIRMED", "OPAQUE", 0)
    assert {"RRULE", "METHOD", "ORGANIZER", "ATTENDEE", "VALARM"} & set(event) == set()


def test_busy_says_nothing_of_anyone(world: World) -> None:
    (first, _) = occurrences(world, title="Rahasia", purpose="Catatan")
    said = vevent(first, "busy", "id", ADDRESS).decode()
    for word in ("Rahasia", "Catatan", "Cecep", "Gerimis", "0840", "+62", first.uid, first.booking.code, "URL"):
        assert word not in said
    assert "SUMMARY:Terpakai" in said


NASTY = [
    "BEGIN:VALARM",
    'a;b,c\\d:e"f^g',
    "x" * 200,
    "é" * 150,
    "👩‍👩‍👧" * 30,
    "naïve\u202etext\u2028line",
    "END:VEVENT END:VCALENDAR",
]


@pytest.mark.parametrize("title", NASTY)
def test_titles_that_try_to_break_out(world: World, title: str) -> None:
    body = joined(HEAD, [vevent(one, "full", "id", ADDRESS) for one in occurrences(world, title=title)])
    assert problems(body) == []
    events = Calendar.from_ical(body).events
    assert [str(one["SUMMARY"]) for one in events] == [
        f"{reading().scalars(select(Occurrence)).first().title} · Ruang Rapat"
    ] * 2


@pytest.mark.parametrize(
    "zone", ["Asia/Jakarta", "Europe/London", "America/New_York", "Asia/Jerusalem", "America/Nuuk", "UTC"]
)
def test_zones_mean_what_zoneinfo_means(zone: str) -> None:
    component = Timezone.from_ical(vtimezone(zone))
    assert problems(joined(Head("x", (zone,), "http://x"), [])) == []
    written, real = component.to_tz(lookup_tzid=False), ZoneInfo(zone)
    at = datetime(2026, 1, 1, 12)
    while at < datetime(2028, 1, 1):
        assert at.replace(tzinfo=written).utcoffset() == at.replace(tzinfo=real).utcoffset(), at
        at += timedelta(days=1)


def test_the_second_of_two_equal_wall_times_is_told_in_utc(world: World) -> None:
    world.site("lon", "London Hub", "Europe/London")
    world.room("attic", site="lon", tier="automatic", rules={})
    from datetime import UTC

    from booking.usecases.wanted import WantedOccurrence

    starts_at = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    world.ask("cecep", WantedOccurrence("attic", starts_at, starts_at + timedelta(minutes=45)))
    (one,) = reading().scalars(select(Occurrence))
    event = Event.from_ical(vevent(one, "title", "en", ADDRESS))
    assert (event.end - event.start) == timedelta(minutes=45)


def test_same_bytes_under_every_hash_seed() -> None:
    program = (
        "from booking.ical.calendar import Head, joined;"
        "import sys; sys.stdout.buffer.write(joined(Head('a', ('Asia/Jakarta',), 'http://x'), []))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, env={"PYTHONHASHSEED": seed}, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
