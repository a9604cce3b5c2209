"""Ids of others in addresses, forms and JSON; fields that nobody asked for."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.storage.access import Token
from booking.storage.bookings import Booking
from booking.storage.claims import Claim
from booking.storage.communities import Membership
from booking.storage.db import reading
from booking.storage.outbox import Outbox
from booking.storage.people import Person, RoleGrant
from booking.storage.places import Room, room_by_slug
from tests.attacks.test_forgery import fingerprint
from tests.support.attacker import call, get, post
from tests.support.filled import SECRETS, Filled
from tests.support.world import PASSWORD

ASK = {"title": "Baru", "people": "2", "community": "-", "times-0-room": "studio"}
ASK |= {"times-0-date": "2026-12-09", "times-0-start": "10:00", "times-0-end": "12:00"}
TIMES = {"starts_at": "2026-12-09T10:00:00+07:00", "ends_at": "2026-12-09T12:00:00+07:00"}
BODY = {"title": "Baru", "people": 2, "occurrences": [{"room": "studio", **TIMES}]}


def newest() -> Booking:
    reading().rollback()
    return reading().scalar(select(Booking).order_by(Booking.id.desc()).limit(1))


# fields that nobody asked for

EXTRA = {
    "state": "approved",
    "tier": "automatic",
    "person_id": "1",
    "booked_for": "1",
    "created_by": "1",
    "community_id": "1",
    "decided_by": "1",
    "code": "AAAAAA",
    "id": "1",
    "version": "99",
    "times-0-state": "approved",
    "role": "administrator",
    "is_staff": "1",
    "overridden": "notice",
}


def test_a_request_is_not_approved_by_its_own_form(centre: Filled) -> None:
    assert post(centre, "stranger", "/rooms/studio/request", {**ASK, **EXTRA}).status_code == 302
    made = newest()
    assert made.title == "Baru"
    assert {one.state for one in made.occurrences} == {"requested"}
    assert (made.created_by, made.booked_for) == (centre.world.people["euis"],) * 2
    assert made.community_id is None
    assert made.code != "AAAAAA"
    assert made.occurrences[0].units == 1


@pytest.mark.parametrize("name", sorted(EXTRA))
def test_the_api_refuses_what_it_does_not_know(centre: Filled, name: str) -> None:
    before = fingerprint()
    answer = call(centre, "stranger", "POST", "/api/v1/bookings", json={**BODY, name: EXTRA[name]})
    assert answer.status_code == 422
    assert fingerprint() == before


def test_nobody_asks_in_the_name_of_a_community_that_is_not_theirs(centre: Filled) -> None:
    before = fingerprint()
    assert post(centre, "stranger", "/rooms/studio/request", {**ASK, "community": "gerimis-sore"}).status_code == 422
    answer = call(centre, "stranger", "POST", "/api/v1/bookings", json={**BODY, "community": "gerimis-sore"})
    assert answer.status_code == 422
    nothing = call(centre, "stranger", "POST", "/api/v1/bookings", json={**BODY, "community": "gibt-es-nicht"})
    assert nothing.json["violations"][0]["code"] == answer.json["violations"][0]["code"]
    assert fingerprint() == before


def test_no_applicant_sets_house_rules_aside(centre: Filled) -> None:
    soon = {**ASK, "times-0-date": "2026-11-22", "override": "Saya mau", "setting_aside": "y"}
    assert post(centre, "stranger", "/rooms/studio/request", soon).status_code in (403, 422)
    answer = call(centre, "stranger", "POST", "/api/v1/bookings", json={**BODY, "override": "Saya mau"})
    assert answer.status_code in (403, 422)


def test_registering_gives_no_role_and_no_other_id(centre: Filled) -> None:
    form = {"name": "Licik", "phone": "0840-7777-0001", "password": PASSWORD, **EXTRA, "closed": "", "verified": "y"}
    assert post(centre, "nobody", "/register", form).status_code == 302
    person = reading().scalar(select(Person).where(Person.name == "Licik"))
    assert person.id > max(centre.world.people.values())
    assert reading().scalars(select(RoleGrant).where(RoleGrant.person_id == person.id)).all() == []
    assert reading().scalars(select(Membership).where(Membership.person_id == person.id)).all() == []


def test_choosing_messages_changes_nothing_else_of_oneself(centre: Filled) -> None:
    extra = {"phone": "+6281111111111", "email": "x@evil.example", "name": "Lain", "role": "head", "person_id": "2"}
    post(centre, "owner", "/account/messages", {"language": "en", **extra})
    person = reading().get(Person, centre.world.people["cecep"])
    assert (person.name, person.email, person.language) == ("Cecep", "cecep@example.com", "en")


def test_no_officer_makes_themselves_more(centre: Filled) -> None:
    before = fingerprint()
    form = {"login": "dadang@example.com", "role": "administrator", "place": "", "person_id": "4"}
    assert post(centre, "officer", "/manage/roles", form).status_code == 403
    assert post(centre, "officer", "/manage/rooms/studio", {"tier": "automatic"}).status_code == 403
    assert post(centre, "officer", f"/manage/roles/{centre.ids['grant_id']}/end").status_code == 403
    assert fingerprint() == before


@pytest.mark.parametrize("who", ["admin", "sumarna", "dadang", "ujang"])
def test_no_officer_takes_over_the_account_of_somebody_with_a_role(centre: Filled, who: str) -> None:
    before, person_id = fingerprint(), centre.world.people[who]
    assert post(centre, "elsewhere", f"/manage/people/{person_id}/reset").status_code == 403
    form = {"name": "Saya", "phone": "0840-7777-0002", "email": "x@evil.example", "closed": "y"}
    assert post(centre, "elsewhere", f"/manage/people/{person_id}", form).status_code == 403
    assert fingerprint() == before


def test_a_role_that_does_not_exist_is_not_given(centre: Filled) -> None:
    before = fingerprint()
    for role in ("superuser", "", "OFFICER", "officer'--"):
        form = {"login": "dewi@example.com", "role": role, "place": "site:bitc"}
        assert post(centre, "admin", "/manage/roles", form).status_code == 422
    assert fingerprint() == before


# ids of others


def test_no_stranger_touches_a_booking_by_its_code(centre: Filled) -> None:
    """Every way that takes a code, in the address, in a form or in JSON."""
    ids = centre.ids
    code, uid, version = ids["code"], ids["uid"], str(ids["version"])
    before = fingerprint()
    for viewer in ("stranger", "elsewhere", "guard"):
        tries = [
            post(centre, viewer, f"/bookings/{code}/cancel", {"uid": uid}),
            post(centre, viewer, f"/bookings/{code}/change/{uid}", {"title": "x", "version": version}),
            post(centre, viewer, f"/inbox/{code}", {"verdict": "approve", "version": version}),
            post(centre, viewer, "/inbox/clear", {"code": code, f"version-{code}": version, "sure": "1"}),
            post(centre, viewer, "/inbox/clear", {"one": code, f"version-{code}": version}),
            post(centre, viewer, "/door/studio/here", {"code": ids["offered code"], "uid": ids["offered uid"]}),
            call(centre, viewer, "POST", "/api/v1/inbox/decisions", json={"verdict": "approve", "versions": {code: 1}}),
            call(centre, viewer, "POST", f"/api/v1/bookings/{code}/cancellation", json={"occurrences": [uid]}),
            call(centre, viewer, "PATCH", f"/api/v1/bookings/{code}", json={"title": "x", "scope": "all"}),
        ]
        for answer in tries:
            assert SECRETS["title"] not in answer.text
        assert fingerprint() == before, viewer


def test_clearing_many_says_the_same_of_foreign_codes_and_of_none(centre: Filled) -> None:
    for viewer in ("stranger", "elsewhere", "guard"):
        told = []
        for code in (centre.ids["code"], "ZZZZZZ"):
            answer = call(
                centre, viewer, "POST", "/api/v1/inbox/decisions", json={"verdict": "approve", "versions": {code: 1}}
            )
            told.append((answer.status_code, answer.text.replace(code, "?")))
        assert told[0] == told[1], viewer


def test_the_uid_of_another_booking_is_none_of_this(centre: Filled) -> None:
    """One's own code with a foreign uid, and the other way round."""
    world, ids = centre.world, centre.ids
    mine = world.ask("euis", world.time("studio", 9, "10:00", "12:00"), title="Milik Euis")
    before = fingerprint()
    for uid in (ids["uid"], ids["today uid"]):
        assert get(centre, "stranger", f"/bookings/{mine}/change/{uid}").status_code == 404
        answer = post(centre, "stranger", f"/bookings/{mine}/cancel", {"uid": uid})
        assert answer.status_code in (404, 422)
        path = f"/api/v1/bookings/{mine}"
        assert call(centre, "stranger", "POST", f"{path}/cancellation", json={"occurrences": [uid]}).status_code >= 400
        change = {"occurrence": uid, "scope": "one", "people": 3}
        assert call(centre, "stranger", "PATCH", path, json=change).status_code >= 400
        assert call(centre, "stranger", "POST", f"{path}/occurrences/{uid}/arrive").status_code >= 400
        assert call(centre, "stranger", "POST", f"{path}/resumption", json={"occurrences": [uid]}).status_code >= 400
    assert fingerprint() == before


