"""Screens beside doors and in the lobby: what they tell, to whom, and that they are cheap to keep fresh."""

from __future__ import annotations

import re

import pytest

from booking.usecases.cancelling import cancel
from tests.support.clients import WebClient, text_of
from tests.support.world import LONDON, World


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


def test_the_lobby_says_now_and_next_and_nobody(web: WebClient, world: World) -> None:
    for who, room, starts, ends, title in (
        ("dewi", "rapat", "08:30", "10:00", "Rapat pagi"),
        ("dewi", "meja", "09:30", "10:00", "Kerja"),
        ("dewi", "meja", "15:00", "16:00", "Kerja sore"),
    ):
        world.ask(who, world.time(room, 1, starts, ends), title=title)
    world.now = world.at(1, "09:05")
    page = web.get("/display").text
    lines = re.findall(r'<li class="(\w+)">.*?<b>([^<]+)</b>.*?<b>([^<]+)</b>', page, re.DOTALL)
    there = [
        ("now", "Rapat pagi", "Ruang Rapat"),
        ("soon", "Kerja", "Working Space"),
        ("later", "Kerja sore", "Working Space"),
    ]
    assert lines == there * 2, "in Indonesian and in English"
    for word in ("Sekarang", "Now", "Segera", "Soon"):
        assert word in page
    for who in (None, "dadang", "dewi"):
        shown = web if who is None else WebClient(world).log_in(who)
        assert "Dewi" not in shown.get("/display").text
    assert "Kosong sekarang: Ruang Latihan Musik" in text_of(web.get("/display"))
    world.now = world.at(1, "20:00")
    assert "Tidak ada acara lagi hari ini." in text_of(web.get("/display"))


def test_the_lobby_of_a_site_by_its_own_clock_and_in_one_language(web: WebClient, world: World) -> None:
    world.site("london", "London House", timezone="Europe/London")
    world.room("attic", site="london", tier="automatic")
    world.ask("cecep", world.time("rapat", 0, "10:00", "11:00"), title="Rapat")
    page = text_of(web.get("/display?site=london&lang=en"))
    assert "01:30 GMT" in page
    assert "Rapat" not in page
    assert "Sekarang" not in page
    assert LONDON.key not in page
    assert "Rapat" in text_of(web.get("/display?site=nope"))


def test_a_part_is_asked_for_and_answered_304_until_it_changes(web: WebClient, world: World) -> None:
    for path in ("/display/rapat?part=1", "/display?part=1", "/display?lang=en&part=1"):
        first = web.get(path)
        assert "<html" not in first.text
        assert web.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        code = world.ask("cecep", world.time("rapat", 0, "09:00", "09:30"), title="Baru")
        changed = web.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (changed.status_code, "Baru" in changed.text) == (200, True)
        cancel(act=world.act("cecep"), code=code)


def test_at_night_a_door_says_when_it_opens_with_little_light(web: WebClient, world: World) -> None:
    world.close(world.at(1, "00:00"), world.at(2, "00:00"), room="rapat")

    def shown() -> tuple[bool, str]:
        answer = web.get("/display/rapat?part=1")
        return 'closed night"' in answer.text, text_of(answer)

    world.now = world.at(0, "21:10")
    is_dark, said = shown()
    assert not is_dark
    assert "Buka Rab 25 Nov pukul 08.00" in said
    world.now = world.at(0, "21:30")
    assert shown()[0]
    world.now = world.at(1, "10:00")
    assert "Tutup Tutup Buka Rab 25 Nov" in shown()[1], "the closure by its name"
    world.now = world.at(2, "07:30")
    is_dark, said = shown()
    assert not is_dark
    assert "Buka pukul 08.00" in said


def test_a_screen_weighs_little_and_loads_nothing_from_elsewhere(web: WebClient) -> None:
    page = web.get("/display/rapat").text
    assert '<noscript><meta http-equiv="refresh"' in page
    paths = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    assert {one.partition("?")[0].rpartition("/")[2] for one in paths} >= {"display.css", "display.js"}
    assert not any("app." in one for one in paths)
    weight = sum(len(web.get(one, headers={"Accept-Encoding": "gzip"}).data) for one in paths)
    assert weight < 12 * 1024
