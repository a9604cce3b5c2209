"""Find a room: the home page. Answers "when is it free?" before anybody logs in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.front import context
from booking.storage.calendar import RoomDay, room_days
from booking.storage.db import reading
from booking.storage.people import is_empty
from booking.storage.plain import PlainRoom, active_rooms
from booking.web.board import board
from booking.web.forms import day_from

pages = Blueprint("find", __name__)


@pages.get("/")
def home() -> str | Response:
    """What for, which day, what is free."""
    rooms, day = _rooms_and_day()
    if not rooms and is_empty(reading()):
        return redirect(url_for("setup.first"))
    purpose = request.args.get("for", "")
    chosen = [room for room in rooms if purpose in ("", room.purpose)]
    week = [_monday(day) + timedelta(days=n) for n in range(7)]
    days = room_days(reading(), chosen, week, context.viewer(), context.now())
    lanes = [one for one in days if one.day == day]
    return render_template(
        "find/home.html",
        day=day,
        purpose=purpose,
        purposes=_purposes(rooms),
        strip=_fullness(days, week),
        board=board(lanes, context.now()),
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


def _fullness(days: Sequence[RoomDay], week: Sequence[date]) -> list[tuple[date, int]]:
    """For each day how full the rooms are together, in tenths."""
    strip = []
    for day in week:
        shown = [one for one in days if one.day == day]
        total = sum(one.open_minutes for one in shown)
        taken = sum(one.fullness * one.open_minutes for one in shown)
        strip.append((day, round(10 * taken / total) if total else 10))
    return strip
