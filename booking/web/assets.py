"""Static files under names that change with their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, request

SPRITE = "vendor/lucide-1.62.0.svg"


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(asset=asset, sprite=SPRITE)
    app.after_request(keep_forever)


def asset(name: str) -> str:
    """The address of a static file with the hash of its content."""
    return _address(str(current_app.static_folder), name)


@cache
def _address(folder: str, name: str) -> str:
    return f"/static/{name}?v={hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest()[:12]}"


def keep_forever(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
