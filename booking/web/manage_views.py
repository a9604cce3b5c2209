"""Who of the staff looked at whose data: all of it, for administrators and auditors of the whole centre."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request

from booking.domain.errors import Forbidden
from booking.domain.permissions import Action
from booking.domain.text import is_storable
from booking.front import context
from booking.storage.db import reading
from booking.storage.looks import looks_page
from booking.web.access import login_required

pages = Blueprint("manage_views", __name__, url_prefix="/manage/privacy/views")


@pages.get("")
@login_required
def index() -> str:
    """The latest first, of a person (part of a name, or a number) and of a day."""
    if context.viewer().sites(Action.AUDIT) is not None:
        raise Forbidden
    person = request.args.get("person", "").strip()[:80]
    person, day = person if is_storable(person) else "", _day(request.args.get("date"))
    number = request.args.get("page", 1, int)
    page = looks_page(reading(), person=person, day=day, number=number)
    return render_template("manage_privacy/views.html", page=page, person=person, day=day)


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said or "")
    except ValueError:
        return None
