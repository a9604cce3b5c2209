"""Errors as problem+json (RFC 9457): 409 only when `taken` is the sole violation, else 422 with all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from flask import Response
from werkzeug.exceptions import HTTPException

from booking.api.schemas import Nearest, Problem, ViolationOut
from booking.domain.errors import Forbidden, NotFound, Refused, Violation
from booking.front import context
from booking.front.language import _
from booking.front.refusals import sentence


class NotLoggedIn(Exception):
    """There is no valid key in the Authorization header."""


class BadJson(Exception):
    """The body is no JSON at all."""


def answer(error: Exception) -> Response:
    """Every error of the API, in the reader's language, in one shape."""
    violations: list[ViolationOut] = []
    if isinstance(error, Refused):
        codes = {violation.code for violation in error.violations}
        status = 409 if error.only_taken or codes == {"key_reused"} else 422
        violations = [_out(violation) for violation in error.violations]
    elif isinstance(error, BadJson):
        status, violations = 400, [_out(Violation("json", {"why": str(error)}))]
    elif isinstance(error, HTTPException):
        status = error.code or 500
    else:
        status = {NotLoggedIn: 401, Forbidden: 403, NotFound: 404}.get(type(error), 503)
    title = violations[0].message if violations else _title(status)
    problem = Problem(type="about:blank", title=title, status=status, violations=violations)
    response = Response(msgspec.json.encode(problem), status, content_type="application/problem+json")
    if isinstance(error, HTTPException):
        response.headers.extend([pair for pair in error.get_headers() if pair[0] == "Allow"])
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def violations_out(violations: Iterable[Violation]) -> list[ViolationOut]:
    return [_out(violation) for violation in violations]


def _out(violation: Violation) -> ViolationOut:
    nearest = violation.nearest and Nearest(violation.nearest.starts_at, violation.nearest.ends_at)
    values: dict[str, Any] = {name: _exact(value) for name, value in violation.values.items()}
    if violation.field:
        values["field"] = violation.field
    return ViolationOut(
        code=violation.code,
        values=msgspec.to_builtins(values),
        message=sentence(violation, context.zone()),
        nearest=nearest or msgspec.UNSET,
        at=msgspec.UNSET if violation.at is None else violation.at,
        date=msgspec.UNSET if violation.day is None else violation.day.isoformat(),
    )


def _exact(value: object) -> object:
    """A number that JSON readers would round (RFC 8259 6) stands as its digits."""
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def _title(status: int) -> str:
    titles = {
        401: _("Please log in"),
        403: _("This is not yours to do"),
        404: _("Nothing here"),
        405: _("Not this way"),
        413: _("Too much at once"),
        503: _("The booking system is busy just now. Try again in a moment."),
    }
    return titles.get(status, _("Something went wrong here"))
