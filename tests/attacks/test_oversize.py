"""Too much, too deep, too large, of the wrong kind: refused in words, never a fault."""

from __future__ import annotations

import json

import pytest

from tests.attacks.test_forgery import fingerprint
from tests.support.attacker import call, get, post
from tests.support.filled import Filled

ASK = {"title": "Baru", "people": "2", "community": "-", "times-0-room": "studio"}
ASK |= {"times-0-date": "2026-12-09", "times-0-start": "10:00", "times-0-end": "12:00"}
OCCURRENCE = {"room": "studio", "starts_at": "2026-12-09T10:00:00+07:00", "ends_at": "2026-12-09T12:00:00+07:00"}
BODY = {"title": "Baru", "people": 2, "occurrences": [OCCURRENCE]}
MIB = 1024 * 1024


@pytest.mark.parametrize("path", ["/login", "/register", "/rooms/studio/request", "/account/messages", "/inbox/clear"])
def test_a_body_that_is_too_large_is_413(centre: Filled, path: str) -> None:
    assert post(centre, "officer", path, {"title": "x" * 2 * MIB}).status_code == 413
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    most = 6 if path.endswith("/request") else 2  # a letter may come along there
    upload = part + b"x" * most * MIB + b"\r\n--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert centre.client("officer").post(path, data=upload, headers=kind).status_code == 413


def test_a_form_of_very_many_fields_is_413(centre: Filled) -> None:
    many = {f"times-{n}-date": "2026-12-09" for n in range(5000)}
    assert post(centre, "owner", "/rooms/studio/request", {**ASK, **many}).status_code < 500
    boundary = "x" * 20
    parts = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="a{n}"\r\n\r\n1\r\n' for n in range(2000))
    kind = f"multipart/form-data; boundary={boundary}"
    answer = centre.client("owner").post("/login", data=f"{parts}--{boundary}--", content_type=kind)
    assert answer.status_code in (400, 413)


def test_the_api_takes_no_more_than_a_mebibyte(centre: Filled) -> None:
    raw = json.dumps({**BODY, "title": "x" * 2 * MIB})
    assert call(centre, "owner", "POST", "/api/v1/bookings", data=raw).status_code == 413


BOMBS = {
    "deep lists": b"[" * 400_000,
    "deep objects": b'{"a":' * 150_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "many keys": b"{" + b",".join(b'"k%d":1' % n for n in range(60_000)) + b"}",
    "same key": b"{" + b",".join([b'"title":"x"'] * 60_000) + b"}",
    "long number": b'{"people": ' + b"9" * 500_000 + b"}",
    "long fraction": b'{"people": 0.' + b"1" * 500_000 + b"}",
    "large exponent": b'{"people": 1e999999999}',
    "not a number": b'{"people": NaN, "title": Infinity}',
    "many dates": json.dumps({**BODY, "skip": ["2026-12-09"] * 60_000}).encode(),
    "many times": json.dumps({**BODY, "occurrences": [OCCURRENCE] * 6000}).encode(),
    "many needs": json.dumps({**BODY, "needs": ["x"] * 100_000}).encode(),
    "surrogates": b'{"title": "' + b"\\ud800" * 50_000 + b'"}',
    "bare bytes": bytes(range(256)) * 1000,
    "a bom": b"\xef\xbb\xbf{}",
    "utf-16": '{"title": "x"}'.encode("utf-16"),
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a word": b'"x"',
}


@pytest.mark.parametrize("name", BOMBS)
def test_json_that_is_meant_to_hurt(centre: Filled, name: str) -> None:
    before = fingerprint()
    for path in ("/bookings", "/bookings/preview", "/inbox/decisions", "/closures", "/rooms/studio/rules/trial"):
        answer = call(centre, "admin", "POST", f"/api/v1{path}", data=BOMBS[name])
        assert answer.status_code in (400, 413, 422), f"{path}: {answer.status_code}"
        assert answer.mimetype == "application/problem+json"
        assert len(answer.data) < 100_000
    assert fingerprint() == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/xml", ""]
)
def test_the_kind_of_a_body_changes_nothing(centre: Filled, kind: str) -> None:
    """The key decides, not the kind: without one no form of another site gets anywhere."""
    raw = json.dumps(BODY)
    headers = {"Content-Type": kind}
    assert centre.client("owner").post("/api/v1/bookings", data=raw, headers=headers).status_code == 401
    assert call(centre, "owner", "POST", "/api/v1/bookings", data=raw, headers=headers).status_code == 201
    assert call(centre, "owner", "POST", "/api/v1/bookings", data="title=x", headers=headers).status_code == 400
    assert centre.client("owner").post("/account/messages", json={"language": "en"}).status_code == 400


