"""Every event is written as icalendar would write it, byte by byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from icalendar import Event, vUri

from booking.domain.lifecycle import GONE, State
from booking.ical import lines, vevent
from booking.ical.words import LANGUAGES
from booking.storage.bookings import Booking, Occurrence
from booking.storage.communities import Community
from booking.storage.people import Person
from booking.storage.places import Room, Site
from tests.support.world import ADDRESS

LEVELS = ("busy", "title", "full")
ZONES = ("Asia/Jakarta", "Europe/London", "America/Argentina/ComodRivadavia", "UTC", "Etc/UTC")


def by_icalendar(one: Occurrence, level: str, language: str) -> bytes:
    """The same event put together by icalendar."""
    event, state, zone = Event(), State(one.state), one.room.site.zone
    event.add("uid", vevent.uid(one.uid, level, ADDRESS))
    event.add("dtstamp", one.changed_at.replace(microsecond=0))
    event.add("last-modified", one.changed_at.replace(microsecond=0))
    event.add("sequence", one.sequence)
    for name, at in (("dtstart", one.starts_at), ("dtend", one.ends_at)):
        there = at.astimezone(zone)
        event.add(name, at.astimezone(UTC) if there.fold else there)
    event.add("status", vevent._STATUS.get(state, "CONFIRMED"))
    event.add("transp", "TRANSPARENT" if state in GONE else "OPAQUE")
    event.add("summary", vevent.cleaned(vevent._summary(one, level, language)))
    event.add("location", vevent.cleaned(vevent._location(one, level)))
    described = vevent.cleaned(vevent._description(one, level, language))
    if level != "busy" and described:
        event.add("description", described)
    if level == "full":
        event.add("url", vUri(ADDRESS.booking(one.booking.code)))
    return event.to_ical()


HARD = st.sampled_from(
    ["\\", "\\N", "\\n", ";", ",", "\n", "^", "é", "☃", "👩‍👩‍👧", "e\u0301", "\u202e", ":", '"', "x" * 30]
)
# icalendar makes a line break of the two signs \N
TEXT = st.lists(st.one_of(HARD, st.text(max_size=12)), max_size=25).map("".join).filter(lambda text: "\\N" not in text)
# from far before to far after, both changes of clocks among them
INSTANTS = st.one_of(
    st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1), timezones=st.just(UTC)),
    st.integers(-90, 90).map(lambda n: datetime(2027, 10, 31, 1, tzinfo=UTC) + timedelta(minutes=n)),
)


@st.composite
def occurrences(draw: st.DrawFn) -> Occurrence:
    """One that was never stored, of any state, with any text anywhere."""
    site = Site(name=draw(TEXT), timezone=draw(st.sampled_from(ZONES)))
    room = Room(name=draw(TEXT), site=site, is_public=draw(st.booleans()))
    person = Person(name=draw(TEXT), phone="+62840000000")
    community = draw(st.one_of(st.none(), TEXT.map(lambda name: Community(name=name))))
    booking = Booking(
        code="AB23CD45", title=draw(TEXT), purpose=draw(TEXT), people=12, person=person, community=community
    )
    starts_at = draw(INSTANTS)
    return Occurrence(
        uid=draw(st.text("0123456789abcdef", min_size=32, max_size=32)),
        booking=booking,
        room=room,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=draw(st.integers(1, 1440))),
        state=draw(st.sampled_from(State)),
        sequence=draw(st.integers(0, 10**6)),
        changed_at=draw(INSTANTS),
        people=draw(st.one_of(st.none(), st.integers(1, 500))),
        label=draw(st.one_of(st.none(), TEXT)),
        reason=draw(TEXT),
    )


def equal_icalendars(one: Occurrence) -> None:
    found = vevent.vevents(one, LEVELS, LANGUAGES, ADDRESS)
    assert found == {(level, said): by_icalendar(one, level, said) for level in LEVELS for said in LANGUAGES}
    for body in found.values():
        assert all(len(line) <= 75 and line.decode() is not None for line in body.split(b"\r\n"))


@settings(max_examples=150, deadline=None)
@given(occurrences())
def test_events_are_icalendars_byte_by_byte(one: Occurrence) -> None:
    equal_icalendars(one)


# the first that is wrong will do: nobody wants the smallest
@settings(max_examples=150, deadline=None, database=None, phases=[Phase.generate])
@given(occurrences())
def some_are_icalendars(one: Occurrence) -> None:
    equal_icalendars(one)


@settings(max_examples=300, deadline=None)
@given(TEXT)
@example("x" * 66)
@example("x" * 67)
@example("x" * 65 + "\\")
@example("x" * 66 + "\\\\;")
@example("x" * 64 + "👩‍👩‍👧")
def test_text_is_icalendars(text: str) -> None:
    event = Event()
    event.add("summary", text)
    assert lines.text_line("SUMMARY", text) in event.to_ical()


@pytest.mark.parametrize("wrong", ["no folding", "no escaping", "folds inside characters"])
def test_a_writer_that_errs_is_caught(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if wrong == "no folding":
        monkeypatch.setattr(lines, "_folded", lambda line: line)
    elif wrong == "no escaping":
        monkeypatch.setattr(vevent, "text_line", lines.value_line)
    else:
        halves = lambda line: b"\r\n ".join(line[n : n + 74] for n in range(0, len(line), 74))  # noqa: E731
        monkeypatch.setattr(lines, "_folded", halves)
    with pytest.raises((AssertionError, UnicodeDecodeError, ExceptionGroup)):
        some_are_icalendars()


def test_each_zone_is_named_as_icalendar_names_it() -> None:
    assert lines._named(ZoneInfo("Asia/Jakarta")) == (";TZID=Asia/Jakarta", "")
    assert lines._named(ZoneInfo("UTC")) == ("", "Z")
