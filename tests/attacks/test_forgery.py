"""Requests that somebody else makes the reader send, hosts that are not ours, redirects to elsewhere, planted pages."""

from __future__ import annotations

import re
from contextlib import suppress
from email.message import EmailMessage

import pytest
from sqlalchemy import event

from booking.mail.writing import write
from booking.storage.db import db, reading
from booking.storage.outbox import Outbox
from booking.usecases.sending import Moot, as_due
from tests.support.attacker import call, get, log_in, post
from tests.support.filled import VIEWERS, Filled
from tests.support.world import PASSWORD
from tests.web.matrix import BODIES, OF
from tests.web.test_matrix import known_values, put_in, uploaded

EVIL = "evil.example"
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def unsafe_pages(centre: Filled) -> list[tuple[str, str]]:
    """(method, address) of everything that a browser could be made to send; the API knows no cookies."""
    rules = [rule for rule in centre.app.url_map.iter_rules() if not rule.rule.startswith("/api/")]
    found = [(method, centre.address(rule.rule)) for rule in rules for method in (rule.methods or set()) & UNSAFE]
    assert len(found) > 40
    return sorted(found)


def fingerprint() -> list[tuple]:
    """Every row of the database."""
    with db.engine.connect() as connection:
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).scalars()
        return [(name, connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()) for name in names.all()]


def test_without_a_token_nothing_unsafe_is_done(centre: Filled) -> None:
    before = fingerprint()
    for method, address in unsafe_pages(centre):
        for viewer in ("owner", "officer", "admin"):
            answer = centre.client(viewer).open(address, method=method, data={"verdict": "approve", "closed": "y"})
            assert answer.status_code in (400, 405), f"{method} {address}: {answer.status_code}"
    assert fingerprint() == before


@pytest.mark.parametrize("token", ["", "x", "IjA4N2IzIg.awqbEA.htsxzz2jxXRumo0wW5c8Z--8bso", "\udc80"])
def test_a_made_up_token_is_none(centre: Filled, token: str) -> None:
    form = {"csrf_token": token.encode("utf-8", "replace").decode(), "language": "en"}
    assert centre.client("owner").post("/account/messages", data=form).status_code == 400


def test_the_token_of_another_browser_is_none(centre: Filled) -> None:
    theirs = centre.app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', theirs.get("/register").text)[1]
    mine = centre.client("owner")
    centre.csrf(mine)
    assert mine.post("/account/messages", data={"csrf_token": token, "language": "en"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": f"https://{EVIL}"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:8000.{EVIL}"},
    ],
)
def test_what_another_site_makes_a_browser_send_is_refused_even_with_a_token(
    centre: Filled, headers: dict[str, str]
) -> None:
    before = fingerprint()
    for method, address in unsafe_pages(centre):
        client = centre.client("officer")
        token = centre.csrf(client)
        answer = client.open(address, method=method, data={"csrf_token": token}, headers=headers)
        assert answer.status_code == 403, f"{method} {address}: {answer.status_code}"
    assert fingerprint() == before


