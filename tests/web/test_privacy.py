"""What is stored is listed, taken along and erased by its owner; public pages name nobody."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from booking.front.privacy import KINDS
from booking.storage import personal
from booking.storage.db import reading
from booking.storage.people import Person
from tests.support.clients import WebClient, text_of
from tests.support.world import PASSWORD, World


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


def test_the_page_speaks_of_every_kind_that_is_stored() -> None:
    assert set(KINDS) == set(personal.KINDS)


def test_copies_hold_the_owner_s_bookings_and_no_key(world: World, web: WebClient) -> None:
    code = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"), title="Latihan biola")
    assert "privasi" in text_of(web.get("/privacy")).lower()
    web.log_in("dewi")
    assert "Yang disimpan tentang Anda" in text_of(web.get("/account/data"))
    answer = web.get("/account/data.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    copy = json.loads(answer.data)
    assert [one["code"] for one in copy["bookings"]] == [code]
    assert "hash" not in answer.text
    assert "password" not in answer.text
    assert b"Latihan biola" in web.get("/account/data.ics").data


def test_erasing_asks_for_the_password_and_logs_out(world: World, web: WebClient) -> None:
    code = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"))
    web.log_in("dewi")
    assert code in text_of(web.get("/account/erase"))
    wrong = web.post("/account/erase", {"password": "salah sekali"})
    assert (wrong.status_code, "Ini bukan kata sandi Anda" in text_of(wrong)) == (422, True)
    assert web.post("/account/erase", {"password": PASSWORD}).status_code == 302
    assert web.get("/mine").status_code == 302
    assert WebClient(world).post("/login", {"login": "dewi@example.com", "password": PASSWORD}).status_code != 302


def test_administrators_set_how_long_and_everybody_reads_it(world: World, web: WebClient) -> None:
    assert "24 bulan" in text_of(web.get("/privacy"))
    web.log_in("admin")
    said = {
        "words_months": "12",
        "messages_days": "90",
        "sessions_days": "30",
        "tokens_days": "365",
        "views_days": "99",
    }
    assert "Belum ada yang disimpan" in text_of(web.post("/manage/privacy", {**said, "try": "1"}))
    assert "24 bulan" in text_of(web.get("/privacy"))
    refused = web.post("/manage/privacy", {**said, "words_months": "1"})
    assert (refused.status_code, "4" in text_of(refused)) == (422, True)
    assert web.post("/manage/privacy", said).status_code == 302
    assert "12 bulan" in text_of(web.get("/account/data"))
    assert "24 → 12" in text_of(web.get("/manage/privacy"))


def test_the_text_is_agreed_to_by_registering_and_asked_about_once_after_a_change(world: World, web: WebClient) -> None:
    assert "accepted" not in web.get("/register").text
    web.log_in("admin")
    assert web.post("/manage/privacy/text", {"text_id": "Kami menyimpan sedikit."}).status_code == 302
    web.post("/manage/privacy/text", {"text_id": "Kami menyimpan sedikit."})  # not changed: no version more
    guest = WebClient(world)
    assert 'name="accepted" value="1"' in guest.get("/register").text
    new = {"name": "Neneng", "phone": "0840-0000-0777", "email": "neneng@example.com", "password": PASSWORD}
    guest.post("/register", {**new, "accepted": "1"})
    guest.post("/login", {"login": "neneng@example.com", "password": PASSWORD})
    assert "Setuju</button" not in guest.get("/").text
    assert "menyetujui versi 1 pada 23 November 2026" in text_of(guest.get("/account/data"))

    web.post("/manage/privacy/text", {"text_id": "Kami menyimpan lebih sedikit.", "text_en": "We store less."})
    assert "Teks privasi kami berubah" in text_of(guest.get("/mine"))
    assert guest.post("/privacy/accept", {"version": "9", "next": "/mine"}).status_code == 302
    assert "Setuju</button" in guest.get("/mine").text, "there is no version 9"
    done = guest.post("/privacy/accept", {"version": "2", "next": "//jahat.example/"})
    assert done.headers["Location"] == "/"
    assert "Setuju</button" not in guest.get("/mine").text
    assert "We store less" in guest.get("/privacy?lang=en").text
    assert "Kami menyimpan sedikit." in text_of(guest.get("/privacy/versions/1"))
    copy = json.loads(guest.get("/account/data.json").data)
    assert copy["consent"] == {"accepted_version": 2, "accepted_at": world.now.isoformat()}
    assert [one["facts"]["version"] for one in copy["history"]] == [1, 2]

    guest.post("/account/erase", {"password": PASSWORD})
    erased = reading().scalar(select(Person).where(Person.erased_at.is_not(None)))
    assert (erased.accepted_version, erased.accepted_at) == (None, None)
