"""The schedule in its views, for whom it says what, and the week of a room for its door."""

from __future__ import annotations

import re

import pytest

from booking.storage.db import db
from tests.support.clients import WebClient, text_of
from tests.support.statements import asked
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> str:
    """What is shown does not depend on the kind of database."""
    return sqlite_url


LISTS = ("week", "month", "agenda")
VIEWS = ("day", *LISTS)


def main_of(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_an_address_and_leads_to_the_ones_beside_it(web: WebClient, view: str) -> None:
    beside = {
        "day": ("date=2026-11-24", "date=2026-11-26"),
        "week": ("date=2026-11-18", "date=2026-12-02"),
        "month": ("date=2026-10-01", "date=2026-12-01"),
        "agenda": ("until=2026-11-24", "date=2026-12-26"),
    }[view]
    page = web.get(f"/schedule?date=2026-11-25&view={view}&site=bitc").text
    for rel, named in zip(("prev", "next"), beside, strict=True):
        href = re.search(rf'href="([^"]+)" rel="{rel}"', page)[1].replace("&amp;", "&")
        assert href == f"/schedule?{named}&view={view}&site=bitc"
        assert web.get(href).status_code == 200
    for other in VIEWS:
        assert f'href="/schedule?date=2026-11-25&amp;view={other}&amp;site=bitc"' in page
    assert f'href="/schedule?view={view}&amp;site=bitc"' in page


@pytest.mark.parametrize("wrong", ["view=decade", "site=nope", "room=nope", "date=2026-02-30", "until=%00", "view="])
def test_what_is_said_wrongly_counts_as_not_said(web: WebClient, wrong: str) -> None:
    said, usual = web.get(f"/schedule?{wrong}"), web.get("/schedule")
    assert said.status_code == 200
    assert main_of(said.text) == main_of(usual.text)


def test_a_room_says_its_site(web: WebClient) -> None:
    page = main_of(web.get("/schedule?room=pl1&site=bitc&view=week").text)
    assert "room=pl1" in page
    assert "site=bitc" not in page


@pytest.mark.parametrize("view", LISTS)
def test_each_reads_what_is_theirs_to_read(web: WebClient, world: World, view: str) -> None:
    world.room("diam", name="Ruang Diam", tier="automatic", feed_level="busy")
    world.ask("cecep", world.time("diam", 1, "09:00", "10:00"), title="Hal pribadi")
    world.ask("euis", world.time("musik", 2, "09:00", "10:00"), title="Belum tentu")
    world.ask("dewi", world.time("rapat", 3, "09:00", "10:00"), title="Rapat terbuka")
    path = f"/schedule?view={view}&date=2026-11-23"

    def read(who: str | None) -> str:
        return text_of((WebClient(world).log_in(who) if who else web).get(path))

    public, owner, staff, elsewhere = read(None), read("cecep"), read("dadang"), read("entin")
    for page in (public, elsewhere):
        assert "Hal pribadi" not in page
        assert "Belum tentu" not in page
        assert "Terisi" in page
        assert "Rapat terbuka" in page
    assert "Dewi" not in public + elsewhere + owner
    assert "Hal pribadi" in owner
    assert "Belum tentu" not in owner
    assert ("Milik Anda" in owner) or ("1 di antaranya milik Anda" in owner)
    assert "ilik Anda" not in public
    for title in ("Hal pribadi", "Belum tentu", "Rapat terbuka"):
        assert title in staff
    if view != "month":
        assert "Dewi" in staff


def test_a_joined_room_takes_its_parts_but_is_said_once(web: WebClient, world: World) -> None:
    world.approve("entin", world.ask("cecep", world.time("plx", 1, "09:00", "12:00"), people=50, title="Temu raya"))
    all_rooms = text_of(web.get("/schedule?view=week&date=2026-11-23"))
    assert all_rooms.count("Temu raya") == 1
    part = text_of(web.get("/schedule?view=agenda&date=2026-11-23&room=pl1"))
    assert "Temu raya" not in part
    assert "Pelatihan 1+2" in part


def test_what_lasts_over_midnight_stands_on_both_days_cut(web: WebClient, world: World) -> None:
    round_the_clock = {"weekly": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed")}}
    world.room("malam", tier="automatic", rules={"hours": round_the_clock})
    world.ask("cecep", world.time("malam", 1, "22:00", "23:59"), title="Jaga")
    world.close(world.at(1, "20:00"), world.at(3, "08:00"), room="aula")
    days = web.get("/schedule?view=week&date=2026-11-23").text.split('class="daylist')[1:]
    assert [number for number, day in enumerate(days) if "22.00-23.59" in day] == [1]
    assert [number for number, day in enumerate(days) if "<b>Tutup</b>" in day] == [1, 2, 3]


def test_pages_of_the_list_leave_nothing_out_and_repeat_nothing(web: WebClient, world: World) -> None:
    for number in range(24):
        world.room(f"r{number}", tier="automatic")
    for day in (0, 1, 2, 3, 36):
        for number in range(24):
            world.ask("cecep", world.time(f"r{number}", day, "10:00", "11:00"), title=f"Acara {day}/{number}.")
    path, seen, ways = "/schedule?view=agenda&date=2026-11-23", [], []
    while len(ways) < 4:
        page = web.get(path).text
        seen += re.findall(r"Acara \d+/\d+\.", page)
        ways.append(re.search(r'href="([^"]+)" rel="prev"', page)[1].replace("&amp;", "&"))
        path = re.search(r'href="([^"]+)" rel="next"', page)[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 5 * 24
    back = re.findall(r"Acara (\d+)/", web.get(ways[1]).text)
    assert set(back) == {"0", "1", "2"}, "the page before the second is the first"


def test_a_full_day_is_cut_and_leads_to_itself(web: WebClient, world: World) -> None:
    for number in range(45):
        world.room(f"r{number}", tier="automatic")
        world.ask("cecep", world.time(f"r{number}", 1, "10:00", "11:00"), title="Serentak")
    page = web.get("/schedule?view=week&date=2026-11-23").text
    assert page.count("<b>Serentak</b>") == 40
    assert re.search(r'href="/schedule\?date=2026-11-24&amp;view=day">5 lagi', page)


@pytest.mark.parametrize("view", VIEWS)
def test_as_many_statements_for_one_room_as_for_many(web: WebClient, world: World, view: str) -> None:
    def statements() -> int:
        world.app.extensions["page_cache"].clear()
        with asked() as found:
            assert web.get(f"/schedule?date=2026-11-24&view={view}").status_code == 200
        return len(found)

    statements()
    few = statements()
    for number in range(12):
        world.room(f"r{number}", tier="automatic")
        world.ask("cecep", world.time(f"r{number}", number % 5, "09:00", "10:00"))
    assert statements() == few <= 10


def test_what_lies_outside_the_window_is_not_read(web: WebClient, world: World) -> None:
    """Whichever index is used has two ends: of 200,000 bookings of many years only those of the month are read."""
    web.get("/schedule?view=month")
    with asked() as found:
        web.get("/schedule?view=month&date=2026-12-01")
    (stays,) = [one for one in found if "FROM occurrence JOIN booking" in one]
    nothing = (None,) * stays.count("?")
    plan = [row[-1] for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {stays}", nothing)]
    (reached,) = [step for step in plan if "occurrence" in step]
    assert re.search(r"SEARCH occurrence USING INDEX \S+ \(\w+=\? AND (\w+)>\? AND \1<\?\)", reached), plan
    assert not any(step.startswith("SCAN") for step in plan), plan


def test_the_week_for_the_door_tells_nobody_whoever_prints_it(web: WebClient, world: World) -> None:
    world.ask("dewi", world.time("rapat", 1, "09:00", "10:00"), title="Rapat terbuka")
    path = "/rooms/rapat/week?date=2026-11-25"
    public, staff = text_of(web.get(path)), text_of(WebClient(world).log_in("dadang").get(path))
    sheet = public[public.index("23-29 November 2026 Pekan 08.00") :]
    assert "Rapat terbuka" in sheet
    assert "http://127.0.0.1:8000/rooms/rapat" in sheet
    assert "Sen 23 Nov, 08.30 WIB" in sheet
    assert "Dewi" not in staff
    assert web.get("/rooms/rapat/week?date=x").status_code == 200
    assert web.get("/rooms/nope/week").status_code == 404


def test_prayer_times_where_a_site_wants_them(web: WebClient, world: World) -> None:
    path = "/schedule?date=2026-11-25"
    assert "Waktu salat" not in web.get(path).text
    admin = WebClient(world).log_in("admin")
    fields = {"name": "BITC", "short_name": "BITC", "timezone": "Asia/Jakarta", "answer_days": "2"}
    prayer = {"prayer_use": "own", "prayer_latitude": "-6,9", "prayer_longitude": "107.54"}
    prayer |= {"prayer_method": "kemenag", "prayer_margin": "2", "prayer_shadow": "one"}
    saved = admin.post("/manage/sites/bitc", {**fields, **prayer})
    assert saved.status_code == 302, text_of(saved)
    for view, clock in (("day", "11.39"), ("week&room=rapat", "11.39-11.41")):
        page = web.get(f"{path}&view={view}")
        assert f"Waktu salat: Zuhur {clock} · Asar" in text_of(page)
        assert re.search(r'<i class="pray s\d+ m\d" title="Zuhur 11.39">', page.text)
    rooms = web.get(path).text.split('<section class="row">')[1:]
    assert ["pray" in room for room in rooms] == [">BITC" in room or "<p>BITC" in room for room in rooms]
    wrong = admin.post("/manage/sites/bitc", {**fields, **prayer, "prayer_latitude": "selatan"})
    assert (wrong.status_code, "selatan" in wrong.text) == (422, True)
