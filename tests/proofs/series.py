"""Recurrence worked out by hand, against the program and against ical.js: `python -m tests.proofs.series`.

Where RFC 5545 leaves a series undefined (3.8.5.3: a DTSTART that is not on its rule), the program begins at the first
lawful day from the day that was asked for; `dtstart` is that day and `asked` the one before it. ical.js is asked only
for what the program should not refuse.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from booking.domain.errors import Refused
from booking.domain.period import WallTimeError, instant, soonest
from booking.domain.series import Every, Pattern, days_of
from booking.ical.timezones import vtimezone
from tests.oracles import icaljs

AGREES = "agrees"
REFUSED_HERE = "not asked (refused here)"
UNASKED = "not asked"

Days = Callable[[Pattern, date], list[date]]
"""What is put to the proof: `days_of`, or something that a control knows to be wrong."""
Oracle = Callable[[Sequence[icaljs.Question]], list[icaljs.Answer]]


@dataclass(frozen=True)
class Case:
    """One line of the table. `days` and `without` are dates; one without a year is in the year of the date before it.

    `refused` is the code of the refusal (with the month that lacks the day), `why` a word for it. In a `zone`, `utc`
    has a word for each day: its instant; or `gap` or `fold`, the hint in wall time, and the instant that `soonest`
    takes (RFC 5545 3.3.5: in a gap the offset before it, in a fold the first of the two).
    """

    name: str
    rrule: str
    dtstart: str
    pattern: Pattern
    days: str = ""
    refused: str = ""
    why: str = ""
    asked: str = ""
    without: str = ""
    clock: str = "10:00"
    zone: str = ""
    utc: str = ""


daily, weekly, monthly = (partial(Pattern, every) for every in (Every.DAY, Every.WEEK, Every.MONTH))
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
LONDON, NEW_YORK, JAKARTA = "Europe/London", "America/New_York", "Asia/Jakarta"


def on(text: str) -> date:
    return date.fromisoformat(text)


def dates(words: str) -> list[date]:
    found: list[date] = []
    for word in words.split():
        found.append(on(word if len(word) == 10 else f"{found[-1].year}-{word}"))
    return found


MONTHS = (
    Case(
        "last day of the month, through February",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=6",
        "2026-10-31",
        monthly(nth=-1, count=6),
        "2026-10-31 11-30 12-31 2027-01-31 02-28 03-31",
    ),
    Case(
        "last day of the month, through a leap February",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
        "2028-01-31",
        monthly(nth=-1, count=3),
        "2028-01-31 02-29 03-31",
    ),
    Case(
        "last day of the month, asked for on the 10th",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
        "2026-11-30",
        monthly(nth=-1, count=3),
        "2026-11-30 12-31 2027-01-31",
        asked="2026-11-10",
    ),
    Case(
        "last day of the month, until the last of February",
        "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20270228T100000",
        "2026-12-31",
        monthly(nth=-1, until=on("2027-02-28")),
        "2026-12-31 2027-01-31 02-28",
    ),
    Case(
        "last day of the month, until the day before it",
        "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20270227T100000",
        "2026-12-31",
        monthly(nth=-1, until=on("2027-02-27")),
        "2026-12-31 2027-01-31",
    ),
    Case(
        "monthly on the 28th: every month has one",
        "FREQ=MONTHLY;BYMONTHDAY=28;COUNT=4",
        "2027-01-28",
        monthly(count=4),
        "2027-01-28 02-28 03-28 04-28",
    ),
    Case(
        "monthly on the 29th across February 2028",
        "FREQ=MONTHLY;BYMONTHDAY=29;COUNT=4",
        "2027-12-29",
        monthly(count=4),
        "2027-12-29 2028-01-29 02-29 03-29",
    ),
    Case(
        "monthly on the 29th across February 2027",
        "FREQ=MONTHLY;BYMONTHDAY=29;COUNT=3",
        "2027-01-29",
        monthly(count=3),
        refused="month_day:2027-02",
        why="February 2027 has 28 days",
    ),
    Case(
        "monthly from 29 February",
        "FREQ=MONTHLY;BYMONTHDAY=29;COUNT=3",
        "2028-02-29",
        monthly(count=3),
        "2028-02-29 03-29 04-29",
    ),
    Case(
        "every 12 months from 29 February",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=29;COUNT=2",
        "2028-02-29",
        monthly(interval=12, count=2),
        refused="month_day:2029-02",
        why="2029 is no leap year",
    ),
    Case(
        "every 48 months from 29 February",
        "FREQ=MONTHLY;INTERVAL=48;BYMONTHDAY=29;COUNT=2",
        "2028-02-29",
        monthly(interval=48, count=2),
        "2028-02-29 2032-02-29",
    ),
    Case(
        "monthly on the 30th, from after February",
        "FREQ=MONTHLY;BYMONTHDAY=30;COUNT=4",
        "2027-03-30",
        monthly(count=4),
        "2027-03-30 04-30 05-30 06-30",
    ),
    Case(
        "monthly on the 30th across a leap February",
        "FREQ=MONTHLY;BYMONTHDAY=30;COUNT=3",
        "2027-12-30",
        monthly(count=3),
        refused="month_day:2028-02",
        why="even a leap February has no 30th",
    ),
    Case(
        "monthly on the 31st",
        "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3",
        "2026-10-31",
        monthly(count=3),
        refused="month_day:2026-11",
        why="November has 30 days",
    ),
    Case(
        "monthly on the 31st, December and January",
        "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20270131T100000",
        "2026-12-31",
        monthly(until=on("2027-01-31")),
        "2026-12-31 2027-01-31",
    ),
    Case(
        "every 2 months on the 31st, only months that have one",
        "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=31;COUNT=4",
        "2027-01-31",
        monthly(interval=2, count=4),
        "2027-01-31 03-31 05-31 07-31",
    ),
    Case(
        "every 2 months on the 31st, one month too far",
        "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=31;COUNT=5",
        "2027-01-31",
        monthly(interval=2, count=5),
        refused="month_day:2027-09",
        why="September has 30 days",
    ),
    Case(
        "monthly on the 29th until the middle of a month",
        "FREQ=MONTHLY;BYMONTHDAY=29;UNTIL=20270615T100000",
        "2027-03-29",
        monthly(until=on("2027-06-15")),
        "2027-03-29 04-29 05-29",
    ),
    Case(
        "monthly on the 31st until before the 31st",
        "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20270115T100000",
        "2026-12-31",
        monthly(until=on("2027-01-15")),
        "2026-12-31",
    ),
    Case(
        "every 12 months for 6 years",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=15;UNTIL=20330115T100000",
        "2027-01-15",
        monthly(interval=12, until=on("2033-01-15")),
        "2027-01-15 2028-01-15 2029-01-15 2030-01-15 2031-01-15 2032-01-15 2033-01-15",
    ),
)

WEEKDAYS_OF_MONTHS = (
    Case(
        "1st Monday, in months that begin with one",
        "FREQ=MONTHLY;BYDAY=1MO;COUNT=4",
        "2027-02-01",
        monthly(on=(MON,), nth=1, count=4),
        "2027-02-01 03-01 04-05 05-03",
    ),
    Case(
        "2nd Tuesday",
        "FREQ=MONTHLY;BYDAY=2TU;COUNT=4",
        "2027-01-12",
        monthly(on=(TUE,), nth=2, count=4),
        "2027-01-12 02-09 03-09 04-13",
    ),
    Case(
        "3rd Wednesday",
        "FREQ=MONTHLY;BYDAY=3WE;COUNT=4",
        "2026-09-16",
        monthly(on=(WED,), nth=3, count=4),
        "2026-09-16 10-21 11-18 12-16",
    ),
    Case(
        "4th Thursday, though December has five",
        "FREQ=MONTHLY;BYDAY=4TH;COUNT=3",
        "2026-11-26",
        monthly(on=(THU,), nth=4, count=3),
        "2026-11-26 12-24 2027-01-28",
    ),
    Case(
        "last Thursday, the fifth in December",
        "FREQ=MONTHLY;BYDAY=-1TH;COUNT=3",
        "2026-11-26",
        monthly(on=(THU,), nth=-1, count=3),
        "2026-11-26 12-31 2027-01-28",
    ),
    Case(
        "last Tuesday, on 29 February",
        "FREQ=MONTHLY;BYDAY=-1TU;COUNT=3",
        "2028-01-25",
        monthly(on=(TUE,), nth=-1, count=3),
        "2028-01-25 02-29 03-28",
    ),
    Case(
        "last Friday until that very Friday",
        "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270226T100000",
        "2026-10-30",
        monthly(on=(FRI,), nth=-1, until=on("2027-02-26")),
        "2026-10-30 11-27 12-25 2027-01-29 02-26",
    ),
    Case(
        "1st Saturday, asked for the day after it",
        "FREQ=MONTHLY;BYDAY=1SA;COUNT=3",
        "2027-02-06",
        monthly(on=(SAT,), nth=1, count=3),
        "2027-02-06 03-06 04-03",
        asked="2027-01-03",
    ),
    Case(
        "1st Monday of every 2nd month, asked for after the first one",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO;COUNT=3",
        "2027-03-01",
        monthly(interval=2, on=(MON,), nth=1, count=3),
        "2027-03-01 05-03 07-05",
        asked="2027-01-20",
    ),
    Case(
        "5th Monday",
        "FREQ=MONTHLY;BYDAY=5MO;COUNT=3",
        "2027-03-29",
        monthly(on=(MON,), nth=5, count=3),
        refused="series_nth",
        why="most months have no fifth one, and calendars skip them in silence",
    ),
    Case(
        "last but one Monday",
        "FREQ=MONTHLY;BYDAY=-2MO;COUNT=3",
        "2027-03-22",
        monthly(on=(MON,), nth=-2, count=3),
        refused="series_nth",
        why="of those counted from the end only the last is offered",
    ),
)

WEEKS = (
    Case(
        "three days a week across the end of a year",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=7",
        "2026-12-23",
        weekly(on=(MON, WED, FRI), count=7),
        "2026-12-23 12-25 12-28 12-30 2027-01-01 01-04 01-06",
    ),
    Case(
        "days given out of order come in order",
        "FREQ=WEEKLY;BYDAY=FR,MO;COUNT=4",
        "2027-03-01",
        weekly(on=(FRI, MON), count=4),
        "2027-03-01 03-05 03-08 03-12",
    ),
    Case(
        "a week without days repeats the weekday of the first",
        "FREQ=WEEKLY;COUNT=3",
        "2027-02-23",
        weekly(count=3),
        "2027-02-23 03-02 03-09",
    ),
    Case(
        "weekly onto 29 February",
        "FREQ=WEEKLY;BYDAY=TU;COUNT=4",
        "2028-02-15",
        weekly(on=(TUE,), count=4),
        "2028-02-15 02-22 02-29 03-07",
    ),
    Case(
        "all seven days of every 2nd week, from its Friday",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR,SA,SU;WKST=MO;COUNT=5",
        "2027-01-08",
        weekly(interval=2, on=(MON, TUE, WED, THU, FRI, SAT, SUN), count=5),
        "2027-01-08 01-09 01-10 01-18 01-19",
    ),
    Case(
        "RFC 5545's own example of WKST=MO",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        "1997-08-05",
        weekly(interval=2, on=(TUE, SUN), count=4),
        "1997-08-05 08-10 08-19 08-24",
    ),
    Case(
        "every 2 weeks, Sunday ends a week and Monday begins one",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO;COUNT=5",
        "2027-01-10",
        weekly(interval=2, on=(SUN, MON), count=5),
        "2027-01-10 01-18 01-24 02-01 02-07",
    ),
    Case(
        "every 2 weeks on Monday and Thursday, asked for on a Wednesday",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=MO;COUNT=5",
        "2027-01-07",
        weekly(interval=2, on=(MON, THU), count=5),
        "2027-01-07 01-18 01-21 02-01 02-04",
        asked="2027-01-06",
    ),
    Case(
        "every 2 weeks on a Monday that has passed in the first week",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=MO;COUNT=3",
        "2027-01-18",
        weekly(interval=2, on=(MON,), count=3),
        "2027-01-18 02-01 02-15",
        asked="2027-01-06",
    ),
    Case(
        "every 3 weeks on Tuesday and Saturday, asked for on a Thursday",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,SA;WKST=MO;COUNT=5",
        "2026-11-07",
        weekly(interval=3, on=(TUE, SAT), count=5),
        "2026-11-07 11-24 11-28 12-15 12-19",
        asked="2026-11-05",
    ),
)

ENDS = (
    Case(
        "daily across the end of a year",
        "FREQ=DAILY;COUNT=4",
        "2026-12-30",
        daily(count=4),
        "2026-12-30 12-31 2027-01-01 01-02",
    ),
    Case(
        "every 3 days across February",
        "FREQ=DAILY;INTERVAL=3;COUNT=4",
        "2027-02-25",
        daily(interval=3, count=4),
        "2027-02-25 02-28 03-03 03-06",
    ),
    Case(
        "every 3 days across a leap February",
        "FREQ=DAILY;INTERVAL=3;COUNT=4",
        "2028-02-25",
        daily(interval=3, count=4),
        "2028-02-25 02-28 03-02 03-05",
    ),
    Case(
        "daily across February 2100, which is no leap year",
        "FREQ=DAILY;COUNT=3",
        "2100-02-27",
        daily(count=3),
        "2100-02-27 02-28 03-01",
    ),
    Case(
        "every 10 days across months and a year",
        "FREQ=DAILY;INTERVAL=10;COUNT=5",
        "2026-11-25",
        daily(interval=10, count=5),
        "2026-11-25 12-05 12-15 12-25 2027-01-04",
    ),
    Case("a count of one", "FREQ=WEEKLY;BYDAY=FR;COUNT=1", "2027-01-01", weekly(on=(FRI,), count=1), "2027-01-01"),
    Case(
        "until the first day itself",
        "FREQ=DAILY;UNTIL=20270101T100000",
        "2027-01-01",
        daily(until=on("2027-01-01")),
        "2027-01-01",
    ),
    Case(
        "until a day on the rule includes it",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270118T100000",
        "2027-01-04",
        weekly(on=(MON,), until=on("2027-01-18")),
        "2027-01-04 01-11 01-18",
    ),
    Case(
        "until the day before one on the rule",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270117T100000",
        "2027-01-04",
        weekly(on=(MON,), until=on("2027-01-17")),
        "2027-01-04 01-11",
    ),
    Case(
        "until a day that is not on the rule",
        "FREQ=DAILY;INTERVAL=3;UNTIL=20270106T100000",
        "2027-01-01",
        daily(interval=3, until=on("2027-01-06")),
        "2027-01-01 01-04",
    ),
    Case(
        "until before the first lawful day",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261108T100000",
        "2026-11-03",
        weekly(on=(MON,), until=on("2026-11-08")),
        refused="series_empty",
        why="from Tuesday to Sunday there is no Monday",
    ),
    Case(
        "until before the first day",
        "FREQ=DAILY;UNTIL=20261231T100000",
        "2027-01-01",
        daily(until=on("2026-12-31")),
        refused="series_until",
        why="it ends before it begins",
    ),
    Case(
        "both a count and an until",
        "FREQ=DAILY;COUNT=3;UNTIL=20270105T100000",
        "2027-01-01",
        daily(count=3, until=on("2027-01-05")),
        refused="series_end",
        why="RFC 5545 3.3.10 allows only one of them",
    ),
    Case(
        "neither a count nor an until",
        "FREQ=DAILY",
        "2027-01-01",
        daily(),
        refused="series_end",
        why="it would never end",
    ),
    Case(
        "one day more than may be asked for",
        "FREQ=DAILY;COUNT=105",
        "2027-01-01",
        daily(count=105),
        refused="too_many",
        why="104 is the most",
    ),
)

EXCEPTIONS = (
    Case(
        "days left out count",
        "FREQ=WEEKLY;BYDAY=FR;COUNT=4",
        "2026-12-18",
        weekly(on=(FRI,), count=4),
        "2026-12-18 2027-01-08",
        without="2026-12-25 2027-01-01",
    ),
    Case(
        "the first day left out",
        "FREQ=WEEKLY;BYDAY=MO;COUNT=3",
        "2027-01-04",
        weekly(on=(MON,), count=3),
        "2027-01-11 01-18",
        without="2027-01-04",
    ),
    Case(
        "the last day left out is not made up for",
        "FREQ=MONTHLY;BYDAY=2TU;COUNT=3",
        "2027-01-12",
        monthly(on=(TUE,), nth=2, count=3),
        "2027-01-12 02-09",
        without="2027-03-09",
    ),
    Case(
        "leaving out a day that is not on the rule changes nothing",
        "FREQ=DAILY;INTERVAL=2;COUNT=3",
        "2027-01-01",
        daily(interval=2, count=3),
        "2027-01-01 01-03 01-05",
        without="2027-01-02",
    ),
)

ZONES = (
    Case(
        "London in spring, by day: the instant is an hour earlier",
        "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
        "2027-03-21",
        weekly(on=(SUN,), count=3),
        "2027-03-21 03-28 04-04",
        zone=LONDON,
        utc="2027-03-21T10:00 2027-03-28T09:00 2027-04-04T09:00",
    ),
    Case(
        "London in autumn, by day: the instant is an hour later",
        "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
        "2026-10-18",
        weekly(on=(SUN,), count=3),
        "2026-10-18 10-25 11-01",
        zone=LONDON,
        utc="2026-10-18T09:00 2026-10-25T10:00 2026-11-01T10:00",
    ),
    Case(
        "London, a gap: 01:30 on 28 March 2027",
        "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
        "2027-03-21",
        weekly(on=(SUN,), count=3),
        "2027-03-21 03-28 04-04",
        clock="01:30",
        zone=LONDON,
        utc="2027-03-21T01:30 gap:2027-03-28T02:30:2027-03-28T01:30 2027-04-04T00:30",
    ),
    Case(
        "London, a fold: 01:30 on 25 October 2026",
        "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
        "2026-10-18",
        weekly(on=(SUN,), count=3),
        "2026-10-18 10-25 11-01",
        clock="01:30",
        zone=LONDON,
        utc="2026-10-18T00:30 fold:2026-10-25T02:30:2026-10-25T00:30 2026-11-01T01:30",
    ),
    Case(
        "London, a fold: 01:30 on 31 October 2027",
        "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
        "2027-10-24",
        weekly(on=(SUN,), count=3),
        "2027-10-24 10-31 11-07",
        clock="01:30",
        zone=LONDON,
        utc="2027-10-24T00:30 fold:2027-10-31T02:30:2027-10-31T00:30 2027-11-07T01:30",
    ),
    Case(
        "London, the fold left out",
        "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
        "2026-10-18",
        weekly(on=(SUN,), count=3),
        "2026-10-18 11-01",
        without="2026-10-25",
        clock="01:30",
        zone=LONDON,
        utc="2026-10-18T00:30 2026-11-01T01:30",
    ),
    Case(
        "London, the edges of the gap: 01:00 is in it",
        "FREQ=DAILY;COUNT=3",
        "2027-03-27",
        daily(count=3),
        "2027-03-27 03-28 03-29",
        clock="01:00",
        zone=LONDON,
        utc="2027-03-27T01:00 gap:2027-03-28T02:00:2027-03-28T01:00 2027-03-29T00:00",
    ),
    Case(
        "London, the edges of the gap: 02:00 is past it",
        "FREQ=DAILY;COUNT=3",
        "2027-03-27",
        daily(count=3),
        "2027-03-27 03-28 03-29",
        clock="02:00",
        zone=LONDON,
        utc="2027-03-27T02:00 2027-03-28T01:00 2027-03-29T01:00",
    ),
    Case(
        "New York in spring, Tuesday and Thursday evening",
        "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3",
        "2027-03-11",
        weekly(on=(TUE, THU), count=3),
        "2027-03-11 03-16 03-18",
        clock="18:00",
        zone=NEW_YORK,
        utc="2027-03-11T23:00 2027-03-16T22:00 2027-03-18T22:00",
    ),
    Case(
        "New York, a gap: 02:30 on 14 March 2027",
        "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
        "2027-03-07",
        weekly(on=(SUN,), count=3),
        "2027-03-07 03-14 03-21",
        clock="02:30",
        zone=NEW_YORK,
        utc="2027-03-07T07:30 gap:2027-03-14T03:30:2027-03-14T07:30 2027-03-21T06:30",
    ),
    Case(
        "New York, a fold: 01:30 on 1 November 2026",
        "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
        "2026-10-25",
        weekly(on=(SUN,), count=3),
        "2026-10-25 11-01 11-08",
        clock="01:30",
        zone=NEW_YORK,
        utc="2026-10-25T05:30 fold:2026-11-01T02:30:2026-11-01T05:30 2026-11-08T06:30",
    ),
    Case(
        "New York, a fold: 01:30 on 7 November 2027",
        "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
        "2027-10-31",
        weekly(on=(SUN,), count=3),
        "2027-10-31 11-07 11-14",
        clock="01:30",
        zone=NEW_YORK,
        utc="2027-10-31T05:30 fold:2027-11-07T02:30:2027-11-07T05:30 2027-11-14T06:30",
    ),
    Case(
        "New York, until an evening that is the next day in UTC",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270126T010000Z",
        "2027-01-04",
        weekly(on=(MON,), until=on("2027-01-25")),
        "2027-01-04 01-11 01-18 01-25",
        clock="20:00",
        zone=NEW_YORK,
        utc="2027-01-05T01:00 2027-01-12T01:00 2027-01-19T01:00 2027-01-26T01:00",
    ),
    Case(
        "Jakarta, until a morning that is the day before in UTC",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270117T233000Z",
        "2027-01-04",
        weekly(on=(MON,), until=on("2027-01-18")),
        "2027-01-04 01-11 01-18",
        clock="06:30",
        zone=JAKARTA,
        utc="2027-01-03T23:30 2027-01-10T23:30 2027-01-17T23:30",
    ),
)

CASES = (*MONTHS, *WEEKDAYS_OF_MONTHS, *WEEKS, *ENDS, *EXCEPTIONS, *ZONES)


@dataclass(frozen=True)
class Outcome:
    """What became of a case: its days, with a word each in `utc` if it has a zone; or the codes of its refusal."""

    days: tuple[str, ...] = ()
    utc: tuple[str, ...] = ()
    refused: str = ""

    def __str__(self) -> str:
        return self.refused or " ".join((*self.days, *self.utc)) or "nothing"

    @property
    def clashes(self) -> dict[str, str]:
        """The days on which the wall time names no instant, or two."""
        return {day: word for day, word in zip(self.days, self.utc, strict=False) if word.startswith(("gap", "fold"))}


def by_hand(case: Case) -> Outcome:
    return Outcome(tuple(map(str, dates(case.days))), tuple(case.utc.split()), case.refused)


def by_program(case: Case, days: Days = days_of) -> Outcome:
    """The days less those left out (a booking takes the others), each at the same wall time."""
    try:
        found = days(case.pattern, on(case.asked or case.dtstart))
    except Refused as refused:
        return Outcome(refused=" ".join(_said(one.code, one.values) for one in refused.violations))
    kept = [day for day in found if day not in dates(case.without)]
    utc = [_instant(_wall(case, day), ZoneInfo(case.zone)) for day in kept] if case.zone else ()
    return Outcome(tuple(map(str, kept)), tuple(utc))


def _said(code: str, values: Mapping[str, object]) -> str:
    return f"{code}:{values['month']:%Y-%m}" if "month" in values else code


def _instant(wall: datetime, zone: ZoneInfo) -> str:
    try:
        return _minutes(instant(wall, zone))
    except WallTimeError as wrong:
        return f"{wrong.code}:{_minutes(wrong.hint)}:{_minutes(soonest(wall, zone))}"


def _minutes(at: datetime) -> str:
    return (at.astimezone(UTC) if at.tzinfo else at).strftime("%Y-%m-%dT%H:%M")


def _wall(case: Case, day: date) -> datetime:
    return datetime.combine(day, time.fromisoformat(case.clock))


def by_icaljs(case: Case, ours: Outcome, answer: icaljs.Answer) -> Outcome:
    """ical.js's answer in our words. It knows no refusal of a wall time: where there was one, ours stands."""
    starts = answer["starts"]
    days = tuple(start[:10] if start[11:16] == case.clock else start for start in starts)
    instants = zip(days, answer.get("instants", ()), strict=False)
    return Outcome(days, tuple(ours.clashes.get(day, at[:16]) for day, at in instants), answer.get("error", ""))


