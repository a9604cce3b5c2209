"""Room booking for public creative centres. `create_app` is the only place that sees everything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

import config
from booking import api, cli, feeds, web
from booking.domain.errors import Busy, Forbidden, NotFound, Refused
from booking.front import context
from booking.front.logs import mask_everything
from booking.storage.db import engine_options, init_db

ANSWERED = (
    Refused,
    NotFound,
    Forbidden,
    Busy,
    OperationalError,
    PoolTimeout,
    HTTPException,
    api.errors.NotLoggedIn,
    api.errors.BadJson,
    feeds.errors.Gone,
    feeds.errors.TooMany,
)


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """The application. `settings` replaces the environment's configuration, key by key."""
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.from_mapping(config.from_environment())
    app.config.from_mapping(settings or {})
    url = str(app.config["SQLALCHEMY_DATABASE_URI"])
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", engine_options(url))
    if url.startswith("sqlite"):
        Path(app.config["DATA"]).mkdir(parents=True, exist_ok=True)
    if app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=app.config["PROXIES"], x_proto=1)  # type: ignore[method-assign]
    mask_everything(app.logger)
    # a doubled slash is no other address: feeds and the API never answer with a page that redirects
    app.url_map.merge_slashes = False
    init_db(app)
    context.set_clock(app)
    for wing in (web, api, feeds, cli):
        wing.init_app(app)
    for kind in ANSWERED:
        app.register_error_handler(kind, answer_error)
    for pages in api.blueprints:
        web.security.csrf.exempt(pages)
    return app


def answer_error(error: Exception) -> Response:
    """Each wing answers errors in its own form: pages, problem+json, one line of text."""
    if request.path.startswith("/api/"):
        return api.answer(error)
    if request.path.startswith("/feeds/"):
        return feeds.answer(error)
    return web.answer(error)
