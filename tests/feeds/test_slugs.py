"""Slugs that change: the old address leads to the new one for ever, to a calendar and never to a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from booking.domain.errors import Refused
from booking.storage.db import reading
from booking.storage.profiles import profiles
from booking.usecases.communities import CommunityFacts, change_community
from booking.usecases.furnishing import RoomFacts, SiteFacts, save_room, save_site
from booking.usecases.furnishing_profiles import ProfileFacts, save_profile
from booking.usecases.memberships import remove_member
from tests.feeds.reading import of_community, of_room, tag
from tests.support.clients import WebClient
from tests.support.world import ALL_WEEK, World

FACTS = RoomFacts("bitc", "Ruang Rapat", tier="automatic", capacity=12, rules={"hours": ALL_WEEK})


def rename(world: World, old: str, new: str) -> str:
    return save_room(act=world.act("admin"), slug=old, facts=replace(FACTS, slug=new))


def leads_to(web: WebClient, path: str) -> str:
    answer = web.get(path)
    assert (answer.status_code, answer.content_type) == (301, "text/plain; charset=utf-8"), answer.text
    assert answer.data == b"301\n"
    assert "Set-Cookie" not in answer.headers
    return answer.headers["Location"].removeprefix("http://localhost")


def test_a_rooms_old_addresses_lead_to_the_newest_one(web: WebClient, world: World) -> None:
    known = {"If-None-Match": tag(web, "/feeds/rooms/rapat.ics")}
    assert rename(world, "rapat", "Ruang Rapat Besar") == "ruang-rapat-besar"
    assert rename(world, "ruang-rapat-besar", "musyawarah") == "musyawarah"
    for old in ("rapat", "ruang-rapat-besar"):
        assert leads_to(web, f"/feeds/rooms/{old}.ics") == "/feeds/rooms/musyawarah.ics"
    assert leads_to(web, "/feeds/rooms/rapat.ics?lang=en") == "/feeds/rooms/musyawarah.ics?lang=en"
    assert web.get("/feeds/rooms/rapat.ics", headers=known).status_code == 301
    answer = web.get("/feeds/rooms/musyawarah.ics")
    assert answer.status_code == 200
    assert "/feeds/rooms/musyawarah.ics" in answer.text.replace("\r\n ", "")
    head = web.client.head("/feeds/rooms/rapat.ics")
    assert (head.status_code, head.data) == (301, b"")


def test_a_hidden_rooms_old_address_says_nothing(web: WebClient, world: World) -> None:
    save_room(act=world.act("admin"), slug="rapat", facts=replace(FACTS, slug="rahasia", is_public=False))
    assert [web.get(f"/feeds/rooms/{slug}.ics").status_code for slug in ("rapat", "rahasia")] == [404, 404]
    assert web.get("/rooms/rapat").status_code == 404


def test_nobody_else_gets_an_old_slug_and_its_owner_may_have_it_back(web: WebClient, world: World) -> None:
    rename(world, "rapat", "musyawarah")
    for slug, wanted in (("musik", "rapat"), ("musik", "musyawarah"), (None, "rapat")):
        with pytest.raises(Refused, match="slug_known"):
            save_room(act=world.act("admin"), slug=slug, facts=replace(FACTS, name="Lain", slug=wanted))
    assert rename(world, "musyawarah", "rapat") == "rapat"
    assert web.get("/feeds/rooms/rapat.ics").status_code == 200
    assert leads_to(web, "/feeds/rooms/musyawarah.ics") == "/feeds/rooms/rapat.ics"


def test_no_slug_said_leaves_it(web: WebClient, world: World) -> None:
    assert rename(world, "rapat", "") == rename(world, "rapat", "rapat") == "rapat"


def test_a_sites_and_private_feeds_old_addresses(web: WebClient, world: World) -> None:
    community, room = of_community(world, "cecep", "gerimis-sore"), of_room(world, "dadang", "rapat")
    site = SiteFacts("Gedung BITC", "BITC", "Asia/Jakarta", rules={}, slug="gedung")
    assert save_site(act=world.act("admin"), slug="bitc", facts=site) == "gedung"
    assert leads_to(web, "/feeds/sites/bitc.ics") == "/feeds/sites/gedung.ics"
    facts = CommunityFacts("Gerimis Sore", slug="gerimis")
    assert change_community(act=world.act("admin"), slug="gerimis-sore", facts=facts) == "gerimis"
    assert leads_to(web, community) == community.replace("gerimis-sore", "gerimis")
    assert web.get(community.replace("gerimis-sore", "gerimis")).status_code == 200
    save_room(act=world.act("admin"), slug="rapat", facts=replace(FACTS, site="gedung", slug="musyawarah"))
    assert leads_to(web, room) == room.replace("rapat", "musyawarah")
    assert web.get(room.replace("rapat", "musyawarah")).status_code == 200
    remove_member(act=world.act(), slug="gerimis", person_id=world.people["cecep"])
    assert web.get(community).status_code == 404, "who may not have it is not told its new slug"


def test_pages_and_posters_lead_on_too(web: WebClient, world: World) -> None:
    rename(world, "rapat", "musyawarah")
    for page in ("/rooms/rapat", "/door/rapat", "/display/rapat", "/subscribe/rooms/rapat"):
        answer = web.get(page)
        assert (answer.status_code, answer.headers["Location"]) == (301, page.replace("rapat", "musyawarah"))
    assert web.get("/rooms/nope").status_code == 404


def test_profiles_go_on_to_speak_of_the_room(world: World) -> None:
    said = {"rapat": {"hours": {"weekly": {"mon": [["09:00", "12:00"]]}}}}
    facts = ProfileFacts("Ramadan", date(2027, 2, 8), date(2027, 3, 9), rules=said)
    save_profile(act=world.act("admin"), profile_id=None, facts=facts)
    rename(world, "rapat", "musyawarah")
    assert [list(one.rules) for one in profiles(reading())] == [["musyawarah"]]


def test_the_forms_change_slugs(world: World) -> None:
    web = WebClient(world).log_in("admin")
    page = web.get("/manage/sites/ctp").text
    assert 'name="slug"' in page
    assert 'value="ctp"' in page
    assert 'name="feed_hours"' in web.get("/manage/rooms/pl1").text
    said = {"name": "Techno Park", "short_name": "CTP", "timezone": "Asia/Jakarta", "answer_days": "2", "slug": "tekno"}
    assert web.post("/manage/sites/ctp", said).status_code == 302
    assert leads_to(web, "/feeds/sites/ctp.ics") == "/feeds/sites/tekno.ics"
    taken = {**said, "slug": "bitc"}
    assert web.post("/manage/sites/tekno", taken).status_code == 422
