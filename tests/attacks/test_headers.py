"""The headers that keep a browser from doing what it must not: on every answer, of every kind, to everybody."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.support.attacker import call, get, post
from tests.support.filled import Filled


def check(answer: TestResponse, what: str, *, https: bool = False) -> None:
    headers = answer.headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'", what
    assert policy["frame-ancestors"] == "'none'", what
    assert policy["base-uri"] == "'none'", what
    assert policy["form-action"] == "'self'", what
    assert not re.search(r"unsafe|\*|https?:", headers["Content-Security-Policy"]), what
    assert headers["X-Content-Type-Options"] == "nosniff", what
    assert headers["X-Frame-Options"] == "DENY", what
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), what
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", what
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin", what
    assert "Access-Control-Allow-Origin" not in headers, what
    assert ("Strict-Transport-Security" in headers) is https, what
    if answer.status_code not in (204, 304) and answer.data:
        assert re.match(r"[\w.+/-]+(; ?charset=utf-8)?$", headers["Content-Type"]), what


def test_on_every_answer_to_everybody(centre: Filled) -> None:
    """The whole url_map with GET, HEAD, OPTIONS and a POST without a token: pages, refusals, redirects, calendars."""
    statuses = set()
    for rule in sorted({rule.rule for rule in centre.app.url_map.iter_rules()}):
        address = centre.address(rule, "reset" if rule.startswith("/reset") else "")
        for viewer in ("nobody", "owner", "officer"):
            for method in ("GET", "POST") if viewer != "nobody" else ("GET", "HEAD", "OPTIONS", "POST"):
                asked = call(centre, viewer, method, address) if rule.startswith("/api/") else None
                answer = asked or centre.client(viewer).open(address, method=method)
                check(answer, f"{method} {address} {answer.status_code} as {viewer}")
                statuses.add(answer.status_code)
    assert {200, 302, 400, 401, 403, 404, 405} <= statuses


def test_on_errors_of_every_kind(centre: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    big = b"x" * (2 * 1024 * 1024)
    found = {
        404: get(centre, "nobody", "/nope"),
        405: get(centre, "owner", "/logout"),
        413: post(centre, "owner", "/login", {"login": big}),
        400: call(centre, "owner", "POST", "/api/v1/bookings", data=b"{"),
    }
    for rule in ("/feeds/nope.ics", "/api/v1/nope", "/static/nope.css", "/static/../config.py"):
        check(get(centre, "nobody", rule), rule)
    monkeypatch.setattr("booking.web.schedule.board", lambda *_: 1 / 0)
    monkeypatch.setattr("booking.api.endpoints.log_in", lambda **_: 1 / 0)
    found[500] = get(centre, "owner", "/schedule")
    assert get(centre, "nobody", "/api/v1/rooms").status_code == 500
    check(get(centre, "nobody", "/api/v1/rooms"), "a fault of the API")
    for status, answer in found.items():
        assert answer.status_code == status
        check(answer, str(status))
        assert "Traceback" not in answer.text
        assert "ZeroDivision" not in answer.text
        assert "Werkzeug" not in str(answer.headers) + answer.text


def test_while_the_database_is_away(centre: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("password authentication failed for user ruang"))

    for name in ("execute", "scalar", "scalars", "get", "connection"):
        monkeypatch.setattr(Session, name, away)
    monkeypatch.setattr(Engine, "connect", away)
    for path in ("/", "/feeds/all.ics", "/api/v1/rooms", "/login", "/readyz"):
        answer = get(centre, "owner", path)
        assert answer.status_code == 503, path
        check(answer, path)
        assert "SELECT" not in answer.text
        assert "authentication" not in answer.text


def test_on_static_files_and_kept_pages(centre: Filled) -> None:
    for path in ("/static/app.css", "/static/app.css?v=1", "/static/icon.svg"):
        check(get(centre, "nobody", path), path)
    for _ in range(2):
        answer = get(centre, "nobody", "/")
        check(answer, "kept")
    check(get(centre, "nobody", "/", headers={"If-None-Match": answer.headers["ETag"]}), "304")


def test_on_https_browsers_are_told_to_stay(centre: Filled) -> None:
    centre.app.config["HTTPS"] = True
    for path in ("/", "/nope", "/static/app.css", "/api/v1/rooms", "/feeds/all.ics", "/healthz"):
        check(get(centre, "nobody", path), path, https=True)


def test_logging_out_on_https_clears_what_the_browser_kept(centre: Filled) -> None:
    assert "Clear-Site-Data" not in post(centre, "owner", "/logout").headers
    centre.app.config["HTTPS"] = True
    assert post(centre, "owner", "/logout").headers["Clear-Site-Data"] == '"cache"'


def test_addresses_that_are_keys_are_kept_by_nobody_and_told_to_nobody(centre: Filled) -> None:
    """No other site learns them. (no-referrer would make browsers send `Origin: null` with their own forms.)"""
    for path in (
        f"/decide/{centre.ids['secret']}",
        f"/reset/{centre.ids['reset code']}",
        f"/join/{centre.ids['join secret']}",
    ):
        headers = get(centre, "nobody", path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert headers["Referrer-Policy"] == "same-origin", path
    feed = get(centre, "nobody", f"/feeds/u/{centre.ids['token']}/my.ics").headers
    assert (feed["Referrer-Policy"], feed["Cache-Control"]) == ("no-referrer", "private, max-age=300")
    for name, path in (
        ("community token", "communities/gerimis-sore"),
        ("requests token", "requests"),
        ("room token", "rooms/studio"),
    ):
        feed = get(centre, "nobody", f"/feeds/u/{centre.ids[name]}/{path}.ics").headers
        assert (feed["Referrer-Policy"], feed["Cache-Control"]) == ("no-referrer", "private, max-age=300")
    made = post(centre, "owner", "/communities/gerimis-sore/invites", {"most": "1"})
    assert made.headers["Cache-Control"] == "no-store"
    made = post(centre, "owner", "/subscribe/mine", {"label": "HP"})
    assert made.headers["Cache-Control"] == "no-store"
    shown = post(centre, "admin", f"/manage/people/{centre.world.people['dewi']}/reset")
    assert shown.headers["Cache-Control"] == "no-store"


def test_the_api_is_kept_by_nobody(centre: Filled) -> None:
    for path in ("/api/v1/bookings", f"/api/v1/bookings/{centre.ids['code']}", "/api/v1/inbox"):
        assert "no-store" in call(centre, "officer", "GET", path).headers["Cache-Control"]


def test_no_answer_allows_another_origin(centre: Filled) -> None:
    """No CORS anywhere: a page of another site reads nothing, not even what is public."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for path in ("/", "/api/v1/bookings", "/feeds/all.ics", "/login"):
        answer = centre.client("owner").options(path, headers=asked)
        assert not [name for name in dict(answer.headers) if name.lower().startswith("access-control")]
