"""Headers on every answer, cross-site requests refused, CSRF tokens, compression."""

from __future__ import annotations

import gzip
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.http import parse_accept_header

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
COMPRESSED = (
    "text/html",
    "text/css",
    "text/javascript",
    "image/svg+xml",
    "application/json",
    "application/manifest+json",
    "application/problem+json",
)
SAFE = ("GET", "HEAD", "OPTIONS")
SHOW_KEYS = {
    "account.prove",
    "account.verify",
    "accounts.reset",
    "communities.invite",
    "community_links.join",
    "mail_links.judge",
    "mail_links.show",
    "manage_people.reset",
    "second_factor.begin",
    "second_factor.codes",
    "second_factor.confirm",
    "second_factor.mine",
    "second_factor.remove",
    "subscribe.mine",
}
"""Pages whose address or text is a key: no browser keeps them at all."""

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    https = app.config["HTTPS"]
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if https else "session",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.before_request(refuse_cross_site)
    csrf.init_app(app)
    app.after_request(add_headers)
    app.after_request(compress)


def refuse_cross_site() -> None:
    """A browser says where a request comes from; what another site makes it send is not answered (403)."""
    if request.method in SAFE:
        return
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        abort(403)
    origin = request.headers.get("Origin")
    if origin and origin not in (_origin(request.host_url), _origin(current_app.config["BASE_URL"])):
        abort(403)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def headers(app: Flask) -> list[tuple[str, str]]:
    """Those of every answer."""
    strict = [("Strict-Transport-Security", "max-age=63072000")] if app.config["HTTPS"] else []
    return [*HEADERS.items(), *strict]


def add_headers(response: Response) -> Response:
    for name, value in headers(current_app):
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html" and request.blueprint not in ("feeds", "api", "health"):
        # pages differ by reader and by language; a shared computer keeps none of them
        response.headers.setdefault(
            "Cache-Control", "no-store" if request.endpoint in SHOW_KEYS else "private, no-cache"
        )
        response.headers.add("Vary", "Cookie, Accept-Encoding")
    return response


def is_compressed(app: Flask, accepted: str) -> bool:
    """Whether text goes out as gzip to whoever says that of what it accepts."""
    return bool(app.config["GZIP"]) and _accepts_gzip(accepted)


@lru_cache(maxsize=256)
def _accepts_gzip(accepted: str) -> bool:
    return parse_accept_header(accepted)["gzip"] > 0


def compress(response: Response) -> Response:
    """gzip for text; feeds do their own, with a tag of their own."""
    if (
        response.mimetype not in COMPRESSED
        or not is_compressed(current_app, request.headers.get("Accept-Encoding", ""))
        or response.status_code in (204, 206, 304)
        or "Content-Encoding" in response.headers
        or request.method == "HEAD"
    ):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) > 400:
        response.set_data(gzip.compress(body, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
        response.headers.pop("Accept-Ranges", None)
        tag, _ = response.get_etag()
        if tag:
            # other bytes, the same meaning (RFC 9110 8.8.1): weak, and so still known when it is asked for again
            response.set_etag(tag, weak=True)
    return response