def question(case: Case) -> icaljs.Question:
    """Asks for two more than there should be, so that one too many is seen."""
    starts, *exdates = (f"{_wall(case, day):%Y%m%dT%H%M%S}" for day in (on(case.dtstart), *dates(case.without)))
    asked = icaljs.Question(dtstart=starts, rrule=case.rrule, exdates=exdates, most=len(case.days.split()) + 2)
    if case.zone:
        asked |= {"tzid": case.zone, "vtimezone": vtimezone(case.zone).decode()}
    return asked


@dataclass(frozen=True)
class Row:
    case: Case
    by_table: str
    by_icaljs: str
    notes: tuple[str, ...] = ()

    @property
    def is_wrong(self) -> bool:
        return not {self.by_table, self.by_icaljs} <= {AGREES, REFUSED_HERE, UNASKED}

    def __str__(self) -> str:
        verdicts = [self.by_table, self.by_icaljs]
        heads = [verdict.partition(":")[0] for verdict in verdicts]
        details = [verdict for verdict in verdicts if verdict.startswith("DIFFERS:")]
        reason = [f"why: {self.case.why}"] if self.case.why else []
        return "\n    ".join([f"{self.case.name:<64} {heads[0]:<8} {heads[1]}", *reason, *details, *self.notes])


@dataclass(frozen=True)
class Report:
    """`silence`: why ical.js was not asked, if it was not."""

    rows: tuple[Row, ...]
    silence: str = ""

    @property
    def wrong(self) -> list[Row]:
        return [row for row in self.rows if row.is_wrong]

    def __str__(self) -> str:
        summary = f"{len(self.rows)} cases: table agrees {sum(row.by_table == AGREES for row in self.rows)}"
        if self.silence:
            return f"{summary}\n{self.silence}"
        verdicts = [row.by_icaljs for row in self.rows]
        agreed, refused = verdicts.count(AGREES), verdicts.count(REFUSED_HERE)
        return f"{summary}, ical.js agrees {agreed}, not asked of ical.js {refused} (refused here)"


