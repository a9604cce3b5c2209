"""Feeds behind a token: who may have them is asked at each request, and whatever ends that changes the answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.storage.db import db, reading
from booking.storage.people import RoleGrant
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.deciding_changes import decide_changes, withdraw_changes
from booking.usecases.expiring import close_changes
from booking.usecases.furnishing import RoomFacts, save_room
from booking.usecases.intents import Edit
from booking.usecases.joining import change_person, end_role, grant_role
from booking.usecases.memberships import add_member, remove_member
from tests.feeds.reading import events, has_changed, mine, of_community, of_room, summaries, tag, to_decide, token
from tests.support.clients import WebClient
from tests.support.statements import asked
from tests.support.world import World


def grant_of(world: World, who: str) -> int:
    return reading().query(RoleGrant).filter_by(person_id=world.people[who]).one().id


def test_a_communitys_feed_is_full_and_for_members(web: WebClient, world: World) -> None:
    path = of_community(world, "cecep", "gerimis-sore")
    world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Latihan", purpose="Konser")
    world.ask("euis", world.time("rapat", 2, "19:00", "21:00"), title="Rapat Kujang")
    (found,) = events(web.get(path))
    assert str(found["SUMMARY"]) == "Menunggu: Latihan · Ruang Latihan Musik"
    assert "Cecep" in str(found["DESCRIPTION"])
    assert "Konser" in str(found["DESCRIPTION"])
    answer = web.get(path)
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert "X-WR-CALNAME:Gerimis Sore" in answer.text
    assert "SOURCE" not in answer.text


def test_a_membership_that_ended_is_404_and_a_new_one_the_calendar_again(web: WebClient, world: World) -> None:
    path = of_community(world, "cecep", "gerimis-sore")
    known = {"If-None-Match": tag(web, path)}
    remove_member(act=world.act(), slug="gerimis-sore", person_id=world.people["cecep"])
    assert [web.get(path, headers=said).status_code for said in ({}, known)] == [404, 404]
    add_member(act=world.act("dadang"), slug="gerimis-sore", login="cecep@example.com", relation="member")
    assert web.get(path).status_code == 200


def test_what_is_called_off_stays_for_a_month_in_a_communitys_feed(web: WebClient, world: World) -> None:
    path = of_community(world, "cecep", "gerimis-sore")
    cancel(act=world.act("cecep"), code=world.ask("cecep", world.time("rapat", 9, "09:00", "10:00")))
    (found,) = events(web.get(path))
    assert (str(found["STATUS"]), str(found["TRANSP"])) == ("CANCELLED", "TRANSPARENT")
    world.now += timedelta(days=31)
    assert events(web.get(path)) == []


def test_requests_are_what_one_may_decide_and_open_the_decision(web: WebClient, world: World) -> None:
    officer, head = to_decide(world, "dadang"), to_decide(world, "sumarna")
    of_ctp = to_decide(world, "entin")
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Latihan")
    world.ask("cecep", world.time("aula", 3, "09:00", "12:00"), title="Pameran")
    world.ask("euis", world.time("pl1", 3, "09:00", "12:00"), title="Kelas")
    world.ask("euis", world.time("rapat", 3, "09:00", "12:00"), title="Pasti")
    (found,) = events(web.get(officer))
    assert str(found["SUMMARY"]) == "Menunggu: Latihan · Ruang Latihan Musik"
    assert (str(found["STATUS"]), str(found["URL"])) == ("TENTATIVE", f"http://127.0.0.1:8000/inbox/{code}")
    assert [one.split(" ·")[0] for one in summaries(web.get(head))] == [
        *("Menunggu: Latihan", "Menunggu: Pameran", "Menunggu: Kelas")
    ]
    assert summaries(web.get(of_ctp)) == ["Menunggu: Kelas · Pelatihan 1"]
    before = tag(web, officer)
    world.approve("dadang", code)
    assert has_changed(web, officer, before)
    assert events(web.get(officer)) == []


def test_a_change_that_waits_is_shown_where_it_shall_be(web: WebClient, world: World) -> None:
    path = to_decide(world, "dadang")
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Latihan")
    world.approve("dadang", code)
    before = tag(web, path)
    change_booking(act=world.act("cecep"), code=code, edit=Edit(starts_at=world.at(4, "19:00")))
    assert has_changed(web, path, before)
    (found,) = events(web.get(path))
    assert (found.start, str(found["STATUS"])) == (world.at(4, "19:00"), "TENTATIVE")
    assert str(found["URL"]).endswith(f"/inbox/{code}")
    decide_changes(act=world.act("dadang"), code=code, is_approved=True)
    assert events(web.get(path)) == []


@pytest.mark.parametrize("end", ["withdrawn", "expired"])
def test_a_change_that_ends_undecided_leaves_the_calendar(web: WebClient, world: World, end: str) -> None:
    code = world.ask("cecep", world.time("musik", 10, "15:00", "17:00"))
    world.approve("dadang", code)
    later = Edit(starts_at=world.at(11, "15:00"), ends_at=world.at(11, "17:00"))
    change_booking(act=world.act("cecep"), code=code, edit=later)
    path = to_decide(world, "dadang")
    world.now = world.at(10, "15:30" if end == "expired" else "12:00")
    before = web.get(path)
    assert len(events(before)) == 1
    if end == "expired":
        assert close_changes(act=world.act()) == 1
    else:
        withdraw_changes(act=world.act("cecep"), code=code)
    after = web.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert events(after) == []


def test_a_role_that_ended_is_404(web: WebClient, world: World) -> None:
    paths = (to_decide(world, "dadang"), of_room(world, "dadang", "musik"))
    known = [{"If-None-Match": tag(web, path)} for path in paths]
    end_role(act=world.act("admin"), grant_id=grant_of(world, "dadang"))
    for path, said in zip(paths, known, strict=True):
        assert [web.get(path).status_code, web.get(path, headers=said).status_code] == [404, 404]


def test_a_role_has_its_days(web: WebClient, world: World) -> None:
    today = world.act().today
    grant_role(
        act=world.act("admin"),
        login="euis@example.com",
        role="deputy",
        site="bitc",
        from_on=today + timedelta(days=1),
        to_on=today + timedelta(days=1),
    )
    paths = (to_decide(world, "euis"), of_room(world, "euis", "musik"))
    statuses = []
    for _ in range(3):
        statuses.append([web.get(path).status_code for path in paths])
        world.now += timedelta(days=1)
    assert statuses == [[404, 404], [200, 200], [404, 404]]


def test_another_role_changes_the_tag(web: WebClient, world: World) -> None:
    path = to_decide(world, "dadang")
    world.ask("euis", world.time("pl1", 3, "09:00", "12:00"), title="Kelas")
    before = web.get(path)
    grant_role(act=world.act("admin"), login="dadang@example.com", role="officer", site="ctp", from_on=None, to_on=None)
    after = web.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert summaries(after) == ["Menunggu: Kelas · Pelatihan 1"]
    assert events(before) == []


def test_who_may_not_decide_has_no_requests(web: WebClient, world: World) -> None:
    assert [web.get(to_decide(world, who)).status_code for who in ("cecep", "ujang", "admin")] == [404] * 3


def test_staff_see_a_room_whole_hidden_ones_and_requests_too(web: WebClient, world: World) -> None:
    world.room("gudang", tier="automatic", feed_level="busy")
    path = of_room(world, "dadang", "gudang")
    world.ask("cecep", world.time("gudang", 1, "09:00", "10:00"), title="Simpan alat")
    hidden = RoomFacts("bitc", "Gudang", tier="automatic", feed_level="busy", is_public=False)
    save_room(act=world.act("admin"), slug="gudang", facts=hidden)
    (found,) = events(web.get(path))
    assert str(found["SUMMARY"]) == "Simpan alat · Gudang"
    assert "Cecep" in str(found["DESCRIPTION"])
    assert web.get("/feeds/rooms/gudang.ics").status_code == 404
    world.ask("cecep", world.time("musik", 1, "09:00", "10:00"), title="Latihan")
    assert summaries(web.get(of_room(world, "dadang", "musik"))) == ["Menunggu: Latihan · Ruang Latihan Musik"]
    assert summaries(web.get(of_room(world, "ujang", "musik"))) == [], "a guard attends, and sees no requests"
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), title="Rapat")
    assert summaries(web.get(of_room(world, "ujang", "rapat"))) == ["Rapat · Ruang Rapat"]


def test_a_staff_room_is_of_ones_own_site(web: WebClient, world: World) -> None:
    assert web.get(of_room(world, "entin", "musik")).status_code == 404
    assert web.get(of_room(world, "cecep", "musik")).status_code == 404
    path = of_room(world, "entin", "pl1")
    world.approve("entin", world.ask("cecep", world.time("plx", 1, "09:00", "10:00"), title="Pitching"))
    assert summaries(web.get(path)) == ["Pitching · Pelatihan 1+2"], "what takes it as a part is at the same site"


@pytest.mark.parametrize("feed", ["my", "requests", "community", "room"])
def test_a_304_costs_two_statements(web: WebClient, world: World, feed: str) -> None:
    paths = {
        "my": lambda: mine(world),
        "requests": lambda: to_decide(world, "dadang"),
        "community": lambda: of_community(world, "cecep", "gerimis-sore"),
        "room": lambda: of_room(world, "dadang", "musik"),
    }
    path = paths[feed]()
    world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    known = {"If-None-Match": tag(web, path)}
    with asked() as statements:
        assert web.get(path, headers=known).status_code == 304
    assert 1 <= len(statements) <= 2, statements


def test_no_token_opens_another_feed(web: WebClient, world: World) -> None:
    secrets = {feed: token(world, "dadang", feed) for feed in ("my", "requests", "room:x", "room:", "community:0")}
    for feed, secret in secrets.items():
        addresses = [f"/feeds/u/{secret}/{rest}.ics" for rest in ("my", "requests", "rooms/musik", "communities/x")]
        statuses = [web.get(path).status_code for path in addresses]
        assert sum(status == 200 for status in statuses) == (feed in ("my", "requests")), feed
    path = of_room(world, "dadang", "musik")
    assert web.get(path.replace("musik", "rapat")).status_code == 404
    path = of_community(world, "cecep", "gerimis-sore")
    assert web.get(path.replace("gerimis-sore", "kujang-lima")).status_code == 404


def test_a_closed_account_is_410_in_every_feed(web: WebClient, world: World) -> None:
    paths = [of_community(world, "cecep", "gerimis-sore"), mine(world)]
    known = [{"If-None-Match": tag(web, path)} for path in paths]
    change_person(
        act=world.act("admin"),
        person_id=world.people["cecep"],
        name="Cecep",
        phone="0840-0000-0001",
        email="cecep@example.com",
        closed=True,
        real_now=world.now,
    )
    for path, said in zip(paths, known, strict=True):
        assert [web.get(path).status_code, web.get(path, headers=said).status_code] == [410, 410]


def test_304_counts_towards_the_limit_and_public_feeds_have_none(web: WebClient, world: World) -> None:
    path = mine(world)
    known = {"If-None-Match": tag(web, path)}
    statuses = [web.get(path, headers=known).status_code for _ in range(60)]
    assert statuses == [304] * 59 + [429]
    over = web.get(path, headers=known)
    assert (over.status_code, over.headers["Retry-After"], over.data) == (429, "1800", b"429\n")  # at half past
    public = {"If-None-Match": tag(web, "/feeds/all.ics")}
    assert {web.get("/feeds/all.ics", headers=public).status_code for _ in range(200)} == {304}


def test_a_guesser_keeps_nobody_at_the_same_address_from_their_calendar(web: WebClient, world: World) -> None:
    path = mine(world)
    assert {web.get(f"/feeds/u/bk_{number}/my.ics").status_code for number in range(70)} == {404, 429}
    assert web.get(path).status_code == 200


def test_a_deleted_community_row_or_token_never_shows_an_empty_calendar(web: WebClient, world: World) -> None:
    path = of_community(world, "cecep", "gerimis-sore")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE community SET closed_at = created FROM (SELECT 1 AS created) AS x") if (
            db.engine.dialect.name == "sqlite"
        ) else connection.exec_driver_sql("UPDATE community SET closed_at = now()")
    assert web.get(path).status_code == 404
