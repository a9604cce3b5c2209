"""A hand that sends what it likes: with a token or without, as any viewer, with any header."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.filled import Filled


def post(centre: Filled, viewer: str, path: str, data: Any = None, **more: Any) -> TestResponse:
    """A form with a good token, as one's own browser sends it."""
    centre.csrf(centre.app.test_client())
    return _sent(centre, viewer, "POST", path, data={"csrf_token": centre.token, **(data or {})}, **more)


def get(centre: Filled, viewer: str, path: str, **more: Any) -> TestResponse:
    return _sent(centre, viewer, "GET", path, **more)


def _sent(centre: Filled, viewer: str, method: str, path: str, **more: Any) -> TestResponse:
    """With the viewer's cookies to whatever host, and those of a header `Cookie` beside them."""
    names = {"login": viewer, "session": "session"} if method != "GET" else {"login": viewer}
    cookies = [f"{name}={centre.cookies[kept]}" for name, kept in names.items() if kept in centre.cookies]
    headers = {**more.pop("headers", {})}
    cookies += [headers["Cookie"]] if "Cookie" in headers else []
    headers |= {"Cookie": "; ".join(cookies)} if cookies else {}
    return centre.app.test_client(use_cookies=False).open(path, method=method, headers=headers, **more)


def call(centre: Filled, viewer: str, method: str, path: str, **more: Any) -> TestResponse:
    """The API with the viewer's key."""
    headers = {**more.pop("headers", {})}
    if viewer in centre.keys:
        headers.setdefault("Authorization", f"Bearer {centre.keys[viewer]}")
    return centre.app.test_client().open(path, method=method, headers=headers, **more)


def log_in(centre: Filled, client: FlaskClient, login: str, password: str, **more: Any) -> TestResponse:
    data = {"csrf_token": centre.csrf(client), "login": login, "password": password, **more}
    return client.post("/login", data=data)
