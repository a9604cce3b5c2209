"""The main job in the browser, as a person walks it, without JavaScript."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from booking.storage.bookings import Booking
from booking.storage.db import reading
from tests.support.clients import WebClient, text_of
from tests.support.world import PASSWORD, World


def bookings() -> int:
    return reading().scalar(select(func.count(Booking.id)))


def test_register_ask_approve_see_cancel(web: WebClient, world: World) -> None:
    first = web.get("/rooms/musik/request?date=2026-11-25&start=19:00&end=21:00")
    assert first.status_code == 302
    target = "/rooms/musik/request?date=2026-11-25&start=19:00&end=21:00"
    new = {"name": "Suharto", "phone": "0812 3456 7890", "password": PASSWORD, "next": target}
    to_log_in = web.post("/register", new).headers["Location"]
    assert 'value="0812 3456 7890"' in web.get(to_log_in).text
    joined = web.post("/login", {"login": new["phone"], "password": PASSWORD, "next": target})
    assert joined.headers["Location"] == target
    page = web.get(target).text
    assert 'value="19:00"' in page
    sent = web.request_form("musik", "2026-11-25", "19:00", "21:00", title="Latihan Suharto")
    assert sent.status_code == 302
    mine = text_of(web.get(sent.headers["Location"]))
    for words in ("Menunggu persetujuan", "Rabu, 25 November 2026, 19.00-21.00 WIB", "Gratis - tidak dipungut biaya"):
        assert words in mine
    officer = WebClient(world).log_in("dadang")
    assert "Latihan Suharto" in text_of(officer.get("/inbox"))
    code = sent.headers["Location"].split("/")[2].partition("?")[0]
    assert officer.post(f"/inbox/{code}", {"verdict": "decline", "version": "1"}).status_code == 422
    assert officer.post(f"/inbox/{code}", {"verdict": "approve", "version": "1"}).status_code == 302
    assert "Latihan Suharto" in web.get("/schedule?date=2026-11-25").text
    assert "Disetujui" in text_of(web.get(f"/bookings/{code}"))
    assert web.post(f"/bookings/{code}/cancel").status_code == 302
    assert "Latihan Suharto" not in web.get("/schedule?date=2026-11-25").text


def test_english_is_complete_on_the_same_path(web: WebClient) -> None:
    page = text_of(web.log_in("cecep").get("/?lang=en"))
    assert "What do you need a room for?" in page
    assert "What do you need" in text_of(web.get("/")), "the choice lasts"
    sent = web.request_form("musik", "2026-11-25", "19:00", "21:00")
    assert "Wednesday, 25 November 2026, 19:00-21:00 WIB" in text_of(web.get(sent.headers["Location"]))


def test_everybody_sees_what_is_theirs(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 0, "13:00", "15:00"))
    assert "yours" not in re.findall(r'class="(\w+) s\d', web.get("/").text)
    web.log_in("cecep")
    assert "yours" in re.findall(r'class="(\w+) s\d', web.get("/").text)
    assert "/inbox" in WebClient(world).log_in("dadang").get("/").text


def test_rivals_stand_before_the_officer(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Latihan A")
    code = world.ask("euis", world.time("musik", 2, "20:00", "21:00"), title="Latihan B")
    web.log_in("dadang")
    assert "Bentrok: permohonan untuk jam yang sama" in text_of(web.get("/inbox"))
    page = text_of(web.get(f"/inbox/{code}"))
    assert "Latihan A" in page
    assert "1 permohonan lain tetap menunggu dan ditandai bentrok." in page


def test_a_late_second_decision_is_told(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    world.approve("sumarna", code)
    answer = web.log_in("dadang").post(f"/inbox/{code}", {"verdict": "decline", "reason": "x", "version": "1"})
    assert answer.status_code == 422
    assert "baru saja diubah orang lain" in text_of(answer)


BAD = [
    ({"times-0-end": "18:00"}, "Jam selesai harus setelah jam mulai."),
    ({"times-0-date": "2026-11-20"}, "Jam ini sudah lewat."),
    ({"times-0-date": "0001-01-01"}, "Tanggal ini tidak dapat dipakai."),
    ({"times-0-date": "9999-12-31"}, "Tanggal ini tidak dapat dipakai."),
    ({"times-0-date": "kemarin"}, "Tanggal tidak sah."),
    ({"title": ""}, "Mohon diisi."),
    ({"title": "x" * 10_240}, "Teks terlalu panjang: 10.240 karakter, paling banyak 200."),
    ({"title": "a\0b"}, "Ada karakter yang tidak dapat disimpan."),
    ({"people": "0"}, "Tulis jumlah orang dari 1"),
    ({"people": "99"}, "Ruang ini untuk paling banyak 8 orang; Anda menulis 99."),
    ({"people": "banyak"}, "Tulis angka bulat."),
    ({"units": "10000"}, "Pilih 1 sampai 1 tempat; Anda meminta 10.000."),
    ({"units": "0"}, "Pilih 1 sampai 1 tempat; Anda meminta 0."),
    ({"community": "kujang-lima"}, "Anda bukan anggota komunitas ini."),
    ({"times-0-start": "99:99"}, "Pilihan tidak ada dalam daftar."),
]


@pytest.mark.parametrize(("changed", "told"), BAD)
def test_bad_input_is_told_keeps_what_was_typed_and_stores_nothing(web: WebClient, changed: dict, told: str) -> None:
    web.log_in("cecep")
    fields = {"purpose": "Bawa gitar sendiri", **changed}
    answer = web.request_form("musik", fields.pop("times-0-date", "2026-11-25"), "19:00", "21:00", **fields)
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert "Bawa gitar sendiri" in answer.text
    assert bookings() == 0


def test_every_rule_that_stands_in_the_way_is_named(web: WebClient, world: World) -> None:
    world.room("ketat", capacity=4, rules={"hours": {"weekly": {"wed": [["08:00", "12:00"]]}}, "notice": {"hours": 96}})
    web.log_in("cecep")
    page = text_of(web.request_form("ketat", "2026-11-26", "08:00", "09:00", title="", people="9"))
    for told in (
        "Mohon diisi",
        "Ruang tutup pada Kamis, 26 November 2026.",
        "lebih awal (H-4)",
        "paling banyak 4 orang",
    ):
        assert told in page


def test_taken_is_409_with_a_button_that_takes_the_nearest(web: WebClient, world: World) -> None:
    world.ask("euis", world.time("rapat", 2, "13:00", "15:00"))
    web.log_in("cecep")
    answer = web.request_form("rapat", "2026-11-25", "13:00", "15:00", title="Rapat saya")
    assert answer.status_code == 409
    value = re.search(r'name="use" value="([^"]+)"', answer.text)[1]
    taken_over = web.request_form("rapat", "2026-11-25", "13:00", "15:00", title="Rapat saya", use=value)
    assert "Rapat saya" in taken_over.text
    day, _, clocks = value.partition("|")[2].partition("T")
    start, _, end = clocks.partition("-")
    assert web.request_form("rapat", day, start, end).status_code == 302


def test_several_times_in_one_request(web: WebClient) -> None:
    web.log_in("cecep")
    more = web.request_form("musik", "2026-11-25", "19:00", "21:00", title="Dua kali", more="1")
    assert 'name="times-1-date"' in more.text
    assert 'value="2026-12-02"' in more.text
    times = {"times-1-date": "2026-12-02", "times-1-start": "19:00", "times-1-end": "21:00"}
    sent = web.request_form("musik", "2026-11-25", "19:00", "21:00", **times)
    page = text_of(web.get(sent.headers["Location"]))
    assert "Rabu, 25 November 2026, 19.00-21.00 WIB" in page
    assert "Rabu, 2 Desember 2026, 19.00-21.00 WIB" in page


@pytest.mark.parametrize(
    "use", ["²|x", "9|2026-01-01T08:00-09:00", "0|9999-99-99T08:00-09:00", "0|", "|||", "-1|aT1-2"]
)
def test_odd_proposals_are_no_fault(web: WebClient, use: str) -> None:
    web.log_in("cecep")
    assert web.request_form("musik", "9999-12-31", "19:00", "21:00", use=use).status_code == 200
    assert web.request_form("musik", "9999-12-31", "19:00", "21:00", more="1").status_code == 200


def test_gap_of_daylight_saving(web: WebClient, world: World) -> None:
    world.site("lon", "London Hub", "Europe/London")
    world.room("attic", site="lon", rules={})
    web.log_in("cecep")
    answer = web.request_form("attic", "2027-03-28", "01:30", "04:00")
    assert (answer.status_code, "Jam ini tidak ada karena jam dimajukan. Berikutnya 02.30." in text_of(answer)) == (
        422,
        True,
    )
    assert web.get("/rooms/attic?date=2027-03-28").status_code == 200


def test_a_form_sent_twice_is_one_booking(web: WebClient) -> None:
    web.log_in("cecep")
    both = [web.request_form("musik", "2026-11-25", "19:00", "21:00", key="nonce") for _ in range(2)]
    assert both[0].headers["Location"] == both[1].headers["Location"]
    assert bookings() == 1


def test_manage_pages_open_and_save(web: WebClient, world: World) -> None:
    web.log_in("admin")
    for path in (
        "",
        "/centre",
        "/sites",
        "/sites/bitc",
        "/sites/new",
        "/rooms",
        "/rooms/musik",
        "/rooms/plx",
        "/rooms/new",
        "/closures",
        "/people",
        f"/people/{world.people['cecep']}",
        "/roles",
        "/communities",
        "/communities/gerimis-sore",
        "/communities/new",
    ):
        assert web.get(f"/manage{path}").status_code == 200, path
    room = {
        "name": "Ruang Baru",
        "site": "bitc",
        "units": "1",
        "capacity": "10",
        "tier": "officer",
        "setup_minutes": "0",
        "teardown_minutes": "0",
        "feed_level": "title",
        "is_public": "y",
        "bookable": "y",
        "hours_mon": "8-16",
        "notice_hours": "24",
    }
    assert web.post("/manage/rooms/new", room).status_code == 302
    assert "Ruang Baru" in web.get("/").text
    wrong = web.post("/manage/rooms/ruang-baru", {**room, "hours_tue": "16-8"})
    assert (wrong.status_code, "dari yang lebih awal ke yang lebih akhir" in text_of(wrong)) == (422, True)
    assert web.post("/manage/rooms/ruang-baru", {**room, "notice_hours": "999999"}).status_code == 422
    closure = {"scope": "room:musik", "from_on": "2026-11-26", "to_on": "2026-11-26", "name_id": "Perbaikan"}
    assert web.post("/manage/closures", closure).status_code == 302
    assert "Perbaikan" in web.get("/rooms/musik?date=2026-11-26").text
    page = web.post(f"/manage/people/{world.people['cecep']}/reset")
    link = re.search(r"http://127.0.0.1:8000(/reset/[^\"]+)", page.text)[1]
    fresh = WebClient(world)
    assert fresh.get(link).status_code == 200
    assert fresh.post(link, {"password": "anggrek bulan biru"}).status_code == 302
    assert fresh.get(link).status_code == 410


def test_subscribe_sheets_and_private_address(web: WebClient) -> None:
    for path in ("/subscribe/rooms/musik", "/subscribe/sites/bitc", "/subscribe/all"):
        page = web.get(path).text
        assert "webcal://127.0.0.1:8000/feeds/" in page
        assert "<svg" in page
    web.log_in("cecep")
    page = web.post("/subscribe/mine", {"label": "HP saya"}).text
    path = re.search(r'value="http://127.0.0.1:8000(/feeds/u/bk_[^"]+)"', page)[1]
    assert web.get(path).status_code == 200
    assert "HP saya" in text_of(web.get("/subscribe"))
    revoke = re.search(r"/subscribe/tokens/\d+/revoke", web.get("/subscribe").text)[0]
    web.post(revoke)
    assert web.get(path).status_code == 410


def test_the_nearest_may_lie_on_another_day(web: WebClient, world: World) -> None:
    world.ask("euis", world.time("rapat", 2, "08:00", "21:00"))
    web.log_in("cecep")
    refused = web.request_form("rapat", "2026-11-25", "13:00", "15:00", title="Rapat saya")
    value = re.search(r'name="use" value="([^"]+)"', refused.text)[1]
    day = value.partition("|")[2].partition("T")[0]
    assert day != "2026-11-25"
    taken_over = web.request_form("rapat", "2026-11-25", "13:00", "15:00", title="Rapat saya", use=value)
    assert re.search(r'name="times-0-date"[^>]*value="([^"]+)"', taken_over.text)[1] == day


def test_refusals_of_several_times_say_which(web: WebClient, world: World) -> None:
    world.ask("euis", world.time("rapat", 2, "13:00", "15:00"))
    web.log_in("cecep")
    times = {"times-1-date": "2026-11-25", "times-1-start": "13:00", "times-1-end": "15:00"}
    page = web.request_form("rapat", "kemarin", "13:00", "15:00", **times)
    assert "Waktu 2: Jam ini sudah terisi." in text_of(page)
    assert 'name="use" value="1|' in page.text


def test_hours_off_the_grid_offer_times_on_it(web: WebClient, world: World) -> None:
    world.room("miring", rules={"hours": {"weekly": {"wed": [["08:15", "12:00"]]}}, "grid": {"minutes": 30}})
    web.log_in("cecep")
    page = web.get("/rooms/miring/request?date=2026-11-25").text
    assert '"08:30"' in page
    assert '"08:15"' not in page


def test_a_returned_request_may_still_be_declined(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    web.log_in("dadang")
    web.post(f"/inbox/{code}", {"verdict": "return", "reason": "Naskahnya?", "version": "1"})
    page = web.get(f"/inbox/{code}").text
    assert 'value="decline"' in page
    assert 'value="approve"' not in page
    assert web.post(f"/inbox/{code}", {"verdict": "decline", "reason": "Terlambat.", "version": "2"}).status_code == 302