NUMBERS = ["-1", "0", "2147483648", "9223372036854775808", "9" * 5000, "1e9", "NaN", "1.5", "١٢", "1_000", "", "\x00"]


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_numbers_of_every_size_in_every_form(centre: Filled, number: str) -> None:
    ids = centre.ids
    room = {"name": "Studio", "site": "bitc", "capacity": "8", "units": "1", "tier": "officer", "feed_level": "busy"}
    room |= {"setup_minutes": "0", "teardown_minutes": "0"}
    tries = [
        *(("owner", "/rooms/studio/request", {**ASK, name: number}) for name in ("people", "times-0-units", "count")),
        *(
            ("admin", "/manage/rooms/studio", {**room, name: number})
            for name in ("capacity", "units", "setup_minutes", "release_minutes", "position")
        ),
        (
            "admin",
            "/manage/sites/bitc",
            {"name": "B", "short_name": "B", "timezone": "Asia/Jakarta", "answer_days": number},
        ),
        (
            "admin",
            "/manage/sites/bitc",
            {"name": "B", "short_name": "B", "timezone": "UTC", "answer_days": "2", "position": number},
        ),
        ("admin", "/manage/items/proyektor", {"name": "P", "place": "site:bitc", "stock": number, "condition": "good"}),
        ("admin", "/manage/holidays", {"country": "ID", "year": number}),
        ("admin", "/manage/reasons", {"id": number, "verdict": "decline", "text_id": "x"}),
        ("admin", "/manage/reasons", {"id": number, "remove": "1"}),
        ("admin", "/manage/reasons", {"verdict": "decline", "text_id": "x", "position": number}),
        ("officer", f"/inbox/{ids['code']}", {"verdict": "decline", "canned": number, "version": "1"}),
        ("officer", f"/inbox/{ids['code']}", {"verdict": "approve", "version": number}),
        ("officer", f"/inbox/{ids['code']}/needs", {f"need-{number}": "available"}),
        ("officer", "/inbox/clear", {"code": ids["code"], f"version-{ids['code']}": number, "sure": "1"}),
        ("officer", "/inbox/clear", {"code": ids["code"], "canned": number, "verdict": "decline", "sure": "1"}),
        ("officer", f"/inbox/{ids['code']}/offer/{ids['uid']}", {"units": number, "hours": number, "version": number}),
        ("guard", f"/today/{ids['today code']}/{ids['today uid']}/arrive", {"people": number}),
    ]
    for viewer, path, form in tries:
        answer = post(centre, viewer, path, form)
        assert answer.status_code < 500, f"{path} {form}"
        if answer.status_code < 400:
            centre.put_back()


@pytest.mark.parametrize("number", ["-1", "0", str(2**31), str(2**63), str(2**63 - 1), "9" * 400, "1e3", "0x1"])
def test_ids_beyond_all_bounds_are_not_there(centre: Filled, number: str) -> None:
    numbered = {"person_id", "grant_id", "closure_id", "profile_id", "outbox_id", "token_id", "number", "invite_id"}
    for rule in centre.app.url_map.iter_rules():
        if numbered & rule.arguments:
            address = centre.address(rule.rule, **dict.fromkeys(rule.arguments & numbered, number))
            for method in (rule.methods or set()) & {"GET", "POST"}:
                viewer = "owner" if "token_id" in rule.arguments else "admin"
                answer = (
                    get(centre, viewer, address) if method == "GET" else post(centre, viewer, address, {"name": "x"})
                )
                # the mentorship of number 0 is a new one, of which nothing is said here
                wanted = 422 if address.endswith("/mentorships/0") else 404
                assert answer.status_code == wanted, f"{method} {address}"


def test_numbers_in_json(centre: Filled) -> None:
    for number in (-1, 0, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, 1e300, True, None, "2", [], {}):
        raw = json.dumps({**BODY, "people": number})
        assert call(centre, "owner", "POST", "/api/v1/bookings/preview", data=raw).status_code in (200, 400, 422), (
            number
        )
        for body in ({"verdict": "decline", "canned": number}, {"verdict": "approve", "version": number}):
            path = f"/api/v1/bookings/{centre.ids['code']}/decision"
            answer = call(centre, "officer", "POST", path, data=json.dumps(body))
            assert answer.status_code < 500, body
            centre.put_back()


