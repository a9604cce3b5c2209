"""A room with its week, what goes with it, and why a time in it cannot be had."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, render_template, request

from booking.domain.errors import Refused, Violation
from booking.domain.period import WallTimeError
from booking.front import context, formats
from booking.storage import places
from booking.storage.calendar import room_days
from booking.storage.db import reading
from booking.storage.places import Room
from booking.usecases.planning import WantedOccurrence
from booking.usecases.previewing import Why, why
from booking.usecases.subscribing import serves_at
from booking.web.board import board
from booking.web.errors import told
from booking.web.forms import day_from, labelled
from booking.web.request_form import address, clocks_of, wall_instant

pages = Blueprint("rooms", __name__)


@pages.get("/rooms/<slug>")
def show(slug: str) -> str:
    """What a room has, its week, and the way to ask for it."""
    room = shown_room(slug)
    day = day_from(request.args.get("date"), context.today())
    monday = day - timedelta(days=day.weekday())
    week = [monday + timedelta(days=n) for n in range(7)]
    days = room_days(reading(), [room], week, context.viewer(), context.now())
    answer, broken = _why(room)
    clocks = labelled(clocks_of([room]))
    return render_template(
        "rooms/show.html",
        room=room,
        mode=room.mode(is_composite=room.id in places.room_leaves(reading())),
        rules={rule.code: rule for rule in room.house_rules},
        items=places.items_of(reading(), room),
        day=day,
        monday=monday,
        board=board(days, context.now()),
        step=timedelta(days=7),
        clocks=clocks,
        serves_here=serves_at(context.viewer(), room.site_id),
        answer=answer,
        link=address,
        reasons=[one.text for one in told(answer.violations, room.site.zone)] if answer else broken,
    )


def shown_room(slug: str) -> Room:
    """The room, unless it is hidden and the viewer is no staff: 404."""
    room = places.room_by_slug(reading(), slug)
    if not room.is_public and not context.viewer().is_staff:
        abort(404)
    return room


def _why(room: Room) -> tuple[Why | None, list[str]]:
    """The answer to ?start=&end=&people= on the page's day, or what cannot be read of it."""
    start, end = request.args.get("start", ""), request.args.get("end", "")
    if not start or not end:
        return None, []
    day = day_from(request.args.get("date"), context.today())
    people = request.args.get("people", "1")
    try:
        starts_at, ends_at = (wall_instant(day, clock, room.site.zone) for clock in (start, end))
        wanted = WantedOccurrence(room.slug, starts_at, ends_at)
        count = int(people) if people.isascii() and people.isdigit() and len(people) < 7 else 1
        return why(reading(), act=context.act(), occurrence=wanted, room=room, people_count=count), []
    except WallTimeError as error:
        said = Violation(error.code, {"hint": formats.clock_text(f"{error.hint:%H:%M}")})
        return None, [one.text for one in told([said])]
    except Refused as refused:
        return None, [one.text for one in told(refused.violations, room.site.zone)]
