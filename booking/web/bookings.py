"""My bookings, and one booking with its state, reasons and history."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.domain.lifecycle import GONE, STANDING, State
from booking.domain.permissions import Action
from booking.front import context
from booking.front.formats import language, repeat_text
from booking.front.language import _
from booking.ical.download import SHOWN, download
from booking.storage import bookings
from booking.storage.access import tokens_of
from booking.storage.bookings import Booking, booking_by_code, bookings_of, is_own, may_act_for
from booking.storage.communities import communities_of
from booking.storage.db import reading
from booking.storage.history import history_of
from booking.storage.letters import letters_of
from booking.storage.offers import positions
from booking.usecases.cancelling import cancel, cancellable
from booking.usecases.deciding import can_decide, resubmit
from booking.usecases.editing import is_changeable
from booking.usecases.lettering import may_add
from booking.usecases.resuming import free_again
from booking.web.errors import status_of, told
from booking.web.forms import NoteForm, ReasonForm
from booking.web.messages import to_tell

pages = Blueprint("bookings", __name__)


@pages.get("/mine")
@login_required  # type: ignore[untyped-decorator]
def mine() -> str:
    """Own bookings and those of one's communities: what is to come first."""
    found = bookings_of(reading(), context.viewer())
    tab = request.args.get("tab", "coming")
    waiting = positions(reading(), [one for booking in found for one in booking.occurrences])
    coming = sorted((one for one in found if _is_coming(one, waiting)), key=_next_start)
    past = [one for one in found if not _is_coming(one, waiting)]
    return render_template(
        "bookings/mine.html",
        bookings=past if tab == "past" else coming,
        positions=waiting,
        tab=tab,
        counts={"coming": len(coming), "past": len(past)},
        communities=communities_of(reading(), context.person_id() or 0),
        subscriptions=len(tokens_of(reading(), context.person_id() or 0, "feed")),
    )


def _is_coming(booking: Booking, waiting: Collection[int]) -> bool:
    standing = STANDING | {State.RETURNED}
    ahead = [one for one in booking.occurrences if one.ends_at > context.now()]
    return any(one.state in standing or one.id in waiting for one in ahead)


def _next_start(booking: Booking) -> datetime:
    ahead = [one.starts_at for one in booking.occurrences if one.ends_at > context.now() and one.state not in GONE]
    return min(ahead)


@pages.get("/bookings/<code>")
@login_required  # type: ignore[untyped-decorator]
def show(code: str) -> str:
    return _page(code)


@pages.get("/bookings/<code>.ics")
@login_required  # type: ignore[untyped-decorator]
def keep(code: str) -> Response:
    """The booking as a file for a calendar. By session only: an address that opens without one is a feed's."""
    booking = booking_by_code(reading(), code, context.viewer())
    answer = make_response(download(booking, language(), context.act().address))
    answer.content_type = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{booking.code}.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@pages.post("/bookings/<code>/cancel")
@login_required  # type: ignore[untyped-decorator]
def call_off(code: str) -> Response | tuple[str, int]:
    """Cancel all of a booking that is not over, or the chosen occurrences."""
    form = ReasonForm()
    form.validate()
    try:
        cancel(act=context.act(), code=code, reason=form.reason.data or "", uids=request.form.getlist("uid") or None)
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(code, cancelling=form), status_of(refused)
    flash(_("Cancelled. The time is free again."))
    return redirect(url_for("bookings.show", code=code))


@pages.post("/bookings/<code>/resubmit")
@login_required  # type: ignore[untyped-decorator]
def send_again(code: str) -> Response | tuple[str, int]:
    """Answer what was asked of a returned request and send it again."""
    form = NoteForm()
    try:
        resubmit(act=context.act(), code=code, note=form.note.data or "")
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(code, answering=form), status_of(refused)
    flash(_("Sent again."))
    return redirect(url_for("bookings.show", code=code))


def _page(code: str, cancelling: ReasonForm | None = None, answering: NoteForm | None = None) -> str:
    viewer = context.viewer()
    booking = booking_by_code(reading(), code, viewer)
    own = is_own(booking, viewer)
    acts = may_act_for(booking, viewer)
    may_act = own or bookings.may_override(booking, viewer)
    return render_template(
        "bookings/show.html",
        booking=booking,
        own=own,
        acts=acts,
        to_tell=to_tell(booking.id) if viewer.may(Action.PEOPLE) else [],
        cancellable=cancellable(booking, context.now()) if may_act else [],
        changeable=[one for one in booking.occurrences if may_act and is_changeable(one, context.now())],
        resumable=free_again(reading(), context.act(), booking.occurrences) if acts else [],
        has_change=acts and any(one.change for one in booking.occurrences),
        repeated=repeat_text(booking.repeat),
        decidable=can_decide(booking, viewer),
        history=history_of(reading(), booking.id),
        cancelling=cancelling or ReasonForm(formdata=None),
        answering=answering or NoteForm(formdata=None),
        is_new="new" in request.args,
        deciders=_deciders(booking),
        letters=letters_of(reading(), booking.id),
        may_add_letter=may_add(booking, viewer),
        may_keep=any(one.state in SHOWN for one in booking.occurrences),
    )


def _deciders(booking: Booking) -> list[tuple[str, str]]:
    """Who decides next: the tier and the site of each, once."""
    waiting = [one for one in booking.occurrences if one.state == State.REQUESTED]
    return list(dict.fromkeys((str(one.decided_by_tier), one.room.site.short_name) for one in waiting))
