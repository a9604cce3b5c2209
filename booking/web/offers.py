"""Another time proposed by the office, and the waitlist: yes, no, and the officer's form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Optional

from booking.domain.approval import Tier, may_decide
from booking.domain.errors import Forbidden, NotFound, Refused, Violation
from booking.domain.period import WallTimeError
from booking.front import context, formats
from booking.front.language import _
from booking.front.looking import saw_booking
from booking.storage import offers, places
from booking.storage.bookings import Booking, Occurrence, booking_by_code
from booking.storage.db import reading
from booking.storage.offers import Offer
from booking.storage.places import Room
from booking.usecases.deciding import can_decide
from booking.usecases.offering import USUAL, Proposal, accept_offer, propose, refuse_offer, suggested, withdraw_offer
from booking.usecases.proposing import Alternative
from booking.usecases.waitlist import leave_waitlist
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import Form, labelled
from booking.web.request_form import clocks_of, wall_instant

pages = Blueprint("offers", __name__)

_required = InputRequired()
_HOURS = (4, 24, 48, 72, 168, 336)


class ProposalForm(Form):
    date = DateField(_l("Date"), [_required], format=["%Y-%m-%d", "%d/%m/%Y"])
    start = SelectField(_l("Start"))
    end = SelectField(_l("End"))
    room = SelectField(_l("Room"))
    units = IntegerField(_l("Places"), [Optional()], render_kw={"min": 1, "inputmode": "numeric"})
    hours = SelectField(_l("Hold it for"), coerce=int)
    note = TextAreaField(_l("Message to the applicant"), [Optional()], render_kw={"rows": 2, "maxlength": 2000})
    version = IntegerField(_l("Version"), [_required])


@pages.app_template_global("offers_of")
def offers_of(occurrences: Sequence[Occurrence]) -> Mapping[int, Offer]:
    """Occurrence id -> what is offered in its place just now."""
    return offers.live_offers(reading(), occurrences, context.now())


@pages.app_template_global("positions_of")
def positions_of(occurrences: Sequence[Occurrence]) -> Mapping[int, int]:
    """Occurrence id -> its number in line, for those that wait."""
    return offers.positions(reading(), occurrences)


@pages.post("/bookings/<code>/offer/accept")
@login_required
def accept(code: str) -> Response:
    """One tap: the place that is held becomes the booking, or the request."""
    return _answered(code, lambda: accept_offer(act=context.act(), code=code, uid=_uid()), _("Accepted."))


@pages.post("/bookings/<code>/offer/refuse")
@login_required
def refuse(code: str) -> Response:
    """One tap: the place goes to others."""
    return _answered(
        code, lambda: refuse_offer(act=context.act(), code=code, uid=_uid()), _("Refused. The place is free again.")
    )


@pages.post("/bookings/<code>/waitlist/leave")
@login_required
def leave(code: str) -> Response:
    return _answered(
        code, lambda: leave_waitlist(act=context.act(), code=code, uid=_uid()), _("You have left the waitlist.")
    )


def _uid() -> str | None:
    return request.form.get("uid") or None


def _answered(code: str, answer: Callable[[], str], said: str) -> Response:
    """What stands in the way by now is said on the booking's own page."""
    try:
        answer()
        flash(said)
    except Refused as refused:
        flash(" ".join(one.text for one in told(refused.violations)))
    return redirect(url_for("bookings.show", code=code))


@pages.post("/inbox/<code>/offer/withdraw")
@login_required
def withdraw(code: str) -> Response:
    """The office takes back what it proposed."""
    try:
        withdraw_offer(act=context.act(), code=code, uid=_uid())
        flash(_("Taken back. The place is free again."))
    except Refused as refused:
        flash(" ".join(one.text for one in told(refused.violations)))
    return redirect(url_for("inbox.show", code=code))


@pages.route("/inbox/<code>/offer/<uid>", methods=["GET", "POST"])
@login_required
def offer(code: str, uid: str) -> str | Response | tuple[str, int]:
    """The officer's form for one undecided time, filled from what would do (?room=&date=&start=&end=)."""
    booking = booking_by_code(reading(), code, context.viewer())
    saw_booking("request", booking)
    occurrence = next((one for one in booking.occurrences if one.uid == uid), None)
    if occurrence is None:
        raise NotFound("occurrence")
    if occurrence not in can_decide(booking, context.viewer()):
        raise Forbidden
    found = _suggestions(occurrence)
    form = _form(booking, occurrence, found)
    if request.method != "POST":
        return _page(booking, occurrence, form, found)
    try:
        if not form.validate():
            return _page(booking, occurrence, form, found), 422
        said = _proposal(occurrence, form)
        propose(act=context.act(), code=code, uid=uid, proposal=said, version=form.version.data)
    except WallTimeError as error:
        form.show(told([Violation(error.code, {"hint": formats.clock_text(f"{error.hint:%H:%M}")})]))
        return _page(booking, occurrence, form, found), 422
    except Refused as refused:
        form.show(told(refused.violations, occurrence.room.site.zone))
        return _page(booking, occurrence, form, found), status_of(refused)
    flash(_("Proposed. The place is held until the applicant answers."))
    return redirect(url_for("inbox.show", code=code))


