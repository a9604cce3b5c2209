"""Proposals and the waitlist as people see them: one tap to accept or refuse, a number in line, the officer's form."""

from __future__ import annotations

import re

import pytest
from flask import render_template

from booking.front import context
from booking.usecases.cancelling import cancel
from booking.usecases.offering import Proposal, propose
from tests.support.clients import WebClient, text_of
from tests.support.world import World
from tests.usecases.test_requesting import booking


@pytest.fixture
def asked(world: World) -> str:
    return world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))


def uid_of(code: str) -> str:
    return booking(code).occurrences[0].uid


def offered(world: World, code: str) -> None:
    said = Proposal(starts_at=world.at(3, "10:00"), ends_at=world.at(3, "12:00"), note="Kamis pagi kosong.")
    propose(act=world.act("dadang"), code=code, proposal=said)


def test_the_officer_proposes_out_of_what_would_do(world: World, web: WebClient, asked: str) -> None:
    web.log_in("dadang")
    path = f"/inbox/{asked}/offer/{uid_of(asked)}"
    page = web.get(path)
    address = re.search(rf'href="({path}\?room=[^"]+)"', page.text)[1].replace("&amp;", "&")
    filled = re.compile(r'<option selected value="([^"]+)"|type="date" value="([^"]+)"')
    opened, nearest = filled.findall(page.text), filled.findall(web.get(address).text)
    assert opened == nearest, "it opens with the nearest that would do"
    assert opened[0][1] != "2026-11-25", "not with what was asked for, which would be refused"
    fields = {"date": "2026-11-26", "start": "10:00", "end": "12:00", "room": "musik", "hours": "24", "version": "1"}
    wrong = web.post(path, {**fields, "start": "12:00", "end": "10:00"})
    assert (wrong.status_code, "Kamis" in wrong.text) == (422, False)
    done = web.post(path, {**fields, "note": "Kamis pagi kosong."})
    assert (done.status_code, done.location) == (302, f"/inbox/{asked}")
    stale = web.post(path, {**fields, "start": "11:00"})
    assert stale.status_code == 422, "the version is an older one"


@pytest.mark.parametrize(("answer", "state"), [("accept", "approved"), ("refuse", "requested")])
def test_the_applicant_answers_with_one_tap(world: World, web: WebClient, asked: str, answer: str, state: str) -> None:
    offered(world, asked)
    web.log_in("cecep")
    mine = web.get("/mine")
    assert "Ada usulan jam lain" in text_of(mine)
    assert "Ditahan sampai Rab 25 Nov" in text_of(mine)
    assert f'formaction="/bookings/{asked}/offer/accept"' in mine.text
    page = web.get(f"/bookings/{asked}")
    said = text_of(page)
    assert "26 Nov" in said
    assert "Kamis pagi kosong." in said
    assert f'formaction="/bookings/{asked}/offer/{answer}"' in page.text
    done = web.post(f"/bookings/{asked}/offer/{answer}", {"uid": uid_of(asked)})
    assert done.location == f"/bookings/{asked}"
    assert booking(asked).state == state
    assert "formaction" not in web.get(f"/bookings/{asked}").text
    again = web.post(f"/bookings/{asked}/offer/{answer}", {"uid": uid_of(asked)}, follow_redirects=True)
    assert "tidak ditahan lagi" in text_of(again)


def test_an_answer_by_get_or_by_others_is_none(world: World, web: WebClient, asked: str) -> None:
    offered(world, asked)
    web.log_in("euis")
    assert web.get(f"/bookings/{asked}/offer/accept").status_code == 405
    assert web.post(f"/bookings/{asked}/offer/accept").status_code == 404
    assert web.get(f"/inbox/{asked}/offer/{uid_of(asked)}").status_code == 404
    assert booking(asked).state == "requested"


def test_the_officers_part_of_the_inbox_shows_and_takes_back(world: World, web: WebClient, asked: str) -> None:
    def part() -> str:
        with world.app.test_request_context():
            found = booking(asked)
            context.person_id()
            return render_template("inbox/_propose.html", booking=found, decidable=found.occurrences)

    assert f"/inbox/{asked}/offer/{uid_of(asked)}" in part()
    offered(world, asked)
    assert f'action="/inbox/{asked}/offer/withdraw"' in part()
    web.log_in("dadang")
    web.post(f"/inbox/{asked}/offer/withdraw", {"uid": uid_of(asked)})
    assert f'action="/inbox/{asked}/offer/withdraw"' not in part()


def test_a_taken_time_is_waited_for_from_the_form(world: World, web: WebClient) -> None:
    taken = world.ask("dewi", world.time("rapat", 2, "10:00", "12:00"))
    web.log_in("cecep")
    refused = web.request_form("rapat", "2026-11-25", "10:00", "12:00")
    assert (refused.status_code, 'name="wait"' in refused.text) == (409, True)
    assert 'name="wait"' not in web.request_form("rapat", "2026-11-25", "10:00", "12:00", people="500").text
    done = web.request_form("rapat", "2026-11-25", "10:00", "12:00", wait="1")
    assert done.status_code == 302
    page = web.get(done.location)
    assert "Urutan ke-1" in text_of(page)
    assert "Dewi" not in page.text
    assert "Urutan ke-1" in text_of(web.get("/mine")), "who waits has something to come"
    code = done.location.partition("?")[0].rpartition("/")[2]
    cancel(act=world.act("dewi"), code=taken)
    assert "Giliran Anda" in text_of(web.get(f"/bookings/{code}"))
    web.post(f"/bookings/{code}/offer/accept", {"uid": uid_of(code)})
    assert booking(code).state == "approved"


def test_who_waits_can_leave(world: World, web: WebClient) -> None:
    world.ask("dewi", world.time("rapat", 2, "10:00", "12:00"))
    code = world.ask("cecep", world.time("rapat", 2, "10:00", "12:00"), wait=True)
    web.log_in("cecep")
    assert f'action="/bookings/{code}/waitlist/leave"' in web.get(f"/bookings/{code}").text
    web.post(f"/bookings/{code}/waitlist/leave", {"uid": uid_of(code)})
    assert booking(code).state == "cancelled"
    assert "waitlist/leave" not in web.get(f"/bookings/{code}").text
