"""Communities of others: fields nobody asked for, members and contacts, invitation links, calendars behind keys."""

from __future__ import annotations

import multiprocessing
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking import create_app
from booking.storage.communities import Community, Membership, community_by_slug, membership
from booking.storage.db import db, reading
from booking.storage.invites import Invite
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases import inviting, memberships, signing_in
from booking.usecases.act import Act
from tests.attacks.test_forgery import fingerprint
from tests.attacks.test_guessing import seen
from tests.support.attacker import get, log_in, post
from tests.support.databases import SECRET
from tests.support.filled import SECRETS, Filled
from tests.support.world import ADDRESS, NOW, PASSWORD, World

SLUG = "gerimis-sore"
PATH = f"/communities/{SLUG}"
OUTSIDERS = ("nobody", "stranger", "guard")
EXTRA = {
    "verified_at": "2026-01-01T00:00:00",
    "verified_by": "1",
    "verified": "y",
    "declined_at": "",
    "closed_at": "",
    "created_by": "1",
    "slug": "dinas-kota",
    "id": "1",
    "relation": "contact",
    "person_id": "2",
}
"""Fields that a community has and nobody may say."""


def community(slug: str = SLUG) -> Community:
    reading().rollback()
    return community_by_slug(reading(), slug)


def relation(centre: Filled, who: str, slug: str = SLUG) -> str | None:
    of = membership(reading(), community(slug).id, centre.world.people[who])
    return of.relation if of else None


def as_member(centre: Filled) -> None:
    """The stranger belongs to it as a plain member from now on."""
    memberships.add_member(act=centre.world.act(), slug=SLUG, login="euis@example.com", relation="member")


def alone(centre: Filled) -> None:
    """Cecep is the last contact."""
    memberships.remove_member(act=centre.world.act(), slug=SLUG, person_id=centre.world.people["fitri"])


@writes
def publish(session: Session, *, is_public: bool = True) -> None:
    community_by_slug(session, SLUG).is_public = is_public


# fields that nobody asked for


def test_no_community_verifies_itself(centre: Filled) -> None:
    assert post(centre, "stranger", "/communities/new", {"name": "Licik", **EXTRA}).status_code == 302
    made = reading().scalar(select(Community).where(Community.name == "Licik"))
    assert (made.verified_at, made.verified_by, made.is_waiting) == (None, None, True)
    assert (made.slug, made.created_by) == ("licik", centre.world.people["euis"])
    assert post(centre, "stranger", "/communities/licik/edit", {"name": "Licik", "about": "x", **EXTRA}).status_code
    made = community("licik")
    assert made.verified_at is None
    assert made.about == "x"
    people = reading().scalars(select(Membership.person_id).where(Membership.community_id == made.id)).all()
    assert people == [centre.world.people["euis"]]
    for step in ("verify", "reopen"):
        assert post(centre, "stranger", f"/manage/communities/licik/{step}").status_code == 403
    assert community("licik").verified_at is None


def test_what_was_verified_does_not_keep_it_under_another_name(centre: Filled) -> None:
    assert post(centre, "owner", f"{PATH}/edit", {"name": "Dinas Kota", **EXTRA}).status_code == 302
    assert community().verified_at is None
    assert community().slug == SLUG


def test_a_plain_member_publishes_and_changes_nothing(centre: Filled) -> None:
    as_member(centre)
    before, fitri = fingerprint(), centre.world.people["fitri"]
    tries = {
        f"{PATH}/edit": {"name": "Gerimis Sore", "is_public": "y"},
        f"{PATH}/invites": {"most": "5"},
        f"{PATH}/invites/{centre.ids['invite_id']}/revoke": {},
        f"{PATH}/close": {"reason": "x"},
        f"{PATH}/step-down": {},
        f"{PATH}/members/{centre.world.people['euis']}/contact": {},
        f"{PATH}/members/{fitri}/remove": {},
    }
    for path, form in tries.items():
        assert post(centre, "stranger", path, form).status_code == 403, path
    assert get(centre, "stranger", f"{PATH}/edit").status_code == 403
    assert fingerprint() == before
    assert not community().is_public


