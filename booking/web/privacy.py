"""What is stored about people: for everybody to read, and for each person to look at, take along and erase."""

from __future__ import annotations

import json

from flask import Blueprint, flash, make_response, redirect, render_template, session, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.front import context, formats
from booking.front.language import _
from booking.front.privacy import KINDS
from booking.storage import personal
from booking.storage.db import reading
from booking.storage.people import person_by_id
from booking.usecases import erasing, exporting
from booking.web.access import forget_cookie, network
from booking.web.errors import status_of, told
from booking.web.forms import EraseForm

pages = Blueprint("privacy", __name__)


@pages.get("/privacy")
def about() -> str:
    return render_template("privacy/about.html", kinds=KINDS)


@pages.get("/account/data")
@login_required  # type: ignore[untyped-decorator]
def mine() -> str:
    own = context.person_id() or 0
    counts = personal.counts(reading(), own)
    return render_template("privacy/mine.html", kinds=KINDS, counts=counts, person=person_by_id(reading(), own))


@pages.get("/account/data.json")
@login_required  # type: ignore[untyped-decorator]
def as_json() -> Response:
    copy = exporting.copy_of(reading(), context.person_id() or 0)
    return _file(json.dumps(copy, ensure_ascii=False, indent=2).encode(), "application/json", "json")


@pages.get("/account/data.ics")
@login_required  # type: ignore[untyped-decorator]
def as_calendar() -> Response:
    own = context.person_id() or 0
    return _file(exporting.calendar_of(reading(), own, formats.language(), context.address()), "text/calendar", "ics")


def _file(body: bytes, kind: str, ending: str) -> Response:
    answer = make_response(body)
    answer.mimetype = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="ruang-{context.now():%Y-%m-%d}.{ending}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.route("/account/erase", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
def erase() -> str | Response | tuple[str, int]:
    """First what would happen, then, with the password, that."""
    form, status, own = EraseForm(), 200, context.person_id() or 0
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                erasing.erase_myself(
                    act=context.act(),
                    password=form.password.data,
                    network=network(),
                    real_now=context.real_now(),
                )
                session.clear()
                flash(_("Your account is erased. Thank you."))
                return forget_cookie(redirect(url_for("find.home")))
            except Refused as refused:
                form.show(told(refused.violations))
                status = 429 if refused.violations[0].code == "throttled" else status_of(refused)
    return render_template(
        "privacy/erase.html", form=form, stands=erasing.stands(reading(), own, context.now())
    ), status
