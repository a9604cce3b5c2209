"""Where every endpoint is registered."""

from __future__ import annotations

from flask import Blueprint

PREFIX = "/api/v1"

pages = Blueprint("api", __name__, url_prefix=PREFIX)
