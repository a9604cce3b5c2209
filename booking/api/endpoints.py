"""One decorator that makes an endpoint and its entry in the OpenAPI document: none can be without the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from booking.api.errors import BadJson, NotLoggedIn
from booking.api.schemas import Problem
from booking.domain.errors import refuse
from booking.front import context
from booking.storage import access
from booking.storage.db import reading

View = Callable[..., Any]


@dataclass(frozen=True)
class Endpoint:
    """`query`: name -> (description, required). `statuses`: of good answers, the usual one first."""

    rule: str
    method: str
    summary: str
    answer: type
    body: type | None = None
    query: dict[str, tuple[str, bool]] = field(default_factory=dict)
    is_public: bool = False
    statuses: tuple[int, ...] = (200,)


ENDPOINTS: list[Endpoint] = []


def endpoint(pages: Blueprint, about: Endpoint) -> Callable[[View], View]:
    """Register a view. It gets the decoded body first, gives a struct or (struct, status)."""

    def register(view: View) -> View:
        ENDPOINTS.append(about)

        def run(**arguments: str) -> Response:
            log_in(is_needed=not about.is_public)
            if about.body is not None:
                arguments["body"] = decoded(about.body)
            given = view(**arguments)
            struct, status = given if isinstance(given, tuple) else (given, about.statuses[0])
            response = Response(msgspec.json.encode(struct), status, content_type="application/json")
            response.headers["Cache-Control"] = "private, no-store"
            return response

        pages.add_url_rule(about.rule, view.__name__, run, methods=[about.method])
        return view

    return register


def log_in(*, is_needed: bool) -> None:
    """Whose key it is, from `Authorization: Bearer`. Raises NotLoggedIn."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret:
        row = access.token(reading(), "api", secret.strip())
        if row is None or row.revoked_at is not None:
            raise NotLoggedIn
        g.person_id = row.person_id
        if context.viewer().person_id is None:
            raise NotLoggedIn
    elif is_needed:
        raise NotLoggedIn


def decoded(shape: type) -> Any:
    """The body in its shape; an empty one is {}. Raises BadJson, Refused(json) with the place and what was expected."""
    raw = request.get_data() or b"{}"
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise refuse("json", why=str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _with_surrogates(raw, shape, error)


def _with_surrogates(raw: bytes, shape: type, error: Exception) -> Any:
    """JSON may escape a lone surrogate, which msgspec refuses: read it, so that the text itself is refused (422)."""
    try:
        return msgspec.convert(json.loads(raw), shape)
    except msgspec.ValidationError as wrong:
        raise refuse("json", why=str(wrong)) from wrong
    except (ValueError, RecursionError) as wrong:
        raise BadJson(str(error)) from wrong


def document(prefix: str, base_url: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of everything registered."""
    answers = {one.answer for one in ENDPOINTS if one.answer is not dict}
    shapes = {Problem, *answers, *(one.body for one in ENDPOINTS if one.body)}
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    paths: dict[str, Any] = {}
    for one in ENDPOINTS:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"{prefix}{one.rule}")
        paths.setdefault(path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Room booking", "version": "1"},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Endpoint) -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": _ref(Problem)}}}
    good = {"description": "OK", "content": {"application/json": {"schema": _ref(one.answer)}}}
    operation: dict[str, Any] = {
        "summary": one.summary,
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in re.findall(r"<(?:\w+:)?(\w+)>", one.rule)
            ),
            *(
                {"name": name, "in": "query", "required": needed, "description": text, "schema": {"type": "string"}}
                for name, (text, needed) in one.query.items()
            ),
        ],
        "responses": {
            **{str(status): good for status in one.statuses},
            "default": {"description": "What stands in the way", **problem},
        },
        "security": [{}] if one.is_public else [{"bearer": []}],
    }
    if one.body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(one.body)}}}
    return operation


def _ref(shape: type) -> dict[str, str]:
    if shape is dict:
        return {"type": "object"}
    return {"$ref": f"#/components/schemas/{shape.__name__}"}
