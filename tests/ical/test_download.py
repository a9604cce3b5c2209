"""One booking as a file: two readers of other people see in it what the booking is, and rules only where they may."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.domain.lifecycle import GONE, State
from booking.domain.period import instant, soonest, wall
from booking.domain.series import Every, Pattern, days_of
from booking.ical import words
from booking.ical.download import SHOWN, download
from booking.ical.reading import moment_of, read
from booking.storage.bookings import Booking, Occurrence
from booking.storage.people import Person
from booking.storage.places import Room, Site
from tests.oracles import icaljs, readers
from tests.support.lint import problems
from tests.support.world import ADDRESS

ZONES = ("Asia/Jakarta", "Europe/London", "America/New_York")
CHANGED = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
Seen = tuple[datetime, datetime, str, str]

PATTERNS = st.one_of(
    st.builds(lambda n: Pattern(Every.DAY, n), st.integers(1, 9)),
    st.builds(
        lambda n, on: Pattern(Every.WEEK, n, tuple(sorted(on))),
        st.integers(1, 4),
        st.sets(st.integers(0, 6), max_size=4),
    ),
    st.builds(
        lambda n, day, nth: Pattern(Every.MONTH, n, (day,), nth),
        st.integers(1, 3),
        st.integers(0, 6),
        st.sampled_from((1, 2, 3, 4, -1)),
    ),
    st.builds(lambda n: Pattern(Every.MONTH, n, nth=-1), st.integers(1, 3)),
    st.just(Pattern(Every.MONTH)),
)
CLOCKS = st.sampled_from(("00:30", "01:30", "02:30", "09:00", "19:30", "22:00", "23:30"))
EXCEPTIONS = st.sampled_from(
    (
        "",
        "",
        "",
        "",
        "cancelled",
        "declined",
        "skipped",
        "requested",
        "returned",
        "moved",
        "room",
        "label",
        "longer",
        "far",
    )
)


def booking_of(
    pattern: Pattern | None, days: list[date], clock: str, minutes: int, zone: str, odd: list[str], lines: int = 1
) -> Booking:
    """A booking as the database would give it, never stored."""
    site = Site(id=1, slug="s", name="Gedung; Satu", short_name="S", timezone=zone)
    rooms = [Room(id=n, name=f"Ruang, {n} ☃", site=site, site_id=1, is_public=True) for n in (1, 2)]
    person = Person(id=1, name="Cecep", phone="+628400000001")
    booking = Booking(code="ABCD2345", title="Latihan; musik, sore", purpose="Satu\nDua", people=5, person=person)
    booking.pattern = pattern.as_json() if pattern else None
    starts = time.fromisoformat(clock)
    for at, day in enumerate(days):
        for line in range(lines):
            how = odd[(at + line) % len(odd)] if odd else ""
            booking.occurrences.append(occurrence(len(booking.occurrences), rooms, day, starts, minutes, how, line))
    return booking


def occurrence(n: int, rooms: list[Room], day: date, starts: time, minutes: int, how: str, line: int) -> Occurrence:
    room = rooms[(line + (how == "room")) % 2]
    zone = room.site.zone
    at = soonest(datetime.combine(day, starts), zone)
    if how == "moved":
        at += timedelta(minutes=45)
    if how == "far":
        at += timedelta(days=1, hours=3)
    ends_at = at + timedelta(minutes=minutes + (30 if how == "longer" else 0))
    state = how if how in set(State) else "approved"
    made = Occurrence(id=n, uid=f"{n:032x}", room=room, starts_at=at, ends_at=ends_at, state=state, sequence=n % 3)
    made.wall_starts, made.wall_ends = (wall(one, zone).isoformat(timespec="minutes") for one in (at, ends_at))
    made.series_day, made.series_line, made.changed_at = day, line, CHANGED + timedelta(seconds=n)
    made.label = "Babak 2" if how == "label" else None
    return made


def stored(booking: Booking) -> list[Seen]:
    """What a calendar has to show, from the rows alone."""
    found = []
    for one in booking.occurrences:
        if one.state in SHOWN:
            mark = {"requested": words.WAITING["id"], "returned": words.CHANGES["id"]}.get(one.state)
            title = f"{mark}: " if mark else ""
            status = "TENTATIVE" if mark else "CONFIRMED"
            found.append((one.starts_at, one.ends_at, f"{title}{one.title} · {one.room.name}", status))
    return sorted(found)


def by_python(bodies: list[bytes]) -> list[list[Seen]]:
    """recurring-ical-events."""
    return [
        sorted((datetime.fromisoformat(start), datetime.fromisoformat(end), *said) for start, end, *said in events)
        for events in readers.all_by_recurring(bodies)
    ]


def as_it_stands(body: bytes) -> list[Seen]:
    """Events without a rule."""
    events = icalendar.Calendar.from_ical(body).events
    assert not any("RRULE" in one for one in events)
    return sorted(
        (one.start.astimezone(UTC), one.end.astimezone(UTC), str(one["SUMMARY"]), str(one["STATUS"])) for one in events
    )


def by_javascript(bodies: list[bytes]) -> list[list[Seen]]:
    def at(said: str) -> datetime:
        return datetime.fromisoformat(said).replace(tzinfo=UTC)

    return [
        sorted((at(one["start"]), at(one["end"]), one["summary"], one["status"]) for one in shown)
        for shown in icaljs.read(bodies)
    ]


def comes_twice(at: datetime, room: Room) -> bool:
    there = at.astimezone(room.site.zone)
    return there.utcoffset() != there.replace(fold=not there.fold).utcoffset()


@st.composite
def bookings(draw: st.DrawFn) -> Booking:
    pattern, zone = draw(PATTERNS), draw(st.sampled_from(ZONES))
    # around the days on which London's and New York's clocks change, and others
    first = draw(st.sampled_from((date(2027, 1, 4), date(2027, 3, 8), date(2027, 10, 4), date(2027, 10, 25))))
    first += timedelta(days=draw(st.integers(0, 6)))
    first = first.replace(day=min(first.day, 28))
    counted = Pattern(pattern.every, pattern.interval, pattern.on, pattern.nth, count=draw(st.integers(3, 14)))
    lines = draw(st.sampled_from((1, 1, 1, 1, 2)))
    odd = draw(st.lists(EXCEPTIONS, min_size=2, max_size=9))
    minutes = draw(st.sampled_from((45, 90, 240)))
    return booking_of(counted, days_of(counted, first), draw(CLOCKS), minutes, zone, odd, lines)


def test_other_readers_see_what_the_booking_is() -> None:
    """The same starts, ends, titles and states by recurring-ical-events and by ical.js, over generated series."""
    asked: list[tuple[bytes, list[Seen]]] = []
    counts = {"rule": 0, "flat": 0, "exception": 0, "override": 0}

    @settings(max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(bookings())
    def look(booking: Booking) -> None:
        body, said = download(booking, "id", ADDRESS), stored(booking)
        if not said:
            return
        assert problems(body, is_download=True) == []
        shown = [one for one in booking.occurrences if one.state in SHOWN]
        if any(comes_twice(at, one.room) for one in shown for at in (one.starts_at, one.ends_at)):
            # both readers go astray there: RFC 5545 3.3.5 means the first of two such times
            assert as_it_stands(body) == said
            return
        asked.append((body, said))
        counts["rule" if b"\r\nRRULE:FREQ=" in body.partition(b"BEGIN:VEVENT")[2] else "flat"] += 1
        counts["exception"] += b"\r\nEXDATE" in body
        counts["override"] += b"\r\nRECURRENCE-ID" in body

    look()
    assert min(counts.values()) >= 10, counts
    bodies = [body for body, _ in asked]
    for readers_say in (by_python, by_javascript):
        try:
            seen = readers_say(bodies)
        except icaljs.NotAsked as reason:
            pytest.skip(str(reason))
        for (body, said), found in zip(asked, seen, strict=True):
            assert found == said, body.decode()


WEEKLY = Pattern(Every.WEEK, on=(1,), count=6)
TUESDAYS = days_of(WEEKLY, date(2027, 1, 5))


def weekly(*odd: str, zone: str = "Asia/Jakarta", clock: str = "19:00") -> Booking:
    return booking_of(WEEKLY, TUESDAYS, clock, 120, zone, list(odd))


def test_a_missing_exdate_and_a_missing_override_are_caught() -> None:
    """The control: without one of these lines the readers see something else."""
    booking = weekly("", "cancelled", "moved")
    lines = download(booking, "id", ADDRESS).split(b"\r\n")
    without = [line for line in lines if not line.startswith(b"EXDATE")]
    assert len(without) == len(lines) - 2
    other = [line.replace(b"RECURRENCE-ID", b"X-WAS") for line in lines]
    try:
        right, *wrong = by_python([b"\r\n".join(said) for said in (lines, without, other)])
    except icaljs.NotAsked as reason:
        pytest.skip(str(reason))
    assert right == stored(booking)
    assert stored(booking) not in wrong


def test_a_series_is_a_rule_of_the_safe_subset() -> None:
    body = download(weekly("", "skipped", "moved"), "en", ADDRESS).decode()
    assert "RRULE:FREQ=WEEKLY;WKST=MO;BYDAY=TU;COUNT=6\r\n" in body
    assert "DTSTART;TZID=Asia/Jakarta:20270105T190000\r\n" in body
    assert "EXDATE;TZID=Asia/Jakarta:20270112T190000\r\n" in body
    assert "RECURRENCE-ID;TZID=Asia/Jakarta:20270119T190000\r\n" in body
    assert {line for line in body.splitlines() if line.startswith("UID")} == {"UID:series-abcd2345@booking.invalid"}
    assert {line for line in body.splitlines() if line.startswith("SEQUENCE")} == {"SEQUENCE:6"}
    assert "METHOD" not in body


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        (Pattern(Every.DAY, 3, count=3), "FREQ=DAILY;INTERVAL=3;COUNT=3"),
        (Pattern(Every.WEEK, 2, (0, 1), count=4), "FREQ=WEEKLY;WKST=MO;BYDAY=MO,TU;INTERVAL=2;COUNT=4"),
        (Pattern(Every.MONTH, on=(1,), nth=1, count=3), "FREQ=MONTHLY;BYDAY=1TU;COUNT=3"),
        (Pattern(Every.MONTH, on=(4,), nth=-1, count=3), "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3"),
        (Pattern(Every.MONTH, nth=-1, count=3), "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3"),
    ],
)
def test_each_rule(pattern: Pattern, rule: str) -> None:
    booking = booking_of(pattern, days_of(pattern, date(2027, 1, 4)), "09:00", 60, "Asia/Jakarta", [])
    assert f"\r\nRRULE:{rule}\r\n" in download(booking, "id", ADDRESS).decode()


def flat(booking: Booking) -> bool:
    body = download(booking, "id", ADDRESS)
    events = icalendar.Calendar.from_ical(body).events
    uids = [f"{one.uid}@booking.invalid" for one in booking.occurrences if one.state in SHOWN]
    return "RRULE" not in str([sorted(one) for one in events]) and [str(one["UID"]) for one in events] == uids


def test_what_a_rule_cannot_tell_goes_out_flat() -> None:
    monthly = Pattern(Every.MONTH, count=3)
    listed = Pattern(dates=tuple(TUESDAYS))
    assert flat(booking_of(monthly, days_of(monthly, date(2027, 1, 5)), "09:00", 60, "Asia/Jakarta", []))
    assert flat(booking_of(listed, TUESDAYS, "09:00", 60, "Asia/Jakarta", []))
    assert flat(booking_of(None, TUESDAYS, "09:00", 60, "Asia/Jakarta", []))
    assert flat(booking_of(WEEKLY, TUESDAYS, "09:00", 60, "Asia/Jakarta", [], lines=2))
    assert flat(
        booking_of(WEEKLY, [day + timedelta(days=day.day == 12) for day in TUESDAYS], "09:00", 60, ZONES[0], [])
    )


@pytest.mark.parametrize(
    ("first", "clock", "minutes"),
    [
        (date(2027, 3, 28), "01:30", 60),  # the start does not exist in London
        (date(2027, 10, 31), "01:30", 120),  # it comes twice
        (date(2027, 3, 28), "00:30", 240),  # four hours on the wall, three that pass
    ],
)
def test_nights_in_which_clocks_change_go_out_flat(first: date, clock: str, minutes: int) -> None:
    pattern = Pattern(Every.DAY, count=4)
    days = days_of(pattern, first - timedelta(days=1))
    booking = booking_of(pattern, days, clock, minutes, "Europe/London", [])
    zone = booking.occurrences[0].room.site.zone
    for one in booking.occurrences:  # as a series is spread out: in wall time
        one.ends_at = soonest(
            datetime.combine(one.series_day, time.fromisoformat(clock)) + timedelta(minutes=minutes), zone
        )
    assert flat(booking)
    assert not flat(booking_of(pattern, days, clock, minutes, "Asia/Jakarta", []))


def test_an_override_elsewhere_or_in_utc_goes_out_flat() -> None:
    booking = weekly()
    assert not flat(booking)
    there = Site(id=2, slug="x", name="X", short_name="X", timezone="Asia/Makassar")
    booking.occurrences[2].room = Room(id=9, name="Lain", site=there, site_id=2, is_public=True)
    assert flat(booking)


def test_nothing_left_is_told_as_cancelled() -> None:
    booking = weekly("cancelled", "declined")
    assert all(one.state in GONE for one in booking.occurrences)
    events = icalendar.Calendar.from_ical(download(booking, "id", ADDRESS)).events
    assert [str(one["STATUS"]) for one in events] == ["CANCELLED"] * 6


def test_the_rule_ends_where_the_last_standing_date_is() -> None:
    booking = weekly("cancelled", "", "", "", "", "declined")
    body = download(booking, "id", ADDRESS).decode()
    assert "COUNT=4" in body
    assert "EXDATE" not in body
    assert instant(datetime(2027, 1, 12, 19), booking.occurrences[0].room.site.zone) == booking.occurrences[1].starts_at


def test_our_own_reader_sees_it_too() -> None:
    booking = weekly("", "cancelled", "moved", "requested")
    (found,) = read(download(booking, "id", ADDRESS), datetime(2026, 12, 1, tzinfo=UTC))
    zone = booking.occurrences[0].room.site.zone
    seen = [(*moment_of(time, zone), time.title) for time in found.times]
    assert seen == [one[:3] for one in stored(booking)]
