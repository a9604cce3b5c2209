"""Text of one person that becomes markup, header, address or statement of another."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from sqlalchemy import select, text

from booking.ical.calendar import Head, joined
from booking.mail.writing import write
from booking.storage import settings
from booking.storage.bookings import Booking
from booking.storage.db import db, reading
from booking.storage.outbox import Outbox
from booking.storage.settings import Centre
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.sending import Moot, as_due
from tests.support.attacker import call, get, post
from tests.support.filled import Filled
from tests.support.world import PASSWORD

MARK = "x9q7"
MARKUP = f"""{MARK}"'><img src=x onerror=alert(1)><script>alert(1)</script>{{{{7*7}}}}<a href=javascript:alert(1)>"""
"""Leaves attributes of either quote, opens tags, and is a template of Jinja."""

Columns = dict[str, list[str]]

# what people type, of every table; ids, codes, states, settings and hashes are the program's own
TYPED: Columns = {
    "booking": ["title", "purpose"],
    "occurrence": ["label", "reason"],
    "need": ["text", "note"],
    "person": ["name"],
    "community": ["name", "about", "declined_reason"],
    "classification": ["name_id", "name_en"],
    "mentorship": ["agency"],
    "closure": ["name_id", "name_en"],
    "room": ["name", "floor", "about", "not_provided"],
    "site": ["name", "short_name", "address"],
    "item": ["name", "about"],
    "hours_profile": ["name_id", "name_en"],
    "canned_reason": ["text_id", "text_en"],
    "token": ["label"],
    "offer": ["note"],
    "history_text": ["text"],
}


