"""Errors of feeds are one line of text: never a page, never an empty calendar (it would wipe subscribers)."""

from __future__ import annotations

from flask import Response
from werkzeug.exceptions import HTTPException

from booking.domain.errors import NotFound


class Gone(Exception):
    """The token was revoked or its account closed."""


class TooMany(Exception):
    """This token, or this address with unknown tokens, asked too often; `seconds` until it may again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def answer(error: Exception) -> Response:
    status = _status(error)
    response = line(status)
    if status in (429, 503):
        response.headers["Retry-After"] = str(error.seconds if isinstance(error, TooMany) else 30)
    if isinstance(error, HTTPException) and status == 405:
        response.headers["Allow"] = "GET, HEAD, OPTIONS"
    return response


def line(status: int, **headers: str) -> Response:
    """A status as a line of text, which nobody keeps."""
    response = Response(f"{status}\n", status, headers, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.code or 500
    return {NotFound: 404, Gone: 410, TooMany: 429}.get(type(error), 503)
