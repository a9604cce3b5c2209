"""Feeds over HTTP: the main job reaches the subscriber, tags tell the truth, and nothing but calendars comes out."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
from icalendar import Calendar
from werkzeug.http import http_date

from booking.domain.feed_names import MINE
from booking.usecases.cancelling import cancel
from booking.usecases.memberships import add_member, remove_member
from booking.usecases.subscribing import new_api_token, new_feed_token, revoke_token
from tests.support.clients import WebClient
from tests.support.lint import problems
from tests.support.statements import asked
from tests.support.world import World

MUSIC = "/feeds/rooms/musik.ics"


def summaries(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert problems(answer.data) == []
    return [str(one["SUMMARY"]) for one in Calendar.from_ical(answer.data).events]


def test_request_approval_feed_cancel(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Latihan")
    first = web.get(MUSIC)
    assert summaries(first) == [], "what only waits is nobody's business yet"
    world.approve("dadang", code)
    second = web.get(MUSIC, headers={"If-None-Match": first.headers["ETag"]})
    assert summaries(second) == ["Latihan · Ruang Latihan Musik"]
    (found,) = Calendar.from_ical(second.data).events
    assert (found.start, found.end) == (world.at(2, "19:00"), world.at(2, "21:00"))
    again = web.get(MUSIC, headers={"If-None-Match": second.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    cancel(act=world.act("cecep"), code=code)
    third = web.get(MUSIC, headers={"If-None-Match": second.headers["ETag"]})
    assert summaries(third) == []
    assert len({one.headers["ETag"] for one in (first, second, third)}) == 3
    assert third.headers["Last-Modified"] != second.headers["Last-Modified"] or third.status_code == 200


@pytest.mark.parametrize("path", [MUSIC, "/feeds/sites/bitc.ics", "/feeds/all.ics"])
def test_headers_and_head(web: WebClient, path: str) -> None:
    answer = web.get(path)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert "Set-Cookie" not in answer.headers
    head = web.client.head(path)
    same = ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Cache-Control", "Vary", "Content-Disposition")
    assert [head.headers[name] for name in same] == [answer.headers[name] for name in same]
    assert head.data == b""


def test_a_304_costs_two_statements_and_no_body(web: WebClient, world: World) -> None:
    world.approve("dadang", world.ask("cecep", world.time("musik", 2, "19:00", "21:00")))
    secret = new_feed_token(act=world.act("cecep"), feed=MINE, label="", real_now=world.now)
    for path in (MUSIC, "/feeds/sites/bitc.ics", "/feeds/all.ics", f"/feeds/u/{secret}/my.ics"):
        tag = web.get(path).headers["ETag"]
        with asked() as statements:
            assert web.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert len(statements) <= 2, statements


def test_forms_of_if_none_match(web: WebClient) -> None:
    tag = web.get(MUSIC).headers["ETag"]
    for said, status in (
        (f"W/{tag}", 304),
        (f'"other", {tag}', 304),
        ("*", 304),
        ('"other"', 200),
        ("garbage", 200),
        ("", 200),
        (tag[:-1] + '-gz"', 304),
    ):
        assert web.get(MUSIC, headers={"If-None-Match": said}).status_code == status, said
    assert web.get(MUSIC, headers={"Range": "bytes=0-9"}).status_code == 200


def test_if_modified_since(web: WebClient) -> None:
    answer = web.get(MUSIC)
    since = {"If-Modified-Since": answer.headers["Last-Modified"]}
    assert web.get(MUSIC, headers=since).status_code == 304
    assert web.get(MUSIC, headers={"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status_code == 200


def test_midnight_is_no_date_while_changes_of_the_day_before_may_come(web: WebClient, world: World) -> None:
    path, midnight = "/feeds/rooms/rapat.ics", world.at(1, "07:00")
    world.now = midnight + timedelta(seconds=2)
    first = web.get(path)
    assert "Last-Modified" not in first.headers
    said, by_its_own_clock = ({"If-Modified-Since": http_date(at)} for at in (midnight, world.now))
    assert web.get(path, headers=said).status_code == 200
    world.now = midnight - timedelta(seconds=1)
    world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"))  # committed after it
    world.now = midnight + timedelta(minutes=5)
    second = web.get(path)
    assert second.data != first.data
    assert second.headers["Last-Modified"] == http_date(midnight)
    assert web.get(path, headers=by_its_own_clock).status_code == 200
    assert web.get(path, headers=said).status_code == 304
    world.ask("cecep", world.time("rapat", 3, "09:00", "10:00"))
    assert web.get(path, headers=said).status_code == 200


def test_a_private_feed_is_never_unmodified_by_date_alone(web: WebClient, world: World) -> None:
    path = mine(world)
    answer = web.get(path)
    assert web.get(path, headers={"If-Modified-Since": answer.headers["Last-Modified"]}).status_code == 200
    assert web.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_gzip_has_a_tag_of_its_own(web: WebClient) -> None:
    plain = web.get(MUSIC)
    zipped = web.get(MUSIC, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] == plain.headers["ETag"][:-1] + '-gz"'
    assert web.get(MUSIC, headers={"Accept-Encoding": "gzip;q=0"}).headers.get("Content-Encoding") is None


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/rooms/nope.ics",
        "/feeds/rooms/%00.ics",
        "/feeds/rooms/..%2f.ics",
        "/feeds/rooms/a%0d%0ab.ics",
        "/feeds/sites/nope.ics",
        "/feeds/nope",
        "/feeds//all.ics",
        "/feeds/u/bk_x/my.ics",
        "/feeds/u/" + "x" * 5000 + "/my.ics",
    ],
)
def test_what_is_not_there_is_one_line(web: WebClient, path: str) -> None:
    answer = web.get(path)
    assert (answer.status_code, answer.mimetype, answer.data) == (404, "text/plain", b"404\n")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods(web: WebClient, method: str) -> None:
    assert getattr(web.client, method)(MUSIC).status_code in (400, 405)


def test_hidden_room_is_gone(web: WebClient, world: World) -> None:
    world.room("gudang", is_public=False)
    assert web.get("/feeds/rooms/gudang.ics").status_code == 404


def test_languages_come_from_the_address_alone(web: WebClient, world: World) -> None:
    world.room("kantor", tier="automatic", feed_level="busy")
    world.ask("cecep", world.time("kantor", 1, "09:00", "10:00"))
    assert summaries(web.get("/feeds/rooms/kantor.ics")) == ["Terpakai"]
    assert summaries(web.get("/feeds/rooms/kantor.ics?lang=en")) == ["Busy"]
    assert summaries(web.get("/feeds/rooms/kantor.ics", headers={"Cookie": "lang=en"})) == ["Terpakai"]


def test_a_composite_makes_its_parts_busy_and_the_other_way_round(web: WebClient, world: World) -> None:
    world.approve("entin", world.ask("cecep", world.time("plx", 1, "09:00", "10:00"), title="Pitching"))
    world.approve("entin", world.ask("euis", world.time("pl2", 1, "11:00", "12:00"), title="Kelas"))
    assert summaries(web.get("/feeds/rooms/pl1.ics")) == ["Terpakai"]
    assert summaries(web.get("/feeds/rooms/plx.ics")) == ["Pitching · Pelatihan 1+2", "Terpakai"]
    assert sorted(summaries(web.get("/feeds/sites/ctp.ics"))) == ["Kelas · Pelatihan 2", "Pitching · Pelatihan 1+2"]


def test_moving_changes_the_tags_of_both(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    paths = ("/feeds/rooms/rapat.ics", "/feeds/rooms/meja.ics")
    before = [web.get(path).headers["ETag"] for path in paths]
    cancel(act=world.act("cecep"), code=code)
    world.ask("cecep", world.time("meja", 1, "09:00", "10:00"))
    assert all(web.get(path).headers["ETag"] != tag for path, tag in zip(paths, before, strict=True))


def mine(world: World, who: str = "cecep") -> str:
    return f"/feeds/u/{new_feed_token(act=world.act(who), feed=MINE, label='HP', real_now=world.now)}/my.ics"


def test_my_bookings_with_requests_communities_and_what_was_called_off(web: WebClient, world: World) -> None:
    path = mine(world)
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Latihan")
    answer = web.get(path)
    assert summaries(answer) == ["Menunggu: Latihan · Ruang Latihan Musik"]
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert "SOURCE" not in answer.text, "it would repeat the token"
    (found,) = Calendar.from_ical(answer.data).events
    assert (str(found["STATUS"]), str(found["URL"])) == ("TENTATIVE", f"http://127.0.0.1:8000/bookings/{code}")
    world.decline("dadang", code)
    (found,) = Calendar.from_ical(web.get(path).data).events
    assert (str(found["STATUS"]), str(found["TRANSP"])) == ("CANCELLED", "TRANSPARENT")
    assert str(found["SUMMARY"]).startswith("BATAL: ")
    world.now += timedelta(days=31)
    assert summaries(web.get(path)) == []


def test_membership_is_looked_at_each_time(web: WebClient, world: World) -> None:
    path = mine(world, "dewi")
    world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"), title="Rapat")
    assert summaries(web.get(path)) == []
    add_member(act=world.act(), slug="gerimis-sore", login="dewi@example.com", relation="member")
    joined = web.get(path)
    assert summaries(joined) == ["Rapat · Ruang Rapat"]
    remove_member(act=world.act("dadang"), slug="gerimis-sore", person_id=world.people["dewi"])
    assert summaries(web.get(path, headers={"If-None-Match": joined.headers["ETag"]})) == []


def test_revoked_closed_and_foreign_tokens(web: WebClient, world: World) -> None:
    path = mine(world)
    from booking.storage.access import tokens_of
    from booking.storage.db import reading

    (token,) = tokens_of(reading(), world.people["cecep"], "feed")
    revoke_token(act=world.act("cecep"), token_id=token.id, real_now=world.now)
    assert web.get(path).status_code == 410
    key = new_api_token(person_id=world.people["cecep"], label="", real_now=world.now)
    assert web.get(f"/feeds/u/{key}/my.ics").status_code == 404


def test_limits_of_one_token_and_of_unknown_ones(web: WebClient, world: World) -> None:
    path = mine(world)
    statuses = [web.get(path).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert web.get(MUSIC).status_code == 200, "public feeds are never limited"
    world.now += timedelta(hours=1)
    assert web.get(path).status_code == 200
    guesses = [web.get(f"/feeds/u/bk_{number}/my.ics").status_code for number in range(62)]
    assert set(guesses[:60]) == {404}
    assert guesses[-1] == 429
