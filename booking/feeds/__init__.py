"""Calendar feeds for phones: stored bytes, joined; a 304 costs two statements and builds nothing."""

from __future__ import annotations

from flask import Flask

from booking.feeds import errors, views
from booking.feeds.kept import Bodies
from booking.feeds.limits import Limits
from booking.feeds.quick import Quick

answer = errors.answer


def init_app(app: Flask) -> None:
    app.extensions["feed_limits"] = Limits()
    app.extensions["feed_bodies"] = Bodies()
    app.register_blueprint(views.pages)
    app.wsgi_app = Quick(app)  # type: ignore[method-assign]  # as Flask's own documentation wraps it
