"""The pages of calendar subscriptions: how to, addresses shown once, and how they fare."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from booking.cli.worker import write_counts
from booking.storage.communities import community_by_slug
from booking.storage.db import reading
from booking.storage.feeds import community_scope, room_scope
from booking.storage.places import room_by_slug
from booking.usecases.memberships import remove_member
from tests.support.clients import WebClient, text_of
from tests.support.world import World

GOOGLE = {"User-Agent": "Google-Calendar-Importer"}


def address(page: str) -> str:
    return html.unescape(re.search(r'id="address" readonly value="http://127.0.0.1:8000([^"]+)"', page)[1])


def make(web: WebClient, **fields: str) -> str:
    """The path of a new address."""
    answer = web.post("/subscribe/mine", fields)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store", "no shared computer keeps it"
    return address(answer.text)


@pytest.mark.parametrize("path", ["/subscribe/rooms/musik", "/subscribe/sites/bitc", "/subscribe/all"])
def test_sheets_for_everybody(web: WebClient, path: str) -> None:
    page = web.get(path).text
    assert address(page).startswith("/feeds/")
    assert f'href="webcal://127.0.0.1:8000{address(page)}"' in page
    assert "webcals" not in page
    assert "<svg" in page
    assert "f-droid.org/packages/at.bitfire.icsdroid" in page
    assert "calendar.google.com/calendar/r/settings/addbyurl" in page
    assert web.get(address(page)).status_code == 200
    english = address(web.get(f"{path}?in=en").text)
    assert english.endswith(".ics?lang=en")
    assert web.get(english).status_code == 200
    assert address(web.get(f"{path}?lang=en").text) == english, "who reads English gets it so"
    assert address(web.get(f"{path}?in=id").text) == address(page)


def test_sheets_of_what_is_not_there(web: WebClient, world: World) -> None:
    world.room("gudang", is_public=False)
    for path in ("/subscribe/rooms/gudang", "/subscribe/rooms/nope", "/subscribe/sites/nope", "/subscribe/rooms/%00"):
        assert web.get(path).status_code == 404
    web.log_in("dadang")
    page = web.get("/rooms/gudang").text
    assert "/subscribe/rooms/gudang" not in page
    assert f"feed=room:{room_by_slug(reading(), 'gudang').id}" in page.replace("%3A", ":")


def test_private_ones_are_for_people(web: WebClient) -> None:
    assert web.get("/subscribe").status_code == 302
    assert web.post("/subscribe/mine").status_code == 302
    assert web.client.post("/subscribe/mine").status_code in (302, 400)
    assert web.post("/subscribe/revoke").status_code == 302


def test_an_address_is_shown_once(web: WebClient) -> None:
    web.log_in("cecep")
    path = make(web, feed="my", label="HP saya", language="en")
    assert path.endswith("/my.ics?lang=en")
    assert web.get(path).status_code == 200
    overview = web.get("/subscribe")
    assert "HP saya" in text_of(overview)
    assert "bk_" not in overview.text


@pytest.mark.parametrize("feed", ["requests", "room:1", "community:999", "nonsense"])
def test_what_one_may_not_have(web: WebClient, feed: str) -> None:
    web.log_in("cecep")
    assert web.post("/subscribe/mine", {"feed": feed}).status_code == 404
    assert web.get(f"/subscribe?feed={feed}").status_code == 200, "the form begins with what one may have"


def test_each_has_its_path(web: WebClient, world: World) -> None:
    community = community_scope(community_by_slug(reading(), "gerimis-sore").id)
    room = room_scope(room_by_slug(reading(), "musik").id)
    web.log_in("cecep")
    assert f'<option selected value="{community}">Gerimis Sore' in web.get(f"/subscribe?feed={community}").text
    assert make(web, feed=community).endswith("/communities/gerimis-sore.ics")
    staff = WebClient(world).log_in("dadang")
    assert make(staff, feed="requests").endswith("/requests.ics")
    assert make(staff, feed=room).endswith("/rooms/musik.ics")


def test_where_the_buttons_are(web: WebClient) -> None:
    assert "/subscribe/rooms/musik" in web.get("/rooms/musik").text
    assert "/subscribe/sites/bitc" in web.get("/schedule?site=bitc").text
    assert "/subscribe/all" in web.get("/schedule").text
    assert "feed=room" not in web.get("/rooms/musik").text
    assert "feed=community" in WebClient(web.world).log_in("cecep").get("/mine").text
    web.log_in("entin")
    assert "feed=room" not in web.get("/rooms/musik").text, "she serves elsewhere"
    assert "feed=requests" in web.get("/inbox").text
    assert "feed=my" in web.get("/mine").text
    assert "feed=community" not in web.get("/mine").text
    assert "/subscribe" in web.get("/account/messages").text


def test_how_it_fares(web: WebClient, world: World) -> None:
    web.log_in("cecep")
    path = make(web, feed="my", label="Laptop")
    assert "Belum dipasang" in text_of(web.get("/subscribe"))
    web.get(path, headers={"User-Agent": "Mozilla/5.0 Firefox/132.0"})
    write_counts()
    assert "Baru dibuka oleh peramban" in text_of(web.get("/subscribe"))
    world.now += timedelta(minutes=30)
    web.get(path, headers=GOOGLE)
    write_counts()
    said = text_of(web.get("/subscribe"))
    assert "Terbaru" in said
    assert "Google Calendar terakhir bertanya pada Sen 23 Nov, 09.00 WIB" in said
    world.now += timedelta(minutes=42)
    world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    said = text_of(web.get("/subscribe"))
    assert "Belum tahu yang terbaru" in said
    assert "Ada yang berubah pada Sen 23 Nov, 09.42 WIB" in said
    world.now += timedelta(days=3)
    said = text_of(web.log_in("cecep").get("/subscribe"))
    assert "Tidak bertanya lagi" in said
    assert "Terbaru" not in said


def test_a_fetch_seconds_after_a_change_is_up_to_date(web: WebClient, world: World) -> None:
    web.log_in("cecep")
    path = make(web, feed="my")
    world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    world.now += timedelta(seconds=24)
    web.get(path, headers=GOOGLE)
    assert "perlu hingga satu menit" in text_of(web.get("/subscribe")), "the fetch is not written yet"
    write_counts()
    said = text_of(web.get("/subscribe"))
    assert "Terbaru" in said
    assert "08.30 WIB" in said


def test_in_one_minute_seconds_tell_which_came_first(web: WebClient, world: World) -> None:
    web.log_in("cecep")
    path = make(web, feed="my")
    world.now += timedelta(seconds=5)
    web.get(path, headers=GOOGLE)
    write_counts()
    world.now += timedelta(seconds=20)
    world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    said = text_of(web.get("/subscribe"))
    assert "Belum tahu yang terbaru" in said
    assert "terakhir bertanya pada Sen 23 Nov, 08.30.05 WIB" in said
    assert "Ada yang berubah pada Sen 23 Nov, 08.30.25 WIB" in said
    assert "perlu hingga satu menit" in said


def test_a_moved_clock_does_not_confuse_it(web: WebClient, world: World) -> None:
    world.app.config["REAL_CLOCK"] = lambda: world.now + timedelta(days=5)
    web.log_in("cecep")
    path = make(web, feed="my")
    assert "dibuat pada Sen 23 Nov" in text_of(web.get("/subscribe"))
    world.now += timedelta(minutes=1)
    web.get(path, headers=GOOGLE)
    write_counts()
    assert "terakhir bertanya pada Sen 23 Nov, 08.31 WIB" in text_of(web.get("/subscribe"))


def test_what_one_may_not_see_any_more(web: WebClient, world: World) -> None:
    web.log_in("cecep")
    make(web, feed=community_scope(community_by_slug(reading(), "gerimis-sore").id))
    remove_member(act=world.act(), slug="gerimis-sore", person_id=world.people["cecep"])
    said = text_of(web.get("/subscribe"))
    assert "Kalender yang tidak boleh Anda lihat lagi" in said
    assert "Gerimis Sore" not in said


def test_revoking(web: WebClient, world: World) -> None:
    web.log_in("cecep")
    paths = [make(web, feed="my", label=label) for label in ("satu", "dua", "tiga")]
    ids = re.findall(r"/subscribe/tokens/(\d+)/revoke", web.get("/subscribe").text)
    assert len(ids) == 3
    assert WebClient(world).log_in("euis").post(f"/subscribe/tokens/{ids[0]}/revoke").status_code == 404
    assert web.post(f"/subscribe/tokens/{min(ids, key=int)}/revoke").status_code == 302
    assert [web.get(path).status_code for path in paths] == [410, 200, 200]
    assert web.post("/subscribe/revoke").status_code == 302
    assert [web.get(path).status_code for path in paths] == [410, 410, 410]
    assert "/subscribe/tokens/" not in web.get("/subscribe").text


def test_too_many_are_refused_on_the_page(web: WebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booking.usecases.subscribing.MOST_ADDRESSES", 1)
    web.log_in("cecep")
    make(web, feed="my")
    answer = web.post("/subscribe/mine", {"feed": "my", "label": "Tablet"})
    assert answer.status_code == 422
    assert "Cabut satu yang tidak dipakai lagi" in answer.text
    assert 'value="Tablet"' in answer.text


def test_who_reads_a_public_calendar_is_told_without_persons(web: WebClient) -> None:
    assert "Hari ini" not in text_of(web.get("/subscribe/rooms/musik"))
    for agent in ("Google-Calendar-Importer", "iOS/18.1 (22B83) dataaccessd/1.0", "<b>evil</b>/1"):
        web.get("/feeds/rooms/musik.ics", headers={"User-Agent": agent})
    write_counts()
    page = web.get("/subscribe/rooms/musik")
    assert "sudah 3 kali meminta kalender ini (Google Calendar, Kalender iPhone)" in text_of(page)
    assert "evil" not in page.text


def test_the_sheet_stays_open_beside_other_peoples_pages(web: WebClient, world: World) -> None:
    """Its address may be shown only once."""
    page = web.get("/subscribe/rooms/rapat?lang=en").text
    links = re.findall(r"<a [^>]*>", page)
    leading_away = [one for one in links if re.search(r"https://(calendar\.google|f-droid|play\.google)", one)]
    assert len(leading_away) == 3
    assert all('target="_blank" rel="noopener noreferrer"' in one for one in leading_away)
    assert 'aria-label="Calendar language"' in page
