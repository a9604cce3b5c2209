"""A month of a room's opening: what hours, profiles, holidays and closures come to, day by day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from booking.domain.opening import Opening, day_period
from booking.domain.opening_days import Day, month_of
from booking.domain.period import Period
from booking.front import context, formats
from booking.storage import places
from booking.storage.db import reading
from booking.storage.places import Room
from booking.usecases.furnishing_profiles import ProfileFacts
from booking.usecases.previewing_profiles import opening_of, preview_profile
from booking.web.manage import managers_only

pages = Blueprint("manage_calendar", __name__, url_prefix="/manage/calendar")
pages.before_request(managers_only)


@dataclass(frozen=True)
class Month:
    """A month of one room; `title` as in November 2026."""

    title: str
    room: Room
    days: list[Day]

    @property
    def is_changed(self) -> bool:
        return any(one.is_changed for one in self.days)


@pages.get("")
def index() -> str:
    """The month of `month` (as in 2026-11) and the room of `room`; the first room, this month, where it is no such."""
    rooms = places.all_rooms(reading())
    room = next((one for one in rooms if one.slug == request.args.get("room")), rooms[0] if rooms else None)
    first = _first(request.args.get("month", ""))
    found = _month(room, first, opening_of(reading(), room, _span(room, first), act=context.act())) if room else None
    return render_template(
        "manage_calendar/index.html",
        rooms=rooms,
        month=found,
        first=first,
        earlier=(first - timedelta(days=1)).replace(day=1),
        later=_next(first),
    )


def tried(profile_id: int | None, facts: ProfileFacts, slug: str) -> list[Month]:
    """The first and the last month of a profile that is not saved yet, for one room. Raises Refused."""
    rooms = [one for one in places.all_rooms(reading()) if facts.site in (None, one.site.slug)]
    room = next((one for one in rooms if one.slug == slug), rooms[0] if rooms else None)
    if room is None:
        return []
    firsts = sorted({facts.first_on.replace(day=1), facts.last_on.replace(day=1)})
    found = []
    for first in firsts:
        told: dict[str, Any] = {"profile_id": profile_id, "facts": facts, "room": room, "span": _span(room, first)}
        before, after = preview_profile(reading(), act=context.act(), **told)
        found.append(_month(room, first, after, before))
    return found


def _month(room: Room, first: date, opening: Opening, before: Opening | None = None) -> Month:
    return Month(f"{formats.month_long(first)} {first.year}", room, month_of(opening, first, before))


def _span(room: Room, first: date) -> Period:
    zone = room.site.zone
    return Period(day_period(first, zone).starts_at, day_period(_next(first), zone).starts_at)


def _first(said: str) -> date:
    if re.fullmatch(r"2[01]\d\d-(0[1-9]|1[0-2])", said, re.ASCII):
        return date.fromisoformat(f"{said}-01")
    return context.today().replace(day=1)


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
