"""Calendar feeds for phones: stored bytes, joined; a 304 costs two statements and builds nothing."""

from __future__ import annotations

from flask import Flask

from booking.feeds import errors, views
from booking.feeds.limits import Limits

answer = errors.answer


def init_app(app: Flask) -> None:
    app.extensions["feed_limits"] = Limits()
    app.register_blueprint(views.pages)
