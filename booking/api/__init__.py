"""The JSON API, version 1, and the two health addresses."""

from __future__ import annotations

from flask import Flask

from booking.api import errors, health, views

answer = errors.answer
blueprints = (views.pages, health.pages)


def init_app(app: Flask) -> None:
    for pages in blueprints:
        app.register_blueprint(pages)
