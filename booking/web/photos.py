"""The files of photos, under names that change with their content: kept by browsers for ever, asked of no session."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, make_response, send_from_directory
from werkzeug.wrappers import Response

from booking.storage.folders import PHOTOS
from booking.storage.pictures import NAME, TYPES

pages = Blueprint("photos", __name__)


@pages.get("/photos/<name>")
def file(name: str) -> Response:
    found = NAME.fullmatch(name)
    if not found:
        abort(404)
    answer = make_response(
        send_from_directory(current_app.config["DATA"] / PHOTOS, name, mimetype=TYPES[found[1]], conditional=True)
    )
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
