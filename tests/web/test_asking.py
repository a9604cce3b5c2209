"""The form of a request: where refusals lead, what outlives the session, the line that tells what is free."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

from booking.storage import bookings
from booking.storage.db import reading
from tests.support.clients import WebClient, text_of
from tests.support.world import PASSWORD, World

TYPED = {"title": "Latihan <b>Senja</b>", "purpose": "Baris satu\r\nBaris dua", "people": "14", "community": "-"}
TIMES = {"times-0-date": "2026-11-25", "times-0-start": "19:00", "times-0-end": "21:00"}
MORE = {"times-1-date": "2026-11-26", "times-1-start": "19:30", "times-1-end": "20:00", "times-1-room": "rapat"}


def test_each_refusal_leads_to_its_field(world: World) -> None:
    world.room("kecil", capacity=4)
    web = WebClient(world).log_in("cecep")
    answer = web.post("/rooms/kecil/request", {**TIMES, **TYPED, "title": "", "times-0-end": "18:00"})
    assert answer.status_code == 422
    box = re.search(r'id="refusals".*?</ul>', answer.text, re.DOTALL)[0]
    targets = re.findall(r'href="#([^"]+)"', box)
    assert {"title", "times-0-end"} <= set(targets)
    for target in targets:
        field = re.search(rf'<(?:input|select|textarea)[^>]*id="{target}"[^>]*>', answer.text)[0]
        assert 'aria-invalid="true"' in field
        assert f'id="{target}-error"' in answer.text
        assert f"{target}-error" in re.search(r'aria-describedby="([^"]+)"', field)[1]


def test_what_was_typed_outlives_the_session(world: World) -> None:
    """Logged out while typing: log in, and all of it is in the form; nothing was stored, nothing is sent by itself."""
    web = WebClient(world)
    asked = web.post("/rooms/musik/request", {**TIMES, **MORE, **TYPED, "send": "1"})
    assert asked.status_code == 401
    kept = re.search(r'name="kept" value="([^"]*)"', asked.text)[1]
    said = {"login": "cecep@example.com", "next": "/rooms/musik/request", "kept": unescape(kept)}
    wrong = web.post("/login", {**said, "password": "salah sekali"})
    assert 'name="kept"' in wrong.text, "a wrong password loses nothing either"
    page = web.post("/login", {**said, "password": PASSWORD})
    assert page.status_code == 200
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text, re.DOTALL))
    sent = {name: unescape(value) for name, value in fields.items()}  # the token of the new session among them
    form = web.client.post("/rooms/musik/request", data={**sent, "full": "1"})
    assert form.status_code == 200
    assert "Latihan &lt;b&gt;Senja&lt;/b&gt;" in form.text
    assert re.search(r'id="times-1-start".*?<option selected value="19:30">', form.text, re.DOTALL)
    assert "Baris satu\r\nBaris dua" in form.text
    assert reading().query(bookings.Booking).count() == 0


def test_the_line_tells_what_is_free(world: World) -> None:
    world.approve("dadang", world.ask("euis", world.time("musik", 2, "19:00", "21:00")))
    world.ask("euis", world.time("musik", 3, "10:00", "12:00"))
    web, nobody = WebClient(world).log_in("cecep"), WebClient(world)

    def line(day: str, start: str, end: str, of: WebClient = nobody) -> str:
        return text_of(of.get(f"/rooms/musik/free?date=2026-11-{day}&start={start}&end={end}&people=2"))

    assert "Kam 26 Nov, 14.00-16.00 WIB masih kosong." in line("26", "14:00", "16:00")
    assert "1 permohonan lain" in line("26", "10:00", "11:00", web)
    taken = line("25", "19:00", "20:00")
    assert "masih kosong" not in taken
    assert "Rab 25 Nov, 17.00-18.00 WIB" in taken or "Rab 25 Nov, 18.00-19.00 WIB" in taken, "and what would do"
    assert line("25", "", "").strip() == ""


def test_once_more_and_to_friends(world: World) -> None:
    """From the list: next week's form is filled with the same; the text for WhatsApp names no code and no phone."""
    title = "Latihan & <Senja>"
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title=title, community="gerimis-sore")
    web = WebClient(world).log_in("cecep")
    page = unescape(web.get("/mine").text)
    again = re.search(r'href="(/rooms/musik/request\?[^"]+)"', page)[1]
    form = web.get(again)
    assert 'value="2026-12-02"' in form.text
    assert f'value="{title}"' in unescape(form.text)
    assert re.search(r'<option selected value="gerimis-sore">', form.text)
    assert re.search(r'id="times-0-end".*?<option selected value="21:00">', form.text, re.DOTALL)
    said = {"id": ("Rab 25 Nov, 19.00-21.00 WIB", "Menunggu"), "en": ("Wed 25 Nov, 19:00-21:00 WIB", "Await")}
    for lang, (day, state) in said.items():
        shown = unescape(web.get(f"/bookings/{code}?lang={lang}").text)
        text = unquote(re.search(r'href="https://wa.me/\?text=([^"]+)"', shown)[1])
        lines = text.split("\n")
        assert lines[:2] == [f"*{title}*", day]
        assert lines[2] == "Ruang Latihan Musik, Gedung BITC"
        assert lines[3].startswith(state)
        assert lines[4:] == ["http://127.0.0.1:8000/rooms/musik"]
        assert code not in text
    web.post(f"/bookings/{code}/cancel", {})
    assert code not in web.get("/mine").text
    assert code in web.get("/mine?tab=gone").text
