"""The request for a room: one or several times, perhaps repeated, with a preview of every date before it is sent."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.domain.lifecycle import State
from booking.domain.period import Period, soonest
from booking.domain.permissions import Action
from booking.domain.rules.notice import Notice
from booking.domain.verdict import Finding
from booking.front import context, formats, words
from booking.front.language import _
from booking.storage import places
from booking.storage.availability import SEARCH, houses
from booking.storage.bookings import in_span, is_own
from booking.storage.communities import communities_of
from booking.storage.db import reading
from booking.storage.places import Room
from booking.storage.plain import AnyRoom
from booking.usecases.planning import PRIVATELY
from booking.usecases.previewing import Preview, Row, preview_request
from booking.usecases.proposing import Kind
from booking.usecases.requesting import request_booking
from booking.usecases.waitlist import MENDED_BY_WAITING
from booking.web.errors import status_of, told
from booking.web.forms import day_from
from booking.web.request_form import (
    CHOICE,
    ITEM,
    MOST_TIMES,
    RequestForm,
    clocks_of,
    items_with_quantities,
    wall_instant,
)
from booking.web.rooms import shown_room

pages = Blueprint("asking", __name__)

KEPT = ("date", "start", "end", "people")
"""What the form takes over from an address that names several rooms."""


@pages.get("/request")
def several() -> Response:
    """Lead to the form for the rooms that were ticked, all at one time: ?room=&room=&date=&start=&end=."""
    known = _by_slug()
    slugs = [slug for slug in dict.fromkeys(request.args.getlist("room")) if slug in known]
    said: dict[str, Any] = {
        name: value for name, value in request.args.items() if name in KEPT or name.startswith(ITEM)
    }
    if not slugs:
        return redirect(url_for("find.search", **said))
    return redirect(url_for("asking.ask", slug=slugs[0], also=slugs[1:], **said))


@pages.route("/rooms/<slug>/request", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
def ask(slug: str) -> str | Response | tuple[str, int]:
    """Ask for a room: one or several times in one request; a series shows its dates first."""
    room = shown_room(slug)
    form = _form(room)
    if request.method != "POST":
        return _page(room, form)
    if "more" in request.form or "use" in request.form:
        return _changed(room, form)
    fields_are_right = form.validate()
    try:
        wanted = form.wanted(room, _by_slug(), is_whole=fields_are_right)
        if wanted.repeat and fields_are_right and not {"send", "wait"} & set(request.form):
            return _page(room, form, preview_request(reading(), act=context.act(), wanted=wanted))
        made = request_booking(act=context.act(), wanted=wanted)
        return redirect(url_for("bookings.show", code=made.code, new=1))
    except Refused as refused:
        form.show(told(refused.violations, room.site.zone, times=len(form.times)))
        may_wait = {one.code for one in refused.violations} <= MENDED_BY_WAITING
        return _page(room, form, _preview_again(room, form), may_wait=may_wait), status_of(refused)


def _preview_again(room: Room, form: RequestForm) -> Preview | None:
    """After a refusal of a series its dates as they are now; None where there is no pattern that could be shown."""
    try:
        wanted = form.wanted(room, _by_slug(), is_whole=True)
        return preview_request(reading(), act=context.act(), wanted=wanted) if wanted.repeat else None
    except Refused:
        return None


def _rooms() -> list[Room]:
    """Rooms that can be asked for, those of the same request included."""
    return [room for room in places.public_rooms(reading()) if room.bookable]


def _by_slug() -> dict[str, Room]:
    return {room.slug: room for room in _rooms()}


def _form(room: Room) -> RequestForm:
    """The form with this room's times; a first look at it is filled from the address (?date=&start=&end=)."""
    form = RequestForm() if request.method == "POST" else RequestForm(formdata=None, data=_from_address(room))
    _fill(room, form)
    return form


def _fill(room: Room, form: RequestForm) -> None:
    mine = [(one.slug, one.name) for one in communities_of(reading(), context.person_id() or 0)]
    rooms = _rooms()
    form.fill_choices(room, rooms if room in rooms else [room, *rooms], [*mine, (PRIVATELY, _("Privately"))])


def _from_address(room: Room) -> dict[str, object]:
    day = day_from(request.args.get("date"), context.today())
    start, end = request.args.get("start", ""), request.args.get("end", "")
    clocks = clocks_of([room])
    if start not in clocks[:-1] or end not in clocks:
        day, start, end = _first_free(room, day, clocks)
    known = _by_slug()
    also = [slug for slug in dict.fromkeys(request.args.getlist("also")) if slug in known and slug != room.slug]
    people = request.args.get("people", "")
    return {
        "times": [{"room": slug, "date": day, "start": start, "end": end} for slug in [room.slug, *also][:MOST_TIMES]],
        "people": int(people) if people.isascii() and people.isdigit() and len(people) < 7 else None,
        "community": _likely_community(),
        "key": secrets.token_urlsafe(16),
        "on": [],
    }


def _likely_community() -> str:
    """The one whose page was looked at last, else the first; without any the person alone."""
    mine = [one.slug for one in communities_of(reading(), context.person_id() or 0)]
    looked_at = session.get("community", "")
    return looked_at if looked_at in mine else next(iter(mine), PRIVATELY)


