"""What is stored about people: for everybody to read, and for each person to look at, take along and erase."""

from __future__ import annotations

import json

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.front import context, formats
from booking.front.language import _
from booking.front.privacy import kinds
from booking.storage import personal, privacy_texts
from booking.storage.db import reading
from booking.storage.looks import looks_at
from booking.storage.people import person_by_id, roles_of
from booking.storage.retention import retention
from booking.usecases import consenting, erasing, exporting
from booking.web.access import forget_cookie, login_required, network, safe_path
from booking.web.errors import status_of, told
from booking.web.forms import EraseForm

pages = Blueprint("privacy", __name__)

MOST_LOOKS = 50
"""On the page; the copy has all of them."""


@pages.get("/privacy")
def about() -> str:
    session, own = reading(), context.person_id()
    return render_template(
        "privacy/about.html",
        kinds=kinds(retention(session)),
        text=privacy_texts.newest(session),
        person=person_by_id(session, own) if own else None,
    )


@pages.get("/privacy/versions/<int(max=2147483647):version>")
def version(version: int) -> str:
    return render_template("privacy/text.html", text=privacy_texts.version_of(reading(), version))


@pages.post("/privacy/accept")
@login_required
def accept() -> Response:
    """The one tap of the line above every page; then on with what the person was at."""
    consenting.accept(act=context.act(), version=seen_version("version"))
    return redirect(safe_path(request.form.get("next")))


def seen_version(field: str = "accepted") -> int:
    """The version that stood beside the button, 0 for none."""
    said = request.form.get(field, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


@pages.get("/account/data")
@login_required
def mine() -> str:
    own = context.person_id() or 0
    counts = personal.counts(reading(), own)
    return render_template(
        "privacy/mine.html",
        kinds=kinds(retention(reading())),
        counts=counts,
        person=person_by_id(reading(), own),
        looks=looks_at(reading(), own, most=MOST_LOOKS),
        roles=roles_of(reading()),
    )


@pages.get("/account/data.json")
@login_required
def as_json() -> Response:
    copy = exporting.copy_of(reading(), context.person_id() or 0)
    return _file(json.dumps(copy, ensure_ascii=False, indent=2).encode(), "application/json", "json")


@pages.get("/account/data.ics")
@login_required
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
@login_required
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
