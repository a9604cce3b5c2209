"""The pages of an import: look, choose, confirm; each bomb is one sentence and leaves nothing behind."""

from __future__ import annotations

import html
import random
import re
from io import BytesIO
from pathlib import Path

import pytest
from flask import Request
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser
from werkzeug.test import TestResponse, stream_encode_multipart

from booking.storage.bookings import Booking
from booking.storage.closures import Closure
from booking.storage.db import reading
from booking.storage.imports import Imported
from booking.usecases.communities import decline_community
from tests.ical.test_reading import BOMBS
from tests.support.calendars import GOOGLE, calendar, event
from tests.support.clients import WebClient, text_of
from tests.support.world import World

PATH = "/manage/import"


def upload(web: WebClient, body: bytes, **more: str) -> TestResponse:
    file = FileStorage(BytesIO(body), "jadwal.ics", content_type="text/calendar")
    return in_parts(web, {"kind": "bookings", "people": "1", "file": file, **more})


def in_parts(web: WebClient, said: dict[str, object]) -> TestResponse:
    fields = MultiDict({"csrf_token": web.token, **said})
    # the test client would write a large one into a file of its own and leave that open
    stream, _length, boundary = stream_encode_multipart(fields, use_tempfile=False)
    return web.client.post(PATH, data=stream.read(), content_type=f"multipart/form-data; boundary={boundary}")


def shown(page: TestResponse, **more: str) -> dict[str, str]:
    """What the form of a dry run would send."""
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page.text)[1] for name in ("plan", "digest")}
    return {"kind": "bookings", "people": "1", **hidden, **more}


def stored() -> list[int]:
    return [reading().scalar(select(func.count()).select_from(one)) for one in (Booking, Closure, Imported)]


def test_from_the_file_to_the_bookings(web: WebClient, world: World) -> None:
    web.log_in("dadang")
    page = upload(web, GOOGLE)
    assert page.status_code == 200
    said = text_of(page)
    for words in ("Rapat; koordinasi, bulanan", "Latihan Gerimis Sore (pindah)", "Hari Raya Natal", "Batal"):
        assert words in said
    assert stored() == [0, 0, 0]
    answer = web.post(PATH, shown(page, community="gerimis-sore", confirm="1"))
    assert answer.status_code == 422  # for another community than was shown
    assert stored() == [0, 0, 0]
    answer = web.post(PATH, shown(answer, community="gerimis-sore", confirm="1"))
    assert answer.status_code == 302
    assert stored() == [2, 0, 5]
    assert "5" in text_of(web.get(PATH + "?lang=en"))
    again = upload(web, GOOGLE)
    assert 'name="confirm"' not in again.text
    assert web.post(PATH, shown(again, confirm="1")).status_code == 422
    assert stored() == [2, 0, 5]


def test_a_spelling_is_asked_about(web: WebClient, world: World) -> None:
    web.log_in("dadang")
    body = calendar(event("a", ":20261124T020000Z", ":20261124T040000Z", "Rapat", 'Rg. Rapat "besar" <b>'))
    page = upload(web, body)
    name = html.unescape(re.search(r'name="(room-[^"]*)"', page.text)[1])
    assert name == 'room-Rg. Rapat "besar" <b>'
    assert 'name="confirm"' not in page.text
    chosen = web.post(PATH, shown(page, **{name: "rapat", "again": "1"}))
    assert 'value="rapat" selected' in chosen.text
    assert web.post(PATH, shown(chosen, **{name: "rapat", "confirm": "1"})).status_code == 302
    assert stored() == [1, 0, 1]


def test_closures(web: WebClient, world: World) -> None:
    web.log_in("admin")
    body = calendar(event("n", ";VALUE=DATE:20261225", ";VALUE=DATE:20261226", "Natal"))
    page = upload(web, body, kind="closures", default="site:bitc")
    answer = web.post(PATH, shown(page, kind="closures", default="site:bitc", confirm="1"))
    assert answer.status_code == 302
    assert stored() == [0, 1, 1]


@pytest.mark.parametrize("name", BOMBS)
def test_each_bomb_is_a_sentence(web: WebClient, world: World, name: str, tmp_path: Path) -> None:
    web.log_in("dadang")
    answer = upload(web, BOMBS[name][0])
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "import_" not in text_of(answer)
    assert stored() == [0, 0, 0]
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and "sqlite" not in path.name]
    assert [path.name for path in kept if path.name != "secret_key"] == []


def test_what_this_page_did_not_seal_is_refused(web: WebClient, world: World) -> None:
    web.log_in("dadang")
    page = upload(web, GOOGLE)
    fields = shown(page, confirm="1")
    for plan in ("", "x", "ä", "A" * 64, fields["plan"][:-4], fields["plan"][4:]):
        assert web.post(PATH, {**fields, "plan": plan}).status_code == 422
    web.post("/logout")
    web.log_in("sumarna")
    assert web.post(PATH, fields).status_code == 422  # somebody else's
    assert web.post(PATH, {"kind": "bookings", "people": "1"}).status_code == 422  # no file at all
    assert stored() == [0, 0, 0]


@pytest.mark.parametrize("field", ["kind", "default", "community", "person", "people", "override", "tells", "digest"])
def test_strange_values_are_no_error(web: WebClient, world: World, field: str) -> None:
    web.log_in("dadang")
    page = upload(web, GOOGLE)
    for value in ("\0", "x" * 5000, "-1", "room:nope", "site:"):
        answer = web.post(PATH, shown(page, confirm="1", **{field: value}))
        assert answer.status_code in (302, 404, 422), (field, value)


