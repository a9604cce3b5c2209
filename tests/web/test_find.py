"""Finding a room: the search, several rooms in one request, the week, and what a day shows, without JavaScript."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import update

from booking.storage.db import reading
from booking.storage.places import Room, room_by_slug
from tests.support.clients import WebClient, text_of
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> str:
    """Pages alone: nothing here depends on the database."""
    return sqlite_url


WANTED = "/search?date=2026-11-25&start=10:00&end=12:00"


def links(page: str, to: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', page) if to in one]


def test_from_a_search_to_a_sent_request(web: WebClient, world: World) -> None:
    world.ask("euis", world.time("rapat", 2, "11:00", "13:00"))
    answer = web.get(f"{WANTED}&people=10")
    assert "5 dari 7 ruang kosong" in text_of(answer)
    assert "Ruang ini untuk paling banyak 8 orang; Anda menulis 10." in text_of(answer)
    (asked,) = links(answer.text, "/rooms/aula/request")
    form = web.log_in("cecep").get(asked).text
    assert all(f'value="{value}"' in form for value in ("2026-11-25", "10"))
    assert re.search(r'<option selected value="10:00">', form)
    (instead,) = links(answer.text, "/rooms/rapat/request")
    assert "start=09:00&end=11:00" in instead.replace("%3A", ":")
    assert web.request_form("rapat", "2026-11-25", "09:00", "11:00").status_code == 302


def test_several_rooms_become_one_request(web: WebClient) -> None:
    web.log_in("cecep")
    led = web.get("/request?room=pl1&room=musik&room=pl1&room=nope&date=2026-11-25&start=10:00&end=12:00&people=3")
    form = web.get(led.headers["Location"]).text
    names = re.findall(r'name="(times-\d+-room)">.*?<option selected value="(\w+)"', form, re.DOTALL)
    assert names == [("times-0-room", "pl1"), ("times-1-room", "musik")]
    fields = dict(names)
    for row in (0, 1):
        assert re.search(rf'name="times-{row}-start">.*?<option selected value="10:00"', form, re.DOTALL)
        fields |= {f"times-{row}-date": "2026-11-25", f"times-{row}-start": "10:00", f"times-{row}-end": "12:00"}
    sent = web.post("/rooms/pl1/request", {**fields, "title": "Pameran", "people": "3", "community": "-"})
    page = text_of(web.get(sent.headers["Location"]))
    assert "Pelatihan 1" in page
    assert "Ruang Latihan Musik" in page


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/search", "Mau pakai ruang untuk apa?"),
        ("/search?start=10:00", "10.00-11.00 WIB"),
        ("/search?start=10:00&end=09:00", "10.00-11.00 WIB"),
        ("/search?start=20:30&end=25:00&people=-1&date=x", "20.30-21.00 WIB"),
        ("/search?start=10:07&end=11:00&for=studio", "Mau pakai ruang untuk apa?"),
        (f"{WANTED}&people=99999999999&for=nope&site=nope&item=%00", "7 dari 7 ruang kosong"),
        (f"{WANTED}&people=0&site=ctp", "3 dari 3 ruang kosong"),
        (f"{WANTED}&people=100000", "0 dari 7 ruang kosong"),
        ("/search?start=10:00&date=2026-11-20", "0 dari 7 ruang kosong"),
        ("/request?room=nope&date=x&start=10:00", "10.00-11.00 WIB"),
        ("/?for=nope&date=2026-11-25&people=x", "Rabu, 25 November 2026"),
    ],
)
def test_wrong_values_become_the_nearest_that_means_something(web: WebClient, path: str, shown: str) -> None:
    answer = web.get(path, follow_redirects=True)
    assert answer.status_code == 200
    assert shown in text_of(answer)


def test_a_day_says_what_is_over_what_runs_and_from_when_one_may_ask(web: WebClient, world: World) -> None:
    world.room("besok", rules={"hours": {"weekly": {"mon": [["08:00", "21:00"]]}}, "notice": {"hours": 48}})
    world.ask("euis", world.time("rapat", 0, "09:00", "10:00"))
    before = web.get("/?date=2026-11-23").text
    assert re.search(r'class="late s\d+ n\d+" href="/rooms/besok\?date=2026-11-25"', before)
    assert "start=08:00" not in before, "an hour that has begun is offered to nobody"
    assert " now" not in before
    world.now = world.at(0, "09:30")
    assert re.search(r'class="taken now s\d+ n\d+" title="[^"]+Sedang berlangsung', web.get("/?date=2026-11-23").text)


def test_a_rest_shorter_than_a_room_is_lent_for_is_not_offered(web: WebClient, world: World) -> None:
    world.room(
        "sanggar",
        rules={"hours": {"weekly": {"wed": [["08:00", "12:30"]]}}, "length": {"shortest": 60, "longest": 240}},
    )
    page = web.get("/?date=2026-11-25").text
    offered = [one for one in links(page, "/rooms/sanggar/request") if "start=12:00" in one]
    assert offered == []
    assert any("start=11:00&end=12:00" in one for one in links(page, "/rooms/sanggar/request"))


def test_the_week_leads_on_and_back_to_today(web: WebClient) -> None:
    page = web.get("/?date=2026-12-02&for=studio").text
    for to in ("/?date=2026-11-25&for=studio", "/?date=2026-12-09&for=studio", "/?for=studio"):
        assert to in links(page, "/?")
    assert 'class="today"' not in page
    assert 'class="today"' in web.get("/").text


def test_a_house_without_rooms_leads_on_too(web: WebClient, world: World) -> None:
    for slug in ("musik", "rapat", "meja", "aula", "pl1", "pl2", "plx"):
        room = room_by_slug(reading(), slug)
        reading().execute(update(Room).where(Room.id == room.id).values(is_public=False))
    reading().commit()
    for path in ("/", WANTED, "/schedule"):
        answer = web.get(path, follow_redirects=True)
        assert answer.status_code == 200
        assert "Belum ada ruang seperti itu" in text_of(answer), path
