"""A room with its week, and the request for it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from booking.domain.errors import Refused, Violation, refuse
from booking.domain.lifecycle import State
from booking.domain.period import Period, WallTimeError, instant, soonest
from booking.domain.rules import step_minutes
from booking.domain.rules.basics import FARTHEST
from booking.domain.rules.clock import is_clock
from booking.domain.rules.hours import Hours
from booking.domain.rules.notice import Notice
from booking.front import context, formats
from booking.front.language import _
from booking.storage import places
from booking.storage.availability import SEARCH, houses
from booking.storage.bookings import in_span, is_own
from booking.storage.calendar import room_days
from booking.storage.communities import communities_of
from booking.storage.db import reading
from booking.storage.places import Room
from booking.usecases.planning import PRIVATELY, Wanted, WantedOccurrence
from booking.usecases.requesting import request_booking
from booking.web.board import board
from booking.web.errors import status_of, told
from booking.web.forms import RequestForm, clock_choices, day_from, labelled

pages = Blueprint("rooms", __name__)


@pages.get("/rooms/<slug>")
def show(slug: str) -> str:
    """What a room has, its week, and the way to ask for it."""
    room = _room(slug)
    day = day_from(request.args.get("date"), context.today())
    monday = day - timedelta(days=day.weekday())
    week = [monday + timedelta(days=n) for n in range(7)]
    days = room_days(reading(), [room], week, context.viewer(), context.now())
    return render_template(
        "rooms/show.html",
        room=room,
        rules={rule.code: rule for rule in room.house_rules},
        day=day,
        monday=monday,
        board=board(days, context.now()),
        step=timedelta(days=7),
    )


@pages.route("/rooms/<slug>/request", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
def ask(slug: str) -> str | Response | tuple[str, int]:
    """Ask for a room: one or several times in one request."""
    room = _room(slug)
    form = _form(room)
    if request.method == "GET":
        return _page(room, form)
    if "more" in request.form or "use" in request.form:
        return _changed(room, form)
    fields_are_right = form.validate()
    try:
        made = request_booking(act=context.act(), wanted=_wanted(room, form, is_whole=fields_are_right))
        return redirect(url_for("bookings.show", code=made.code, new=1))
    except Refused as refused:
        form.show(told(refused.violations, room.site.zone, times=len(form.times)))
        return _page(room, form), status_of(refused)


def _room(slug: str) -> Room:
    room = places.room_by_slug(reading(), slug)
    if not room.is_public and not context.viewer().is_staff:
        abort(404)
    return room


def _form(room: Room) -> RequestForm:
    """The form with this room's times; a first look at it is filled from the address (?date=&start=&end=)."""
    form = RequestForm() if request.method == "POST" else RequestForm(formdata=None, data=_from_address(room))
    mine = [(one.slug, one.name) for one in communities_of(reading(), context.person_id() or 0)]
    form.community.choices = [*mine, (PRIVATELY, _("Privately"))]
    choices = labelled(_clocks(room))
    for row in form.times:
        row.form.start.choices, row.form.end.choices = choices[:-1], choices[1:]
    return form


def _from_address(room: Room) -> dict[str, object]:
    day = day_from(request.args.get("date"), context.today())
    start, end = request.args.get("start", ""), request.args.get("end", "")
    clocks = _clocks(room)
    if start not in clocks[:-1] or end not in clocks:
        day, start, end = _first_free(room, day, clocks)
    mine = communities_of(reading(), context.person_id() or 0)
    return {
        "times": [{"date": day, "start": start, "end": end}],
        "community": mine[0].slug if mine else PRIVATELY,
        "key": secrets.token_urlsafe(16),
    }


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


def _clocks(room: Room) -> list[str]:
    """Every wall time at which something may start or end here on some day of the week."""
    rules = room.house_rules
    weekly = next((rule.weekly for rule in rules if isinstance(rule, Hours)), {})
    spans = [span for day in weekly.values() for span in day]
    first = min((span[0] for span in spans), default="00:00")
    last = max((span[1] for span in spans), default="24:00")
    return clock_choices(first, last, step_minutes(rules))


def _wanted(room: Room, form: RequestForm, *, is_whole: bool) -> Wanted:
    """What the form asks for. Where a field is no number or date the rest is judged all the same."""
    occurrences, broken = [], [] if is_whole else [Violation("form")]
    for at, row in enumerate(form.times):
        try:
            starts_at, ends_at = (_instant(row.form.date.data, clock, room.site.zone) for clock in _typed(row))
            occurrences.append(WantedOccurrence(room.slug, starts_at, ends_at, form.units.data, at=at))
        except WallTimeError as error:
            broken.append(Violation(error.code, {"hint": formats.clock_text(f"{error.hint:%H:%M}")}, at=at))
        except Refused as refused:
            broken += [replace(violation, at=at) for violation in refused.violations]
    return Wanted(
        form.title.data or "",
        1 if form.people.data is None else form.people.data,
        occurrences,
        form.community.data,
        form.purpose.data or "",
        key=form.key.data or None,
        broken=broken,
    )


def _typed(row: object) -> tuple[str, str]:
    form = row.form  # type: ignore[attr-defined]
    return form.start.data, form.end.data


def _instant(day: date | None, clock: str, zone: ZoneInfo) -> datetime:
    """Raises WallTimeError, and Refused(date) for a day that no calendar here reaches."""
    today = context.today()
    if day is None or not today - FARTHEST < day < today + FARTHEST or not is_clock(clock):
        raise refuse("date", first=formats.day_plain(today), last=formats.day_plain(today + FARTHEST))
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    return instant(datetime.combine(day, datetime.strptime(clock, "%H:%M").time()), zone)  # noqa: DTZ007  # a wall time


def _changed(room: Room, form: RequestForm) -> str:
    """Not sent yet: another time is wanted, or the one that was proposed is taken over. Nothing typed is lost."""
    if "more" in request.form and len(form.times) < form.times.max_entries:
        last = form.times[-1].form
        day = last.date.data or context.today()
        following = day_from(day.isoformat(), context.today()) + timedelta(days=7)
        form.times.append_entry({"date": following, "start": last.start.data, "end": last.end.data})
    at, _, proposed = request.form.get("use", "").partition("|")
    day, _, clocks = proposed.partition("T")
    start, _, end = clocks.partition("-")
    if at in map(str, range(len(form.times))) and end:
        row = form.times[int(at)].form
        row.date.data, row.start.data, row.end.data = day_from(day, context.today()), start, end
        row.date.raw_data = None  # else the field shows what was typed before
    choices = labelled(_clocks(room))
    for entry in form.times:
        entry.form.start.choices, entry.form.end.choices = choices[:-1], choices[1:]
    return _page(room, form)


def _page(room: Room, form: RequestForm) -> str:
    return render_template(
        "rooms/ask.html",
        room=room,
        form=form,
        rivals=_rivals(room, form),
        use=lambda period: _use(period, room.site.zone),
        known=set(_clocks(room)),
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
        period = Period(*(_instant(row.date.data, clock, room.site.zone) for clock in (row.start.data, row.end.data)))
    except (ValueError, TypeError, Refused):
        return 0
    found = in_span(reading(), [room.id], period, [State.REQUESTED])
    return sum(not is_own(one.booking, context.viewer()) for one in found)
