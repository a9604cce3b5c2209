"""A browser with its CSRF token, and an API client that holds every answer against the OpenAPI document."""

from __future__ import annotations

import html
import re
from typing import Any

import jsonschema
from flask.testing import FlaskClient
from referencing import Registry, Resource
from werkzeug.test import TestResponse

from booking.usecases.subscribing import new_api_token
from tests.support.world import PASSWORD, World


class FreshClient(FlaskClient):
    """Each request with a context of its own, as on a server: what one request remembers the next must not see."""

    def open(self, *args: Any, **more: Any) -> TestResponse:
        with self.application.app_context():
            answer = super().open(*args, **more)
            answer.get_data()
            answer.close()
            return answer


class WebClient:
    def __init__(self, world: World) -> None:
        self.world = world
        world.app.test_client_class = FreshClient
        self.client = world.app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Post a form as a browser would, with the token of a page."""
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **more)

    @property
    def token(self) -> str:
        page = self.client.get("/register").text
        return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]

    def log_in(self, who: str) -> WebClient:
        answer = self.post("/login", {"login": f"{who}@example.com", "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return self

    def request_form(self, room: str, day: str, start: str, end: str, **more: Any) -> TestResponse:
        fields = {"times-0-date": day, "times-0-start": start, "times-0-end": end, "title": "Latihan", "people": "2"}
        return self.post(f"/rooms/{room}/request", {**fields, "community": "-", **more})


def text_of(answer: TestResponse) -> str:
    """What a person reads on a page: no markup, one blank between words."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


_document: dict[str, Any] = {}


class ApiClient:
    def __init__(self, world: World, who: str | None = None) -> None:
        self.world = world
        world.app.test_client_class = FreshClient
        self.client = world.app.test_client()
        self.headers: dict[str, str] = {}
        if who:
            secret = new_api_token(person_id=world.people[who], label="test", real_now=world.now)
            self.headers["Authorization"] = f"Bearer {secret}"

    def as_(self, who: str) -> ApiClient:
        return ApiClient(self.world, who)

    @property
    def document(self) -> dict[str, Any]:
        """The same for every test of a process: made from the code alone."""
        if not _document:
            _document.update(self.client.get("/api/v1/openapi.json").json)
        return _document

    def get(self, path: str) -> TestResponse:
        return self._checked("get", path, self.client.get(path, headers=self.headers))

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        answer = self.client.post(path, json=body, headers={**self.headers, **more.pop("headers", {})}, **more)
        return self._checked("post", path, answer)

    def delete(self, path: str) -> TestResponse:
        return self._checked("delete", path, self.client.delete(path, headers=self.headers))

    def post_raw(self, path: str, raw: bytes) -> TestResponse:
        headers = {**self.headers, "Content-Type": "application/json"}
        return self._checked("post", path, self.client.post(path, data=raw, headers=headers))

    def _checked(self, method: str, path: str, answer: TestResponse) -> TestResponse:
        """Every answer keeps to what the document says of its address and status."""
        operation = self._operation(method, path.partition("?")[0])
        if operation is None:
            assert answer.status_code in (404, 405)
            return answer
        responses = operation["responses"]
        status = str(answer.status_code)
        said = responses[status] if status in responses else responses["default"]
        assert (status in responses) == (answer.status_code < 400), f"{status} is not in the document"
        content = said["content"]
        assert answer.mimetype in content, answer.mimetype
        registry = Registry().with_resource("", Resource.opaque(self.document))
        merged = {**self.document, **content[answer.mimetype]["schema"]}
        jsonschema.Draft202012Validator(merged, registry=registry).validate(answer.json)
        return answer

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, operations in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
                return operations.get(method)
        return None