def test_an_officer_takes_no_room_of_another_site(centre: Filled) -> None:
    """A move there is a request to those who decide there; what is approved stays where it is."""
    world, ids = centre.world, centre.ids
    world.approve("dadang", ids["code"])
    post(centre, "officer", f"/inbox/{ids['code']}/move", {"room": "pl1", "reason": "x", "uid": ids["uid"]})
    reading().rollback()
    (one,) = reading().scalar(select(Booking).where(Booking.code == ids["code"])).occurrences
    assert (one.room.slug, one.state) == ("studio", "approved")
    taken = select(Claim.id).where(Claim.resource_id == room_by_slug(reading(), "pl1").id, Claim.active)
    assert reading().scalars(taken).all() == []
    offer = {"occurrence": ids["returned uid"], "room": "pl1", **TIMES}
    path = f"/api/v1/bookings/{ids['returned code']}/offer"
    assert call(centre, "officer", "POST", path, json=offer).status_code in (403, 404, 422)


def test_an_officer_closes_nothing_of_another_site(centre: Filled) -> None:
    before = fingerprint()
    times = {"starts_at": "2027-01-02T08:00:00+07:00", "ends_at": "2027-01-02T14:00:00+07:00", "name_id": "Tutup"}
    for scope in ({"site": "bitc"}, {"room": "studio"}, {}):
        assert call(centre, "elsewhere", "POST", "/api/v1/closures", json={**times, **scope}).status_code == 403
    form = {"from_on": "2027-01-02", "to_on": "2027-01-02", "name_id": "Tutup", "confirm": "1"}
    for where in ("site:bitc", "room:studio", ""):
        assert post(centre, "elsewhere", "/manage/closures", {**form, "scope": where}).status_code == 403
    assert fingerprint() == before


