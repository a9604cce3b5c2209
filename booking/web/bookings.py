"""My bookings, and one booking with its state, reasons and history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.domain.lifecycle import GONE, STANDING, State
from booking.domain.permissions import Action
from booking.front import context
from booking.front.formats import language, repeat_text
from booking.front.language import _
from booking.front.looking import saw_booking
from booking.front.sharing import whatsapp
from booking.ical.download import SHOWN, download
from booking.storage import bookings
from booking.storage.access import tokens_of
from booking.storage.bookings import Booking, Occurrence, booking_by_code, bookings_of, is_own, may_act_for
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
from booking.usecases.wanted import PRIVATELY
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import NoteForm, ReasonForm
from booking.web.messages import to_tell
from booking.web.request_start import as_value

pages = Blueprint("bookings", __name__)


@pages.get("/mine")
@login_required
def mine() -> str:
    """Own bookings and those of one's communities: what is to come first."""
    found = bookings_of(reading(), context.viewer())
    waiting = positions(reading(), [one for booking in found for one in booking.occurrences])
    tabs: dict[str, list[Booking]] = {"coming": [], "past": [], "gone": []}
    for booking in found:
        tabs[_tab_of(booking, waiting)].append(booking)
    tabs["coming"].sort(key=_next_start)
    tab = request.args.get("tab", "coming")
    tab = tab if tab in tabs else "coming"
    return render_template(
        "bookings/mine.html",
        cards=[_card(booking) for booking in tabs[tab]],
        positions=waiting,
        tab=tab,
        counts={name: len(bookings) for name, bookings in tabs.items()},
        communities=communities_of(reading(), context.person_id() or 0),
        subscriptions=len(tokens_of(reading(), context.person_id() or 0, "feed")),
    )


@dataclass(frozen=True)
class Card:
    """A booking in the list: the time it is shown by, those that are to come, and what may be done with it."""

    booking: Booking
    first: Occurrence
    ahead: list[Occurrence]
    cancellable: list[Occurrence]
    changeable: Occurrence | None
    may_keep: bool
    share: str
    again: str


def _card(booking: Booking) -> Card:
    ahead = [one for one in booking.occurrences if one.ends_at > context.now() and one.state not in GONE]
    first = next(iter(ahead), booking.occurrences[-1])
    changeable = [one for one in ahead if is_changeable(one, context.now())]
    return Card(
        booking,
        first,
        ahead,
        cancellable(booking, context.now()),
        changeable[0] if changeable and booking.repeat is None else None,
        any(one.state in SHOWN for one in ahead),
        whatsapp(booking, ahead) if ahead else "",
        _again(booking, first),
    )


def _again(booking: Booking, one: Occurrence) -> str:
    """The form of a request for the same once more: the first week from tomorrow on, at the same hours."""
    zone = one.room.site.zone
    day, _sep, clocks = as_value(one.period, zone).partition("T")
    start, _sep, end = clocks.partition("-")
    next_day = date.fromisoformat(day) + timedelta(days=7)
    while next_day <= context.today():
        next_day += timedelta(days=7)
    return url_for(
        "asking.ask",
        slug=one.room.slug,
        date=next_day.isoformat(),
        start=start,
        end=end,
        title=booking.title,
        people=booking.people,
        community=booking.community.slug if booking.community else PRIVATELY,
    )


def _tab_of(booking: Booking, waiting: Collection[int]) -> str:
    """A request that was declined stands where it was looked for until its time has passed."""
    ahead = [one for one in booking.occurrences if one.ends_at > context.now()]
    coming = STANDING | {State.RETURNED, State.DECLINED}
    if any(one.state in coming or one.id in waiting for one in ahead):
        return "coming"
    return "gone" if booking.state in GONE else "past"


def _next_start(booking: Booking) -> datetime:
    ahead = [one for one in booking.occurrences if one.ends_at > context.now()]
    return min(one.starts_at for one in [one for one in ahead if one.state not in GONE] or ahead)


@pages.get("/bookings/<code>")
@login_required
def show(code: str) -> str:
    return _page(code)


@pages.get("/bookings/<code>.ics")
@login_required
def keep(code: str) -> Response:
    """The booking as a file for a calendar. By session only: an address that opens without one is a feed's."""
    booking = booking_by_code(reading(), code, context.viewer())
    saw_booking("booking", booking)
    answer = make_response(download(booking, language(), context.act().address))
    answer.content_type = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{booking.code}.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@pages.post("/bookings/<code>/cancel")
@login_required
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
@login_required
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
    saw_booking("booking", booking)
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
        share=whatsapp(booking, [one for one in booking.occurrences if one.state in SHOWN] or booking.occurrences),
        again=_again(booking, booking.occurrences[-1]),
    )


def _deciders(booking: Booking) -> list[tuple[str, str]]:
    """Who decides next: the tier and the site of each, once."""
    waiting = [one for one in booking.occurrences if one.state == State.REQUESTED]
    return list(dict.fromkeys((str(one.decided_by_tier), one.room.site.short_name) for one in waiting))
