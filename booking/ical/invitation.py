"""An occurrence as an invitation or its withdrawal (RFC 5546), for mails: the event of the feeds, with its UID."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

from booking.domain.period import Period
from booking.ical.calendar import PRODID
from booking.ical.timezones import vtimezone
from booking.ical.vevent import Address, vevent
from booking.ical.words import LANGUAGES
from booking.storage.bookings import Occurrence
from booking.storage.places import Room

# what may not stand in a parameter, quoted or not (RFC 5545 3.2), and what hides there
_UNSAFE = re.compile('["\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]')


class Method(StrEnum):
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class Party:
    name: str
    email: str
    language: str = LANGUAGES[0]


@dataclass(frozen=True)
class Told:
    """What is said of the occurrence: as it was when it was written, which may be older than what it is."""

    period: Period
    room: Room
    sequence: int
    at: datetime


def invitation(
    occurrence: Occurrence, told: Told, method: Method, organizer: Party, attendee: Party, address: Address
) -> bytes:
    """One iCalendar object with one event: UID and SEQUENCE tell what it replaces (RFC 5546 2.1.4)."""
    event = Event.from_ical(vevent(occurrence, "full", attendee.language, address))
    zone = told.room.site.zone
    for name in ("dtstamp", "last-modified", "dtstart", "dtend", "sequence", "status", "summary", "location", "transp"):
        event.pop(name, None)
    event.add("dtstamp", told.at.replace(microsecond=0))
    event.add("dtstart", _local(told.period.starts_at, zone))
    event.add("dtend", _local(told.period.ends_at, zone))
    event.add("sequence", told.sequence)
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event.add("summary", f"{occurrence.title} · {told.room.name}")
    event.add("location", f"{told.room.name}, {told.room.site.name}")
    event.add("organizer", _party(organizer))
    event.add("attendee", _party(attendee, role="REQ-PARTICIPANT", partstat="NEEDS-ACTION", rsvp="FALSE"))
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", str(method))
    if "TZID" in event["dtstart"].params or "TZID" in event["dtend"].params:
        calendar.add_component(Timezone.from_ical(vtimezone(zone.key)))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """In the site's zone; in UTC where that wall time comes twice and would be read as the first."""
    there = at.astimezone(zone)
    return at.astimezone(UTC) if there.fold else there


def _party(party: Party, **parameters: str) -> vCalAddress:
    found = vCalAddress(f"mailto:{party.email}")
    found.params["CN"] = vText(_UNSAFE.sub(" ", party.name).strip() or party.email)
    for name, value in parameters.items():
        found.params[name.upper()] = vText(value)
    return found