def test_a_closure_moves_no_booking_that_it_does_not_hit(centre: Filled) -> None:
    """A choice for the uid of a booking elsewhere is no choice."""
    before = fingerprint()
    times = {"starts_at": "2027-01-02T08:00:00+07:00", "ends_at": "2027-01-02T14:00:00+07:00", "name_id": "Tutup"}
    choices = [{"occurrence": centre.ids["uid"], "remedy": "cancel"}]
    answer = call(centre, "elsewhere", "POST", "/api/v1/closures", json={**times, "site": "ctp", "choices": choices})
    if answer.status_code == 201:
        reading().rollback()
        states = [one.state for one in reading().scalars(select(Booking)).unique() if one.code == centre.ids["code"]]
        assert states == ["requested"]
    else:
        assert fingerprint() == before


def test_tokens_are_revoked_by_their_owner_alone(centre: Filled) -> None:
    for viewer in ("stranger", "officer", "elsewhere", "guard", "admin"):
        assert post(centre, viewer, f"/subscribe/tokens/{centre.ids['token_id']}/revoke").status_code == 404
    reading().rollback()
    assert reading().get(Token, centre.ids["token_id"]).revoked_at is None


def test_a_hidden_room_is_not_there(centre: Filled) -> None:
    world = centre.world
    world.room("gudang", name="Gudang Rahasia", is_public=False)
    for path in (
        "/rooms/gudang",
        "/door/gudang",
        "/display/gudang",
        "/feeds/rooms/gudang.ics",
        "/subscribe/rooms/gudang",
    ):
        for viewer in ("nobody", "stranger"):
            answer = get(centre, viewer, path)
            assert answer.status_code == 404, path
            assert "Gudang Rahasia" not in answer.text
    for path in ("/", "/schedule", "/feeds/all.ics", "/feeds/sites/bitc.ics", "/api/v1/rooms"):
        assert "Gudang Rahasia" not in get(centre, "nobody", path).text, path
    ask = {**BODY, "occurrences": [{**BODY["occurrences"][0], "room": "gudang"}]}
    assert call(centre, "stranger", "POST", "/api/v1/bookings", json=ask).status_code in (403, 404, 422)
    assert get(centre, "stranger", "/rooms/gudang/request").status_code == 404
    for path in (
        "/api/v1/rooms/gudang/rules",
        "/api/v1/availability?room=gudang&from=2026-11-25T00:00:00Z&to=2026-11-26T00:00:00Z",
    ):
        assert call(centre, "stranger", "GET", path).status_code == 404
    assert reading().scalar(select(Room.is_public).where(Room.slug == "gudang")) is False


