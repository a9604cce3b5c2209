"""The one place that knows how refusals look over HTTP; every error is a page in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import current_app, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, NotFound, Refused, Violation
from booking.domain.period import Period
from booking.front import context
from booking.front.language import _
from booking.front.refusals import sentence
from booking.web import languages
from booking.web.moved import to_new_slug

SECRET_FIELDS = ("password", "csrf_token", "code")


@dataclass(frozen=True)
class Told:
    """A violation as a page shows it."""

    text: str
    field: str | None
    at: int | None
    nearest: Period | None


def answer(error: Exception) -> Response:
    """The page of an error."""
    if isinstance(error, Refused):
        return refused_page(error)
    if isinstance(error, CSRFError):
        return csrf_page()
    if isinstance(error, HTTPException):
        return error.get_response() if error.code == 304 else page(error.code or 500)
    if isinstance(error, Forbidden):
        return page(403 if context.person_id() else 401)
    if isinstance(error, NotFound):
        return to_new_slug() or page(404)
    return page(503)


def told(violations: Iterable[Violation], zone: ZoneInfo | None = None, *, times: int = 1) -> list[Told]:
    """The violations as sentences, in `zone` (the centre's where none is given); numbered where several `times` are."""
    zone = zone or context.zone()
    found = [one for one in violations if one.code != "form"]
    shown: dict[str, Told] = {}
    for one in found:
        text = sentence(one, zone)
        # what concerns the whole request (a number of people) is said once
        is_of_one = times > 1 and one.at is not None and one.code not in ("people", "capacity")
        named = f"{_('Time')} {(one.at or 0) + 1}: {text}" if is_of_one else text
        shown.setdefault(named, Told(named, one.field, one.at, one.nearest))
    return list(shown.values())


def status_of(refused: Refused) -> int:
    return 409 if refused.only_taken else 422


def refused_page(refused: Refused) -> Response:
    """A refusal that no form caught."""
    body = render_template("errors/refused.html", refusals=told(refused.violations))
    return make_response(body, status_of(refused))


def csrf_page() -> Response:
    """The page was open too long: what was typed is kept and can be sent again with one tap."""
    return make_response(render_template("errors/again.html", kept=typed_fields(), action=request.full_path), 400)


def typed_fields() -> list[tuple[str, str]]:
    """What was typed into the form that was sent, without secrets."""
    return [(name, value) for name, value in request.form.items(multi=True) if not _is_secret(name)]


def _is_secret(name: str) -> bool:
    """Whether a field holds one; pages of several forms put a word before the names of each: email-password."""
    return any(part in SECRET_FIELDS for part in name.split("-"))


def page(status: int) -> Response:
    """An error as a page; while the database is away it says so without asking the database."""
    if status == 503:
        return busy_page()
    g.pop("_flashes", None)
    try:
        return make_response(render_template("errors/error.html", status=status), status)
    except SQLAlchemyError:
        return busy_page()


def busy_page() -> Response:
    """Without what other pages ask the database for: it may be the database that is away."""
    text = _("The booking system is busy just now. Try again in a moment.")
    body = current_app.jinja_env.get_template("errors/busy.html").render(text=text, lang=languages.choose())
    return make_response(body, 503, {"Retry-After": "5"})