TEXTS = {
    "NUL": "a\x00b",
    "controls": "a\x07\x1b[31mb",
    "unseen": "\u200b\ufeff\u202e",
    "only blanks": " \u3000\t ",
    "combining": "e" + "\u0301" * 5000,
    "long": "x" * 100_000,
}
WHERE = [
    (
        "owner",
        "/rooms/studio/request",
        ASK,
        ["title", "purpose", "needs", "key", "community", "times-0-room", "times-0-label"],
    ),
    ("owner", "/bookings/{code}/cancel", {}, ["reason", "uid"]),
    ("owner", "/bookings/{returned code}/resubmit", {}, ["note"]),
    ("owner", "/bookings/{code}/resume", {}, ["uid"]),
    ("owner", "/subscribe/mine", {}, ["label"]),
    ("owner", "/account/messages", {}, ["language", "kinds", "invitations"]),
    ("owner", "/door/studio/here", {"uid": "x"}, ["code", "uid", "people"]),
    ("owner", "/bookings/{offered code}/offer/refuse", {}, ["reason", "uid"]),
    ("nobody", "/login", {"password": "kembang biru"}, ["login", "password", "next"]),
    (
        "nobody",
        "/register",
        {"name": "B", "phone": "0840-7777-0001", "password": "kembang biru laut"},
        ["name", "phone", "email", "password", "next"],
    ),
    ("nobody", "/decide/{secret}", {"verdict": "decline"}, ["reason", "verdict"]),
    ("officer", "/inbox/{code}", {"verdict": "decline", "version": "1"}, ["reason", "verdict", "uid", "canned"]),
    ("officer", "/inbox/{code}/needs", {}, ["need-{need}", "note-{need}"]),
    ("officer", "/inbox/{code}/move", {"room": "rapat"}, ["reason", "room", "uid"]),
    ("officer", "/inbox/clear", {"sure": "1", "verdict": "decline"}, ["code", "one", "reason", "verdict"]),
    ("officer", "/inbox/{code}/offer/{uid}", {"version": "1"}, ["note", "room", "start", "date"]),
    (
        "officer",
        "/manage/closures",
        {"from_on": "2027-02-01", "to_on": "2027-02-01"},
        ["name_id", "name_en", "scope", "from_time", "hit-x"],
    ),
    ("officer", "/manage/people", {"name": "B", "phone": "0840-7777-0001"}, ["name", "phone", "email"]),
    ("officer", "/manage/communities/new", {"name": "B"}, ["name", "kind", "helix", "cluster", "mentor", "district"]),
    ("officer", "/manage/communities/gerimis-sore/members", {"relation": "member"}, ["login", "relation"]),
    ("officer", "/manage/reasons", {"verdict": "decline"}, ["text_id", "text_en", "verdict"]),
    (
        "admin",
        "/manage/centre",
        {"name": "C", "country_code": "62", "timezone": "UTC"},
        ["name", "welcome", "notice_id", "complaint_url", "country_code", "timezone"],
    ),
    (
        "admin",
        "/manage/sites/new",
        {"name": "S", "short_name": "S", "timezone": "UTC", "answer_days": "2"},
        ["name", "short_name", "address", "timezone"],
    ),
    (
        "admin",
        "/manage/items/new",
        {"name": "I", "stock": "1", "condition": "good", "place": "site:bitc"},
        ["name", "about", "place", "condition"],
    ),
    (
        "admin",
        "/manage/profiles/new",
        {"name_id": "P", "first_on": "2027-06-01", "last_on": "2027-06-02", "percent": "100"},
        ["name_id", "name_en", "site", "first_on"],
    ),
    ("admin", "/manage/roles", {"login": "dewi@example.com", "role": "guard"}, ["login", "role", "place", "from_on"]),
]


@pytest.mark.parametrize("name", TEXTS)
def test_every_field_survives_every_text(centre: Filled, name: str) -> None:
    for viewer, path, form, fields in WHERE:
        for field in fields:
            said = {**form, field.format(**centre.ids): TEXTS[name]}
            answer = post(centre, viewer, path.format(**centre.ids), said)
            assert answer.status_code < 500, f"{path} {field}"
            if answer.status_code < 400:
                centre.put_back()


