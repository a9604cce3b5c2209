"""Ruang as an app on the phone: its manifest, its service worker, and which pages it may keep for lack of a network.

Copies are kept where somebody chose to stay logged in on a device of their own, of their own bookings alone. Staff keep
none: their pages show other people. static/worker.js keeps them and says when they go.
"""

from __future__ import annotations

import json
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, g, render_template, request

from booking.front import context, formats
from booking.front.language import _, speaking
from booking.storage.access import digest
from booking.web.assets import SPRITE, asset
from booking.web.languages import LANGUAGES
from booking.web.page_cache import build

pages = Blueprint("offline", __name__)

KEPT = {"bookings.mine", "bookings.show"}
"""Pages that may be read without a network. Who is no staff sees no booking but their own and their communities'."""
SHELL = ("app.css", "app.js", "icon.svg", SPRITE)


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(kept_by=kept_by, is_kept=is_kept)
    app.after_request(allow_copy)


def kept_by() -> str:
    """Names the copies of this log-in on its device, "" where nothing may be kept; tells nothing about the person."""
    device = g.get("own_device")
    return digest(f"offline {device.hash}")[:16] if device else ""


def is_kept() -> bool:
    """Whether the page under way may be read later without a network."""
    return request.endpoint in KEPT and bool(kept_by())


def allow_copy(response: Response) -> Response:
    """Name of the copies, when they end, when this one was made: the last two in milliseconds of the device's clock."""
    if is_kept() and response.status_code == 200:
        moments = (g.own_device.expires_at, context.real_now())
        response.headers["Offline-Copy"] = " ".join([kept_by(), *(f"{one.timestamp() * 1000:.0f}" for one in moments)])
    return response


@pages.get("/sw.js")
def worker() -> Response:
    """The service worker; it changes with every build, and so fetches the shell of the new one."""
    known = {"BUILD": build()[:12], "SHELL": [asset(name) for name in SHELL]}
    lines = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
    source = Path(str(current_app.static_folder), "worker.js").read_text("utf-8")
    response = Response(lines + source, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@pages.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a phone needs to put the centre onto its home screen."""
    name = context.centre().name or "Ruang"
    said = {
        "id": "/",
        "name": name,
        "short_name": name if len(name) <= 12 else name.split()[0],
        "description": _("Find a room and book it."),
        "lang": formats.language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf7f1",
        "theme_color": "#0b5f59",
        "icons": [
            {"src": asset(f"icons/{file}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for file, size, purpose in (
                ("icon-192", 192, "any"),
                ("icon-512", 512, "any"),
                ("maskable-512", 512, "maskable"),
            )
        ],
        "shortcuts": [{"name": _("Find a room"), "url": "/"}, {"name": _("My bookings"), "url": "/mine"}],
    }
    response = Response(json.dumps(said, ensure_ascii=False), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, Accept-Encoding"
    return response


@pages.get("/offline")
def page() -> str:
    """What stands where no page can be had. Kept on the device, and so in every language, the reader's first."""
    spoken = sorted(LANGUAGES, key=lambda code: code != formats.language())
    return render_template("offline/page.html", said=[(code, _words(code)) for code in spoken])


def _words(code: str) -> dict[str, str]:
    with speaking(code):
        return {
            "title": _("No connection"),
            "text": _("This page needs the internet. Try again once your device has a connection."),
            "sent": _("Have you just sent something? Then look in My bookings whether it has arrived."),
            "again": _("Try again"),
            "mine": _("My bookings"),
        }
