"""A hand that sends what it likes: with a token or without, as any viewer, with any header."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.filled import Filled


def post(centre: Filled, viewer: str, path: str, data: Any = None, **more: Any) -> TestResponse:
    """A form with a good token, as one's own browser sends it."""
    client = centre.client(viewer)
    return client.post(path, data={"csrf_token": centre.csrf(client), **(data or {})}, **more)


def get(centre: Filled, viewer: str, path: str, **more: Any) -> TestResponse:
    return centre.client(viewer).get(path, **more)


def call(centre: Filled, viewer: str, method: str, path: str, **more: Any) -> TestResponse:
    """The API with the viewer's key."""
    headers = {**more.pop("headers", {})}
    if viewer in centre.keys:
        headers.setdefault("Authorization", f"Bearer {centre.keys[viewer]}")
    return centre.app.test_client().open(path, method=method, headers=headers, **more)


def log_in(centre: Filled, client: FlaskClient, login: str, password: str, **more: Any) -> TestResponse:
    data = {"csrf_token": centre.csrf(client), "login": login, "password": password, **more}
    return client.post("/login", data=data)
