"""The request for a room: one or several times, perhaps repeated, with a preview of every date before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.domain.period import Period
from booking.domain.permissions import Action
from booking.domain.verdict import Finding
from booking.front import context, formats, words
from booking.front.language import _
from booking.storage import places
from booking.storage.db import reading
from booking.storage.places import Room
from booking.storage.plain import AnyRoom
from booking.usecases.lettering import add_letter, check_letter
from booking.usecases.previewing import Preview, Row, preview_request
from booking.usecases.proposing import Kind
from booking.usecases.requesting import request_booking
from booking.usecases.waitlist import MENDED_BY_WAITING
from booking.usecases.wanted import Wanted
from booking.web.access import login_required
from booking.web.accounts import log_in_first
from booking.web.errors import status_of, told
from booking.web.forms import day_from
from booking.web.letters import make_room
from booking.web.request_form import CHOICE, ITEM, RequestForm, clocks_of, items_with_quantities
from booking.web.request_start import as_value, bookable_rooms, fill, form_of, may_ask_for_others, new_key, rivals
from booking.web.rooms import shown_room

pages = Blueprint("asking", __name__)

KEPT = ("date", "start", "end", "people")
"""What the form takes over from an address that names several rooms."""


@pages.get("/request")
def several() -> Response:
    """Lead to the form for the rooms that were ticked, all at one time: ?room=&room=&date=&start=&end=."""
    known = rooms_by_slug()
    slugs = [slug for slug in dict.fromkeys(request.args.getlist("room")) if slug in known]
    said: dict[str, Any] = {
        name: value for name, value in request.args.items() if name in KEPT or name.startswith(ITEM)
    }
    if not slugs:
        return redirect(url_for("find.search", **said))
    return redirect(url_for("asking.ask", slug=slugs[0], also=slugs[1:], **said))


@pages.url_value_preprocessor
def _make_room(_endpoint: str | None, _values: object) -> None:
    """A letter may come along."""
    make_room(request)


@pages.get("/rooms/<slug>/request")
@login_required
def ask(slug: str) -> str:
    room = shown_room(slug)
    return _page(room, form_of(room))


@pages.post("/rooms/<slug>/request")
def send(slug: str) -> str | Response | tuple[str, int]:
    """Ask for a room: one or several times in one request; a series shows its dates first."""
    if not current_user.is_authenticated:
        return log_in_first()
    room = shown_room(slug)
    form = form_of(room)
    if {"more", "use", "full"} & set(request.form):
        return _changed(room, form)
    fields_are_right = form.validate()
    try:
        wanted = form.wanted(room, rooms_by_slug(), is_whole=fields_are_right)
        if wanted.repeat and fields_are_right and not {"send", "wait"} & set(request.form):
            return _page(room, form, preview_request(reading(), act=context.act(), wanted=wanted))
        return redirect(url_for("bookings.show", code=_sent(form, wanted), new=1))
    except Refused as refused:
        form.show(told(refused.violations, room.site.zone, times=len(form.times)))
        may_wait = {one.code for one in refused.violations} <= MENDED_BY_WAITING
        return _page(room, form, _preview_again(room, form), may_wait=may_wait), status_of(refused)


def _sent(form: RequestForm, wanted: Wanted) -> str:
    """Its code. A letter that is none stands in the way before anything is stored."""
    act, letter = context.act(), form.new()
    if letter is not None:
        check_letter(letter, act.today)
    made = request_booking(act=act, wanted=wanted)
    if letter is not None and made.is_new:
        add_letter(act=act, code=made.code, new=letter, folder=context.letters())
    return made.code


def _preview_again(room: Room, form: RequestForm) -> Preview | None:
    """After a refusal of a series its dates as they are now; None where there is no pattern that could be shown."""
    try:
        wanted = form.wanted(room, rooms_by_slug(), is_whole=True)
        return preview_request(reading(), act=context.act(), wanted=wanted) if wanted.repeat else None
    except Refused:
        return None


def rooms_by_slug() -> dict[str, Room]:
    return {room.slug: room for room in bookable_rooms()}


def _changed(room: Room, form: RequestForm) -> str:
    """Not sent yet: all of the form is wanted, another time, or the one that was proposed. Nothing typed is lost."""
    form.key.data = form.key.data or new_key()
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
    fill(room, form)
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
    rooms = {room.id: room} | {one.id: one for row in form.times if (one := rooms_by_slug().get(row.form.room.data))}
    items = [item for item in places.items(reading()) if any(item.goes_with(one) for one in rooms.values())]
    return render_template(
        "asking/ask.html",
        room=room,
        form=form,
        items=items_with_quantities(items),
        rivals=_rivals(room, form),
        use=lambda period: as_value(period, room.site.zone),
        known=set(clocks_of([room])),
        preview=preview,
        is_fresh=request.method != "POST",
        may_wait=may_wait,
        dates=_date_rows(preview) if preview else [],
        broken=[one.text for one in told(preview.broken)] if preview else [],
        may_override=context.viewer().may(Action.OVERRIDE, room.site_id, room.id),
        may_ask_for_others=may_ask_for_others(room),
        has_automatic=len({one.tier for one in rooms.values()}) > 1,
    )


def _rivals(room: Room, form: RequestForm) -> int:
    """Of the first time of the form."""
    row = form.times[0].form
    return rivals(room, row.date.data, row.start.data or "", row.end.data or "")
