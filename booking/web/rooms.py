"""A room with its week, what goes with it, the way to ask for it, and why a time in it cannot be had."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, abort, render_template, request, url_for

from booking.domain.errors import Refused, Violation
from booking.domain.period import WallTimeError
from booking.domain.permissions import NOBODY
from booking.front import context, formats
from booking.storage import places
from booking.storage.calendar import RoomDay, room_days
from booking.storage.db import reading
from booking.storage.photos import photos_of
from booking.storage.places import Room
from booking.usecases.previewing import Why, why
from booking.usecases.wanted import WantedOccurrence
from booking.web.board import board
from booking.web.errors import told
from booking.web.forms import day_from, labelled
from booking.web.qr import qr
from booking.web.request_form import address, clocks_of, wall_instant
from booking.web.request_start import First, first_of, likely_community, new_key, on_behalf_of, rivals

pages = Blueprint("rooms", __name__)


@pages.get("/rooms/<slug>")
def show(slug: str) -> str:
    """What a room has, its week, and the way to ask for it."""
    room = shown_room(slug)
    day = day_from(request.args.get("date"), context.today())
    return render_template(
        "rooms/show.html",
        room=room,
        day=day,
        base_url=context.address().base_url,
        serves_here=context.viewer().serves(room.site_id, room.id),
        **_facts(room),
        **_week(room, day),
        **_asking(room, day),
    )


def _facts(room: Room) -> dict[str, object]:
    return {
        "mode": room.mode(is_composite=room.id in places.room_leaves(reading())),
        "rules": {rule.code: rule for rule in room.house_rules},
        "hours": formats.hours_text(room.house_rules),
        "items": places.items_of(reading(), room),
        "photos": photos_of(reading(), room.id),
    }


def _week(room: Room, day: date) -> dict[str, object]:
    """From Monday on; `strip`: for each day how full it is, in tenths."""
    monday = day - timedelta(days=day.weekday())
    days = room_days(reading(), [room], [monday + timedelta(days=n) for n in range(7)], context.viewer(), context.now())
    strip = [(one.day, _tenths(one)) for one in days]
    return {"monday": monday, "step": timedelta(days=7), "strip": strip, "board": board(days, context.now())}


def _asking(room: Room, day: date) -> dict[str, object]:
    """What the form beside the week begins with, and why a time of the address can be had or not."""
    first = first_of(room) if room.bookable else First(day, "", "")
    answer, broken = _why(room)
    mine = on_behalf_of()
    return {
        "clocks": labelled(clocks_of([room])),
        "first": first,
        "mine": mine,
        "chosen": likely_community(mine),
        "key": new_key(),
        "rivals": rivals(room, first.day, first.start, first.end),
        "answer": answer,
        "link": address,
        "reasons": _reasons(room, answer, broken),
    }


@pages.get("/rooms/<slug>/free")
def free(slug: str) -> str:
    """One line for a form that is being filled in: whether ?date=&start=&end=&people= can be had, and what would do."""
    room = shown_room(slug)
    answer, broken = _why(room)
    day = day_from(request.args.get("date"), context.today())
    others = rivals(room, day, request.args.get("start", ""), request.args.get("end", ""))
    return render_template(
        "rooms/_free.html",
        room=room,
        answer=answer,
        link=address,
        reasons=_reasons(room, answer, broken),
        rivals=others,
    )


def _reasons(room: Room, answer: Why | None, broken: list[str]) -> list[str]:
    return [one.text for one in told(answer.violations, room.site.zone)] if answer else broken


def _tenths(one: RoomDay) -> int:
    """How full a day is; a closed one is."""
    return round(10 * one.fullness) if one.open_minutes else 10


@pages.get("/rooms/<slug>/week")
def week(slug: str) -> str:
    """A room's week on a sheet of paper for its door: as everybody may see it, whoever prints."""
    room = places.room_by_slug(reading(), slug)
    if not room.is_public:
        abort(404)
    day = day_from(request.args.get("date"), context.now().astimezone(room.site.zone).date())
    monday = day - timedelta(days=day.weekday())
    days = room_days(reading(), [room], [monday + timedelta(days=n) for n in range(7)], NOBODY, context.now())
    page = context.link(url_for("rooms.show", slug=slug))
    return render_template(
        "rooms/week.html",
        room=room,
        monday=monday,
        step=timedelta(days=7),
        board=board(days, context.now()),
        address=page,
        qr=qr(page),
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
        act, community = context.act(), request.args.get("community") or None
        return why(reading(), act=act, occurrence=wanted, room=room, people_count=count, community=community), []
    except WallTimeError as error:
        said = Violation(error.code, {"hint": formats.clock_text(f"{error.hint:%H:%M}")})
        return None, [one.text for one in told([said])]
    except Refused as refused:
        return None, [one.text for one in told(refused.violations, room.site.zone)]
