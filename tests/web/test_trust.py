"""What the pages refuse, hide and survive."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from booking.storage.bookings import Booking
from booking.storage.db import reading
from tests.support.clients import WebClient
from tests.support.world import PASSWORD, World


def bookings() -> int:
    return reading().scalar(select(func.count(Booking.id)))


def test_without_token_what_was_typed_can_be_sent_again(web: WebClient) -> None:
    web.log_in("cecep")
    answer = web.client.post("/rooms/musik/request", data={"title": "Judul saya", "password": "rahasia"})
    assert answer.status_code == 400
    assert 'value="Judul saya"' in answer.text
    assert "rahasia" not in answer.text
    assert bookings() == 0


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_cross_site_is_refused(web: WebClient, headers: dict[str, str]) -> None:
    assert web.post("/logout", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil", "https://evil.example/x", "%2f%2fevil", "http://[", "\r\nx", "javascript:x"]
)
def test_no_open_redirect(web: WebClient, target: str) -> None:
    answer = web.post("/login", {"login": "cecep@example.com", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] in ("/", "/x")


def test_other_peoples_bookings_are_not_there(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    web.log_in("euis")
    assert web.get(f"/bookings/{code}").status_code == 404
    assert web.post(f"/bookings/{code}/cancel").status_code == 404
    assert web.get("/inbox").status_code == 403
    assert web.get("/manage").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/?date=garbage",
        "/?date=9999-12-31",
        "/?date=0001-01-01",
        "/?for=nope",
        "/schedule?site=nope",
        "/schedule?date=",
        "/rooms/musik?date=x",
        "/?lang=xx",
        "/rooms/%00",
    ],
)
def test_wrong_values_are_normalised(web: WebClient, path: str) -> None:
    assert web.get(path).status_code in (200, 404)


def test_log_out_ends_the_session_itself(web: WebClient) -> None:
    web.log_in("cecep")
    cookie = web.client.get_cookie("login").value
    web.post("/logout")
    web.client.set_cookie("login", cookie)
    assert web.get("/mine").status_code == 302


def test_staff_are_logged_out_after_eight_idle_hours(web: WebClient, world: World) -> None:
    from datetime import timedelta

    web.log_in("dadang")
    world.now += timedelta(hours=7)
    assert web.get("/inbox").status_code == 200
    world.now += timedelta(hours=8, minutes=1)
    assert web.get("/inbox").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/schedule",
        "/rooms/musik",
        "/login",
        "/nope",
        "/static/app.css",
        "/feeds/all.ics",
        "/api/v1/rooms",
        "/healthz",
    ],
)
def test_security_headers_on_every_answer(web: WebClient, path: str) -> None:
    headers = web.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")


def test_the_database_away_is_503_not_500(web: WebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy import Engine
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.orm import Session

    def away(*_: object, **__: object) -> None:
        raise OperationalError("x", {}, Exception("gone"))

    for name in ("execute", "scalar", "scalars", "get", "connection"):
        monkeypatch.setattr(Session, name, away)
    monkeypatch.setattr(Engine, "connect", away)
    for path in ("/", "/nope", "/feeds/all.ics", "/api/v1/rooms"):
        answer = web.get(path)
        assert answer.status_code == 503, path
        assert int(answer.headers["Retry-After"]) > 0
    assert web.get("/healthz").status_code == 200
