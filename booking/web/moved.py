"""Pages of what has another slug now: posters on doors and links that people keep go on to lead there."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from booking.storage import former
from booking.storage.db import reading

KINDS = {"rooms": "room", "asking": "room", "attendance": "room", "subscribe": "room", "displays": "room"}
"""Blueprint -> whose slug stands in its addresses."""


def to_new_slug() -> Response | None:
    """301 to the same page under the new slug, if what was asked for had this slug once."""
    slug = (request.view_args or {}).get("slug")
    kind = "site" if request.endpoint == "subscribe.site" else KINDS.get(request.blueprint or "")
    if request.method not in ("GET", "HEAD") or slug is None or kind is None:
        return None
    new = former.slug_now(reading(), kind, slug)
    if new is None:
        return None
    values = {**request.args.to_dict(), **(request.view_args or {}), "slug": new}
    return redirect(url_for(request.endpoint or "", **values), 301)
