"""The overview of the office, the month of a room's opening, and the history as a list."""

from __future__ import annotations

import re
from datetime import timedelta

from booking.domain.rules import RULES
from booking.front import rules_told, words
from booking.usecases.furnishing import SiteFacts, save_site
from tests.support.clients import WebClient, text_of
from tests.support.world import World
from tests.usecases.test_requesting import booking


def day_of(page: str, number: int) -> str:
    """The text of one day of the month."""
    rows = page.split('<ol class="month">')[1].split("</ol>")[0].split("<li ")[1:]
    return " ".join(rows[number - 1].replace("<", " <").split())


def test_the_overview_names_what_waits_and_only_for_those_who_may_act(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 3, "19:00", "21:00"))
    world.room("kosong", name="Ruang Tanpa Jam", rules={})
    web.log_in("dadang")
    page = text_of(web.get("/manage"))
    assert "1 permohonan menunggu keputusan Anda" in page
    assert "Ruang Tanpa Jam" not in page  # rooms are not an officer's
    world.approve("dadang", code)
    world.now += timedelta(minutes=1)
    assert "menunggu keputusan Anda" not in text_of(web.get("/manage"))
    web.log_in("admin")
    assert "Ruang Tanpa Jam belum punya jam layanan" in text_of(web.get("/manage"))


def test_an_approved_time_in_a_closure_is_shown_until_it_is_mended(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 3, "19:00", "21:00"), title="Gladi resik")
    world.approve("dadang", code)
    web.log_in("dadang")
    assert "berada dalam masa tutup" not in text_of(web.get("/manage"))
    fields = {"scope": "room:musik", "from_on": "2026-11-26", "to_on": "2026-11-26", "name_id": "Perbaikan"}
    uid = booking(code).occurrences[0].uid
    web.post("/manage/closures", {**fields, "confirm": "1", f"hit-{uid}": "keep"})
    page = text_of(web.get("/manage"))
    assert "1 waktu yang disetujui berada dalam masa tutup" in page
    assert "Gladi resik" in page


def test_a_month_says_what_each_day_comes_to(web: WebClient, world: World) -> None:
    world.close(world.at(3, "00:00"), world.at(4, "00:00"), site="bitc")
    web.log_in("dadang")
    page = web.get("/manage/calendar?room=musik&month=2026-11").text
    assert "Seperti biasa" in day_of(page, 25)
    assert "08.00-21.00" in day_of(page, 25)
    assert "Tutup" in day_of(page, 26)
    assert "08.00" not in day_of(page, 26)
    for wrong in ("", "2026-13", "9999-99", "x", "2026-11-01"):
        assert web.get(f"/manage/calendar?room=no&month={wrong}").status_code == 200


def test_a_profile_is_looked_at_before_it_is_saved(web: WebClient, world: World) -> None:
    web.log_in("admin")
    fields = {"name_id": "Ramadan", "percent": "50", "first_on": "2027-02-08", "last_on": "2027-02-09"}
    fields |= {f"*:{day}": "08:00-15:00" for day in ("mon", "tue")}
    tried = web.post("/manage/profiles/new", {**fields, "preview": "1", "preview_room": "musik"})
    assert tried.status_code == 200
    assert "berubah" in day_of(tried.text, 8)
    assert "08.00-15.00" in day_of(tried.text, 9)
    assert "berubah" not in day_of(tried.text, 10)
    assert "Belum ada profil" in text_of(web.get("/manage/profiles"))
    web.post("/manage/profiles/new", fields)
    saved = web.get("/manage/calendar?room=musik&month=2027-02").text
    assert "Ramadan (50 %)" in " ".join(day_of(saved, 8).split())


def test_the_history_is_filtered_and_kept_to_ones_own_sites(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 3, "19:00", "21:00"), title="Gladi resik")
    world.decline("dadang", code, reason="Dipakai rapat.")
    web.log_in("dadang")
    page = text_of(web.get("/manage/history"))
    assert "Gladi resik" in page
    assert "Dipakai rapat." in page
    for found in (f"booking={code.lower()}", "who=DADA", "room=musik", "event=declined", "since=2026-11-23"):
        assert "Dipakai rapat." in text_of(web.get(f"/manage/history?{found}")), found
    for other in ("booking=NOSUCH", "who=%25", "room=rapat", "event=approved", "since=2026-11-24", "until=2026-11-22"):
        assert "Dipakai rapat." not in text_of(web.get(f"/manage/history?{other}")), other
    assert "Gladi resik" not in text_of(web.get("/manage/history?page=99999999999999999999"))
    web.log_in("entin")
    assert "Gladi resik" not in text_of(web.get("/manage/history"))


def test_a_number_of_hundreds_of_digits_is_out_of_range_and_no_fault(web: WebClient, world: World) -> None:
    web.log_in("admin")
    answer = web.post("/manage/sites/new", {"name": "Baru", "automatic_most_units": "9" * 400})
    assert answer.status_code == 422
    assert "9" * 400 in answer.text


def test_each_rule_is_explained_and_says_what_the_site_has_set(web: WebClient, world: World) -> None:
    web.log_in("admin")
    page = text_of(web.get("/manage/rooms/musik"))
    assert "Contoh: 24 jam sebelum mulai." in page
    assert "Gedung tidak mengaturnya." in page
    rules = {"length": {"shortest": 60, "longest": 120}, "prayer": {"latitude": 1, "longitude": 2}}
    save_site(act=world.act("admin"), slug="bitc", facts=SiteFacts("Gedung", "BITC", "Asia/Jakarta", rules=rules))
    assert "Dari gedung: 1 jam sampai 2 jam sekali pakai." in text_of(web.get("/manage/rooms/musik"))
    assert web.get("/allotment").status_code == 200


def test_rooms_are_put_in_order_and_a_mistaken_one_is_removed(web: WebClient, world: World) -> None:
    world.room("keliru", parts=["musik"])
    web.log_in("admin")

    def order() -> list[str]:
        slugs = re.findall(r'<li id="([a-z-]+)">', web.get("/manage/rooms").text)
        return [slug for slug in slugs if slug in ("musik", "keliru")]

    assert order() == ["musik", "keliru"]
    for _ in range(9):
        web.post("/manage/rooms/keliru/move", {"way": "up"})
    assert order() == ["keliru", "musik"]
    web.post("/manage/rooms/musik/remove")  # the joined room holds it
    assert "Masih ada yang terkait" in text_of(web.get("/manage/rooms/musik"))
    web.post("/manage/rooms/keliru/remove")
    assert "Dihapus: Keliru." in text_of(web.get("/manage/rooms"))
    assert order() == ["musik"]
    world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    web.post("/manage/rooms/musik/remove")
    assert order() == ["musik"]


def test_every_rule_can_be_told_and_explained() -> None:
    assert set(rules_told.SENTENCES) == set(RULES) == set(words.RULES_ABOUT)
