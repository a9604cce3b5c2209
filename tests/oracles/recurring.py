"""The events of a calendar as recurring-ical-events finds them; run by the Python that has it (see environment.py).

Reads a calendar from stdin and writes a JSON array of [start, end, title, status], times in UTC. The span is given as
two days, so that the program has to search.
"""

import json
import sys
from datetime import UTC, date

import icalendar
import recurring_ical_events


def utc(at):
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(first, last):
    calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
    found = recurring_ical_events.of(calendar).between(date.fromisoformat(first), date.fromisoformat(last))
    events = [(utc(one.start), utc(one.end), str(one["SUMMARY"]), str(one["STATUS"])) for one in found]
    print(json.dumps(events))


main(*sys.argv[1:])