class Seen(HTMLParser):
    """What a browser would make of a page: tags and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if tag == "script" and "src" not in names:
            self.bad.append("script")
        self.bad += [name for name in names if name.startswith("on") or name == "style"]
        for name, value in attrs:
            address = (value or "").strip().lower()
            if name in ("href", "src", "action") and re.match(r"(javascript|data|vbscript):", address):
                self.bad.append(f"{name}={value}")
            if name == "src" and value == "x":
                self.bad.append("img")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def tables() -> dict[str, list[str]]:
    with db.engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        return {name: [row[1] for row in connection.execute(text(f'PRAGMA table_info("{name}")'))] for name in names}


@writes
def _mark(session, columns: Columns) -> None:
    """Past all cleaning: what stands in the database may have come there by any way."""
    for trigger in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
        session.execute(text(f'DROP TRIGGER "{trigger}"'))
    for table, names in columns.items():
        for name in names:
            _say(session, table, name, MARKUP)


@pytest.fixture
def marked(centre: Filled) -> Filled:
    """Every text that people type is markup, in every row."""
    there = tables()
    columns = {table: [name for name in names if name in there.get(table, [])] for table, names in TYPED.items()}
    assert sum(map(len, columns.values())) > 20
    _mark(columns)
    names = ("name", "welcome", "notice_id", "notice_en")
    _name_centre(act=centre.world.act(), said=replace(settings.centre(reading()), **dict.fromkeys(names, MARKUP)))
    centre.forget()
    return centre


@writes
def _name_centre(session, *, act: Act, said: Centre) -> None:
    settings.put_centre(session, said)


def test_stored_text_is_text_on_every_page_to_everybody(marked: Filled) -> None:
    """Pages, door, display, desk, poster: whatever was stored stands there as words."""
    shown = 0
    for rule in sorted({rule.rule for rule in marked.app.url_map.iter_rules() if "GET" in (rule.methods or ())}):
        if rule.startswith(("/api/", "/static")):
            continue
        address = marked.address(rule, "reset" if rule.startswith("/reset") else "")
        for viewer in ("nobody", "owner", "officer", "guard", "admin"):
            for language in ("id", "en") if viewer == "officer" else ("id",):
                answer = get(
                    marked, viewer, address, query_string={"lang": language, "date": "2026-11-25", "start": "10:00"}
                )
                assert answer.status_code < 500 or rule == "/readyz", address
                if answer.mimetype == "text/html":
                    found = Seen(answer.text)
                    assert found.bad == [], f"{address} as {viewer}"
                    shown += MARK in answer.text
                    assert f"{MARK}49" not in answer.text
                    assert "49<a" not in answer.text
    assert shown > 100, "the crawl saw the marks"


def test_the_crawl_can_see_markup(centre: Filled) -> None:
    assert Seen(f"<p>{MARKUP}</p>").bad == ["onerror", "img", "script", "href=javascript:alert(1)"]
    assert "onerror" in Seen(f"<p title={MARKUP}>").bad
    assert Seen('<a title="' + MARKUP.replace('"', "&quot;").replace("<", "&lt;") + '">').bad == []


def test_stored_text_is_text_on_refused_and_previewed_pages(marked: Filled) -> None:
    ids = marked.ids
    series = {"title": MARKUP, "people": "2", "community": "-", "times-0-room": "studio", "every": "weekly"}
    series |= {"times-0-date": "2026-12-09", "times-0-start": "10:00", "times-0-end": "12:00", "count": "4"}
    tries = [
        ("owner", "/rooms/studio/request", series),
        ("owner", "/rooms/studio/request", {**series, "people": MARKUP, "times-0-date": MARKUP, "key": MARKUP}),
        ("owner", f"/bookings/{ids['code']}/change/{ids['uid']}", {"title": MARKUP, "version": MARKUP, "room": MARKUP}),
        ("officer", f"/inbox/{ids['code']}", {"verdict": MARKUP, "reason": MARKUP, "version": "1"}),
        ("officer", "/inbox/clear", {"code": [MARKUP, ids["code"]], "verdict": "decline"}),
        ("officer", "/manage/closures", {"scope": MARKUP, "name_id": MARKUP, "from_on": MARKUP}),
        ("admin", "/manage/people", {"name": MARKUP, "phone": MARKUP, "email": MARKUP}),
        ("admin", "/manage/rooms/studio", {"name": MARKUP, "about": MARKUP, "rules": MARKUP}),
        ("admin", "/manage/centre", {"name": MARKUP, "timezone": MARKUP, "complaint_url": "javascript:alert(1)"}),
        ("admin", "/manage/reasons", {"verdict": MARKUP, "text_id": MARKUP}),
        ("nobody", "/login", {"login": MARKUP, "password": MARKUP, "next": MARKUP}),
        ("nobody", "/register", {"name": MARKUP, "phone": MARKUP, "email": MARKUP, "password": MARKUP}),
        ("nobody", f"/decide/{ids['secret']}", {"verdict": MARKUP, "reason": MARKUP}),
        ("guard", f"/today/{ids['today code']}/{ids['today uid']}/people", {"people": MARKUP}),
    ]
    for viewer, path, form in tries:
        answer = post(marked, viewer, path, form)
        assert answer.status_code < 500, path
        assert Seen(answer.text).bad == [], path
    without = marked.client("owner").post("/rooms/studio/request", data={MARKUP: MARKUP, "title": MARKUP})
    assert without.status_code == 400
    assert Seen(without.text).bad == []


@pytest.mark.parametrize(
    "query",
    [
        "date",
        "site",
        "room",
        "also",
        "item",
        "community",
        "for",
        "tab",
        "page",
        "people",
        "start",
        "end",
        "lang",
        "next",
        "new",
        "x",
    ],
)
def test_what_stands_in_an_address_is_text_too(centre: Filled, query: str) -> None:
    for path in (
        "/",
        "/schedule",
        "/search",
        "/request",
        "/rooms/studio",
        "/mine",
        "/inbox",
        "/today",
        "/login",
        "/nope",
        "/register",
    ):
        for viewer in ("nobody", "officer"):
            answer = get(centre, viewer, path, query_string={query: MARKUP, "start": "10:00", "end": MARKUP})
            assert answer.status_code < 500, path
            assert Seen(answer.text).bad == [], path
    assert Seen(get(centre, "nobody", f"/{MARKUP}").text).bad == []


def test_the_api_says_it_as_json_and_nothing_else(marked: Filled) -> None:
    for path in ("/rooms", "/bookings", f"/bookings/{marked.ids['code']}", "/items", "/reasons", "/inbox", "/today"):
        answer = call(marked, "officer", "GET", f"/api/v1{path}")
        assert answer.mimetype == "application/json", path
        assert json.loads(answer.text) is not None
    wrong = call(marked, "owner", "POST", "/api/v1/bookings", json={MARKUP: MARKUP, "title": MARKUP})
    assert wrong.mimetype == "application/problem+json"


def test_the_address_for_complaints_is_no_script(centre: Filled) -> None:
    form = {"name": "Contoh", "country_code": "62", "timezone": "Asia/Jakarta"}
    for address in ("javascript:alert(1)", "data:text/html,x", "//evil.example", "vbscript:x", " javascript:x"):
        post(centre, "admin", "/manage/centre", {**form, "complaint_url": address})
        centre.forget()
        assert Seen(get(centre, "nobody", "/").text).bad == []


# headers

BREAKS = "Latihan\r\nBcc: semua@evil.example\r\n\r\nIsi lain"


def test_no_text_becomes_a_header_of_a_mail(centre: Filled) -> None:
    for table, names in TYPED.items():
        columns = [name for name in names if name in tables().get(table, [])]
        _break(table, columns)
    mails = []
    for row in reading().query(Outbox).all():
        with suppress(Moot):
            mails.append(write(as_due(row)).as_bytes())
    assert len(mails) > 5
    for raw in mails:
        mail = message_from_bytes(raw, policy=policy.default)
        assert mail["Bcc"] is None
        assert mail["Cc"] is None
        assert len(mail.get_all("To")) == 1
        assert "evil.example" not in str(mail["To"].addresses[0].addr_spec)
        assert b"\nBcc:" not in raw.split(b"\r\n\r\n")[0]


@writes
def _break(session, table: str, names: list[str]) -> None:
    for trigger in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
        session.execute(text(f'DROP TRIGGER "{trigger}"'))
    for name in names:
        _say(session, table, name, BREAKS)


def _say(session, table: str, name: str, said: str) -> None:
    """In every row; names that may stand there once with a number behind them."""
    value = ":said || id" if (table, name) == ("classification", "name_id") else ":said"
    session.execute(text(f'UPDATE "{table}" SET "{name}" = {value}'), {"said": said})


@pytest.mark.parametrize(
    "address", ["a@b.id\nBcc: x@evil.example", "a@b.id, x@evil.example", "a@b.id\r\nX: y", '"a"@b.id', "a@b"]
)
def test_no_address_is_two(centre: Filled, address: str) -> None:
    form = {"name": "Baru", "phone": "0840-7777-0001", "email": address, "password": PASSWORD}
    assert post(centre, "nobody", "/register", form).status_code == 422


@pytest.mark.parametrize("slug", ["a%0d%0aX-Evil:1", 'a";filename="x.exe', "..%2f..%2fetc", "%00", "a%22"])
def test_no_slug_becomes_a_header(centre: Filled, slug: str) -> None:
    for path in (f"/feeds/rooms/{slug}.ics", f"/feeds/sites/{slug}.ics", f"/rooms/{slug}", f"/door/{slug}"):
        answer = get(centre, "nobody", path)
        assert answer.status_code == 404
        assert "X-Evil" not in answer.headers


def test_names_of_files_are_plain(centre: Filled) -> None:
    for path in (
        "/feeds/all.ics",
        "/feeds/rooms/studio.ics",
        "/feeds/sites/bitc.ics",
        f"/feeds/u/{centre.ids['token']}/my.ics",
    ):
        said = get(centre, "nobody", path).headers["Content-Disposition"]
        assert re.fullmatch(r'inline; filename="[a-z0-9-]+\.ics"', said)


def test_no_text_becomes_a_property_of_a_calendar(centre: Filled) -> None:
    evil = "Latihan\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTACH:https://evil.example/x"
    form = {"title": evil, "people": "2", "community": "-", "times-0-room": "rapat"}
    form |= {"times-0-date": "2026-12-09", "times-0-start": "10:00", "times-0-end": "12:00"}
    assert post(centre, "owner", "/rooms/rapat/request", form).status_code == 302
    body = get(centre, "nobody", f"/feeds/u/{centre.ids['token']}/my.ics").data.replace(b"\r\n ", b"")
    assert b"\r\nATTACH" not in body
    assert body.count(b"BEGIN:VEVENT") == body.count(b"END:VEVENT")
    head = joined(Head("a\r\nX-EVIL:1", ("Asia/Jakarta",), "http://x", None), [])
    assert b"\r\nX-EVIL" not in head


# statements


@pytest.mark.parametrize("said", ["' OR '1'='1", "x'; DROP TABLE person; --", "%", "_", '" OR 1=1 --', "1) OR (1=1"])
def test_nothing_typed_becomes_a_statement(centre: Filled, said: str) -> None:
    from urllib.parse import quote

    was = reading().scalars(select(Booking.code)).all()
    for path in (
        f"/bookings/{quote(said, safe='')}",
        f"/rooms/{quote(said, safe='')}",
        f"/reset/{quote(said, safe='')}",
    ):
        assert get(centre, "stranger", path).status_code == 404
    for query in ("site", "room", "community"):
        answer = get(centre, "officer", "/inbox", query_string={query: said})
        assert answer.status_code == 200
    assert post(centre, "nobody", "/login", {"login": said, "password": said}).status_code == 422
    assert call(centre, "stranger", "GET", "/api/v1/why", query_string={"room": said}).status_code in (404, 422)
    reading().rollback()
    assert reading().scalars(select(Booking.code)).all() == was
