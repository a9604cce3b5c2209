"""The schedule: what takes place in all rooms, those of a site or one, by day, week, month or as a list of dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for

from booking.front import context, formats
from booking.storage.calendar import room_days
from booking.storage.db import reading
from booking.storage.happenings import Day, happenings
from booking.storage.plain import PlainRoom, PlainSite, active_rooms
from booking.web.board import board
from booking.web.forms import day_from

pages = Blueprint("schedule", __name__)

VIEWS = ("day", "week", "month", "agenda")
MOST_OF_A_DAY = 40
"""Lines of one day in a week or a list; the rest is on the page of the day."""
AGENDA = timedelta(days=31)
"""How far a page of the list of dates looks."""
AGENDA_ITEMS = 50
"""A page of it ends with the day that brings so many."""


@dataclass(frozen=True)
class Asked:
    """What an address asks for. `site` and `room` are slugs, empty for all; `back`: a list of dates up to `day`."""

    view: str
    day: date
    site: str = ""
    room: str = ""
    back: bool = False

    def but(self, **other: Any) -> str:
        """The address of the same with something else: every view can be shared."""
        one = replace(self, **{"back": False, **other})
        return _address({"until" if one.back else "date": one.day.isoformat()}, one)

    @property
    def now(self) -> str:
        """The same as of today, whenever that is."""
        return _address({}, self)


def _address(when: dict[str, str], asked: Asked) -> str:
    said: dict[str, Any] = {**when, "view": asked.view, "site": asked.site, "room": asked.room}
    return url_for("schedule.show", **{name: value for name, value in said.items() if value})


@pages.get("/schedule")
def show() -> str:
    """One view of it; what an address says wrongly counts as not said."""
    args, today = request.args, context.today()
    back = bool(args.get("until")) and not args.get("date")
    day = day_from(args.get("until" if back else "date"), today)
    view = args.get("view", "day") if args.get("view") in VIEWS else "day"
    first, last = _span(view, day, back=back)
    rooms = active_rooms(reading(), first, last)
    asked = _within(Asked(view, day, args.get("site", ""), args.get("room", ""), back and view == "agenda"), rooms)
    return render_template(
        "schedule/show.html",
        asked=asked,
        sites=_sites(rooms),
        rooms=rooms,
        room=next((room for room in rooms if room.slug == asked.room), None),
        most=MOST_OF_A_DAY,
        today=today,
        **_PAGES[view](asked, _chosen(asked, rooms)),
    )


def _within(asked: Asked, rooms: Sequence[PlainRoom]) -> Asked:
    """Without a site or a room that there is not; a room says its site."""
    room = next((room for room in rooms if room.slug == asked.room), None)
    if room is not None:
        return replace(asked, site=room.site.slug)
    known = any(room.site.slug == asked.site for room in rooms)
    return replace(asked, room="", site=asked.site if known else "")


def _chosen(asked: Asked, rooms: Sequence[PlainRoom]) -> list[PlainRoom]:
    return [one for one in rooms if asked.site in ("", one.site.slug) and asked.room in ("", one.slug)]


def _sites(rooms: Sequence[PlainRoom]) -> list[PlainSite]:
    return list({room.site.slug: room.site for room in rooms}.values())


def _span(view: str, day: date, *, back: bool) -> tuple[date, date]:
    """The first and the last day that a view shows."""
    if view == "week":
        return monday(day), monday(day) + timedelta(days=6)
    if view == "month":
        return monday(day.replace(day=1)), monday(_next_month(day) - timedelta(days=1)) + timedelta(days=6)
    if view == "agenda":
        return (day - AGENDA + timedelta(days=1), day) if back else (day, day + AGENDA - timedelta(days=1))
    return day, day


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _happenings(asked: Asked, rooms: Sequence[PlainRoom]) -> list[Day]:
    days = days_of(*_span(asked.view, asked.day, back=asked.back))
    return happenings(reading(), rooms, days, context.viewer(), context.now())


def _day(asked: Asked, rooms: Sequence[PlainRoom]) -> dict[str, Any]:
    days = room_days(reading(), rooms, [asked.day], context.viewer(), context.now())
    step = timedelta(days=1)
    around = asked.but(day=asked.day - step), asked.but(day=asked.day + step)
    return {"heading": formats.day_long(asked.day), "board": board(days, context.now()), "around": around}


def _week(asked: Asked, rooms: Sequence[PlainRoom]) -> dict[str, Any]:
    """The hours of one room, or what takes place in several."""
    first, last = _span("week", asked.day, back=False)
    step = timedelta(days=7)
    around = asked.but(day=asked.day - step), asked.but(day=asked.day + step)
    said: dict[str, Any] = {"heading": formats.days_text(first, last), "around": around}
    if asked.room:
        days = room_days(reading(), rooms, days_of(first, last), context.viewer(), context.now())
        return said | {"board": board(days, context.now())}
    return said | {"days": _happenings(asked, rooms)}


def _month(asked: Asked, rooms: Sequence[PlainRoom]) -> dict[str, Any]:
    before, after = asked.day.replace(day=1) - timedelta(days=1), _next_month(asked.day)
    around = asked.but(day=before.replace(day=1)), asked.but(day=after)
    heading = f"{formats.month_long(asked.day)} {asked.day.year}"
    return {"heading": heading, "around": around, "days": _happenings(asked, rooms)}


def _agenda(asked: Asked, rooms: Sequence[PlainRoom]) -> dict[str, Any]:
    """Days on which something takes place; a page ends with a whole day, the next begins with the day after it."""
    days = _happenings(asked, rooms)
    page = _page(list(reversed(days)) if asked.back else days)
    first, last = min(one.day for one in page), max(one.day for one in page)
    step = timedelta(days=1)
    around = asked.but(day=first - step, back=True), asked.but(day=last + step)
    shown = sorted((one for one in page if one.items or one.closures), key=lambda one: one.day)
    return {"heading": formats.days_text(first, last), "around": around, "days": shown}


def _page(days: Sequence[Day]) -> list[Day]:
    page, lines = [], 0
    for day in days:
        page.append(day)
        lines += min(len(day.items), MOST_OF_A_DAY) + len(day.closures)
        if lines >= AGENDA_ITEMS:
            break
    return page


_PAGES: Mapping[str, Callable[[Asked, Sequence[PlainRoom]], dict[str, Any]]] = {
    "day": _day,
    "week": _week,
    "month": _month,
    "agenda": _agenda,
}
