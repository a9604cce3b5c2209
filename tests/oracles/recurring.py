"""The events of a calendar as recurring-ical-events finds them; run by the Python that has it (see environment.py).

Reads a JSON array of calendars from stdin and writes for each an array of [start, end, title, status], times in UTC.
The span is given as two days, so that the program has to search.
"""

import json
import sys
from datetime import UTC, date

import icalendar
import recurring_ical_events


def utc(at):
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(first, last):
    span = date.fromisoformat(first), date.fromisoformat(last)
    print(json.dumps([events(calendar, span) for calendar in json.load(sys.stdin)]))


def events(calendar, span):
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(calendar)).between(*span)
    return [(utc(one.start), utc(one.end), str(one["SUMMARY"]), str(one["STATUS"])) for one in found]


main(*sys.argv[1:])