def test_messages_of_others_are_not_requeued_by_applicants(centre: Filled) -> None:
    outbox_id = reading().scalar(select(Outbox.id))
    before = fingerprint()
    for viewer in ("nobody", "owner", "stranger", "guard"):
        for step in ("requeue", "told"):
            assert post(centre, viewer, f"/manage/messages/{outbox_id}/{step}").status_code in (302, 403)
    assert fingerprint() == before


def test_mails_in_files_with_keys_are_not_read_by_officers(centre: Filled) -> None:
    folder = centre.file.parent / "mail"
    (folder / "00000002.eml").write_text(
        "To: sumarna@example.com\nSubject: Putuskan\n\nhttp://x/decide/bk_kunci-untuk-sumarna\n", "utf-8"
    )
    assert get(centre, "officer", "/manage/messages/files/2").status_code == 404
    shown = get(centre, "admin", "/manage/messages/files/2")
    assert "kunci-untuk-sumarna" not in shown.text
    for path in (
        "/manage/messages/files/-1",
        "/manage/messages/files/..%2f..%2fsecret_key",
        "/manage/messages/files/0x1",
    ):
        assert get(centre, "admin", path).status_code == 404


def test_an_api_key_is_no_session_and_a_session_no_api_key(centre: Filled) -> None:
    client = centre.app.test_client()
    client.set_cookie("login", centre.keys["admin"])
    assert client.get("/mine").status_code == 302
    headers = {"Authorization": f"Bearer {centre.cookies['admin']}"}
    assert client.get("/api/v1/bookings", headers=headers).status_code == 401
    assert centre.client("admin").get("/api/v1/bookings").status_code == 401
    assert client.get(f"/feeds/u/{centre.keys['owner']}/my.ics").status_code == 404
    feed = {"Authorization": f"Bearer {centre.ids['token']}"}
    assert client.get("/api/v1/bookings", headers=feed).status_code == 401


@pytest.mark.parametrize("value", ["Basic {}", "bearer", "Bearer", "Bearer  ", "Bearer {} x", "Token {}", "Bearer bk_"])
def test_other_ways_to_hand_over_a_key_are_none(centre: Filled, value: str) -> None:
    headers = {"Authorization": value.format(centre.keys["admin"])}
    assert centre.app.test_client().get("/api/v1/bookings", headers=headers).status_code == 401
    assert centre.app.test_client().get(f"/api/v1/bookings?access_token={centre.keys['admin']}").status_code == 401