def test_only_staff_may(web: WebClient, world: World) -> None:
    assert web.get(PATH).status_code == 302
    for who, status in (("cecep", 403), ("ujang", 403), ("dadang", 200), ("admin", 200)):
        web.log_in(who)
        assert web.get(PATH).status_code == status
        assert ("/manage/import" in web.get("/manage/closures").text) == (status == 200)
        web.post("/logout")


def test_a_large_file_of_events_is_looked_at(web: WebClient, world: World) -> None:
    web.log_in("dadang")
    many = [
        event(
            str(n),
            f":202612{1 + n % 28:02}T{n // 28:02}0000Z",
            f":202612{1 + n % 28:02}T{n // 28:02}3000Z",
            f"N{n}",
            "Ruang Rapat",
        )
        for n in range(120)
    ]
    page = upload(web, calendar(*many))
    assert page.status_code == 200
    assert web.post(PATH, shown(page, confirm="1")).status_code == 302
    assert stored()[0] > 80


@pytest.mark.parametrize("is_kept_in_memory", [True, False])
def test_a_file_never_touches_the_disk(
    web: WebClient, world: World, monkeypatch: pytest.MonkeyPatch, is_kept_in_memory: bool
) -> None:
    """The control: as werkzeug does it by itself, a file of this size goes to the disk."""
    spooled: list[int] = []

    def spool(*_: object, **__: object) -> BytesIO:
        spooled.append(1)
        return BytesIO()

    web.log_in("dadang")
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", spool)
    if not is_kept_in_memory:
        monkeypatch.setattr("booking.web.imports.InMemory", FormDataParser)
    notes = [f"X-NOTE;N={n}:{'y' * 60}" for n in range(9000)]
    body = calendar(event("a", ":20261124T020000Z", ":20261124T040000Z", "Rapat", "Ruang Rapat", *notes))
    assert upload(web, body).status_code == 200
    assert bool(spooled) is not is_kept_in_memory


def test_an_unknown_community_is_not_there(web: WebClient, world: World) -> None:
    world.community("Bubar")
    web.log_in("dadang")
    page = upload(web, GOOGLE)
    assert 'value="bubar"' in page.text
    assert web.post(PATH, shown(page, community="tiada", again="1")).status_code == 404
    decline_community(act=world.act(), slug="bubar", reason="Tidak dikenal.")
    page = upload(web, GOOGLE)
    assert 'value="bubar"' not in page.text
    assert web.post(PATH, shown(page, community="bubar", again="1")).status_code == 422


def test_what_stands_otherwise_is_linked_and_the_list_comes_before_the_button(web: WebClient, world: World) -> None:
    web.log_in("dadang")
    body = calendar(event("a", ":20261124T020000Z", ":20261124T040000Z", "Rapat", "Ruang Rapat"))
    answer = web.post(PATH, shown(upload(web, body), confirm="1"), follow_redirects=True)
    code = reading().scalars(select(Booking.code)).one()
    reading().rollback()
    assert f'href="/bookings/{code}"' in answer.text  # what is new
    assert "0" not in re.search(r'role="status">.*?</svg>(.*?)</p>', answer.text, re.DOTALL)[1]
    moved = event("a", ":20261125T020000Z", ":20261125T040000Z", "Rapat", "Ruang Rapat")
    other = event("b", ":20261125T060000Z", ":20261125T070000Z", "Baru", "Ruang Rapat")
    page = upload(web, calendar(moved, other))
    said = page.text.split('id="import"')
    assert f'href="/bookings/{code}"' in said[0]
    assert "Sel 24 Nov" in said[0]
    assert 'name="confirm"' in said[1]
    assert "Baru" in said[0]


def test_nobody_elses_import_is_shown(web: WebClient, world: World) -> None:
    web.log_in("dadang")
    body = calendar(event("a", ":20261124T020000Z", ":20261124T040000Z", "Rapat", "Ruang Rapat"))
    path = web.post(PATH, shown(upload(web, body), confirm="1")).headers["Location"]
    assert "/bookings/" in web.get(path).text
    for wrong in ("", "x", "2026-11-23", "2026-11-23T08:30:00"):
        assert "/bookings/" not in web.get(f"{PATH}?made={wrong}").text
    web.post("/logout")
    web.log_in("sumarna")
    assert "/bookings/" not in web.get(path).text


@pytest.mark.parametrize("room", [True, False])
def test_a_plan_of_many_long_titles_comes_back(
    web: WebClient, world: World, monkeypatch: pytest.MonkeyPatch, room: bool
) -> None:
    """However it is sent. The control: as several parts it would be refused with 413 by what holds elsewhere."""
    chance = random.Random(1)
    signs = [chr(one) for one in range(0x4E00, 0x9FA0)]
    events = [
        event(str(n), ":20261124T020000Z", ":20261124T040000Z", *("".join(chance.choices(signs, k=190)) for _ in "ab"))
        for n in range(500)
    ]
    body = calendar(*events)
    web.log_in("dadang")
    page = upload(web, body)
    assert len(shown(page)["plan"]) > 500_000
    if not room:
        monkeypatch.setattr(Request, "max_form_memory_size", property(lambda _: 500_000, lambda *_: None))
    fields = shown(page, again="1")
    assert web.post(PATH, fields).status_code == 200
    assert in_parts(web, fields).status_code == (200 if room else 413)