def test_looking_changes_nothing(centre: Filled) -> None:
    """No GET and no HEAD of anybody changes a row: programs look at everything before people do."""
    said: list[str] = []

    def listen(_connection, _cursor, statement: str, *_: object) -> None:
        if statement.lstrip().split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE", "REPLACE"):
            said.append(statement)

    rules = [rule.rule for rule in centre.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    event.listen(db.engine, "before_cursor_execute", listen)
    for rule in rules:
        address = centre.address(rule, "reset" if rule.startswith("/reset") else "")
        for viewer in VIEWERS:
            for method in ("GET", "HEAD") if viewer == "officer" else ("GET",):
                asked = call if rule.startswith("/api/") else None
                answer = (
                    asked(centre, viewer, method, address)
                    if asked
                    else centre.client(viewer).open(address, method=method)
                )
                assert answer.status_code < 500 or rule == "/readyz"
                assert said == [], f"{method} {address} as {viewer}"
    event.remove(db.engine, "before_cursor_execute", listen)


def test_head_is_not_post(centre: Filled) -> None:
    """Not even with a whole form behind it: no token is asked for there, and programs send it to every link."""
    before = fingerprint()
    for rule in centre.app.url_map.iter_rules():
        name = f"POST {rule.rule}"
        if {"HEAD", "POST"} <= (rule.methods or set()) and not rule.rule.startswith("/api/"):
            body = put_in(BODIES.get(name, {}), known_values(centre, name))
            address = centre.address(rule.rule, OF.get(name, ""))
            for viewer in ("nobody", "owner", "stranger", "officer", "admin"):
                kind = "multipart/form-data" if body else None
                answer = centre.client(viewer).open(address, method="HEAD", data=uploaded(body), content_type=kind)
                assert answer.status_code < 500, address
                assert fingerprint() == before, f"{address} as {viewer}"


@pytest.mark.parametrize("way", ["_method", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_cannot_be_put_over_another(centre: Filled, way: str) -> None:
    before = fingerprint()
    address = f"/bookings/{centre.ids['code']}"
    for method in ("DELETE", "POST"):
        where = {"query_string": {way: method}} if way == "_method" else {"headers": {way: method}}
        assert centre.client("owner").get(f"{address}/cancel", **where).status_code == 405
        assert call(centre, "owner", "GET", f"/api/v1{address}", **where).status_code == 200
    assert fingerprint() == before


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "X"])
def test_methods_that_nobody_knows(centre: Filled, method: str) -> None:
    for path in ("/", "/login", "/api/v1/bookings", "/feeds/all.ics"):
        assert centre.client("owner").open(path, method=method).status_code == 405


# open redirects

TARGETS = [
    f"//{EVIL}",
    f"///{EVIL}",
    f"/\\{EVIL}",
    f"\\\\{EVIL}",
    f"https:{EVIL}",
    f"https://{EVIL}/x",
    f"http:///{EVIL}",
    f"%2f%2f{EVIL}",
    f"/%0a/{EVIL}",
    f"/\t/{EVIL}",
    f"\t//{EVIL}",
    f" //{EVIL}",
    f"/\r\nLocation: https://{EVIL}",
    "/x\r\nSet-Cookie: login=bk_x",
    f"javascript://{EVIL}/%0aalert(1)",
    f"//127.0.0.1:8000@{EVIL}/",
    f"http://127.0.0.1:8000@{EVIL}/",
    f"/\u2028/{EVIL}",
    "http://[",
]


@pytest.mark.parametrize("target", TARGETS)
def test_no_redirect_leads_elsewhere(centre: Filled, target: str) -> None:
    client = centre.app.test_client()
    first = log_in(centre, client, "cecep@example.com", PASSWORD, next=target)
    again = centre.client("owner").get("/login", query_string={"next": target})
    form = {"name": "Baru", "phone": "0840-7777-0009", "password": PASSWORD, "next": target}
    joined = post(centre, "nobody", "/register", form)
    asked = get(centre, "nobody", "/mine", query_string={"next": target})
    for answer in (first, again, joined, asked):
        assert answer.status_code == 302
        to = answer.headers["Location"]
        assert re.match(r"/(?![/\\])", to), to
        assert not re.search(r"[\x00-\x20\\]", to), to
        # not one of those that are made here, of which one in 64 begins so
        assert not any(re.match("login=bk_x(;|$)", one) for one in answer.headers.getlist("Set-Cookie"))


def test_the_referrer_of_another_site_is_no_target(centre: Filled) -> None:
    answer = post(centre, "nobody", "/account/messages", headers={"Referer": f"https://{EVIL}/x"})
    assert EVIL not in answer.headers["Location"]


@pytest.mark.parametrize("path", [f"//{EVIL}", f"//{EVIL}/..", f"///{EVIL}/login", f"/\\{EVIL}"])
def test_no_page_links_elsewhere_because_its_address_looks_so(centre: Filled, path: str) -> None:
    answer = centre.client("owner").get("/x", environ_overrides={"PATH_INFO": path})
    found = re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)
    assert found
    assert [one for one in found if re.match(r"(https?:)?[/\\]{2}", one) and EVIL in one] == []
    assert EVIL not in answer.headers.get("Location", "")


# forged hosts

HOSTS = [{"Host": EVIL}, {"X-Forwarded-Host": EVIL}, {"Forwarded": f"host={EVIL}"}, {"X-Forwarded-Proto": "https"}]


@pytest.mark.parametrize("headers", HOSTS)
def test_links_come_from_the_configuration(centre: Filled, headers: dict[str, str]) -> None:
    """In pages, calendars, codes and redirects, whatever host the request names."""
    reset = post(centre, "admin", f"/manage/people/{centre.world.people['dewi']}/reset", headers=headers)
    feed = post(centre, "owner", "/subscribe/mine", {"label": "x"}, headers=headers)
    assert "http://127.0.0.1:8000/reset/bk_" in reset.text
    assert "http://127.0.0.1:8000/feeds/u/bk_" in feed.text
    pages = [
        "/",
        "/subscribe/all",
        "/feeds/all.ics",
        "/display/studio",
        "/manage/rooms/studio/poster",
        "/mine",
        "/nope",
    ]
    answers = [reset, feed, *(get(centre, "admin", page, headers=headers) for page in (*pages, "/nope"))]
    answers.append(get(centre, "nobody", "/mine", headers=headers))
    answers.append(call(centre, "owner", "GET", "/api/v1/openapi.json", headers=headers))
    for answer in answers:
        assert EVIL not in answer.text
        assert EVIL not in str(answer.headers)


