"""Guessing passwords and keys, finding out who has an account, and using a key twice."""

from __future__ import annotations

import multiprocessing
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from booking import create_app
from booking.domain.errors import Refused
from booking.storage.access import Throttle
from booking.storage.db import db, reading
from booking.storage.mail_links import MailLink
from booking.storage.outbox import Outbox
from booking.storage.people import Person
from booking.usecases import joining, passwords, signing_in
from tests.support.attacker import get, log_in, post
from tests.support.clients import text_of
from tests.support.databases import SECRET
from tests.support.filled import Filled
from tests.support.world import NOW, PASSWORD, World

TRIES = 50
WORKERS = 4


def guess(url: str, folder: str, start, told, without: bool) -> None:
    """One worker of a server: its share of wrong passwords for one account, from networks of its own."""
    passwords.is_right = lambda *_: False
    if without:
        signing_in.count_try = lambda **_: None
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": Path(folder), "SECRET_KEY": SECRET})
    with app.app_context():
        start.wait()
        for number in range(TRIES // WORKERS + 1):
            try:
                network = f"10.{number}.{multiprocessing.current_process().pid % 250}.1"
                signing_in.log_in(login="cecep@example.com", password="x", network=network, trusted=False, now=NOW)
            except Refused as refused:
                told.put(refused.violations[0].code)
        db.session.remove()
        db.engine.dispose()


def guessed(url: str, folder: Path, *, without: bool = False) -> Counter[str]:
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(WORKERS), context.Queue()
    about = (url, str(folder), start, told, without)
    workers = [context.Process(target=guess, args=about) for _ in range(WORKERS)]
    for one in workers:
        one.start()
    said = Counter(told.get(timeout=60) for _ in range(WORKERS * (TRIES // WORKERS + 1)))
    for one in workers:
        one.join(30)
    return said


@pytest.mark.race
def test_four_workers_together_evaluate_few_of_fifty_guesses(world: World, url: str, tmp_path: Path) -> None:
    """However many networks they come from: the throttle is the account's and the database's."""
    db.session.remove()
    db.engine.dispose()
    said = guessed(url, tmp_path)
    assert said.total() >= TRIES
    assert said["wrong_login"] <= 10, said
    assert said["wrong_login"] + said["throttled"] == said.total(), said


@pytest.mark.race
def test_without_the_throttle_all_of_them_would_be_evaluated(sqlite_url: str, tmp_path: Path) -> None:
    assert guessed(sqlite_url, tmp_path, without=True)["wrong_login"] >= TRIES


def test_each_spelling_of_a_number_is_the_same_account(centre: Filled) -> None:
    """And one that nobody has waits as one that somebody has."""
    for number in ("840-0000-0001", "840-9999-0001"):
        spelled = [f"0{number}", f"+62 {number}", f"62{number}", f"0062-{number}", f"+620{number}", f"(0){number}"]
        client, told = centre.app.test_client(), []
        for turn in range(12):
            login = spelled[turn % len(spelled)]
            told.append(log_in(centre, client, login, "salah sekali").status_code)
        assert told == [422] * signing_in.FREE_TRIES["account"] + [429] * 7, number
        centre.put_back()


def test_waiting_grows_and_the_right_password_waits_too(centre: Filled) -> None:
    client, waits = centre.app.test_client(), []
    for _ in range(14):
        while log_in(centre, client, "cecep@example.com", "salah sekali").status_code == 429:
            reading().rollback()
            row = reading().scalar(select(Throttle).where(Throttle.key.startswith("account")))
            waits.append((row.until - centre.world.now).total_seconds())
            assert log_in(centre, client, "cecep@example.com", PASSWORD).status_code == 429
            centre.world.now = row.until
    assert waits == sorted(waits)
    assert waits[-1] >= 60 * 15


def test_one_network_guesses_few_accounts(centre: Filled) -> None:
    client = centre.app.test_client()
    told = [log_in(centre, client, f"orang{n}@example.com", "salah sekali").status_code for n in range(60)]
    assert told.count(422) <= signing_in.FREE_TRIES["network"]


def test_a_long_password_costs_nothing(centre: Filled) -> None:
    client = centre.app.test_client()
    assert log_in(centre, client, "cecep@example.com", "x" * 400_000).status_code == 422


# who has an account


def seen(answer) -> tuple[int, str, str]:
    """What an onlooker sees, without what is new on each page."""
    text = re.sub(r'(name="csrf_token"[^>]*value=)"[^"]+"', r"\1", answer.text)
    return answer.status_code, answer.headers.get("Location", ""), text


def test_logging_in_tells_nobody_who_has_an_account(centre: Filled) -> None:
    told = set()
    for login in ("cecep@example.com", "tiada@example.com", "0840-0000-0001", "0840-9999-0001"):
        client = centre.app.test_client()
        status, location, text = seen(log_in(centre, client, login, "salah sekali"))
        told.add((status, location, text.replace(login, "?")))
    assert len(told) == 1


def test_an_unknown_login_costs_the_same_work(centre: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured in hashes looked at, not in time."""
    from argon2 import PasswordHasher

    looked: list[str] = []
    verify = PasswordHasher.verify

    def count(self: PasswordHasher, stored: str, password: bytes) -> bool:
        looked.append(stored)
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", count)
    for login in ("cecep@example.com", "tiada@example.com"):
        log_in(centre, centre.app.test_client(), login, "salah sekali")
    assert len(looked) == 2


@pytest.mark.parametrize(
    ("phone", "email"),
    [
        ("0840-0000-0001", ""),
        ("+62 840 0000 0001", "baru@example.com"),
        ("0840-7777-0001", "CECEP@example.com"),
        ("0840-0000-0001", "euis@example.com"),
    ],
)
def test_registering_tells_nobody_who_has_an_account(centre: Filled, phone: str, email: str) -> None:
    """The same answer, the same page after it, the same cookies; the account of before is as it was."""
    was = reading().scalar(select(func.count(Person.id)))
    new = {"name": "Baru", "password": "anggrek bulan biru"}
    pages = []
    for said in ({"phone": "0840-7777-0002", "email": "lain@example.com"}, {"phone": phone, "email": email}):
        client = centre.app.test_client()
        form = {"csrf_token": centre.csrf(client), **new, **said}
        answer = client.post("/register", data=form)
        page = client.get(answer.headers["Location"])
        cookies = sorted(one.key for one in client._cookies.values())
        pages.append((seen(answer), seen(page)[2].replace(said["phone"], "?"), cookies))
    assert pages[0] == pages[1]
    reading().rollback()
    is_free = phone == "0840-7777-0001"
    assert reading().scalar(select(func.count(Person.id))) == was + (2 if is_free else 1)
    # where the address alone was known there is an account as for any other, which does not have the address
    told = log_in(centre, centre.app.test_client(), phone, "anggrek bulan biru").status_code
    assert told == (302 if is_free else 422)
    assert log_in(centre, centre.app.test_client(), "cecep@example.com", PASSWORD).status_code == 302
    assert log_in(centre, centre.app.test_client(), "cecep@example.com", "anggrek bulan biru").status_code == 422


def test_registering_costs_the_same_work(centre: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    make = passwords.hashed
    monkeypatch.setattr(passwords, "hashed", lambda password: hashed.append(password) or make(password))
    for phone in ("0840-0000-0001", "0840-7777-0001"):
        post(centre, "nobody", "/register", {"name": "Baru", "phone": phone, "password": PASSWORD})
    assert len(hashed) == 2


def test_those_who_forgot_their_account_are_helped(centre: Filled) -> None:
    """They land at the log-in with their number in it; the old password holds, and the page says so."""
    client = centre.app.test_client()
    form = {"csrf_token": centre.csrf(client), "name": "Cecep", "phone": "0840-0000-0001", "password": PASSWORD}
    to = client.post("/register", data={**form, "next": "/rooms/studio"}).headers["Location"]
    page = client.get(to)
    assert 'value="0840-0000-0001"' in page.text
    assert "Kata sandinya yang lama tetap berlaku" in text_of(page)
    assert (
        log_in(centre, client, "0840-0000-0001", PASSWORD, next="/rooms/studio").headers["Location"] == "/rooms/studio"
    )


def test_registering_known_numbers_over_and_over_is_stopped_and_new_ones_are_not(centre: Filled) -> None:
    told = []
    for _turn in range(40):
        form = {"name": "Baru", "phone": "0840-0000-0001", "password": PASSWORD}
        told.append(post(centre, "nobody", "/register", form).status_code)
    assert told.count(302) <= signing_in.FREE_TRIES["network"]
    assert 429 in told
    centre.put_back()
    crowd = [
        post(centre, "nobody", "/register", {"name": "A", "phone": f"0840-77{n:02d}-0001", "password": PASSWORD})
        for n in range(40)
    ]
    assert {one.status_code for one in crowd} == {302}, "a class on one network may register"


def test_asking_for_a_key_that_was_never_made_is_the_same_as_any(centre: Filled) -> None:
    for path in ("/reset/{}", "/decide/{}", "/feeds/u/{}/my.ics"):
        told = {seen(get(centre, "nobody", path.format(key)))[0] for key in ("bk_x", "x", "bk_" + "A" * 43, "%00")}
        assert told == {404}


def test_guessing_calendar_keys_is_stopped(centre: Filled) -> None:
    told = [get(centre, "nobody", f"/feeds/u/bk_{n}/my.ics").status_code for n in range(70)]
    assert told.count(404) <= 60
    assert told[-1] == 429


def test_secrets_are_long_and_only_their_hash_is_kept(centre: Filled) -> None:
    for name in ("token", "secret", "reset code"):
        secret = centre.ids[name]
        assert len(secret.removeprefix("bk_")) >= 43
        with db.engine.connect() as connection:
            dump = "\n".join(connection.connection.driver_connection.iterdump())
        assert secret not in dump
        assert PASSWORD not in dump


# a key used twice


def test_a_reset_code_works_once(centre: Filled) -> None:
    path = f"/reset/{centre.ids['reset code']}"
    for _ in range(3):
        assert get(centre, "nobody", path).status_code == 200
        assert centre.client("nobody").head(path).status_code == 200
    assert post(centre, "nobody", path, {"password": "short"}).status_code == 422, "a refusal uses nothing up"
    assert post(centre, "nobody", path, {"password": "anggrek bulan biru"}).status_code == 302
    assert get(centre, "nobody", path).status_code == 410
    assert post(centre, "nobody", path, {"password": "anggrek bulan hijau"}).status_code == 410
    assert log_in(centre, centre.app.test_client(), "cecep@example.com", "anggrek bulan biru").status_code == 302


def test_a_reset_code_dies_with_the_next_and_with_time(centre: Filled) -> None:
    world, old = centre.world, centre.ids["reset code"]
    new = joining.reset_password(act=world.act("admin"), person_id=world.people["cecep"], real_now=world.now)
    assert get(centre, "nobody", f"/reset/{old}").status_code == 404
    world.now += signing_in.RESET_LIFE + timedelta(seconds=1)
    assert post(centre, "nobody", f"/reset/{new}", {"password": "anggrek bulan biru"}).status_code == 410


def test_a_link_to_decide_works_once(centre: Filled) -> None:
    path = f"/decide/{centre.ids['secret']}"
    for _ in range(3):
        assert get(centre, "nobody", path).status_code == 200
    reading().rollback()
    assert reading().scalar(select(MailLink.used_at)) is None
    assert post(centre, "nobody", path, {"verdict": "decline"}).status_code == 422, "a refusal uses nothing up"
    assert post(centre, "nobody", path, {"verdict": "approve"}).status_code == 200
    waiting = reading().scalar(select(func.count(Outbox.id)))
    for verdict in ("approve", "decline", "return", "", "10:13"):
        assert post(centre, "nobody", path, {"verdict": verdict, "reason": "x"}).status_code == 410
    assert get(centre, "nobody", path).status_code == 410
    reading().rollback()
    assert reading().scalar(select(func.count(Outbox.id))) == waiting


def test_a_link_to_decide_logs_nobody_in(centre: Filled) -> None:
    client = centre.app.test_client()
    client.get(f"/decide/{centre.ids['secret']}")
    assert client.get_cookie("login") is None
    assert client.get("/inbox").status_code == 302


def test_a_link_to_decide_is_for_what_was_in_the_mail(centre: Filled) -> None:
    """Changed meanwhile: 409, nothing done. Too late: 410."""
    ids, path = centre.ids, f"/decide/{centre.ids['secret']}"
    form = {"title": "Lain", "date": "2026-11-25", "start": "18:00", "end": "20:00", "room": "studio", "people": "2"}
    form |= {"scope": "one", "version": str(ids["version"]), "send": "1"}
    assert post(centre, "owner", f"/bookings/{ids['code']}/change/{ids['uid']}", form).status_code == 302
    assert post(centre, "nobody", path, {"verdict": "approve"}).status_code == 409
    centre.world.now += timedelta(hours=73)
    assert post(centre, "nobody", path, {"verdict": "approve"}).status_code == 410


def test_a_revoked_calendar_is_gone(centre: Filled) -> None:
    path = f"/feeds/u/{centre.ids['token']}/my.ics"
    for _ in range(3):
        assert get(centre, "nobody", path).status_code == 200
    post(centre, "owner", f"/subscribe/tokens/{centre.ids['token_id']}/revoke")
    assert get(centre, "nobody", path).status_code == 410


def test_an_offer_is_taken_once(centre: Filled) -> None:
    code = centre.ids["offered code"]
    assert post(centre, "owner", f"/bookings/{code}/offer/accept").status_code == 302
    for step in ("accept", "refuse"):
        assert post(centre, "owner", f"/bookings/{code}/offer/{step}").status_code in (302, 404, 409, 422)
    reading().rollback()
    from booking.storage.bookings import Booking

    states = [one.state for one in reading().scalar(select(Booking).where(Booking.code == code)).occurrences]
    assert states == ["approved"]


def test_a_double_tap_is_one_booking(centre: Filled) -> None:
    from booking.storage.bookings import Booking

    was = reading().scalar(select(func.count(Booking.id)))
    form = {"title": "Dua kali", "people": "2", "community": "-", "times-0-room": "studio", "key": "k" * 22}
    form |= {"times-0-date": "2026-12-09", "times-0-start": "10:00", "times-0-end": "12:00"}
    to = {post(centre, "stranger", "/rooms/studio/request", form).headers["Location"] for _ in range(3)}
    assert len(to) == 1
    reading().rollback()
    assert reading().scalar(select(func.count(Booking.id))) == was + 1
    assert post(centre, "owner", "/rooms/studio/request", form).headers["Location"] not in to, "a key is one person's"
