"""A whole VCALENDAR: a head, the zones, and stored events joined to it. Equal to icalendar's own output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache

from icalendar import Calendar, vDuration, vText, vUri

from booking.ical.lines import cleaned
from booking.ical.timezones import vtimezone

PRODID = "-//Ruang//Room booking//EN"
REFRESH = timedelta(hours=1)
_END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True)
class Head:
    """What a feed says of itself. `source` is its own address, on public feeds only (it would repeat a token).

    `zones` are those that its events may be in. With a `home` only those stand in it that some event is in, and `home`
    where none is: so it changes with its events alone, whatever zones there are elsewhere.
    """

    name: str
    zones: tuple[str, ...]
    url: str
    source: str | None = None
    colour: str = "teal"
    home: str | None = None


def joined(head: Head, events: Iterable[bytes]) -> bytes:
    """The calendar as bytes: CRLF, no BOM, ends in END:VCALENDAR."""
    bodies = list(events)
    return b"".join([_start(head, _zones_in(head, bodies)), *bodies, _END])


def _zones_in(head: Head, bodies: Sequence[bytes]) -> tuple[str, ...]:
    """Never none: a calendar needs a component (RFC 5545 3.6)."""
    if head.home is None:
        return head.zones
    # short enough never to be folded
    used = [zone for zone in head.zones if any(f";TZID={zone}:".encode() in body for body in bodies)]
    return tuple(used) or (head.home,)


@lru_cache(256)
def _start(head: Head, zones: tuple[str, ...]) -> bytes:
    """All that stands before the events; it differs by calendar and language only."""
    start = head_calendar(replace(head, zones=zones)).to_ical().removesuffix(_END)
    return b"".join([start, *(vtimezone(zone) for zone in zones)])


def head_calendar(head: Head) -> Calendar:
    """The calendar without zones and events (RFC 7986 5, and what Apple and Outlook read instead)."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", vText(cleaned(head.name)))
    calendar.add("x-wr-calname", vText(cleaned(head.name)))
    if len(head.zones) == 1:
        calendar.add("x-wr-timezone", vText(head.zones[0]))
    calendar.add("color", vText(head.colour))
    refresh = vDuration(REFRESH)
    refresh.params["VALUE"] = "DURATION"
    calendar.add("refresh-interval", refresh)
    calendar.add("x-published-ttl", vDuration(REFRESH))
    calendar.add("url", vUri(head.url))
    if head.source:
        source = vUri(head.source)
        source.params["VALUE"] = "URI"
        calendar.add("source", source)
    return calendar
