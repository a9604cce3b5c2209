"""Other people's files: what Google, Outlook and Thunderbird write is read; what is made to hurt is refused."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.domain.errors import Refused
from booking.ical.content import MOST_BYTES, MOST_EVENTS, parts
from booking.ical.foreign_rules import Budget, days, rule_of
from booking.ical.reading import Foreign, moment_of, read, zone_of
from tests.support.calendars import GOOGLE, OUTLOOK, THUNDERBIRD, calendar, event
from tests.support.world import JAKARTA, LONDON, NOW

AT = ("DTSTART;TZID=Asia/Jakarta:20261124T190000", "DTEND;TZID=Asia/Jakarta:20261124T210000")


def one(*lines: str) -> Foreign:
    """The event of a file with one, of these lines."""
    body = calendar("BEGIN:VEVENT", "UID:a", "SUMMARY:Latihan", *lines, "END:VEVENT")
    (found,) = read(body, NOW)
    return found


def starts(found: Foreign) -> list[str]:
    return [f"{time.starts:%m-%d %H:%M}" for time in found.times]


def codes(body: bytes) -> list[str]:
    """Why a file is refused, or what is wrong with its events."""
    try:
        return [found.wrong.code for found in read(body, NOW) if found.wrong]
    except Refused as refused:
        return [violation.code for violation in refused.violations]


def test_google() -> None:
    single, weekly, holiday, cancelled = read(GOOGLE, NOW)
    assert (single.title, single.times[0].place) == ("Rapat; koordinasi, bulanan", "Ruang Rapat, Gedung BITC")
    assert moment_of(single.times[0], JAKARTA)[0] == datetime(2026, 11, 26, 2, tzinfo=UTC)
    assert starts(weekly) == ["11-24 19:00", "12-02 18:00", "12-15 19:00", "12-22 19:00"]
    assert weekly.times[1].title == "Latihan Gerimis Sore (pindah)"
    assert weekly.times[1].recurrence == "20261201T120000Z"
    assert holiday.times[0].whole_days
    assert moment_of(holiday.times[0], JAKARTA) == (
        datetime(2026, 12, 24, 17, tzinfo=UTC),
        datetime(2026, 12, 25, 17, tzinfo=UTC),
    )
    assert cancelled.times[0].is_cancelled
    kept = repr(read(GOOGLE, NOW))
    assert not any(word in kept for word in ("asep", "google.com", "laptop", "meet.example"))


def test_outlook() -> None:
    (found,) = read(OUTLOOK, NOW)
    assert starts(found) == ["12-03 08:30", "01-07 08:30", "02-04 08:30"]
    assert moment_of(found.times[0], LONDON)[0] == datetime(2026, 12, 3, 1, 30, tzinfo=UTC)


def test_thunderbird() -> None:
    show, floating = read(THUNDERBIRD, NOW)
    assert (show.times[0].zone, show.times[0].seconds) == ("Asia/Jakarta", 9000)
    assert floating.times[0].zone is None
    assert moment_of(floating.times[0], JAKARTA)[0] == datetime(2026, 11, 29, 3, tzinfo=UTC)
    assert moment_of(floating.times[0], LONDON)[0] == datetime(2026, 11, 29, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tzid", "zone"),
    [
        ("Asia/Jakarta", "Asia/Jakarta"),
        ("asia/jakarta", "Asia/Jakarta"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("GMT Standard Time", "Europe/London"),
        ("Customized Time Zone", None),
        ("../../etc/passwd", None),
        ("localtime", None),
        ("", None),
    ],
)
def test_names_of_zones(tzid: str, zone: str | None) -> None:
    assert zone_of(tzid) == zone


def test_a_zone_that_the_file_itself_names() -> None:
    zone = ("BEGIN:VTIMEZONE", "TZID:Kantor", "X-LIC-LOCATION:Asia/Makassar", "END:VTIMEZONE")
    body = calendar(*zone, event("a", ";TZID=Kantor:20261124T190000", ";TZID=Kantor:20261124T200000"))
    (found,) = read(body, NOW)
    assert found.times[0].zone == "Asia/Makassar"


def test_a_night_in_which_clocks_change_is_as_long_as_it_passes() -> None:
    body = calendar(event("a", ";TZID=Europe/London:20270327T220000", ";TZID=Europe/London:20270328T060000"))
    (found,) = read(body, NOW)
    assert found.times[0].seconds == 7 * 3600


def test_a_rule_keeps_its_wall_time_and_its_length() -> None:
    found = one("DTSTART;TZID=Europe/London:20270320T190000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3")
    assert [moment_of(time, JAKARTA)[0].hour for time in found.times] == [19, 19, 18]


def test_exdates_of_every_kind() -> None:
    rule = "RRULE:FREQ=DAILY;COUNT=6"
    gone = ("EXDATE:20261125T120000Z", "EXDATE;VALUE=DATE:20261126", "EXDATE:20261127T190000")
    assert starts(one(*AT, rule, *gone)) == ["11-24 19:00", "11-28 19:00", "11-29 19:00"]


def test_what_is_over_is_left_out_of_a_series() -> None:
    old = one("DTSTART:20240102T120000Z", "DTEND:20240102T130000Z", "RRULE:FREQ=WEEKLY;UNTIL=20261215T235959Z")
    assert starts(old) == ["11-24 12:00", "12-01 12:00", "12-08 12:00", "12-15 12:00"]
    assert one("DTSTART:20240102T120000Z", "DTEND:20240102T130000Z", "RRULE:FREQ=DAILY;COUNT=3").wrong.code == (
        "import_over"
    )


def test_the_newest_of_two_with_one_uid_counts() -> None:
    old = event("a", ":20261124T120000Z", ":20261124T130000Z", "Lama", "", "SEQUENCE:1")
    new = event("a", ":20261125T120000Z", ":20261125T130000Z", "Baru", "", "SEQUENCE:2")
    (found,) = read(calendar(new, old), NOW)
    assert starts(found) == ["11-25 12:00"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((*AT, "RRULE:FREQ=SECONDLY;COUNT=10"), "import_recurrence"),
        ((*AT, "RRULE:FREQ=HOURLY"), "import_recurrence"),
        ((*AT, "RRULE:FREQ=DAILY;BYHOUR=1,2,3"), "import_recurrence"),
        ((*AT, "RRULE:FREQ=YEARLY;BYWEEKNO=20;COUNT=2"), "import_recurrence"),
        ((*AT, "RRULE:FREQ=DAILY;COUNT=2;UNTIL=20261224"), "import_recurrence"),
        ((*AT, "RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=3"), "import_recurrence"),
        ((*AT, "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=DAILY;COUNT=3"), "import_recurrence"),
        ((*AT, "RDATE:20261125T120000Z"), "import_recurrence"),
        ((*AT, "RRULE:FREQ=DAILY;COUNT=999999999"), "import_times"),
        ((*AT, "RRULE:FREQ=DAILY;COUNT=105"), "import_times"),
        ((*AT, "RRULE:FREQ=WEEKLY;COUNT=90"), "import_horizon"),
        ((*AT, "RRULE:FREQ=WEEKLY;UNTIL=20991231T000000Z"), "import_horizon"),
        ((*AT, "RRULE:FREQ=WEEKLY"), "import_endless"),
        ((*AT, "RRULE:FREQ=DAILY;COUNT=" + "9" * 500), "import_recurrence"),
        ((*AT, "RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31;COUNT=3"), "import_horizon"),
        ((*AT, "RRULE:FREQ=DAILY;BYMONTH=" + ",".join(["1"] * 9999) + ";COUNT=3"), "import_recurrence"),
        ((*AT, "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:" + ",".join(["20261124T120000Z"] * 5000)), "import_exdates"),
        (("DTSTART:99991231T000000Z", "DTEND:99991231T010000Z"), "import_date"),
        (("DTSTART:00010101T000000Z", "DTEND:00010101T010000Z"), "import_date"),
        (("DTSTART:20261331T000000Z", "DTEND:20261331T010000Z"), "import_date"),
        (("DTSTART:" + "2" * 9999, "DTEND:20261124T120000Z"), "import_date"),
        (("DTSTART:20261124T120000Z", "DURATION:P99999D"), "import_length"),
        (("DTSTART:20261124T120000Z", "DURATION:P" + "9" * 999 + "D"), "import_date"),
        (("DTSTART:20261124T120000Z", "DURATION:-PT1H"), "import_date"),
        (("DTSTART:20261124T120000Z", "DTEND:20261124T120000Z"), "end_before_start"),
        (("DTSTART;TZID=Mars/Olympus:20261124T190000", "DTEND:20261124T130000Z"), "import_zone"),
        (("DTEND:20261124T120000Z",), "import_date"),
        ((AT[0], AT[1], "RECURRENCE-ID;RANGE=THISANDFUTURE:20261124T120000Z"), "import_recurrence"),
        (("DTSTART:20280124T120000Z", "DTEND:20280124T130000Z"), "import_horizon"),
        ((*AT, "SUMMARY:"), ""),
    ],
)
def test_what_is_wrong_with_an_event(lines: tuple[str, ...], code: str) -> None:
    found = one(*lines)
    assert (found.wrong.code if found.wrong else "") == code
    assert bool(found.times) == (not code)


def deep(levels: int) -> bytes:
    return calendar(*["BEGIN:VEVENT"] * levels, *["END:VEVENT"] * levels)


def zipped() -> bytes:
    body = BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.ics", b"\0" * 10_000_000)
    return body.getvalue()


TRANSITIONS = ("BEGIN:STANDARD", "DTSTART:19700101T000000", "RRULE:FREQ=SECONDLY", "END:STANDARD") * 5000
SPELLED = "".join(f"\r\n {sign}" for sign in "x" * 10_000)
SLOW = [
    event(str(n), ":20000101T120000Z", ":20000101T130000Z", "R", "", "RRULE:FREQ=DAILY;COUNT=5000") for n in range(499)
]

BOMBS = {
    "2 MiB": (b"BEGIN:VCALENDAR\r\n" + b"X" * 2 * MOST_BYTES, "import_size"),
    "zip": (zipped(), "import_not_calendar"),
    "HTML": (b"<!doctype html><html><script>alert(1)</script></html>", "import_not_calendar"),
    "nothing": (b"", "import_not_calendar"),
    "no event": (calendar(), "import_nothing"),
    "Latin-1": (
        calendar(event("a", ":20261124T120000Z", ":20261124T130000Z", "Kopi \u00e9")).decode().encode("latin-1"),
        "import_encoding",
    ),
    "UTF-16": (calendar().decode().encode("utf-16"), "import_not_calendar"),
    "NUL": (calendar(event("a", ":20261124T120000Z", ":20261124T130000Z", "a\0b")), "import_characters"),
    "control": (calendar(event("a", ":20261124T120000Z", ":20261124T130000Z", "a\x07b")), "text"),
    "deep": (deep(5000), "import_depth"),
    "not closed": (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "import_broken"),
    "crossed": (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\nEND:VEVENT\r\n", "import_broken"),
    "too many events": (
        calendar(*(event(str(n), ":20261124T120000Z", ":20261124T130000Z") for n in range(MOST_EVENTS + 1))),
        "import_events",
    ),
    "short lines": (calendar(*["X:"] * 200_000), "import_lines"),
    "zone of many rules": (
        calendar(
            "BEGIN:VTIMEZONE",
            "TZID:Bom",
            *TRANSITIONS,
            "END:VTIMEZONE",
            event("a", ";TZID=Bom:20261124T190000", ":20261124T130000Z"),
        ),
        "import_zone",
    ),
    "10,000 folds": (calendar(event("a", ":20261124T120000Z", ":20261124T130000Z", "x" + SPELLED)), "too_long"),
    "one long line": (calendar(event("a", ":20261124T120000Z", ":20261124T130000Z", "x" * 1_000_000)), "too_long"),
    "quotes": (calendar(event("a", ";X=" + '"' * 500_001 + ":20261124T120000Z", ":20261124T130000Z")), "import_broken"),
    "parameters": (
        calendar(event("a", ";X=" + ",".join("y" * 300_000) + ":20261124T120000Z", ":20261124T120000Z")),
        "end_before_start",
    ),
    "five hundred long series": (calendar(*SLOW), "import_work"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name: str) -> None:
    body, code = BOMBS[name]
    assert codes(body) == [code]


def test_calendars_one_after_the_other_and_small_letters() -> None:
    first = calendar(event("a", ":20261124T120000Z", ":20261124T130000Z"))
    second = calendar(event("b", ":20261124T120000Z", ":20261124T130000Z")).replace(b"BEGIN", b"begin")
    assert len(read(b"\xef\xbb\xbf" + first + second.replace(b"\r\n", b"\n"), NOW)) == 2


def test_alarms_and_tasks_are_not_events() -> None:
    todo = ("BEGIN:VTODO", "UID:t", "SUMMARY:x", "END:VTODO")
    assert [
        part.name
        for part in parts(calendar(*todo, "BEGIN:VEVENT", "BEGIN:VALARM", "UID:x", "END:VALARM", "END:VEVENT"))
    ] == [
        "VCALENDAR",
        "VEVENT",
    ]


BY_DAY = st.lists(st.sampled_from(("MO", "TU", "WE", "TH", "FR", "SA", "SU")), min_size=1, max_size=4, unique=True)
NTH_DAY = st.builds(
    lambda n, day: f"{n}{day}", st.sampled_from((1, 2, 3, 4, 5, -1, -2)), st.sampled_from(("MO", "FR", "SU"))
)
MONTH_DAY = st.lists(st.sampled_from((1, 15, 28, 29, 30, 31, -1, -2)), min_size=1, max_size=3, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    freq = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    said = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 5))}"]
    if freq == "YEARLY":
        said.append(f"BYMONTH={draw(st.integers(1, 12))}")
    elif draw(st.booleans()):
        said.append(
            f"BYMONTH={','.join(map(str, draw(st.lists(st.integers(1, 12), min_size=1, max_size=5, unique=True))))}"
        )
    if freq in ("DAILY", "WEEKLY"):
        said += [f"BYDAY={','.join(draw(BY_DAY))}"] if draw(st.booleans()) else []
        said.append(f"WKST={draw(st.sampled_from(('MO', 'SU')))}")
        return ";".join(said)
    how = draw(st.sampled_from(("", "day", "nth", "month", "both", "position")))
    said += [f"BYDAY={draw(NTH_DAY)}"] if how == "nth" else []
    said += [f"BYDAY={','.join(draw(BY_DAY))}"] if how in ("day", "both", "position") else []
    said += [f"BYMONTHDAY={','.join(map(str, draw(MONTH_DAY)))}"] if how in ("month", "both") else []
    said += [f"BYSETPOS={draw(st.sampled_from((1, 2, -1)))}"] if how == "position" else []
    return ";".join(said)


@settings(max_examples=400, deadline=None, database=None)
@given(rules(), st.dates(date(2026, 1, 1), date(2027, 6, 30)), st.integers(1, 40), st.booleans())
def test_rules_mean_what_dateutil_means(rule: str, first: date, count: int, is_counted: bool) -> None:
    last = first + timedelta(days=900)
    until = datetime.combine(last, datetime.min.time())
    expected = list(
        rrulestr(f"{rule};UNTIL={until:%Y%m%dT%H%M%S}", dtstart=datetime.combine(first, datetime.min.time()))
    )
    expected = [at.date() for at in expected][: count if is_counted else None]
    text = f"{rule};COUNT={count}" if is_counted else rule
    assert list(days(rule_of(text), first, since=first, last=last, budget=Budget())) == expected
    since = first + timedelta(days=400)
    later = [day for day in days(rule_of(text), first, since=since, last=last, budget=Budget()) if day >= since]
    assert later == [day for day in expected if day >= since]
