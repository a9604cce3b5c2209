"""Find a room: the home page. Answers "when is it free?" before anybody logs in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.front import context, formats
from booking.storage import places
from booking.storage.calendar import Fullness, day_and_week
from booking.storage.db import reading
from booking.storage.people import is_empty
from booking.storage.plain import PlainRoom, active_rooms
from booking.usecases.searching import find_rooms
from booking.web.board import board
from booking.web.errors import told
from booking.web.forms import day_from
from booking.web.request_form import address
from booking.web.rows import room_rows
from booking.web.search_form import choices, query_from

pages = Blueprint("find", __name__)

pages.add_app_template_global(room_rows, "room_rows")

HOME = ("date", "for", "people")
"""What the first page takes over from a search for any time."""


@pages.get("/")
def home() -> str | Response:
    """What for, which day, what is free."""
    rooms, day = _rooms_and_day()
    if not rooms and is_empty(reading()):
        return redirect(url_for("setup.first"))
    offered = choices(rooms, formats.language())
    query = query_from(offered)
    chosen = [room for room in rooms if query.purpose in ("", room.purpose)]
    week = [_monday(day) + timedelta(days=n) for n in range(7)]
    days, full = day_and_week(reading(), chosen, [day], week, context.viewer(), context.now())
    return render_template(
        "find/home.html",
        q=query,
        offered=offered,
        purposes=_purposes(rooms),
        strip=_strip(full, week),
        today=context.today(),
        step=timedelta(days=7),
        board=board(days, context.now()),
    )


@pages.get("/search")
def search() -> str | Response:
    """Rooms for one time, and why the others are not: ?date=&start=&end=&people=&for=&site=&item=."""
    rooms = [room for room in places.public_rooms(reading()) if room.bookable]
    offered = choices(rooms, formats.language(), places.items(reading()))
    query = query_from(offered)
    if not query.start:
        kept: dict[str, Any] = {name: said for name, said in query.fields.items() if name in HOME}
        return redirect(url_for("find.home", **kept))
    looked_at = [room for room in rooms if query.suits(room)]
    found = find_rooms(reading(), act=context.act(), rooms=looked_at, sought=query.sought)
    return render_template(
        "find/search.html",
        q=query,
        offered=offered,
        found=found,
        others=[(one, [said.text for said in told(one.violations, one.room.site.zone)]) for one in found.others],
        link=lambda room, period: address(room, period, **query.asking),
        clocks=f"{formats.clock_text(query.start)}-{formats.clock_text(query.end)}",
    )


def _rooms_and_day() -> tuple[list[PlainRoom], date]:
    day = day_from(request.args.get("date"), context.today())
    return active_rooms(reading(), _monday(day), _monday(day) + timedelta(days=6)), day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _purposes(rooms: Sequence[PlainRoom]) -> list[dict[str, str]]:
    """Those of the centre's purposes that some room serves."""
    served = {room.purpose for room in rooms}
    return [purpose for purpose in context.centre().purposes if purpose["code"] in served]


class StripDay(NamedTuple):
    """A day of the week shown, and how full the rooms are together, in tenths."""

    day: date
    tenths: int


def _strip(full: Sequence[Fullness], week: Sequence[date]) -> list[StripDay]:
    open_minutes, taken = dict.fromkeys(week, 0), dict.fromkeys(week, 0.0)
    for one in full:
        open_minutes[one.day] += one.open_minutes
        taken[one.day] += one.taken_minutes
    return [StripDay(day, round(10 * taken[day] / total) if total else 10) for day, total in open_minutes.items()]