def _form(booking: Booking, occurrence: Occurrence, found: Sequence[Alternative]) -> ProposalForm:
    values = _values(occurrence, found) | {"version": booking.version, "hours": USUAL // timedelta(hours=1)}
    form = ProposalForm() if request.method == "POST" else ProposalForm(formdata=None, data=values)
    rooms = _rooms(occurrence)
    chosen = next((room for room in rooms if room.slug == form.room.data), occurrence.room)
    clocks = sorted({*clocks_of([occurrence.room, chosen]), str(values["start"]), str(values["end"])})
    form.start.choices, form.end.choices = labelled(clocks[:-1]), labelled(clocks[1:])
    form.room.choices = [(room.slug, f"{room.name}, {room.site.short_name}") for room in rooms]
    form.hours.choices = [(hours, formats.duration(hours * 60)) for hours in _HOURS]
    return form


def _values(occurrence: Occurrence, found: Sequence[Alternative]) -> dict[str, Any]:
    """What was chosen among the suggestions, else the nearest of them; what was asked for where nothing would do."""
    line = occurrence.line
    ends = f"{line.ends:%H:%M}" if line.ends.date() == line.starts.date() else "24:00"
    said = {"date": line.starts.date(), "start": f"{line.starts:%H:%M}", "end": ends, "room": occurrence.room.slug}
    if request.method != "POST":
        args = _about(found[0]) if found and "date" not in request.args else request.args
        known = clocks_of(_rooms(occurrence))
        said |= {name: args[name] for name in ("start", "end") if args.get(name) in known}
        said |= {"room": args["room"]} if "room" in args else {}
        said["date"] = _day(args.get("date")) or line.starts.date()
    return said


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _rooms(occurrence: Occurrence) -> list[Room]:
    """Where this officer may decide; its own room first."""
    viewer = context.viewer()
    found = [
        room
        for room in places.public_rooms(reading())
        if room.bookable
        and room.id != occurrence.room_id
        and may_decide(viewer, Tier(room.tier), room.site_id, room.id)
    ]
    return [occurrence.room, *found]


def _proposal(occurrence: Occurrence, form: ProposalForm) -> Proposal:
    """Held as long as was chosen, or till what was asked for lapses. Raises Refused(date), WallTimeError."""
    room = places.room_by_slug(reading(), form.room.data)
    zone = room.site.zone
    starts_at, ends_at = (wall_instant(form.date.data, clock, zone) for clock in (form.start.data, form.end.data))
    until = min(context.now() + timedelta(hours=form.hours.data), occurrence.starts_at, starts_at)
    return Proposal(room.slug, starts_at, ends_at, form.units.data, until, form.note.data or "")


def _suggestions(occurrence: Occurrence) -> list[Alternative]:
    """What would do where this officer may decide, the nearest first."""
    mine = {room.id for room in _rooms(occurrence)}
    found = suggested(reading(), act=context.act(), occurrence=occurrence)
    return [one for one in found if one.room.id in mine]


def _page(booking: Booking, occurrence: Occurrence, form: ProposalForm, found: Sequence[Alternative]) -> str:
    return render_template(
        "offers/offer.html",
        booking=booking,
        occurrence=occurrence,
        form=form,
        suggestions=[(one, _address(booking, occurrence, one)) for one in found],
    )


def _address(booking: Booking, occurrence: Occurrence, found: Alternative) -> str:
    return url_for("offers.offer", code=booking.code, uid=occurrence.uid, **_about(found))


def _about(found: Alternative) -> dict[str, Any]:
    """Its place and time as values of the form."""
    room = found.room
    starts, ends = (at.astimezone(room.site.zone) for at in (found.period.starts_at, found.period.ends_at))
    end = "24:00" if ends.date() > starts.date() else _clock(ends)
    return {"room": room.slug, "date": starts.date().isoformat(), "start": _clock(starts), "end": end}


def _clock(at: datetime) -> str:
    return f"{at:%H:%M}"
