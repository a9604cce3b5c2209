"""Sessions: planted ones, those that should be dead, and what their cookies are allowed to do."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from booking import create_app
from booking.usecases import joining, signing_in
from tests.support.attacker import get, log_in, post
from tests.support.filled import Filled
from tests.support.world import PASSWORD

MAIL = "cecep@example.com"


def is_in(centre: Filled, secret: str) -> bool:
    client = centre.app.test_client()
    client.set_cookie("login", secret)
    return client.get("/mine").status_code == 200


def logged_in(centre: Filled) -> str:
    client = centre.app.test_client()
    assert log_in(centre, client, MAIL, PASSWORD).status_code == 302
    return client.get_cookie("login").value


def test_a_planted_session_is_not_taken_over_by_logging_in(centre: Filled) -> None:
    client = centre.app.test_client()
    client.set_cookie("login", "bk_planted-by-the-attacker")
    log_in(centre, client, MAIL, PASSWORD)
    assert client.get_cookie("login").value != "bk_planted-by-the-attacker"
    assert not is_in(centre, "bk_planted-by-the-attacker")


def test_an_attackers_own_session_ends_when_the_victim_logs_in_over_it(centre: Filled) -> None:
    planted = centre.cookies["stranger"]
    client = centre.app.test_client()
    client.set_cookie("login", planted)
    log_in(centre, client, MAIL, PASSWORD)
    assert not is_in(centre, planted)


def test_the_csrf_token_of_before_is_no_good_after_logging_in(centre: Filled) -> None:
    client = centre.app.test_client()
    old = centre.csrf(client)
    log_in(centre, client, MAIL, PASSWORD)
    assert client.post("/account/messages", data={"csrf_token": old, "language": "en"}).status_code == 400


def test_what_the_device_remembered_is_gone_after_logging_out(centre: Filled) -> None:
    client = centre.client("officer")
    token = centre.csrf(client)
    form = {"csrf_token": token, "verdict": "approve", "version": centre.ids["version"]}
    client.post(f"/inbox/{centre.ids['code']}", data=form)
    with client.session_transaction() as kept:
        assert "decided" in kept
    client.post("/logout", data={"csrf_token": token})
    with client.session_transaction() as kept:
        assert dict(kept) == {}


def test_dead_after_logging_out(centre: Filled) -> None:
    secret = logged_in(centre)
    client = centre.app.test_client()
    client.set_cookie("login", secret)
    client.post("/logout", data={"csrf_token": centre.csrf(client)})
    assert not is_in(centre, secret)


def test_dead_after_a_new_password(centre: Filled) -> None:
    """And the keys to the API with it."""
    secret = logged_in(centre)
    client = centre.app.test_client()
    form = {"csrf_token": centre.csrf(client), "password": "anggrek bulan biru"}
    assert client.post(f"/reset/{centre.ids['reset code']}", data=form).status_code == 302
    assert not is_in(centre, secret)
    headers = {"Authorization": f"Bearer {centre.keys['owner']}"}
    assert client.get("/api/v1/bookings", headers=headers).status_code == 401


def test_dead_after_the_account_is_closed(centre: Filled) -> None:
    """Session, key, calendar address and the links of old mails."""
    world, secret = centre.world, logged_in(centre)
    for who in ("cecep", "dadang"):
        person_id, phone = world.people[who], {"cecep": "0840-0000-0001", "dadang": "0840-0000-0004"}[who]
        change = {"name": who, "phone": phone, "email": f"{who}@example.com", "closed": True, "real_now": world.now}
        joining.change_person(act=world.act("admin"), person_id=person_id, **change)
    client = centre.app.test_client()
    assert not is_in(centre, secret)
    assert not is_in(centre, centre.cookies["officer"])
    headers = {"Authorization": f"Bearer {centre.keys['owner']}"}
    assert client.get("/api/v1/bookings", headers=headers).status_code == 401
    assert client.get(f"/feeds/u/{centre.ids['token']}/my.ics").status_code == 410
    form = {"csrf_token": centre.csrf(client), "verdict": "approve"}
    assert client.post(f"/decide/{centre.ids['secret']}", data=form).status_code in (404, 410)
    assert client.get(f"/decide/{centre.ids['secret']}").status_code in (404, 410)


def test_a_closed_account_gets_no_new_password_to_log_in_with(centre: Filled) -> None:
    world = centre.world
    change = {"name": "Cecep", "phone": "0840-0000-0001", "email": MAIL, "closed": True, "real_now": world.now}
    joining.change_person(act=world.act("admin"), person_id=world.people["cecep"], **change)
    client = centre.app.test_client()
    form = {"csrf_token": centre.csrf(client), "password": "anggrek bulan biru"}
    client.post(f"/reset/{centre.ids['reset code']}", data=form)
    assert log_in(centre, client, MAIL, "anggrek bulan biru").status_code == 422


def test_dead_when_its_time_is_over(centre: Filled) -> None:
    secret = logged_in(centre)
    assert is_in(centre, secret)
    centre.world.now += signing_in.UNTRUSTED + timedelta(seconds=1)
    assert not is_in(centre, secret)
    centre.world.now += signing_in.TRUSTED
    assert not is_in(centre, centre.cookies["owner"])


def test_a_role_that_has_ended_opens_nothing(centre: Filled) -> None:
    from booking.usecases.joining import end_role

    assert centre.client("officer").get("/inbox").status_code == 200
    end_role(act=centre.world.act("admin"), grant_id=centre.ids["grant_id"])
    assert centre.client("officer").get("/inbox").status_code == 403
    client = centre.app.test_client()
    form = {"csrf_token": centre.csrf(client), "verdict": "approve"}
    assert client.post(f"/decide/{centre.ids['secret']}", data=form).status_code == 404


@pytest.mark.parametrize("secret", ["", "bk_", "x", "bk_' OR 1=1 --", "\udcff".encode("utf-8", "replace").decode()])
def test_made_up_secrets_open_nothing(centre: Filled, secret: str) -> None:
    client = centre.app.test_client()
    client.set_cookie("login", secret)
    assert client.get("/mine").status_code == 302


def test_the_flask_session_cannot_be_forged(centre: Filled) -> None:
    from flask.sessions import SecureCookieSessionInterface

    other = Flask("other")
    other.secret_key = "another key of more than thirty-two bytes"
    forged = (
        SecureCookieSessionInterface().get_signing_serializer(other).dumps({"_user_id": "1", "decided": [["X"], ""]})
    )
    client = centre.app.test_client()
    client.set_cookie("session", forged)
    assert client.get("/mine").status_code == 302


def cookies_of(answer: TestResponse) -> dict[str, str]:
    return {one.partition("=")[0]: one for one in answer.headers.getlist("Set-Cookie")}


def test_cookies_on_http(centre: Filled) -> None:
    client = centre.app.test_client()
    first = cookies_of(client.get("/register?lang=en"))
    found = first | cookies_of(log_in(centre, client, MAIL, PASSWORD))
    assert {"login", "session", "lang"} <= set(found)
    for name, said in found.items():
        assert "HttpOnly" in said, name
        assert "SameSite=Lax" in said, name
        assert "Secure" not in said, name
        assert "Domain" not in said, name


def test_cookies_on_https(centre: Filled, tmp_path: Path) -> None:
    settings = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{centre.file}", "DATA": tmp_path, "HTTPS": True}
    app = create_app({**settings, "SECRET_KEY": "k" * 40, "BASE_URL": "https://ruang.example"})
    with app.app_context():
        page = app.test_client().get("/register?lang=en", base_url="https://ruang.example")
        assert page.headers["Strict-Transport-Security"].startswith("max-age=63072000")
        found = cookies_of(page)
        assert {"__Host-session", "lang"} <= set(found)
        for name, said in found.items():
            assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(said.split("; ")), name
            assert "Domain" not in said, name
        from booking.web.access import cookie_name

        assert cookie_name() == "__Host-login"
        from booking.storage.db import db

        db.session.remove()
        db.engine.dispose()


def test_a_long_session_only_where_it_was_asked_for(centre: Filled) -> None:
    client = centre.app.test_client()
    assert "Max-Age" not in cookies_of(log_in(centre, client, MAIL, PASSWORD))["login"]
    client = centre.app.test_client()
    assert f"Max-Age={90 * 86_400}" in cookies_of(log_in(centre, client, MAIL, PASSWORD, trusted="y"))["login"]


def test_logging_out_needs_a_token(centre: Filled) -> None:
    assert centre.client("owner").post("/logout").status_code == 400
    assert post(centre, "owner", "/logout").status_code == 302


def test_staff_who_do_nothing_for_a_working_day_are_logged_out_and_applicants_are_not(centre: Filled) -> None:
    centre.world.now += signing_in.STAFF_IDLE - timedelta(minutes=1)
    assert is_in(centre, centre.cookies["officer"])
    centre.world.now += signing_in.STAFF_IDLE
    assert not is_in(centre, centre.cookies["officer"])
    assert is_in(centre, centre.cookies["owner"])


def test_dead_after_the_own_password_was_changed(centre: Filled) -> None:
    """The device that changed it goes on with a new secret; the keys to the API end, too."""
    other, client = logged_in(centre), centre.client("owner")
    form = {"csrf_token": centre.csrf(client), "password-old": "salah sekali", "password-new": "anggrek bulan biru"}
    assert client.post("/account/password", data=form).status_code == 422
    assert is_in(centre, other)
    assert client.post("/account/password", data={**form, "password-old": PASSWORD}).status_code == 302
    assert not is_in(centre, other)
    assert not is_in(centre, centre.cookies["owner"])
    assert is_in(centre, client.get_cookie("login").value)
    headers = {"Authorization": f"Bearer {centre.keys['owner']}"}
    assert client.get("/api/v1/bookings", headers=headers).status_code == 401


def test_one_device_and_all_others_can_be_logged_out(centre: Filled) -> None:
    first, second = logged_in(centre), logged_in(centre)
    page = get(centre, "owner", "/account", headers={"User-Agent": "Mozilla/5.0 (Linux; Android 9) Chrome/120"}).text
    ends = re.findall(r"/account/sessions/\d+/end", page)
    assert len(ends) == 2, "not the one that asks"
    assert post(centre, "owner", ends[0]).status_code == 302
    assert [is_in(centre, first), is_in(centre, second)].count(True) == 1
    assert post(centre, "owner", "/account/sessions/end").status_code == 302
    assert not is_in(centre, first)
    assert not is_in(centre, second)
    assert is_in(centre, centre.cookies["owner"])
    assert is_in(centre, centre.cookies["stranger"]), "nobody else's"
