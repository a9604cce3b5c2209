"""Screens that nobody touches: beside a door, and in a lobby. They tell nobody's name, whoever started them.

A script asks for the part that changes (?part=1); the page around it stays. Without scripts the page reads itself anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from booking.domain.permissions import NOBODY
from booking.front import context
from booking.front.language import speaking
from booking.storage import places
from booking.storage.calendar import RoomDay, room_days
from booking.storage.db import reading
from booking.storage.happenings import Day, Happening, happenings
from booking.storage.plain import AnyRoom, active_rooms
from booking.web import languages
from booking.web.door import door
from booking.web.qr import qr

pages = Blueprint("displays", __name__)

DUSK = timedelta(minutes=30)
"""So long before the first and after the last open hour a screen is still bright."""
SOON = timedelta(minutes=30)
DAYS_AHEAD = 8
MOST_AHEAD = 6


@dataclass(frozen=True)
class Row:
    """A line of the lobby's list. `when` is now, soon or later."""

    when: str
    one: Happening


@pages.get("/display/<slug>")
def room(slug: str) -> Response:
    """Beside a door: free or taken until when, and what comes next."""
    found = places.room_by_slug(reading(), slug)
    if not found.is_public:
        abort(404)
    now, zone = context.now(), found.site.zone
    today = now.astimezone(zone).date()
    days = room_days(reading(), [found], [today + timedelta(days=n) for n in range(DAYS_AHEAD)], NOBODY, now)
    state = door(days[0], now)
    address = context.link(url_for("attendance.at_door", slug=slug))
    said = {
        "room": found,
        "door": state,
        "opens": next((span.starts_at for day in days for span in day.open if span.starts_at > now), None),
        "closed": next((one for one in days[0].closures if one.period.starts_at <= now < one.period.ends_at), None),
        "ahead": [block for block in state.blocks if block.period.starts_at > now][:MOST_AHEAD],
        "is_night": _is_night(days[:1], now),
        "today": today,
        "qr": qr(address),
        **_clock(zone),
    }
    return _answer("displays/_room.html", found.name, [languages.choose()], said)


@pages.get("/display")
def lobby() -> Response:
    """In a lobby: what takes place today in all rooms, or those of ?site=; in both languages, or that of ?lang=."""
    rooms = active_rooms(reading(), context.today())
    chosen = [one for one in rooms if one.site.slug == request.args.get("site")] or rooms
    sites = {one.site.slug: one.site for one in chosen}
    site = next(iter(sites.values())) if len(sites) == 1 else None
    zone = site.zone if site else context.zone()
    now = context.now()
    today = now.astimezone(zone).date()
    (day,) = happenings(reading(), chosen, [today], NOBODY, now)
    days = room_days(reading(), chosen, [today], NOBODY, now)
    address = context.link(url_for("find.home"))
    said = {
        "site": site,
        "rows": _rows(day, now),
        "day": day,
        "free": _free(days, now),
        "rooms": chosen,
        "is_night": _is_night(days, now),
        "today": today,
        "qr": qr(address),
        **_clock(zone),
    }
    title = site.name if site else context.centre().name
    return _answer("displays/_lobby.html", title, _spoken(), said)


def _spoken() -> list[str]:
    """The language that was asked for, else each, that of the reader first."""
    first = languages.choose()
    asked = request.args.get("lang") in languages.LANGUAGES
    return [first] if asked else sorted(languages.LANGUAGES, key=lambda one: one != first)


def _answer(part: str, title: str, spoken: Sequence[str], said: Mapping[str, object]) -> Response:
    """The part alone, or the page around it. A language in the address passes the kept pages by: the tag is its own."""
    is_part = bool(request.args.get("part"))
    page = "displays/_parts.html" if is_part else "displays/screen.html"
    response = make_response(
        render_template(page, part=part, title=title, spoken=spoken, speaking_in=_speaking_in, **said)
    )
    if is_part and "lang" in request.args:
        response.add_etag(weak=True)
        response.make_conditional(request)
    return response


def _speaking_in(language: str, caller: Callable[[], str]) -> str:
    """For {% call %}: what is inside, in a language."""
    with speaking(language):
        return caller()


def _clock(zone: ZoneInfo) -> dict[str, object]:
    """What a screen needs to show the time by itself: how many seconds its clock is ahead of real UTC."""
    now = context.now()
    shifted = round((now - context.real_now()).total_seconds())
    there = now.astimezone(zone).utcoffset() or timedelta()
    return {"zone": zone, "ahead_of_utc": shifted + round(there.total_seconds())}


def _is_night(days: Sequence[RoomDay], now: datetime) -> bool:
    """Whether no room is open, nor was or will be soon."""
    return not any(span.widened(DUSK, DUSK).starts_at <= now < span.ends_at + DUSK for day in days for span in day.open)


def _rows(day: Day, now: datetime) -> list[Row]:
    """What is on now or still to come; first what is on now."""
    left = [one for one in day.items if one.block.period.ends_at > now]
    rows = [Row(_when(one.block.period.starts_at, now), one) for one in left]
    return sorted(rows, key=lambda row: row.when != "now")


def _when(starts_at: datetime, now: datetime) -> str:
    if starts_at <= now:
        return "now"
    return "soon" if starts_at <= now + SOON else "later"


def _free(days: Sequence[RoomDay], now: datetime) -> list[AnyRoom]:
    """Rooms that somebody could have now."""
    return [day.room for day in days if day.room.bookable and door(day, now).kind == "free"]