def test_a_contact_of_another_community_is_a_stranger_to_this(centre: Filled) -> None:
    """Euis answers for Kujang Lima; with her own slug and the ids of here, and the other way round."""
    before, people = fingerprint(), centre.world.people
    for slug in (SLUG, "kujang-lima"):
        for step in ("contact", "remove"):
            path = f"/communities/{slug}/members/{people['dewi']}/{step}"
            assert post(centre, "stranger", path).status_code == 404, path
        path = f"/communities/{slug}/invites/{centre.ids['invite_id']}/revoke"
        assert post(centre, "stranger", path).status_code == 404, path
    answer = post(centre, "stranger", "/communities/kujang-lima/leave", {"successor": people["dewi"]})
    assert answer.status_code in (404, 422)
    assert fingerprint() == before


@pytest.mark.parametrize("number", ["0", "2147483647", "2147483648", "-1", "9" * 30, "x"])
def test_members_and_links_that_are_not_there(centre: Filled, number: str) -> None:
    before = fingerprint()
    for path in (f"members/{number}/contact", f"members/{number}/remove", f"invites/{number}/revoke"):
        assert post(centre, "owner", f"{PATH}/{path}").status_code == 404, path
    assert post(centre, "owner", f"{PATH}/leave", {"successor": number}).status_code in (302, 404, 422)
    assert fingerprint() == before or relation(centre, "cecep") is None


def test_the_last_contact_stays(centre: Filled) -> None:
    alone(centre)
    cecep, euis = centre.world.people["cecep"], centre.world.people["euis"]
    before = fingerprint()
    assert post(centre, "owner", f"{PATH}/leave").status_code == 422
    assert post(centre, "owner", f"{PATH}/leave", {"successor": str(cecep)}).status_code == 422
    assert post(centre, "owner", f"{PATH}/leave", {"successor": str(euis)}).status_code in (404, 422)
    assert post(centre, "owner", f"{PATH}/step-down").status_code == 422
    assert post(centre, "owner", f"{PATH}/members/{cecep}/remove").status_code == 403
    assert fingerprint() == before


def test_contacts_do_not_remove_each_other(centre: Filled) -> None:
    assert post(centre, "owner", f"{PATH}/members/{centre.world.people['fitri']}/remove").status_code == 403
    assert relation(centre, "fitri") == "contact"


# that it exists, and what is in it


def test_strangers_are_told_the_same_of_this_and_of_none(centre: Filled) -> None:
    for viewer in OUTSIDERS:
        for rest in ("", "/edit"):
            told = []
            for slug in (SLUG, "tidak-ada"):
                status, location, text = seen(get(centre, viewer, f"/communities/{slug}{rest}"))
                told.append((status, location.replace(slug, "?"), text.replace(slug, "?")))
            assert told[0] == told[1], (viewer, rest)


def test_a_public_page_shows_neither_people_nor_what_rooms_keep_to_themselves(centre: Filled) -> None:
    publish()
    page = get(centre, "stranger", PATH)
    assert page.status_code == 200
    for secret in (*SECRETS.values(), "Cecep", "Dewi", "Fitri", "/join/", "Dinas Contoh"):
        assert secret not in page.text, secret
    for who in ("stranger", "guard"):
        assert post(centre, who, f"{PATH}/invites", {"most": "1"}).status_code == 404
    publish(is_public=False)
    assert get(centre, "stranger", PATH).status_code == 404


def test_who_has_left_sees_nothing_more(centre: Filled) -> None:
    as_member(centre)
    code = centre.ids["code"]
    assert get(centre, "stranger", f"/bookings/{code}").status_code == 200
    memberships.remove_member(act=centre.world.act("cecep"), slug=SLUG, person_id=centre.world.people["euis"])
    for path in (PATH, f"/bookings/{code}", f"/bookings/{code}.ics"):
        assert get(centre, "stranger", path).status_code == 404, path


