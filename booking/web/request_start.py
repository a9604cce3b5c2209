"""How a request begins: what its form says before anybody has typed, on its own page and beside the room's week."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import request, session

from booking.domain.errors import Refused
from booking.domain.lifecycle import State
from booking.domain.period import Period, soonest
from booking.domain.permissions import Action
from booking.domain.rules.notice import Notice
from booking.front import context
from booking.front.language import _
from booking.storage import places
from booking.storage.availability import SEARCH, houses
from booking.storage.bookings import in_span, is_own
from booking.storage.communities import communities_of, open_communities
from booking.storage.db import reading
from booking.storage.places import Room
from booking.usecases.wanted import PRIVATELY
from booking.web.forms import day_from
from booking.web.request_form import MOST_TIMES, RequestForm, clocks_of, wall_instant


@dataclass(frozen=True)
class First:
    """The time that a request begins with; `is_free`: it was looked for and can be had."""

    day: date
    start: str
    end: str
    is_free: bool = False

    def period(self, zone: ZoneInfo) -> Period:
        return Period(wall_instant(self.day, self.start, zone), wall_instant(self.day, self.end, zone))


def bookable_rooms() -> list[Room]:
    """Rooms that can be asked for, those of the same request included."""
    return [room for room in places.public_rooms(reading()) if room.bookable]


def form_of(room: Room) -> RequestForm:
    """The form with this room's times; a first look at it is filled from the address."""
    form = RequestForm() if request.method == "POST" else RequestForm(formdata=None, data=_from_address(room))
    fill(room, form)
    return form


def fill(room: Room, form: RequestForm) -> None:
    rooms = bookable_rooms()
    if may_ask_for_others(room):
        form.fill_for_whom([(one.slug, one.name) for one in open_communities(reading())])
    form.fill_choices(room, rooms if room in rooms else [room, *rooms], on_behalf_of())


def may_ask_for_others(room: Room) -> bool:
    return context.viewer().may(Action.ON_BEHALF, room.site_id, room.id)


def on_behalf_of() -> list[tuple[str, str]]:
    """Whom the viewer may ask for: the communities, and nobody but oneself."""
    mine = [(one.slug, one.name) for one in communities_of(reading(), context.person_id() or 0)]
    return [*mine, (PRIVATELY, _("Privately"))]


def _from_address(room: Room) -> dict[str, object]:
    """?date=&start=&end=&also=&title=&people=&community= of a link, or of the short form of who had to log in."""
    first, args = first_of(room), request.args
    people = args.get("people", "")
    known = {one.slug for one in bookable_rooms()}
    also = [slug for slug in dict.fromkeys(args.getlist("also")) if slug in known and slug != room.slug]
    slugs = [room.slug, *also][:MOST_TIMES]
    return {
        "times": [{"room": slug, "date": first.day, "start": first.start, "end": first.end} for slug in slugs],
        "title": args.get("title", "")[:200],
        "people": int(people) if people.isascii() and people.isdigit() and len(people) < 7 else None,
        "community": likely_community(on_behalf_of()),
        "key": new_key(),
        "on": [],
    }


def new_key() -> str:
    return secrets.token_urlsafe(16)


def likely_community(choices: Sequence[tuple[str, str]]) -> str:
    """The one that the address names, or whose page was looked at last, else the first of the choices."""
    slugs = [slug for slug, _name in choices]
    wished = (request.args.get("community", ""), session.get("community", ""))
    return next((slug for slug in wished if slug in slugs), slugs[0])


def first_of(room: Room) -> First:
    """The time of the address (?date=&start=&end=), else the first from that day on that one may ask for."""
    day = day_from(request.args.get("date"), context.today())
    start, end = request.args.get("start", ""), request.args.get("end", "")
    clocks = clocks_of([room])
    if start in clocks[:-1] and end in clocks:
        return First(day, start, end)
    return _first_free(room, day, clocks)


def _first_free(room: Room, day: date, clocks: list[str]) -> First:
    """Without any free time: the first hours of that day."""
    zone = room.site.zone
    notice = next((rule.hours for rule in room.house_rules if isinstance(rule, Notice)), 0)
    starts_at = max(soonest(datetime.combine(day, time()), zone), context.now() + timedelta(hours=notice))
    wanted = Period(starts_at, starts_at + timedelta(hours=1))
    found = houses(reading(), [room], wanted.widened(SEARCH, SEARCH), context.now())[room.id]
    free = found.next_free(found.ask(wanted, 1, 1, context.now()))
    if free is None:
        return First(day, clocks[0], clocks[min(2, len(clocks) - 1)])
    said, _sep, ends = as_value(free, zone).partition("T")[2].partition("-")
    return First(free.starts_at.astimezone(zone).date(), said, ends, is_free=True)


def as_value(period: Period, zone: ZoneInfo) -> str:
    """A proposed period as the value of the button that takes it over: 2026-11-27T09:00-11:00."""
    starts, ends = period.starts_at.astimezone(zone), period.ends_at.astimezone(zone)
    until = "24:00" if ends.date() > starts.date() else f"{ends:%H:%M}"
    return f"{starts:%Y-%m-%d}T{starts:%H:%M}-{until}"


def rivals(room: Room, day: date | None, start: str, end: str) -> int:
    """How many undecided requests of others overlap a time; 0 where it is none."""
    try:
        period = Period(*(wall_instant(day, clock, room.site.zone) for clock in (start, end)))
    except (ValueError, TypeError, Refused):
        return 0
    found = in_span(reading(), [room.id], period, [State.REQUESTED])
    return sum(not is_own(one.booking, context.viewer()) for one in found)