def run(days: Days = days_of, oracle: Oracle = icaljs.ask, *, cases: Sequence[Case] = CASES) -> Report:
    """What the program says of each case, beside the table and beside ical.js where it can be had."""
    asked = [case for case in cases if not case.refused]
    silence, answers = "", {}
    try:
        answers = dict(zip((case.name for case in asked), oracle([question(case) for case in asked]), strict=True))
    except icaljs.NotAsked as reason:
        silence = str(reason)
    return Report(tuple(_row(case, by_program(case, days), answers.get(case.name)) for case in cases), silence)


def _row(case: Case, ours: Outcome, answer: icaljs.Answer | None) -> Row:
    by_table = _verdict("the table", by_hand(case), ours)
    if answer is None:
        return Row(case, by_table, REFUSED_HERE if case.refused else UNASKED)
    taken = dict(zip((start[:10] for start in answer["starts"]), answer.get("instants", ()), strict=False))
    notes = [
        f"{word.partition(':')[0]} on {day}: refused here; ical.js takes {taken[day][11:16]} UTC, "
        f"RFC 5545 and `soonest` {word[-5:]} UTC"
        for day, word in ours.clashes.items()
        if day in taken
    ]
    return Row(case, by_table, _verdict("ical.js", by_icaljs(case, ours, answer), ours), tuple(notes))


def _verdict(whose: str, theirs: Outcome, ours: Outcome) -> str:
    return AGREES if theirs == ours else f"DIFFERS: {whose} says {theirs}; the program {ours}"


def main(argv: Sequence[str]) -> int:
    if argv:
        print("usage: python -m tests.proofs.series", file=sys.stderr)
        return 2
    report = run()
    print(*report.rows, report, sep="\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
