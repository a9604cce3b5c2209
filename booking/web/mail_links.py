"""Decide with the link of a mail. Looking uses nothing up: programs that read mails follow links."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.domain.lifecycle import CONFIRMED, State
from booking.front import context
from booking.front.looking import saw_booking
from booking.storage import people
from booking.storage.bookings import booking_by_code
from booking.storage.calendar import beside, rivals
from booking.storage.db import reading
from booking.usecases.deciding import Verdict, can_decide
from booking.usecases.deciding_by_mail import Found, Standing, decide_by_link, look_up
from booking.web.errors import status_of, told
from booking.web.forms import MailDecisionForm

pages = Blueprint("mail_links", __name__, url_prefix="/decide")


@pages.get("/<secret>")
def show(secret: str) -> Response:
    found = look_up(reading(), secret, context.real_now())
    if found.standing is not Standing.OPEN:
        return _over(found)
    return _page(found, MailDecisionForm(formdata=None), 200)


@pages.post("/<secret>")
def judge(secret: str) -> Response:
    """The decision itself; only now the link is used up."""
    form = MailDecisionForm()
    found = look_up(reading(), secret, context.real_now())
    if found.standing is not Standing.OPEN:
        return _over(found)
    if not form.validate():
        return _page(found, form, 422)
    try:
        found = decide_by_link(
            act=context.act(),
            secret=secret,
            verdict=Verdict(form.verdict.data),
            reason=form.reason.data or "",
            real_now=context.real_now(),
        )
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(found, form, status_of(refused))
    if found.standing is not Standing.OPEN:
        return _over(found)
    return _private("mail_links/done.html", 200, code=found.code, verdict=form.verdict.data)


def _over(found: Found) -> Response:
    """Used up or too old: gone for ever. Changed meanwhile: to be looked at anew, with a log-in."""
    is_changed = found.standing is Standing.CHANGED
    return _private("mail_links/over.html", 409 if is_changed else 410, code=found.code, is_changed=is_changed)


def _page(found: Found, form: MailDecisionForm, status: int) -> Response:
    """What it is about and what comes of it, as the inbox shows it. Raises NotFound where the role has ended."""
    reader = people.viewer(reading(), found.person_id, context.today())
    booking = booking_by_code(reading(), found.code, reader)
    saw_booking("request", booking, reader)
    undecided = [one for one in booking.occurrences if one.state == State.REQUESTED]
    return _private(
        "mail_links/show.html",
        status,
        booking=booking,
        decidable=can_decide(booking, reader),
        undecided=undecided,
        rivals=rivals(reading(), undecided),
        standing=beside(reading(), undecided, CONFIRMED),
        person=people.person_by_id(reading(), found.person_id),
        form=form,
    )


def _private(template: str, status: int, **values: object) -> Response:
    """Nobody keeps it: the address is a key."""
    response = make_response(render_template(template, **values), status)
    response.headers["Cache-Control"] = "no-store"
    return response