def test_foreign_bookings_are_not_handed_out_as_files(centre: Filled) -> None:
    for viewer in ("stranger", "elsewhere", "guard"):
        for code in (centre.ids["code"], centre.ids["today code"], "ZZZZZZ"):
            answer = get(centre, viewer, f"/bookings/{code}.ics")
            assert answer.status_code == 404
            assert SECRETS["title"] not in answer.text
    for name in ("token", "community token"):
        bearer = {"Authorization": f"Bearer {centre.ids[name]}"}
        answer = get(centre, "nobody", f"/bookings/{centre.ids['code']}.ics", headers=bearer)
        assert answer.status_code == 302, "a key of a feed opens no file"
    own = get(centre, "owner", f"/bookings/{centre.ids['code']}.ics")
    assert own.headers["Cache-Control"] == "private, no-store"
    assert own.headers["Content-Disposition"].startswith("attachment")


# calendars behind keys


def test_each_key_opens_its_own_calendar_alone(centre: Filled) -> None:
    ids = centre.ids
    paths = {
        "token": ["my"],
        "community token": [f"communities/{SLUG}"],
        "requests token": ["requests"],
        "room token": ["rooms/studio"],
    }
    for name, right in paths.items():
        for path in ("my", f"communities/{SLUG}", "communities/kujang-lima", "requests", "rooms/studio", "rooms/musik"):
            answer = get(centre, "nobody", f"/feeds/u/{ids[name]}/{path}.ics")
            assert answer.status_code == (200 if path in right else 404), (name, path)
            centre.forget()


@pytest.mark.parametrize("feed", ["community", "requests", "room", "room:1", "room:x", "community:", "my\0", "token"])
def test_nobody_makes_a_key_for_what_is_not_theirs(centre: Filled, feed: str) -> None:
    foreign = {"community": f"community:{community().id}"}
    before = fingerprint()
    answer = post(centre, "stranger", "/subscribe/mine", {"feed": foreign.get(feed, feed), "label": "HP"})
    assert answer.status_code in (404, 422)
    assert fingerprint() == before


def test_a_key_dies_with_what_it_stood_for(centre: Filled) -> None:
    """Whoever left the community, or has no role any more, keeps an address that opens nothing."""
    ids = centre.ids
    memberships.remove_member(act=centre.world.act(), slug=SLUG, person_id=centre.world.people["cecep"])
    assert get(centre, "nobody", f"/feeds/u/{ids['community token']}/communities/{SLUG}.ics").status_code == 404
    assert SECRETS["title"] not in get(centre, "nobody", f"/feeds/u/{ids['token']}/my.ics").text
    assert post(centre, "admin", f"/manage/roles/{ids['grant_id']}/end").status_code == 302
    for path in (f"{ids['requests token']}/requests", f"{ids['room token']}/rooms/studio"):
        assert get(centre, "nobody", f"/feeds/u/{path}.ics").status_code == 404, path


# invitation links


def new_link(centre: Filled, viewer: str = "owner", **more: str) -> str:
    page = post(centre, viewer, f"{PATH}/invites", {"most": "1", **more})
    assert page.status_code == 200
    return re.search(r"/join/(bk_[\w-]+)", page.text)[1]


def used(centre: Filled) -> list[int]:
    reading().rollback()
    return list(reading().scalars(select(Invite.used).order_by(Invite.id)))


def test_a_link_is_shown_once_and_kept_by_no_browser(centre: Filled) -> None:
    page = post(centre, "owner", f"{PATH}/invites", {"most": "1"})
    assert page.headers["Cache-Control"] == "no-store"
    secret = re.search(r"/join/(bk_[\w-]+)", page.text)[1]
    assert len(secret) >= 43
    assert secret not in get(centre, "owner", PATH).text
    with db.engine.connect() as connection:
        assert secret not in "\n".join(connection.connection.driver_connection.iterdump())
    for answer in (get(centre, "nobody", f"/join/{secret}"), post(centre, "nobody", f"/join/{secret}", {"name": ""})):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_looking_uses_nothing_up(centre: Filled) -> None:
    secret, before = new_link(centre), None
    for viewer in ("nobody", "stranger", "owner", "guard"):
        before = before or fingerprint()
        for method in ("GET", "HEAD", "OPTIONS"):
            assert centre.client(viewer).open(f"/join/{secret}", method=method).status_code in (200, 302)
    assert fingerprint() == before


def test_a_refused_form_uses_nothing_up(centre: Filled) -> None:
    secret = new_link(centre)
    for form in ({}, {"name": "Baru", "phone": "x", "password": PASSWORD}, {"name": "Baru", "phone": "0840-7777-0001"}):
        assert post(centre, "nobody", f"/join/{secret}", form).status_code == 422
    assert used(centre)[-1] == 0


