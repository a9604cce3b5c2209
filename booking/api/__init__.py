"""The JSON API, version 1, and the two health addresses."""

from __future__ import annotations

from flask import Flask

from booking.api import attendance, blueprint, bookings, closures, communities, desk, errors, health, offers, rooms

answer = errors.answer
# importing them registers their endpoints
SERVED = (rooms, bookings, offers, closures, desk, attendance, communities)
blueprints = (blueprint.pages, health.pages)


def init_app(app: Flask) -> None:
    for pages in blueprints:
        app.register_blueprint(pages)