def written() -> list[EmailMessage]:
    found = []
    for row in reading().query(Outbox).all():
        with suppress(Moot):
            found.append(write(as_due(row)))
    return found


@pytest.mark.parametrize("headers", HOSTS)
def test_mails_asked_for_under_a_forged_host_lead_home(centre: Filled, headers: dict[str, str]) -> None:
    form = {"title": "Surat", "people": "2", "community": "-", "times-0-room": "studio"}
    form |= {"times-0-date": "2026-12-09", "times-0-start": "10:00", "times-0-end": "12:00"}
    made = post(centre, "owner", "/rooms/studio/request", form, headers=headers)
    assert made.status_code == 302
    with centre.app.test_request_context("/", headers=headers):
        mails = written()
        assert len(mails) > 5
        for mail in mails:
            assert EVIL not in mail.as_string()


def test_a_forwarded_address_is_not_believed(centre: Filled) -> None:
    """The throttle sees the real network: no new one for each try."""
    client = centre.app.test_client()
    told = []
    for number in range(45):
        data = {"csrf_token": centre.csrf(client), "login": f"x{number}@example.com", "password": "salah sekali"}
        told.append(client.post("/login", data=data, headers={"X-Forwarded-For": f"10.{number}.0.1"}).status_code)
    assert 429 in told


# kept pages

KEPT = ("/", "/schedule", "/search?start=10:00&end=12:00", "/rooms/studio", "/door/studio", "/display/studio")


@pytest.mark.parametrize("path", KEPT)
def test_nobody_gets_a_page_that_was_made_for_somebody(centre: Filled, path: str) -> None:
    fresh = get(centre, "nobody", path)
    for viewer in ("owner", "officer", "admin", "guard"):
        centre.forget()
        theirs = get(centre, viewer, path)
        assert "no-store" in theirs.headers["Cache-Control"] or "private" in theirs.headers["Cache-Control"]
        assert "ETag" not in theirs.headers
        assert get(centre, "nobody", path).data == fresh.data


@pytest.mark.parametrize("path", KEPT)
@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": EVIL},
        {"Host": EVIL},
        {"X-Original-URL": "/manage"},
        {"X-Rewrite-URL": "/manage"},
        {"Accept-Language": f"<{EVIL}>"},
        {"Cookie": f"lang={EVIL}"},
        {"Cookie": "lang=en"},
        {"User-Agent": EVIL},
        {"X-Forwarded-Prefix": f"//{EVIL}"},
        {"X-Script-Name": f"/{EVIL}"},
    ],
)
def test_no_header_poisons_what_is_kept(centre: Filled, path: str, headers: dict[str, str]) -> None:
    fresh = get(centre, "nobody", path)
    centre.forget()
    get(centre, "nobody", path, headers=headers)
    assert get(centre, "nobody", path).data == fresh.data
    assert EVIL not in fresh.text


def test_a_page_says_what_it_depends_on(centre: Filled) -> None:
    for path in (*KEPT, "/login", "/mine", "/nope"):
        for viewer in ("nobody", "owner"):
            answer = get(centre, viewer, path)
            assert "Cookie" in answer.headers.get("Vary", ""), path
            assert "public" not in answer.headers["Cache-Control"], path


def test_the_choice_of_a_language_is_kept_apart(centre: Filled) -> None:
    plain = get(centre, "nobody", "/")
    chosen = centre.app.test_client()
    chosen.get("/?lang=en")
    english = chosen.get("/")
    assert 'lang="en"' in english.text
    assert get(centre, "nobody", "/").data == plain.data
    assert "Set-Cookie" not in english.headers


def test_what_is_shown_again_holds_no_password(centre: Filled) -> None:
    """A form of which the page was open too long; pages of several forms put a word before each name."""
    secret = "anggrek bulan biru"
    names = ("password", "email-password", "phone-password", "password-old", "password-new", "code")
    form = {**dict.fromkeys(names, secret), "email-email": "baru@example.com", "csrf_token": "x"}
    for path in ("/account/password", "/account/email", "/account/second/confirm"):
        answer = centre.client("owner").post(path, data=form)
        assert (answer.status_code, "baru@example.com" in answer.text) == (400, True)
        assert secret not in answer.text