@pytest.mark.parametrize("name", TEXTS)
def test_every_string_of_the_api_survives_every_text(centre: Filled, name: str) -> None:
    said, code = TEXTS[name], centre.ids["code"]
    bodies = [{**BODY, field: said} for field in ("title", "purpose", "community", "key", "override")]
    bodies += [{**BODY, "needs": [said]}, {**BODY, "items": [{"item": said, "quantity": 1}]}]
    bodies += [{**BODY, "occurrences": [{**OCCURRENCE, field: said}]} for field in ("room", "starts_at", "label")]
    tries = [("owner", "/bookings", one) for one in bodies]
    tries += [("owner", f"/bookings/{code}/cancellation", {field: said}) for field in ("reason",)]
    tries += [("owner", f"/bookings/{code}/cancellation", {"occurrences": [said]})]
    tries += [("officer", f"/bookings/{code}/decision", {"verdict": "decline", "reason": said})]
    tries += [("officer", "/inbox/decisions", {"verdict": "approve", "versions": {said: 1}})]
    tries += [("admin", "/rooms/studio/rules/trial", {"rules": {said: {said: said}}})]
    for viewer, path, body in tries:
        assert call(centre, viewer, "POST", f"/api/v1{path}", json=body).status_code < 500, f"{path} {body}"
    for query in ("room", "site", "from", "to", "starts_at", "ends_at", "people", "community", "date", "page"):
        for path in ("/rooms", "/availability", "/why", "/today", "/inbox", "/items", "/bookings"):
            answer = call(centre, "officer", "GET", f"/api/v1{path}", query_string={query: said[:2000]})
            assert answer.status_code < 500, f"{path} {query}"
    headers = {
        "Idempotency-Key": said.encode("utf-8", "replace").decode("latin-1")[:4000].translate({0: 33, 10: 33, 13: 33})
    }
    assert call(centre, "owner", "POST", "/api/v1/bookings", json=BODY, headers=headers).status_code < 500


PATHS = [
    "/static/../config.py",
    "/static/..%2fconfig.py",
    "/static/%2e%2e/config.py",
    "/static/..%5cconfig.py",
    "/static//etc/passwd",
    "/static/%2fetc/passwd",
    "/static/app.css%00.png",
    "/static/%00",
    "/static/.%2e/.%2e/data/secret_key",
    "/static/vendor",
    "/static/vendor/",
    "/static/" + "a/" * 2000,
    "/static/" + "a" * 5000,
    "/static/CON",
    "/static/app.css::$DATA",
    "/static/\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    "/rooms/../manage",
    "/rooms/..%2f..%2fmanage",
    "/rooms/studio%00",
    "/rooms/" + "x" * 5000,
    "/rooms/STUDIO",
    "/rooms/studio/",
    "/rooms/new",
    "/feeds/rooms/..%2fall.ics",
    "/feeds/rooms/.ics",
    "/feeds/u//my.ics",
    "/api/v1/../../manage",
    "/api/v1//rooms",
    "/.env",
    "/.git/config",
    "/%ff%fe",
    "/%E0%80%AF",
    "/;/manage",
    "/manage;.css",
    "/manage/.css",
    "/MANAGE",
    "/door/studio/..%2f..%2finbox",
]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_paths_that_want_to_be_elsewhere(centre: Filled, path: str) -> None:
    for viewer in ("nobody", "admin"):
        answer = get(centre, viewer, path)
        assert answer.status_code in (404, 405), f"{path}: {answer.status_code}"
        assert "SECRET_KEY" not in answer.text
        assert "root:" not in answer.text


def test_very_long_addresses_headers_and_cookies(centre: Filled) -> None:
    for path, headers in (
        ("/?x=" + "a" * 100_000, {}),
        ("/", {"Cookie": "a=" + "b" * 60_000}),
        ("/", {"Cookie": "; ".join(f"c{n}=1" for n in range(3000))}),
        ("/", {"Accept-Language": "id," * 20_000}),
        ("/", {"Accept-Encoding": "gzip;q=" + "9" * 5000}),
        ("/", {"If-None-Match": '"x",' * 20_000}),
        ("/feeds/all.ics", {"If-None-Match": '"x",' * 20_000}),
        ("/feeds/all.ics", {"If-Modified-Since": "x" * 10_000}),
        ("/static/app.css", {"Range": "bytes=" + "0-1," * 5000}),
        ("/static/app.css", {"Range": "bytes=99999999999999999999-"}),
    ):
        assert get(centre, "nobody", path, headers=headers).status_code < 500, (path[:20], *headers)


def test_many_different_addresses_do_not_fill_the_memory(centre: Filled) -> None:
    from booking.web.page_cache import MOST_KEPT

    for number in range(MOST_KEPT + 40):
        get(centre, "nobody", f"/?x={number}")
    assert len(centre.app.extensions["page_cache"]._pages) <= MOST_KEPT
