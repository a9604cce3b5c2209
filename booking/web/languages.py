"""Which language a page speaks: ?lang=, the cookie, the centre's default; and what templates may call."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import Flask, Response, current_app, request
from flask_babel import Babel

from booking.front import context, formats, words
from booking.front.language import _, ngettext

LANGUAGES = ("id", "en")


def init_app(app: Flask) -> None:
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "translations")
    Babel(app, locale_selector=choose, default_locale=app.config["DEFAULT_LANGUAGE"])
    app.after_request(remember)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(lambda: {"lang": formats.language(), "centre": context.centre()})
    shared = {"f": formats, "words": words, "_": _, "ngettext": ngettext}
    app.jinja_env.globals.update(demo_guide=context.demo_guide)
    app.jinja_env.globals.update(shared, in_language=in_language, zone=context.zone)
    app.jinja_env.globals.update(is_demo=context.is_demo, privacy_version=context.privacy_version)


def in_language(code: str) -> str | None:
    """This page in another language; None where it was made by a form and cannot be looked at again."""
    adapter = current_app.create_url_adapter(request)
    if request.url_rule is not None and not (adapter and adapter.test(request.path, "GET")):
        return None
    query = {**request.args, "lang": code}
    # two slashes or a backslash would begin the name of another site
    return f"/{quote(request.path.lstrip('/'))}?{urlencode(query)}"


def choose() -> str:
    return chosen(current_app, request.args.get("lang"), request.cookies.get("lang"))


def chosen(app: Flask, *wanted: str | None) -> str:
    """The first of these that is spoken here, else the centre's own."""
    return next((one for one in wanted if one in LANGUAGES), str(app.config["DEFAULT_LANGUAGE"]))


def remember(response: Response) -> Response:
    """?lang= on a page is a choice that lasts."""
    wanted = request.args.get("lang")
    if wanted in LANGUAGES and response.mimetype == "text/html" and wanted != request.cookies.get("lang"):
        secure = current_app.config["HTTPS"]
        response.set_cookie("lang", wanted, max_age=365 * 86_400, samesite="Lax", secure=secure, httponly=True)
    return response
