"""Series, changes, closures, profiles, items and rules in the browser, without JavaScript."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from booking.domain.series import Every, Pattern
from booking.storage.bookings import Occurrence
from booking.storage.closures import Closure
from booking.storage.db import reading
from booking.storage.places import room_by_slug
from booking.storage.profiles import HoursProfile
from booking.usecases.furnishing_items import ItemFacts, save_item
from tests.support.clients import WebClient, text_of
from tests.support.world import World
from tests.usecases.test_requesting import booking

WEEKLY = {"every": "week", "interval": "1", "count": "4"}


def states() -> list[str]:
    reading().rollback()
    return list(reading().scalars(select(Occurrence.state).order_by(Occurrence.starts_at)))


def ask(web: WebClient, **more: str):
    return web.request_form("rapat", "2026-11-24", "10:00", "12:00", **{**WEEKLY, "title": "Rutin", **more})


def choices(answer) -> dict[str, list[tuple[str, bool]]]:
    """The select of each date: name -> [(value, chosen)]."""
    found = {}
    for name, body in re.findall(
        r'<select id="choice-[^"]+" name="(choice-[^"]+)">(.*?)</select>', answer.text, re.DOTALL
    ):
        found[name] = [
            (value, bool(chosen)) for value, chosen in re.findall(r'<option value="([^"]*)" (selected)?', body)
        ]
    return found


def chosen(answer) -> dict[str, str]:
    return {name: next(value for value, is_it in said if is_it) for name, said in choices(answer).items()}


def test_a_series_shows_its_dates_before_it_is_sent(web: WebClient, world: World) -> None:
    world.ask("euis", world.time("rapat", 8, "11:00", "13:00"))
    world.close(world.at(15, "00:00"), world.at(16, "00:00"))
    web.log_in("cecep")
    shown = ask(web)
    assert shown.status_code == 200
    assert "4 tanggal, 2 kosong" in text_of(shown)
    assert states() == ["approved"], "nothing is stored before it is sent"
    assert list(chosen(shown).values()) == ["take", "", "", "take"]
    sent = ask(web, send="1", **chosen(shown))
    assert sent.status_code == 422
    assert "Jam ini sudah terisi." in text_of(sent)
    later = next(value for value, _ in choices(shown)["choice-2026-12-01"] if value.startswith("rapat|"))
    answer = {**chosen(shown), "choice-2026-12-01": later, "choice-2026-12-08": "skip"}
    sent = ask(web, send="1", **answer)
    assert sent.status_code == 302
    assert sorted(states()) == ["approved"] * 4 + ["skipped"]
    page = text_of(web.get(sent.headers["Location"]))
    assert "Setiap pekan: Selasa, 4 kali" in page
    assert "Dilewati" in page


def test_skip_all_that_cannot_be_had(web: WebClient, world: World) -> None:
    world.ask("euis", world.time("rapat", 8, "11:00", "13:00"))
    web.log_in("cecep")
    shown = ask(web, skip_all="1", **chosen(ask(web)))
    assert chosen(shown)["choice-2026-12-01"] == "skip"
    assert ask(web, send="1", **chosen(shown)).status_code == 302


def test_a_pattern_that_cannot_be_keeps_what_was_typed(web: WebClient) -> None:
    web.log_in("cecep")
    answer = ask(web, count="", title="Rutin kami")
    assert answer.status_code == 422
    assert "Tentukan akhir jadwal berulang" in text_of(answer)
    assert 'value="Rutin kami"' in answer.text


def test_several_rooms_in_one_request(web: WebClient) -> None:
    web.log_in("cecep")
    more = web.request_form("rapat", "2026-11-25", "10:00", "11:00", title="Temu", more="1")
    assert 'name="times-1-room"' in more.text
    times = {"times-0-room": "rapat", "times-1-room": "musik", "times-1-date": "2026-11-25"}
    times |= {"times-1-start": "13:00", "times-1-end": "14:00", "times-1-label": "Gladi", "times-1-people": "5"}
    sent = web.request_form("rapat", "2026-11-25", "10:00", "11:00", title="Temu", apart="y", **times)
    found = booking(sent.headers["Location"].split("/")[2].partition("?")[0]).occurrences
    assert [(one.room.slug, one.state, one.title, one.head_count) for one in found] == [
        ("rapat", "approved", "Temu", 2),
        ("musik", "requested", "Temu: Gladi", 5),
    ]


def test_items_and_needs_are_asked_for_and_answered(web: WebClient, world: World) -> None:
    save_item(act=world.act(), slug=None, facts=ItemFacts("bitc", "Proyektor", 3), new_slug="proyektor")
    web.log_in("cecep")
    assert "Proyektor" in web.get("/rooms/musik/request").text
    refused = web.request_form("musik", "2026-11-25", "10:00", "11:00", **{"item-proyektor": "4"})
    assert "pilih 1 sampai 3" in text_of(refused)
    assert 'name="item-proyektor" value="4"' in refused.text
    more = {"item-proyektor": "2", "needs": "Air minum\n\nTaplak meja"}
    sent = web.request_form("musik", "2026-11-25", "10:00", "11:00", **more)
    code = sent.headers["Location"].split("/")[2].partition("?")[0]
    assert "2 × Proyektor" in text_of(web.get(f"/bookings/{code}"))
    water, cloth = (need.id for need in booking(code).needs)
    officer = WebClient(world).log_in("dadang")
    officer.post(f"/inbox/{code}/needs", {f"need-{water}": "limited", f"note-{water}": "Satu galon"})
    assert "Terbatas" in text_of(web.get(f"/bookings/{code}"))
    officer.post(f"/inbox/{code}", {"verdict": "approve", "version": "2", f"need-{cloth}": "bring_your_own"})
    page = text_of(web.get(f"/bookings/{code}"))
    assert "Satu galon" in page
    assert "Bawa sendiri" in page


def test_a_change_is_shown_then_asked_for_then_approved(web: WebClient, world: World) -> None:
    code = world.approve("dadang", world.ask("cecep", world.time("musik", 2, "19:00", "21:00")))
    (one,) = booking(code).occurrences
    web.log_in("cecep")
    path = f"/bookings/{code}/change/{one.uid}"
    assert path in web.get(f"/bookings/{code}").text
    fields = {
        "title": "Latihan",
        "date": "2026-11-25",
        "start": "17:00",
        "end": "19:00",
        "room": "musik",
        "people": "2",
    }
    fields |= {"scope": "one", "version": str(booking(code).version)}
    shown = text_of(web.post(path, fields))
    assert "Perlu persetujuan" in shown
    assert booking(code).occurrences[0].change is None
    assert web.post(path, {**fields, "send": "1"}).status_code == 302
    assert "Perubahan yang diminta" in text_of(web.get(f"/bookings/{code}"))
    officer = WebClient(world).log_in("dadang")
    assert "Latihan" in text_of(officer.get("/inbox"))
    page = officer.get(f"/inbox/{code}")
    assert "17.00-19.00" in text_of(page)
    refused = officer.post(f"/inbox/{code}/changes", {"verdict": "decline", "version": "3"})
    assert refused.status_code == 422
    assert officer.post(f"/inbox/{code}/changes", {"verdict": "approve", "version": "3"}).status_code == 302
    assert "17.00-19.00" in text_of(web.get(f"/bookings/{code}"))


def test_a_change_of_a_series_asks_for_the_scope_and_shows_every_date(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=Pattern(Every.WEEK, count=4))
    world.ask("euis", world.time("rapat", 8, "15:00", "16:00"))
    uid = booking(code).occurrences[0].uid
    web.log_in("cecep")
    fields = {
        "title": "Latihan",
        "date": "2026-11-24",
        "start": "14:00",
        "end": "16:00",
        "room": "rapat",
        "people": "2",
    }
    fields |= {"scope": "all", "version": "1"}
    shown = web.post(f"/bookings/{code}/change/{uid}", fields)
    assert shown.text.count("<s>") == 4
    assert "Jam ini sudah terisi." in text_of(shown)
    assert web.post(f"/bookings/{code}/change/{uid}", {**fields, "send": "1"}).status_code == 409
    done = web.post(f"/bookings/{code}/change/{uid}", {**fields, "send": "1", "skip": "2026-12-01"})
    assert done.status_code == 302
    assert [one.wall_starts[11:] for one in booking(code).occurrences] == ["14:00", "10:00", "14:00", "14:00"]


def test_a_change_may_be_taken_back_and_others_see_nothing(web: WebClient, world: World) -> None:
    code = world.approve("dadang", world.ask("cecep", world.time("musik", 2, "19:00", "21:00")))
    uid = booking(code).occurrences[0].uid
    path = f"/bookings/{code}/change/{uid}"
    assert WebClient(world).log_in("euis").get(path).status_code == 404
    web.log_in("cecep")
    fields = {
        "title": "Latihan",
        "date": "2026-11-26",
        "start": "17:00",
        "end": "19:00",
        "room": "musik",
        "people": "2",
    }
    web.post(path, {**fields, "scope": "one", "version": str(booking(code).version), "send": "1"})
    assert web.post(f"/bookings/{code}/withdraw-change").status_code == 302
    assert booking(code).occurrences[0].change is None


def test_a_skipped_date_can_be_asked_for_when_it_is_free(web: WebClient, world: World) -> None:
    from datetime import date

    pattern = Pattern(Every.WEEK, count=3)
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=pattern, skip=[date(2026, 12, 1)])
    web.log_in("cecep")
    uid = re.search(r'name="uid" value="(\w+)"><button class="button small">', web.get(f"/bookings/{code}").text)[1]
    web.post(f"/bookings/{code}/resume", {"uid": uid})
    assert states() == ["approved"] * 3


def test_why_not_on_the_room_page(web: WebClient, world: World) -> None:
    world.ask("euis", world.time("rapat", 1, "10:00", "12:00"))
    page = web.get("/rooms/rapat?date=2026-11-24&start=11:00&end=13:00&people=40")
    assert "paling banyak 12 orang" in text_of(page)
    page = web.get("/rooms/rapat?date=2026-11-24&start=11:00&end=13:00")
    assert "Jam ini sudah terisi." in text_of(page)
    assert 'href="/rooms/rapat/request?date=2026-11-24&amp;start=12:00&amp;end=14:00"' in page.text
    assert "Kosong" in text_of(web.get("/rooms/rapat?date=2026-11-24&start=14:00&end=15:00"))
    for odd in ("start=99:99&end=x", "start=10:00&end=09:00", "start=10:00&end=11:00&people=%00", "start=10:00"):
        assert web.get(f"/rooms/rapat?date=2026-11-24&{odd}").status_code == 200


def test_a_closure_shows_whom_it_hits_and_tells_everybody(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 2, "10:00", "12:00"))
    web.log_in("dadang")
    closure = {"scope": "room:rapat", "from_on": "2026-11-25", "to_on": "2026-11-25", "name_id": "Perbaikan"}
    shown = web.post("/manage/closures", closure)
    assert "1 peminjaman ada pada waktu ini" in text_of(shown)
    assert reading().scalar(select(Closure.id)) is None
    (name,) = re.findall(r'<select id="hit-\w+" name="(hit-\w+)">', shown.text)
    missing = web.post("/manage/closures", {**closure, "confirm": "1"})
    assert missing.status_code == 422
    assert "Peminjaman yang terkena sudah berubah" in text_of(missing)
    value = re.search(r'<option value="([^"|]+\|[^"]+)">', shown.text)[1].replace("&#43;", "+")
    done = web.post("/manage/closures", {**closure, "confirm": "1", name: value})
    assert done.status_code == 302
    (moved,) = booking(code).occurrences
    assert moved.state == "approved"
    assert (moved.room.slug, moved.starts_at) != ("rapat", world.at(2, "10:00"))
    assert web.post("/manage/closures", {**closure, name: "x|y|z", "confirm": "1"}).status_code == 422


def test_holidays_profiles_and_items_are_managed(web: WebClient, world: World) -> None:
    web.log_in("admin")
    answer = web.post("/manage/holidays", {"country": "ID", "year": "2027", "with_leave": "y"}, follow_redirects=True)
    assert "Idul Fitri 1448 H" in text_of(answer)
    assert web.post("/manage/holidays", {"country": "ID", "year": "1"}).status_code == 422
    profile = {
        "name_id": "Ramadan",
        "first_on": "2027-02-08",
        "last_on": "2027-03-09",
        "percent": "100",
        "*:mon": "8-15",
    }
    profile |= {"musik:mon": "09.00-17.00", "*:pauseday": "fri", "*:pause": "11:30-12:30"}
    assert web.post("/manage/profiles/new", profile).status_code == 302
    stored = reading().scalars(select(HoursProfile)).one()
    assert stored.rules["musik"]["hours"] == {"weekly": {"mon": [["09:00", "17:00"]]}}
    assert stored.rules["*"]["pause"] == {"day": "fri", "starts": "11:30", "ends": "12:30"}
    page = web.get(f"/manage/profiles/{stored.id}").text
    assert 'value="11:30-12:30"' in page
    assert '<option value="fri" selected>' in page
    assert "tidak dapat berlaku pada hari yang sama" in text_of(web.post("/manage/profiles/new", profile))
    wrong = web.post(f"/manage/profiles/{stored.id}", {**profile, "*:mon": "16-8"})
    assert (wrong.status_code, 'value="16-8"' in wrong.text) == (422, True)
    assert web.post(f"/manage/profiles/{stored.id}/remove").status_code == 302
    item = {"name": "Proyektor", "place": "site:bitc", "stock": "3", "condition": "good"}
    assert web.post("/manage/items/new", item).status_code == 302
    assert "Proyektor" in text_of(web.get("/manage/items"))
    assert web.post("/manage/items/proyektor", {**item, "stock": "-1"}).status_code == 422
    assert web.post("/manage/items/proyektor", {**item, "place": "room:musik", "stock": "2"}).status_code == 302
    assert web.get("/manage/items/nope").status_code == 404


def room_fields(**more: str) -> dict[str, str]:
    fields = {"name": "Ruang Rapat", "site": "bitc", "units": "1", "capacity": "12", "tier": "automatic"}
    fields |= {"setup_minutes": "0", "teardown_minutes": "0", "feed_level": "title", "is_public": "y", "bookable": "y"}
    return {**fields, **more}


def test_rules_are_set_taken_from_the_site_or_ended(web: WebClient, world: World) -> None:
    web.log_in("admin")
    rules = {"quota_community_use": "own", "quota_community_count": "2", "quota_community_per": "month"}
    rules |= {"quota_community_over": "site", "who_use": "own", "who_kinds": "komunitas, UMKM", "notice_use": "off"}
    rules |= {"horizon_use": "site", "hours_mon": "8-16"}
    rules |= {f"hours_{day}": "" for day in ("tue", "wed", "thu", "fri", "sat", "sun")}
    assert web.post("/manage/rooms/rapat", room_fields(**rules)).status_code == 302
    stored = room_by_slug(reading(), "rapat").rules
    assert stored == {
        "hours": {"weekly": {"mon": [["08:00", "16:00"]]}},
        "who": {"private": False, "private_series": False, "verified_only": False, "kinds": ["komunitas", "UMKM"]},
        "quota_community": {"per": "month", "count": 2, "over": "site"},
        "notice": None,
    }
    site = {"name": "Gedung BITC", "short_name": "BITC", "timezone": "Asia/Jakarta", "answer_days": "2"}
    assert (
        web.post(
            "/manage/sites/bitc", {**site, "notice_use": "own", "notice_hours": "24", "horizon_days": "30"}
        ).status_code
        == 302
    )
    reading().rollback()
    room = room_by_slug(reading(), "rapat")
    assert [rule.code for rule in room.house_rules] == ["hours", "horizon", "who", "quota_community"]
    wrong = web.post("/manage/rooms/rapat", room_fields(quota_community_use="own", quota_community_count=""))
    assert (wrong.status_code, "Kuota komunitas" in text_of(wrong)) == (422, True)


def test_changed_rules_are_tried_before_they_are_saved(web: WebClient, world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    world.ask("cecep", world.time("rapat", 2, "10:00", "11:00"))
    web.log_in("admin")
    answer = web.post(
        "/manage/rooms/rapat", room_fields(**{"length_shortest": "30", "length_longest": "60", "try": "1"})
    )
    assert "1 dari 2 akan ditolak dalam 90 hari terakhir." in text_of(answer)
    assert "length" not in room_by_slug(reading(), "rapat").rules


@pytest.mark.parametrize("path", ["/manage/profiles", "/manage/items", "/manage/profiles/new", "/manage/items/new"])
def test_who_may_not_manage(web: WebClient, path: str) -> None:
    assert web.log_in("dadang").get(path).status_code == 403


ODD = [
    {"choice-0001-01-01": "skip"},
    {"choice-9999-12-31": "rapat|0001-01-01T00:00:00+00:00|9999-12-31T00:00:00+00:00"},
    {"choice-2026-12-01": "rapat|0001-01-01T00:00:00+14:00|9999-12-31T23:00:00-12:00"},
    {"every": "month", "nth": "\u00b2"},
    {"every": "month", "nth": "9"},
    {"item-x": "9" * 5000},
    {"on": ["mon", "xyz", "\0"]},
    {"times-0-room": "a\0"},
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_input_is_no_fault(web: WebClient, odd: dict) -> None:
    web.log_in("cecep")
    assert ask(web, **odd).status_code in (200, 422)
    assert ask(web, send="1", **odd).status_code in (302, 409, 422)


def test_returning_a_change_is_no_way_to_end_it(web: WebClient, world: World) -> None:
    from booking.usecases.changing import change_booking
    from booking.usecases.intents import Edit

    code = world.approve("dadang", world.ask("cecep", world.time("musik", 2, "19:00", "21:00")))
    change_booking(act=world.act("cecep"), code=code, edit=Edit(starts_at=world.at(3, "19:00")))
    web.log_in("dadang")
    assert web.post(f"/inbox/{code}/changes", {"verdict": "return", "reason": "x", "version": "3"}).status_code == 422
    assert booking(code).occurrences[0].change is not None