def _first_free(room: Room, day: date, clocks: list[str]) -> tuple[date, str, str]:
    """The first time from a day on that one may ask for; without one the first hours of that day."""
    zone = room.site.zone
    notice = next((rule.hours for rule in room.house_rules if isinstance(rule, Notice)), 0)
    starts_at = max(soonest(datetime.combine(day, time()), zone), context.now() + timedelta(hours=notice))
    wanted = Period(starts_at, starts_at + timedelta(hours=1))
    found = houses(reading(), [room], wanted.widened(SEARCH, SEARCH), context.now())[room.id]
    free = found.nearest(found.ask(wanted, 1, 1, context.now()))
    if free is None:
        return day, clocks[0], clocks[min(2, len(clocks) - 1)]
    said, _, ends = _use(free, zone).partition("T")[2].partition("-")
    return free.starts_at.astimezone(zone).date(), said, ends


def _changed(room: Room, form: RequestForm) -> str:
    """Not sent yet: another time is wanted, or the one that was proposed is taken over. Nothing typed is lost."""
    if "more" in request.form and len(form.times) < form.times.max_entries:
        last = form.times[-1].form
        day = last.date.data or context.today()
        following = day_from(day.isoformat(), context.today()) + timedelta(days=7)
        form.times.append_entry(
            {"room": last.room.data, "date": following, "start": last.start.data, "end": last.end.data}
        )
    at, _, proposed = request.form.get("use", "").partition("|")
    day, _, clocks = proposed.partition("T")
    start, _, end = clocks.partition("-")
    if at in map(str, range(len(form.times))) and end:
        row = form.times[int(at)].form
        row.date.data, row.start.data, row.end.data = day_from(day, context.today()), start, end
        row.date.raw_data = None  # else the field shows what was typed before
    _fill(room, form)
    return _page(room, form)


@dataclass(frozen=True)
class Option:
    """One thing that may be chosen for a date in the preview."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class DateRow:
    """A previewed date: what stands in its way, and what may be chosen for it (only once a date)."""

    row: Row
    reasons: list[str]
    options: list[Option]


def _date_rows(preview: Preview) -> list[DateRow]:
    rows, seen = [], set()
    for row in preview.rows:
        reasons = [one.text for one in told(row.violations, row.room.site.zone)]
        options = [] if row.day in seen else _options(row, [one for one in preview.rows if one.day == row.day])
        seen.add(row.day)
        rows.append(DateRow(row, reasons, options))
    return rows


def _options(row: Row, same_day: Sequence[Row]) -> list[Option]:
    """Take it where nothing stands in the way, skip it, or one of the things that would do."""
    chosen = request.form.get(f"{CHOICE}{row.day.isoformat()}", "")
    free = all(one.finding is Finding.FREE or one.is_skipped for one in same_day)
    said = [("" if not free else "take", _("Take it") if free else _("Please choose")), ("skip", _("Skip it"))]
    if len(same_day) == 1:
        said += [(_value(one.room, one.period), _offer(one.kind, one.room, one.period)) for one in row.alternatives]
    values = [value for value, _text in said]
    if chosen.count("|") == 2 and chosen not in values:
        said.append((chosen, _("As chosen: %(time)s", time=formats.period_text(row.period, row.room.site.zone))))
    current = chosen if chosen in [value for value, _text in said] else ("skip" if row.is_skipped else said[0][0])
    return [Option(value, text, value == current) for value, text in said]


def _value(room: AnyRoom, period: Period) -> str:
    return f"{room.slug}|{period.starts_at.isoformat()}|{period.ends_at.isoformat()}"


def _offer(kind: Kind, room: AnyRoom, period: Period) -> str:
    zone = room.site.zone
    where = f"{room.name}, " if kind is Kind.ROOM else ""
    return f"{words.KINDS[kind]}: {where}{formats.period_text(period, zone)}"


def _page(room: Room, form: RequestForm, preview: Preview | None = None, *, may_wait: bool = False) -> str:
    rooms = {room.id: room} | {one.id: one for row in form.times if (one := _by_slug().get(row.form.room.data))}
    items = [item for item in places.items(reading()) if any(item.goes_with(one) for one in rooms.values())]
    return render_template(
        "asking/ask.html",
        room=room,
        form=form,
        items=items_with_quantities(items),
        rivals=_rivals(room, form),
        use=lambda period: _use(period, room.site.zone),
        known=set(clocks_of([room])),
        preview=preview,
        may_wait=may_wait,
        dates=_date_rows(preview) if preview else [],
        broken=[one.text for one in told(preview.broken)] if preview else [],
        may_override=context.viewer().may(Action.OVERRIDE, room.site_id),
        has_automatic=len({one.tier for one in rooms.values()}) > 1,
    )


def _use(period: Period, zone: ZoneInfo) -> str:
    """A proposed period as the value of the button that takes it over."""
    starts, ends = period.starts_at.astimezone(zone), period.ends_at.astimezone(zone)
    until = "24:00" if ends.date() > starts.date() else f"{ends:%H:%M}"
    return f"{starts:%Y-%m-%d}T{starts:%H:%M}-{until}"


def _rivals(room: Room, form: RequestForm) -> int:
    """How many undecided requests of others overlap the first time of the form."""
    row = form.times[0].form
    try:
        clocks = (row.start.data, row.end.data)
        period = Period(*(wall_instant(row.date.data, clock, room.site.zone) for clock in clocks))
    except (ValueError, TypeError, Refused):
        return 0
    found = in_span(reading(), [room.id], period, [State.REQUESTED])
    return sum(not is_own(one.booking, context.viewer()) for one in found)
