"""Errors of feeds are one line of text: never a page, never an empty calendar (it would wipe subscribers)."""

from __future__ import annotations

from flask import make_response
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from booking.domain.errors import NotFound


class Gone(Exception):
    """The token was revoked or its account closed."""


class TooMany(Exception):
    """This token, or this address with unknown tokens, asked too often within an hour."""


def answer(error: Exception) -> Response:
    status = _status(error)
    response = make_response(f"{status}\n", status, {"Content-Type": "text/plain; charset=utf-8"})
    if status in (429, 503):
        response.headers["Retry-After"] = "3600" if status == 429 else "30"
    if isinstance(error, HTTPException) and status == 405:
        response.headers["Allow"] = "GET, HEAD, OPTIONS"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.code or 500
    return {NotFound: 404, Gone: 410, TooMany: 429}.get(type(error), 503)
