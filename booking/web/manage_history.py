"""Who did what and when: the append-only history as a list that can be filtered."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for

from booking.domain.errors import Forbidden
from booking.domain.opening import day_period
from booking.domain.permissions import Action
from booking.domain.text import is_storable
from booking.front import context, words
from booking.storage import places
from booking.storage.db import reading
from booking.storage.history_pages import Sought, history_page, subjects
from booking.web.access import login_required

pages = Blueprint("manage_history", __name__, url_prefix="/manage/history")

_NAMES = ("booking", "who", "room", "event", "since", "until")
MOST_PAGES = 100_000


@pages.get("")
@login_required
def index() -> str:
    """Steps of the bookings in the viewer's rooms; who looks after everything sees those of communities too."""
    viewer, session = context.viewer(), reading()
    if not viewer.may(Action.SEE_REQUESTS):
        raise Forbidden
    said = {name: _said(name) for name in _NAMES}
    number = min(max(request.args.get("page", 1, int), 1), MOST_PAGES)
    steps, has_more = history_page(session, _sought(said), viewer, page=number)
    bookings, communities = subjects(session, steps)
    kept: dict[str, Any] = {name: value for name, value in said.items() if value}
    return render_template(
        "manage_history/index.html",
        steps=steps,
        bookings=bookings,
        communities=communities,
        said=said,
        events={**words.EVENTS, **words.COMMUNITY_EVENTS},
        rooms=places.all_rooms(session),
        number=number,
        earlier=url_for("manage_history.index", **kept, page=number - 1) if number > 1 else "",
        later=url_for("manage_history.index", **kept, page=number + 1) if has_more else "",
    )


def _said(name: str) -> str:
    said = request.args.get(name, "")[:80].strip()
    return said if is_storable(said) else ""


def _sought(said: dict[str, str]) -> Sought:
    since, until = _day(said["since"]), _day(said["until"])
    return Sought(
        booking=said["booking"],
        who=said["who"],
        room=said["room"],
        event=said["event"],
        since=_begins(since) if since else None,
        until=_begins(until + timedelta(days=1)) if until else None,
    )


def _begins(day: date) -> datetime:
    return day_period(day, context.zone()).starts_at


def _day(said: str) -> date | None:
    """None for what is no day of these times."""
    try:
        found = date.fromisoformat(said)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None