@pytest.mark.parametrize("key", ["x", "bk_", "bk_" + "A" * 43, "%00", "bk_%ff", "..%2f..", "' OR 1=1 --"])
def test_made_up_links_lead_nowhere(centre: Filled, key: str) -> None:
    before = fingerprint()
    for viewer in ("nobody", "stranger"):
        assert get(centre, viewer, f"/join/{key}").status_code == 404
        assert post(centre, viewer, f"/join/{key}", {"name": "A", "phone": "1", "password": "x"}).status_code == 404
    assert fingerprint() == before


def test_other_keys_are_no_links_and_a_link_no_other_key(centre: Filled) -> None:
    for name in ("token", "community token", "secret", "reset code"):
        assert get(centre, "nobody", f"/join/{centre.ids[name]}").status_code == 404, name
    link = centre.ids["join secret"]
    for path in (f"/decide/{link}", f"/reset/{link}", f"/feeds/u/{link}/my.ics", f"/feeds/u/{link}/requests.ics"):
        assert get(centre, "nobody", path).status_code == 404, path


def test_a_link_for_one_is_for_one(centre: Filled) -> None:
    secret = new_link(centre)
    assert post(centre, "stranger", f"/join/{secret}").status_code == 302
    assert relation(centre, "euis") == "member", "as a plain member, whatever else is sent"
    people = reading().scalar(select(func.count(Person.id)))
    assert get(centre, "guard", f"/join/{secret}").status_code == 410
    assert post(centre, "guard", f"/join/{secret}", {"relation": "contact"}).status_code == 410
    new = {"name": "Baru", "phone": "0840-7777-0001", "password": PASSWORD}
    assert post(centre, "nobody", f"/join/{secret}", new).status_code == 410
    reading().rollback()
    assert relation(centre, "ujang") is None
    assert reading().scalar(select(func.count(Person.id))) == people, "no account either"


def test_a_link_makes_nobody_a_contact(centre: Filled) -> None:
    form = {"name": "Baru", "phone": "0840-7777-0001", "password": PASSWORD, **EXTRA, "role": "officer"}
    assert post(centre, "nobody", f"/join/{new_link(centre)}", form).status_code == 302
    person_id = reading().scalar(select(Person.id).where(Person.name == "Baru"))
    assert membership(reading(), community().id, person_id).relation == "member"


def test_revoked_old_and_closed_links_are_over(centre: Filled) -> None:
    world, revoked, old = centre.world, new_link(centre), new_link(centre, until="2026-11-24")
    newest = reading().scalar(select(Invite.id).order_by(Invite.id.desc()).offset(1).limit(1))
    assert post(centre, "owner", f"{PATH}/invites/{newest}/revoke").status_code == 302
    for method in ("GET", "POST"):
        client = centre.client("stranger")
        answer = client.open(f"/join/{revoked}", method=method, data={"csrf_token": centre.csrf(client)})
        assert answer.status_code == 410
    # before the clock goes on: the office's sessions end with its working day
    declined = post(centre, "admin", f"/manage/communities/{SLUG}/decline", {"reason": "x"})
    assert declined.headers["Location"] == f"/manage/communities/{SLUG}"
    assert get(centre, "nobody", f"/join/{centre.ids['join secret']}").status_code == 410
    assert (
        post(centre, "admin", f"/manage/communities/{SLUG}/verify").headers["Location"] == declined.headers["Location"]
    )
    assert get(centre, "nobody", f"/join/{old}").status_code == 200
    world.now += timedelta(days=2)
    assert get(centre, "nobody", f"/join/{old}").status_code == 410
    assert relation(centre, "euis") is None


@pytest.mark.parametrize("most", ["0", "-1", "201", "1e3", "9" * 30, "", "x"])
def test_no_link_for_everybody(centre: Filled, most: str) -> None:
    before = fingerprint()
    assert post(centre, "owner", f"{PATH}/invites", {"most": most}).status_code == 422
    assert fingerprint() == before


# accounts by links


