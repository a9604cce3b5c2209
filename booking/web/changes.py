"""Change a booking: what shall be different, before and after of each date, then the scope, then it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from booking.domain.errors import NotFound, Refused, Violation
from booking.domain.period import WallTimeError
from booking.domain.series import Pattern
from booking.front import context, formats
from booking.front.language import _
from booking.front.looking import saw_booking
from booking.storage import places
from booking.storage.bookings import Booking, Occurrence, booking_by_code, is_own
from booking.storage.db import reading
from booking.storage.places import Room
from booking.usecases.changing import change_booking, preview_change
from booking.usecases.deciding_changes import withdraw_changes
from booking.usecases.editing import is_changeable
from booking.usecases.intents import Edit, Intent, Outcome, Scope
from booking.usecases.resuming import resume
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import Form, labelled
from booking.web.request_form import clocks_of, wall_instant

pages = Blueprint("changes", __name__)

_required = InputRequired()


class ChangeForm(Form):
    title = StringField(_l("Name of the activity"), [_required], render_kw={"maxlength": 200})
    date = DateField(_l("Date"), [_required], format=["%Y-%m-%d", "%d/%m/%Y"])
    start = SelectField(_l("Start"))
    end = SelectField(_l("End"))
    room = SelectField(_l("Room"))
    people = IntegerField(_l("Number of people"), [_required], render_kw={"min": 1, "inputmode": "numeric"})
    units = IntegerField(_l("Places"), [Optional()], render_kw={"min": 1, "inputmode": "numeric"})
    label = StringField(_l("Name of this time (optional)"), [Optional()], render_kw={"maxlength": 200})
    until = DateField(_l("Series until (day included)"), [Optional()], format=["%Y-%m-%d", "%d/%m/%Y"])
    count = IntegerField(_l("Or so many times"), [Optional()], render_kw={"min": 1})
    scope = SelectField(_l("What is to be changed"))
    reason = TextAreaField(_l("Reason"), [Optional()], render_kw={"rows": 2, "maxlength": 2000})
    version = IntegerField(_l("Version"), [_required])


@dataclass(frozen=True)
class Shown:
    """One date of the preview with what stands in its way."""

    intent: Intent
    reasons: list[str]


@pages.route("/bookings/<code>/change/<uid>", methods=["GET", "POST"])
@login_required
def change(code: str, uid: str) -> str | Response | tuple[str, int]:
    """The form for one occurrence; sent once it shows what comes of it, the scope asked for last."""
    booking, occurrence = _found(code, uid)
    form = _form(booking, occurrence)
    if request.method != "POST":
        return _page(booking, occurrence, form)
    try:
        if not form.validate():
            return _page(booking, occurrence, form), 422
        edit = _edit(booking, occurrence, form)
        about: dict[str, Any] = {
            "act": context.act(),
            "code": code,
            "scope": Scope(form.scope.data),
            "uid": uid,
            "skip": _skipped(),
        }
        if "send" not in request.form:
            intents, broken = preview_change(reading(), **about, edit=edit)
            return _page(booking, occurrence, form, _shown(intents, broken))
        done = change_booking(**about, edit=edit, reason=form.reason.data or "", version=form.version.data)
    except WallTimeError as error:
        hint = formats.clock_text(f"{error.hint:%H:%M}")
        form.show(told([Violation(error.code, {"hint": hint})]))
        return _page(booking, occurrence, form), 422
    except Refused as refused:
        form.show(told(refused.violations, occurrence.room.site.zone))
        return _page(booking, occurrence, form), status_of(refused)
    asked = any(one.outcome is Outcome.ASKED for one in done)
    flash(_("Asked for. Until it is approved everything stays as it was.") if asked else _("Changed."))
    return redirect(url_for("bookings.show", code=code))


def _found(code: str, uid: str) -> tuple[Booking, Occurrence]:
    booking = booking_by_code(reading(), code, context.viewer())
    saw_booking("booking", booking)
    occurrence = next((one for one in booking.occurrences if one.uid == uid), None)
    if occurrence is None or not is_changeable(occurrence, context.now()):
        raise NotFound("occurrence")
    return booking, occurrence


def _form(booking: Booking, occurrence: Occurrence) -> ChangeForm:
    line = occurrence.line
    ends = f"{line.ends:%H:%M}" if line.ends.date() == line.starts.date() else "24:00"
    values = {
        "title": booking.title,
        "date": line.starts.date(),
        "start": f"{line.starts:%H:%M}",
        "end": ends,
        "room": occurrence.room.slug,
        "people": occurrence.head_count,
        "units": occurrence.units,
        "label": occurrence.label,
        "version": booking.version,
        "scope": Scope.ONE,
    }
    form = ChangeForm() if request.method == "POST" else ChangeForm(formdata=None, data=values)
    rooms = [room for room in places.public_rooms(reading()) if room.bookable]
    chosen = next((room for room in rooms if room.slug == form.room.data), occurrence.room)
    clocks = sorted({*clocks_of([occurrence.room, chosen]), str(values["start"]), ends})
    form.start.choices, form.end.choices = labelled(clocks[:-1]), labelled(clocks[1:])
    form.room.choices = _room_choices(rooms, occurrence.room)
    form.scope.choices = [("one", _("Only this time"))]
    if len(booking.occurrences) > 1:
        form.scope.choices += [("following", _("This and the following")), ("all", _("All that are to come"))]
    return form


def _room_choices(rooms: Sequence[Room], own: Room) -> list[tuple[str, str]]:
    found = rooms if own in rooms else [own, *rooms]
    return [(room.slug, f"{room.name}, {room.site.short_name}") for room in found]


def _edit(booking: Booking, occurrence: Occurrence, form: ChangeForm) -> Edit:
    """Only what differs from what is there. Raises Refused, WallTimeError."""
    room = places.room_by_slug(reading(), form.room.data)
    times = [wall_instant(form.date.data, clock, room.site.zone) for clock in (form.start.data, form.end.data)]
    moved = tuple(times) != (occurrence.starts_at, occurrence.ends_at)
    label = form.label.data or ""
    units = form.units.data
    return Edit(
        starts_at=times[0] if moved else None,
        ends_at=times[1] if moved else None,
        room=room.slug if room.id != occurrence.room_id else None,
        units=units if units is not None and units != occurrence.units and occurrence.room.units > 1 else None,
        people=form.people.data if form.people.data != occurrence.head_count else None,
        label=label if label != (occurrence.label or "") else None,
        title=form.title.data if form.title.data != booking.title else None,
        repeat=_pattern(booking, form),
    )


def _pattern(booking: Booking, form: ChangeForm) -> Pattern | None:
    """The series with another end, where one was typed."""
    repeat = booking.repeat
    if repeat is None or (form.until.data is None and form.count.data is None) or repeat.dates:
        return None
    return replace(repeat, until=form.until.data, count=form.count.data)


def _skipped() -> set[date]:
    found = set()
    for text in request.form.getlist("skip"):
        try:
            found.add(date.fromisoformat(text))
        except ValueError:
            continue
    return found


def _shown(intents: Sequence[Intent], broken: Sequence[Violation]) -> list[Shown]:
    zones = context.zone()
    return [
        Shown(intent, [one.text for one in told((each for each in broken if each.at == at), zones)])
        for at, intent in enumerate(intents)
    ]


def _page(booking: Booking, occurrence: Occurrence, form: ChangeForm, shown: Sequence[Shown] | None = None) -> str:
    return render_template(
        "changes/change.html",
        booking=booking,
        occurrence=occurrence,
        form=form,
        shown=shown,
        blocked=any(one.reasons for one in shown or ()),
        own=is_own(booking, context.viewer()),
        is_series=booking.repeat is not None and not booking.repeat.dates,
    )


@pages.post("/bookings/<code>/withdraw-change")
@login_required
def withdraw(code: str) -> Response:
    """The applicant takes open changes back; everything stays as it is."""
    withdraw_changes(act=context.act(), code=code)
    flash(_("Taken back. Everything stays as it was."))
    return redirect(url_for("bookings.show", code=code))


@pages.post("/bookings/<code>/resume")
@login_required
def take_up(code: str) -> Response | tuple[str, int]:
    """A skipped date is asked for after all."""
    try:
        resume(act=context.act(), code=code, uids=request.form.getlist("uid"))
    except Refused as refused:
        flash(" ".join(one.text for one in told(refused.violations)))
        return redirect(url_for("bookings.show", code=code))
    flash(_("Asked for after all."))
    return redirect(url_for("bookings.show", code=code))
