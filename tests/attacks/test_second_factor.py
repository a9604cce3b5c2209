"""The second factor: no way around it, no code twice, no end of guesses, and a way back for who lost the phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.storage.access import RecoveryCode, SecondFactor
from booking.storage.db import reading
from booking.storage.history import History
from booking.usecases import furnishing, second_factor, signing_in
from booking.usecases.sealing import Seal
from tests.support.attacker import get, log_in, post
from tests.support.databases import SECRET
from tests.support.filled import Filled
from tests.support.world import PASSWORD

MAIL = "dadang@example.com"
STEP = timedelta(seconds=30)


class Phone:
    """The app of the officer, set up, with the recovery codes."""

    def __init__(self, centre: Filled) -> None:
        self.centre = centre
        assert post(centre, "officer", "/account/second", {"password": PASSWORD}).status_code == 302
        page = get(centre, "officer", "/account/second").text
        self.totp = pyotp.TOTP(re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", ""))
        answer = post(centre, "officer", "/account/second/confirm", {"code": self.code})
        assert answer.headers["Cache-Control"] == "no-store"
        self.recovery = re.findall(r"<li>(\w{4}-\w{4}-\w{4})</li>", answer.text)

    @property
    def code(self) -> str:
        return self.totp.at(self.centre.world.now)


@pytest.fixture
def phone(centre: Filled) -> Phone:
    return Phone(centre)


def half(centre: Filled) -> FlaskClient:
    """A browser after the password."""
    client = centre.app.test_client()
    answer = log_in(centre, client, MAIL, PASSWORD, next="/inbox")
    assert answer.headers["Location"].startswith("/login/code?next=")
    return client


def show(centre: Filled, client: FlaskClient, code: str) -> TestResponse:
    return client.post("/login/code", data={"csrf_token": centre.csrf(client), "code": code, "next": "/inbox"})


def test_the_password_alone_opens_nothing(centre: Filled, phone: Phone) -> None:
    client = half(centre)
    before = client.get_cookie("login").value
    assert client.get("/inbox").status_code == 302
    assert client.post("/account/second/remove", data={"csrf_token": centre.csrf(client)}).status_code == 302
    assert show(centre, client, "000000").status_code == 422
    centre.world.now += STEP
    answer = show(centre, client, phone.code)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/inbox")
    assert client.get("/inbox").status_code == 200
    client.set_cookie("login", before)
    assert client.get("/inbox").status_code == 302, "the half session is over"
    assert show(centre, client, phone.code).headers["Location"].startswith("/login?")


def test_a_code_that_was_not_asked_for_is_told_so_on_the_page(centre: Filled) -> None:
    answer = post(centre, "officer", "/account/second/confirm", {})
    assert answer.status_code == 422
    assert 'name="password"' in answer.text


def test_each_question_for_the_password_has_an_id_of_its_own(centre: Filled, phone: Phone) -> None:
    ids = re.findall(r'<input[^>]* id="([^"]+)"', get(centre, "officer", "/account/second").text)
    assert len(ids) == len(set(ids)) >= 2


def test_a_code_is_good_once_and_not_before_or_after_its_time(centre: Filled, phone: Phone) -> None:
    assert show(centre, half(centre), phone.code).status_code == 422, "it was used when it was set up"
    old = phone.code
    centre.world.now += STEP
    assert show(centre, half(centre), old).status_code == 422, "nor is an older step taken"
    code = phone.code
    assert show(centre, half(centre), code).status_code == 302
    assert show(centre, half(centre), code).status_code == 422, "replayed"
    centre.world.now += 10 * STEP
    assert show(centre, half(centre), phone.totp.at(centre.world.now - 2 * STEP)).status_code == 422
    assert show(centre, half(centre), phone.totp.at(centre.world.now + STEP)).status_code == 302


def test_a_recovery_code_opens_once(centre: Filled, phone: Phone) -> None:
    assert len(phone.recovery) == second_factor.RECOVERY_CODES
    assert show(centre, half(centre), phone.recovery[0].upper().replace("-", " ")).status_code == 302
    assert show(centre, half(centre), phone.recovery[0]).status_code == 422
    reading().rollback()
    kept = {row.hash for row in reading().scalars(select(RecoveryCode))}
    assert not any(code in said for code in phone.recovery for said in kept)
    client = half(centre)
    show(centre, client, phone.recovery[1])
    form = {"csrf_token": centre.csrf(client), "password": PASSWORD}
    assert client.post("/account/second/codes", data=form).status_code == 200
    assert show(centre, half(centre), phone.recovery[2]).status_code == 422, "void: there are new ones"


def test_guesses_wait_and_the_password_does_not_start_the_count_anew(centre: Filled, phone: Phone) -> None:
    told = [show(centre, half(centre), f"{n:06d}").status_code for n in range(8)]
    assert told[:4] == [422] * 4
    assert told[-1] == 429
    assert show(centre, half(centre), phone.recovery[0]).status_code == 429, "the right one waits, too"


def test_half_a_session_lasts_ten_minutes(centre: Filled, phone: Phone) -> None:
    client = half(centre)
    centre.world.now += signing_in.HALF_LIFE + timedelta(seconds=1)
    assert show(centre, client, phone.code).headers["Location"].startswith("/login?")


def test_setting_it_up_asks_for_the_password_and_logs_other_devices_out(centre: Filled) -> None:
    other = centre.app.test_client()
    log_in(centre, other, MAIL, PASSWORD)
    assert post(centre, "officer", "/account/second", {"password": "salah sekali"}).status_code == 422
    Phone(centre)
    assert other.get("/inbox").status_code == 302
    assert get(centre, "officer", "/inbox").status_code == 200


def test_the_secret_is_sealed_and_old_keys_still_open_it(centre: Filled, phone: Phone) -> None:
    reading().rollback()
    sealed = reading().scalar(select(SecondFactor.sealed))
    assert phone.totp.secret not in sealed
    newer = "a key of after the rotation, 32 bytes or more"
    assert Seal([newer, SECRET]).opened(sealed) == phone.totp.secret
    assert Seal([newer]).opened(sealed) is None
    centre.app.config |= {"SECRET_KEY": newer, "SECRET_KEY_FALLBACKS": []}
    try:
        centre.cookies.pop("session")
        assert show(centre, half(centre), phone.recovery[0]).status_code == 302, "a recovery code needs no key"
    finally:
        centre.app.config |= {"SECRET_KEY": SECRET}
        centre.cookies.pop("session")


def test_administrators_remove_it_with_a_reason_and_nobody_else(centre: Filled, phone: Phone) -> None:
    path = f"/manage/people/{centre.world.people['dadang']}/second/remove"
    assert post(centre, "elsewhere", path, {"reason": "x"}).status_code == 403
    assert post(centre, "admin", path).status_code == 422
    assert post(centre, "admin", path, {"reason": "HP hilang, datang sendiri."}).status_code == 302
    reading().rollback()
    step = reading().scalars(select(History).where(History.event == "second_factor_removed")).one()
    assert (step.actor_id, step.text.text) == (centre.world.people["admin"], "HP hilang, datang sendiri.")
    assert get(centre, "officer", "/inbox").status_code == 302, "who has the phone is out"
    assert log_in(centre, centre.app.test_client(), MAIL, PASSWORD, next="/inbox").headers["Location"] == "/inbox"


def test_where_the_centre_wants_it_staff_set_it_up_first(centre: Filled) -> None:
    from dataclasses import replace

    from booking.storage import settings

    said = replace(settings.centre(reading()), staff_second_factor=True)
    furnishing.save_centre(act=centre.world.act("admin"), said=said)
    assert get(centre, "officer", "/inbox").headers["Location"] == "/account/second"
    assert post(centre, "officer", f"/inbox/{centre.ids['code']}").headers["Location"] == "/account/second"
    assert get(centre, "owner", "/mine").status_code == 200
    Phone(centre)
    assert get(centre, "officer", "/inbox").status_code == 200
    assert post(centre, "officer", "/account/second/remove", {"password": PASSWORD}).status_code == 422