def test_known_numbers_by_a_link_are_counted_and_new_ones_are_not(centre: Filled) -> None:
    """Who was invited is told that a number has an account (to help); nobody finds out many."""
    path = f"/join/{new_link(centre, most='100')}"
    free, told = signing_in.FREE_TRIES["network"], []
    people = reading().scalar(select(func.count(Person.id)))
    for _ in range(free + 10):
        form = {"name": "Baru", "phone": "0840-0000-0002", "password": "anggrek bulan biru"}
        told.append(post(centre, "nobody", path, form).status_code)
    assert told == [422] * free + [429] * 10
    assert post(centre, "nobody", path, {**form, "phone": "0840-7777-0001"}).status_code == 429, "a new one waits too"
    reading().rollback()
    assert reading().scalar(select(func.count(Person.id))) == people
    assert log_in(centre, centre.app.test_client(), "euis@example.com", "anggrek bulan biru").status_code == 429
    centre.put_back()
    path = f"/join/{new_link(centre, most='100')}"
    crowd = [
        post(centre, "nobody", path, {"name": "A", "phone": f"0840-77{n:02d}-0001", "password": PASSWORD}).status_code
        for n in range(free + 10)
    ]
    assert set(crowd) == {302}, "a class on one network may join"


def test_guesses_by_links_and_by_registering_are_one_count(centre: Filled) -> None:
    path, known = f"/join/{new_link(centre)}", {"name": "A", "phone": "0840-0000-0002", "password": PASSWORD}
    told = [
        post(centre, "nobody", path if turn % 2 else "/register", known).status_code
        for turn in range(signing_in.FREE_TRIES["network"])
    ]
    assert 429 not in told
    assert post(centre, "nobody", path, known).status_code == 429
    assert post(centre, "nobody", "/register", known).status_code == 429


def test_without_counting_all_of_them_would_be_answered(centre: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "count_try", lambda **_: None)
    path, known = f"/join/{new_link(centre)}", {"name": "A", "phone": "0840-0000-0002", "password": PASSWORD}
    told = {post(centre, "nobody", path, known).status_code for _ in range(signing_in.FREE_TRIES["network"] + 5)}
    assert told == {422}


def test_a_link_logs_nobody_in_to_an_account_that_there_is(centre: Filled) -> None:
    client = centre.app.test_client()
    form = {"csrf_token": centre.csrf(client), "name": "Euis", "phone": "0840-0000-0002", "password": PASSWORD}
    answer = client.post(f"/join/{new_link(centre)}", data=form)
    assert answer.status_code == 422
    assert client.get_cookie("login") is None
    assert relation(centre, "euis") is None


# many at once

PROCESSES, EACH, PLACES = 2, 6, 3


def join_all(url: str, folder: str, secret: str, people: list[int], start, told) -> None:
    """One worker of a server: several people press the button of one link."""
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": Path(folder), "SECRET_KEY": SECRET})
    with app.app_context():
        start.wait()
        for person_id in people:
            act = Act(person_id, NOW, NOW.date(), ADDRESS)
            told.put(str(inviting.join_by_link(act=act, secret=secret).standing))
        db.session.remove()
        db.engine.dispose()


def joined(world: World, url: str, folder: Path) -> tuple[Counter[str], int]:
    crowd = [world.person(f"Tamu{n}") for n in range(PROCESSES * EACH)]
    secret = inviting.new_invite(act=world.act("cecep"), slug=SLUG, most=PLACES)
    db.session.remove()
    db.engine.dispose()
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(PROCESSES), context.Queue()
    workers = [
        context.Process(target=join_all, args=(url, str(folder), secret, crowd[n::PROCESSES], start, told))
        for n in range(PROCESSES)
    ]
    for one in workers:
        one.start()
    said = Counter(told.get(timeout=60) for _ in crowd)
    for one in workers:
        one.join(30)
    members = select(func.count()).select_from(Membership).where(Membership.person_id.in_(crowd))
    return said, reading().scalar(members)


@pytest.mark.race
def test_two_processes_let_in_no_more_than_there_are_places(world: World, url: str, tmp_path: Path) -> None:
    said, members = joined(world, url, tmp_path)
    assert members == PLACES
    assert said == {"open": PLACES, "over": PROCESSES * EACH - PLACES}
