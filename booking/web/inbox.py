"""One request on the desk: what competes with it, each decision with its consequence, and what comes after it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, Refused
from booking.domain.lifecycle import CONFIRMED, State
from booking.domain.permissions import Action
from booking.domain.rules import is_overridable
from booking.front import context, formats
from booking.front.language import _
from booking.front.looking import saw_booking
from booking.storage.bookings import Booking, Occurrence, booking_by_code, may_override
from booking.storage.calendar import beside, rivals
from booking.storage.db import reading
from booking.storage.desk import crowded_out, kept_by
from booking.storage.history import history_of
from booking.storage.letters import letters_of
from booking.storage.offers import held_beside
from booking.storage.places import Room
from booking.storage.plain import AnyRoom
from booking.storage.reasons import canned_reasons
from booking.usecases.changing import change_booking
from booking.usecases.deciding import Verdict, answer_needs, can_decide, decide
from booking.usecases.deciding_changes import decidable_changes, decide_changes
from booking.usecases.editing import is_changeable
from booking.usecases.intents import Edit
from booking.usecases.proposing import free_rooms
from booking.web.access import login_required
from booking.web.desk import remember, undoable
from booking.web.errors import status_of, told
from booking.web.forms import DecisionForm, MoveForm
from booking.web.lanes import lanes

pages = Blueprint("inbox", __name__, url_prefix="/inbox")


@pages.before_request
@login_required
def staff_only() -> None:
    if not context.viewer().may(Action.SEE_REQUESTS):
        raise Forbidden


@pages.get("/<code>")
def show(code: str) -> str:
    return _page(code, DecisionForm(formdata=None))


@pages.post("/<code>")
def judge(code: str) -> Response | tuple[str, int]:
    """Approve, decline or return what this officer may decide: all of it, or the marked times."""
    form = DecisionForm()
    if not form.validate():
        return _page(code, form), 422
    verdict = Verdict(form.verdict.data)
    try:
        decide(
            act=context.act(),
            code=code,
            verdict=verdict,
            reason=form.reason.data or "",
            canned=request.form.get("canned", None, int) if verdict is not Verdict.APPROVE else None,
            version=form.version.data,
            uids=_chosen(code),
            answers=_answers(),
            setting_aside=form.setting_aside.data,
        )
    except Refused as refused:
        form.show(told(refused.violations))
        may_set_aside = any(is_overridable(one) for one in refused.violations)
        return _page(code, form, may_set_aside=may_set_aside), status_of(refused)
    said = {"approve": _("Approved."), "decline": _("Declined."), "return": _("Returned for changes.")}
    flash(said[verdict])
    remember([code])
    if verdict is Verdict.APPROVE and _losers(code):
        return redirect(url_for("inbox.after", code=code))
    return redirect(url_for("desk.index"))


def _chosen(code: str) -> list[str] | None:
    """The marked times where only some are; None for all, so that what waits for the rest goes along."""
    marked = request.form.getlist("uid")
    if "part" not in request.form:
        return None
    booking = booking_by_code(reading(), code, context.viewer())
    every = {one.uid for one in can_decide(booking, context.viewer())}
    return None if every <= set(marked) else marked


@pages.get("/<code>/after")
def after(code: str) -> str:
    """Who asked for what has just been approved: decline them with a reason, offer something else, or leave them."""
    booking = booking_by_code(reading(), code, context.viewer())
    saw_booking("request", booking)
    return render_template("inbox/after.html", booking=booking, losers=_losers(code), undoable=undoable())


def _losers(code: str) -> list[Booking]:
    """Bookings for whose undecided times what is approved of this one leaves no room."""
    session = reading()
    booking = booking_by_code(session, code, context.viewer())
    approved = [one for one in booking.occurrences if one.state == State.APPROVED]
    others = [other for found in rivals(session, approved).values() for other in found]
    return list(dict.fromkeys(one.booking for one in crowded_out(session, others, context.now())))


@pages.post("/<code>/move")
def move(code: str) -> Response | tuple[str, int]:
    """Into another room at the same time, with a reason. What is approved stays approved."""
    form = MoveForm()
    try:
        edit = Edit(room=form.room.data or None)
        uid = request.form.get("uid")
        change_booking(act=context.act(), code=code, uid=uid, edit=edit, reason=form.reason.data or "")
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(code, DecisionForm(formdata=None), form), status_of(refused)
    flash(_("Moved; the applicant is told."))
    return redirect(url_for("inbox.show", code=code))


@pages.post("/<code>/changes")
def judge_changes(code: str) -> Response | tuple[str, int]:
    """Approve or decline what approved times shall become."""
    form = DecisionForm()
    if not form.validate() or form.verdict.data == Verdict.RETURN:
        return _page(code, form), 422
    is_approved = form.verdict.data == Verdict.APPROVE
    try:
        reason = form.reason.data or ""
        decide_changes(act=context.act(), code=code, is_approved=is_approved, reason=reason, version=form.version.data)
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(code, form), status_of(refused)
    flash(_("Change approved.") if is_approved else _("Change declined; everything stays as it was."))
    return redirect(url_for("desk.index"))


@pages.post("/<code>/needs")
def answer(code: str) -> Response:
    """Tell the applicant what of the needs can be given, without deciding yet."""
    answer_needs(act=context.act(), code=code, answers=_answers())
    flash(_("Answered."))
    return redirect(url_for("inbox.show", code=code))


def _answers() -> dict[int, tuple[str, str]]:
    """The answers chosen beside needs: fields need-<id> and note-<id>."""
    found = {}
    for name, said in request.form.items():
        number = name.removeprefix("need-")
        if name.startswith("need-") and said and number.isascii() and number.isdigit() and len(number) < 10:
            found[int(number)] = (said, request.form.get(f"note-{number}", ""))
    return found


def _page(code: str, form: DecisionForm, moving: MoveForm | None = None, *, may_set_aside: bool = False) -> str:
    viewer, session = context.viewer(), reading()
    booking = booking_by_code(session, code, viewer)
    saw_booking("request", booking)
    undecided = [one for one in booking.occurrences if one.state == State.REQUESTED]
    competing, standing = rivals(session, undecided), beside(session, undecided, CONFIRMED)
    proposed = held_beside(session, undecided, context.now())
    can_act = may_override(booking, viewer)
    return render_template(
        "inbox/show.html",
        booking=booking,
        undecided=undecided,
        decidable=can_decide(booking, viewer),
        changes=decidable_changes(booking, viewer),
        can_set_aside=can_act and may_set_aside,
        repeated=formats.repeat_text(booking.repeat),
        compared=[
            lanes(one, standing[one.id], competing[one.id], proposed[one.id])
            for one in undecided
            if competing[one.id] or standing[one.id] or proposed[one.id]
        ],
        rivals=sum(len(found) for found in competing.values()),
        is_blocked=bool(crowded_out(session, undecided, context.now())),
        canned=canned_reasons(session),
        movable=_movable(booking) if can_act else [],
        history=history_of(session, booking.id),
        letters=letters_of(session, booking.id),
        kept=kept_by(session, [booking], context.now()).get(booking.id),
        form=form,
        moving=moving or MoveForm(formdata=None),
    )


def _named(room: AnyRoom, beside: Room) -> str:
    return room.name if room.site_id == beside.site_id else f"{room.name} ({room.site.short_name})"


def _movable(booking: Booking) -> list[tuple[Occurrence, list[tuple[str, str]]]]:
    """The next time that may move, with the rooms that are free then."""
    ahead = [one for one in booking.occurrences if is_changeable(one, context.now()) and one.state != State.SKIPPED]
    found = []
    for one in ahead[:3]:
        houses = free_rooms(reading(), one.head_count, one.period, context.now())
        others = [house.room for house in houses if house.room.id != one.room_id]
        # the same kind of room first, then those of the same site; a room elsewhere says where
        others.sort(key=lambda room: (room.site_id != one.room.site_id, room.purpose != one.room.purpose))
        found.append((one, [(room.slug, _named(room, one.room)) for room in others]))
    return found
