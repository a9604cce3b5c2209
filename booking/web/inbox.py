"""The officer's inbox: what needs a decision, clashes first, and each decision with its consequence."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, Refused
from booking.domain.lifecycle import CONFIRMED, State
from booking.domain.permissions import Action
from booking.front import context, formats
from booking.front.language import _
from booking.storage.bookings import Booking, Occurrence, booking_by_code, may_override, requested
from booking.storage.calendar import beside, rivals
from booking.storage.db import reading
from booking.storage.history import history_of
from booking.usecases.deciding import Verdict, answer_needs, can_decide, decide
from booking.usecases.deciding_changes import decidable_changes, decide_changes
from booking.web.errors import status_of, told
from booking.web.forms import DecisionForm

pages = Blueprint("inbox", __name__, url_prefix="/inbox")


@pages.before_request
@login_required  # type: ignore[untyped-decorator]
def staff_only() -> None:
    if not context.viewer().may(Action.SEE_REQUESTS):
        raise Forbidden


@pages.get("")
def index() -> str:
    """Clashing requests in a group of their own, the others by week."""
    found = requested(reading(), context.viewer())
    occurrences = [one for booking in found for one in _undecided(booking)]
    competing = rivals(reading(), occurrences)
    clashing = [one for one in found if any(competing[each.id] for each in _undecided(one))]
    clean = [one for one in found if one not in clashing]
    weeks = [(week, list(group)) for week, group in groupby(clean, key=_week)]
    return render_template("inbox/index.html", clashing=clashing, weeks=weeks, count=len(found), undecided=_waiting)


def _undecided(booking: Booking) -> list[Occurrence]:
    return [one for one in booking.occurrences if one.state == State.REQUESTED]


def _waiting(booking: Booking) -> list[Occurrence]:
    """What the row speaks of: undecided times, else those with an open change."""
    return _undecided(booking) or [one for one in booking.occurrences if one.change]


def _week(booking: Booking) -> object:
    first = _waiting(booking)[0]
    return first.starts_at.astimezone(first.room.site.zone).date().isocalendar()[:2]


@pages.get("/<code>")
def show(code: str) -> str:
    return _page(code, DecisionForm(formdata=None))


@pages.post("/<code>")
def judge(code: str) -> Response | tuple[str, int]:
    """Approve, decline or return what this officer may decide."""
    form = DecisionForm()
    if not form.validate():
        return _page(code, form), 422
    try:
        verdict = Verdict(form.verdict.data)
        decide(
            act=context.act(),
            code=code,
            verdict=verdict,
            reason=form.reason.data or "",
            version=form.version.data,
            answers=_answers(),
            setting_aside=form.setting_aside.data,
        )
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(code, form), status_of(refused)
    said = {"approve": _("Approved."), "decline": _("Declined."), "return": _("Returned for changes.")}
    flash(said[verdict])
    return redirect(url_for("inbox.index"))


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
    return redirect(url_for("inbox.index"))


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


def _page(code: str, form: DecisionForm) -> str:
    booking = booking_by_code(reading(), code, context.viewer())
    undecided = _undecided(booking)
    return render_template(
        "inbox/show.html",
        booking=booking,
        undecided=undecided,
        decidable=can_decide(booking, context.viewer()),
        changes=decidable_changes(booking, context.viewer()),
        can_set_aside=may_override(booking, context.viewer()),
        repeated=formats.repeat_text(booking.repeat),
        rivals=rivals(reading(), undecided),
        standing=beside(reading(), undecided, CONFIRMED),
        history=history_of(reading(), booking.id),
        form=form,
    )
