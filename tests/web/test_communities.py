"""The pages of communities: who sees what, links that join, and what the office looks after."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from booking.storage.communities import community_by_slug, membership
from booking.storage.db import reading
from booking.storage.invites import Invite
from booking.storage.people import Person
from booking.usecases import communities, inviting, memberships
from booking.usecases.classifying import save_classification
from booking.usecases.communities import CommunityFacts
from tests.support.clients import WebClient, text_of
from tests.support.world import PASSWORD, World

PAGE = "/communities/gerimis-sore"
MANAGE = "/manage/communities/gerimis-sore"


def relation(world: World, who: str | int, slug: str = "gerimis-sore") -> str | None:
    reading().rollback()
    person = world.people[who] if isinstance(who, str) else who
    of = membership(reading(), community_by_slug(reading(), slug).id, person)
    return of.relation if of else None


def add(world: World, who: str, relation: str = "member") -> None:
    memberships.add_member(act=world.act(), slug="gerimis-sore", login=f"{who}@example.com", relation=relation)


def link(world: World, **more) -> str:
    return "/join/" + inviting.new_invite(act=world.act("cecep"), slug="gerimis-sore", **more)


class TestSeeing:
    def test_nobody_sees_what_did_not_choose_to_be_public(self, web: WebClient, world: World) -> None:
        for path in (PAGE, "/communities/nope", "/communities/%00"):
            assert web.get(path).status_code == 404
        web.log_in("euis")
        assert web.get(PAGE).status_code == 404

    def test_the_public_page_shows_no_names_and_only_what_rooms_show(self, web: WebClient, world: World) -> None:
        facts = CommunityFacts("Gerimis Sore", "Musik.", is_public=True)
        communities.change_community(act=world.act("cecep"), slug="gerimis-sore", facts=facts)
        world.ask("cecep", world.time("rapat", 1, "09:00", "11:00"), title="Rapat warga")
        world.ask("cecep", world.time("musik", 2, "09:00", "11:00"), title="Belum disetujui")
        page = text_of(web.get(PAGE))
        assert "Rapat warga" in page
        assert "Terverifikasi" in page
        for hidden in ("Cecep", "Belum disetujui", "+62", "Anggota"):
            assert hidden not in page
        communities.decline_community(act=world.act("dadang"), slug="gerimis-sore", reason="Data salah.")
        assert web.get(PAGE).status_code == 404, "nobody has found out what it is"

    def test_members_see_all_of_it(self, web: WebClient, world: World) -> None:
        add(world, "dewi")
        code = world.ask("cecep", world.time("musik", 2, "09:00", "11:00"), title="Latihan bersama")
        web.log_in("dewi")
        page = web.get(PAGE)
        said = text_of(page)
        assert f"/bookings/{code}" in page.text
        for shown in ("Latihan bersama", "Cecep", "Dewi (Anda)", "Anggota (2)", "0 menit"):
            assert shown in said
        for kept in ("Ubah data", "Undang anggota", "Jadikan penanggung jawab"):
            assert kept not in said
        assert "Undang anggota" in text_of(WebClient(world).log_in("cecep").get(PAGE))

    def test_who_decides_sees_it_and_that_it_is_not_verified(self, web: WebClient, world: World) -> None:
        slug = communities.register_community(act=world.act("dewi"), facts=CommunityFacts("Angin Segar"))
        code = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"), community=slug)
        other = world.ask("cecep", world.time("musik", 3, "19:00", "21:00"))
        web.log_in("dadang")
        assert "Belum terverifikasi" in text_of(web.get(f"/inbox/{code}"))
        assert "Belum terverifikasi" not in text_of(web.get(f"/inbox/{other}"))
        assert text_of(web.get("/inbox")).count("Belum terverifikasi") == 1
        assert web.get(f"/communities/{slug}").status_code == 200
        assert WebClient(world).log_in("ujang").get(f"/communities/{slug}").status_code == 404

    def test_an_officer_sees_what_is_at_the_own_site(self, web: WebClient, world: World) -> None:
        world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Di gedung lain")
        world.ask("cecep", world.time("pl1", 2, "19:00", "21:00"), title="Di sini")
        page = text_of(web.log_in("entin").get(PAGE))
        assert "Di sini" in page
        assert "Di gedung lain" not in page

    def test_the_request_is_asked_for_the_community_looked_at_last(self, web: WebClient, world: World) -> None:
        memberships.add_member(act=world.act(), slug="kujang-lima", login="cecep@example.com", relation="member")
        web.log_in("cecep")
        chosen = r'<option selected value="([\w-]+)">(?:Gerimis Sore|Kujang Lima)'
        assert re.search(chosen, web.get("/rooms/musik/request").text)[1] == "gerimis-sore"
        web.get("/communities/kujang-lima")
        assert re.search(chosen, web.get("/rooms/musik/request").text)[1] == "kujang-lima"

    def test_members_are_led_to_its_calendar(self, web: WebClient, world: World) -> None:
        """To the form that begins with it; the office, which may not have it, is not."""
        web.log_in("cecep")
        (path,) = re.findall(r'href="(/subscribe[^"]+)"', web.get(PAGE).text)
        chosen = re.search(r'<option selected value="(community:\d+)">([^<]+)', web.get(path).text)
        assert chosen is not None
        assert chosen[2] == "Gerimis Sore"
        assert web.post("/subscribe/mine", {"feed": chosen[1]}).status_code == 200
        web.post("/logout")
        assert "/subscribe?" not in web.log_in("dadang").get(PAGE).text
        communities.decline_community(act=world.act("dadang"), slug="gerimis-sore", reason="Data salah.")
        web.post("/logout")
        assert "/subscribe?" not in web.log_in("cecep").get(PAGE).text


class TestRegistering:
    def test_register_see_mend(self, web: WebClient, world: World) -> None:
        row = save_classification(act=world.act(), row_id=None, kind="type", name_id="UMKM", name_en="Small business")
        assert web.get("/communities").status_code == 302
        web.log_in("dewi")
        assert "belum menjadi anggota" in text_of(web.get("/communities"))
        form = web.get("/communities/new").text
        assert 'name="type"' in form
        assert 'name="helix"' not in form, "a kind without rows is not asked for"
        assert web.post("/communities/new", {"name": "Gerimis Sore"}).status_code == 422
        answer = web.post("/communities/new", {"name": "Angin Segar", "type": str(row), "about": "Tari"})
        assert answer.headers["Location"] == "/communities/angin-segar"
        page = text_of(web.get("/communities/angin-segar"))
        assert "Menunggu verifikasi" in page
        assert "UMKM" in page
        communities.decline_community(act=world.act("dadang"), slug="angin-segar", reason="Kurang jelas.")
        assert "Kurang jelas." in text_of(web.get("/communities/angin-segar"))
        assert "Kurang jelas." in text_of(web.get("/communities"))
        edited = web.post(
            "/communities/angin-segar/edit", {"name": "Angin Segar", "type": str(row), "about": "Tari Sunda"}
        )
        assert edited.status_code == 302
        assert "Menunggu verifikasi" in text_of(web.get("/communities/angin-segar"))
        assert web.post("/communities/angin-segar/edit", {"name": "A", "type": "x"}).status_code == 422
        assert web.get(f"{PAGE}/edit").status_code == 404


class TestInviting:
    def test_a_link_is_shown_once_with_text_and_code(self, web: WebClient, world: World) -> None:
        web.log_in("cecep")
        answer = web.post(f"{PAGE}/invites", {"most": "5", "until": "2026-11-30"})
        secret = re.search(r'value="http://127.0.0.1:8000(/join/bk_[\w-]{43})"', answer.text)[1]
        share = re.search(r'href="https://wa\.me/\?text=([^"]+)"', answer.text)[1]
        assert "Gerimis Sore" in unquote(share)
        assert unquote(share).endswith(secret)
        assert "<svg" in answer.text
        page = web.get(PAGE)
        assert secret not in page.text
        assert "0 dari 5 orang bergabung" in text_of(page)
        assert web.post(f"{PAGE}/invites", {"most": "0"}).status_code == 422
        assert web.post(f"{PAGE}/invites", {"most": "x", "until": "x"}).status_code == 422
        number = reading().scalars(select(Invite.id)).one()
        web.post(f"{PAGE}/invites/{number}/revoke")
        assert WebClient(world).get(secret).status_code == 410

    def test_a_newcomer_registers_and_joins_with_one_form(self, web: WebClient, world: World) -> None:
        path = link(world)
        for _ in range(2):
            page = web.get(path)
            assert page.status_code == 200
            assert "Gerimis Sore" in text_of(page)
            assert "Cecep" not in text_of(page)
        assert "email" not in page.text
        assert web.post(path, {"name": "Asep", "phone": "1", "password": "x"}).status_code == 422
        assert reading().scalars(select(Invite.used)).one() == 0
        answer = web.post(path, {"name": "Asep", "phone": "0812 0000 0077", "password": PASSWORD})
        assert answer.headers["Location"] == PAGE
        said = text_of(web.get(PAGE))
        assert "Selamat bergabung di Gerimis Sore." in said
        assert "Asep (Anda)" in said
        form = web.get("/rooms/musik/request").text
        assert '<option selected value="gerimis-sore">' in form
        assert WebClient(world).get(path).status_code == 410
        assert web.get(path).headers["Location"] == PAGE, "whoever joined comes back to the page"

    def test_log_in_first_and_come_back(self, web: WebClient, world: World) -> None:
        path = link(world)
        login = re.search(r'href="(/login\?next=[^"]+)"', web.get(path).text)[1]
        assert web.get(login).status_code == 200
        answer = web.post("/login", {"login": "dewi@example.com", "password": PASSWORD, "next": path})
        assert answer.headers["Location"] == path
        assert "Bergabung sebagai Dewi" in text_of(web.get(path))
        assert relation(world, "dewi") is None, "looking joins nobody"
        assert web.post(path).headers["Location"] == PAGE
        assert relation(world, "dewi") == "member"

    def test_no_account_comes_of_a_dead_link(self, web: WebClient, world: World) -> None:
        path = link(world)
        world.now += timedelta(days=15)
        asep = {"name": "Asep", "phone": "0812 0000 0077", "password": PASSWORD}
        assert web.get(path).status_code == 410
        assert web.post(path, asep).status_code == 410
        assert web.get("/join/bk_nope").status_code == 404
        assert reading().scalar(select(Person.id).where(Person.name == "Asep")) is None

    def test_a_link_needs_the_token_of_a_page(self, web: WebClient, world: World) -> None:
        web.log_in("dewi")
        assert web.client.post(link(world)).status_code == 400
        assert relation(world, "dewi") is None


class TestHandingOver:
    def test_contact_hands_over_and_leaves(self, web: WebClient, world: World) -> None:
        add(world, "dewi")
        code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
        web.log_in("cecep")
        refused = web.post(f"{PAGE}/leave")
        assert refused.status_code == 422
        assert "Pilih siapa yang menggantikan Anda" in text_of(refused)
        web.post(f"{PAGE}/leave", {"successor": str(world.people["dewi"])})
        assert (relation(world, "cecep"), relation(world, "dewi")) == (None, "contact")
        assert web.get(PAGE).status_code == 404
        assert web.get(f"/bookings/{code}").status_code == 404
        assert WebClient(world).log_in("dewi").get(f"/bookings/{code}").status_code == 200

    def test_nobody_need_answer_for_a_closed_one(self, web: WebClient, world: World) -> None:
        web.log_in("cecep")
        assert 'name="successor"' in web.get("/communities/gerimis-sore").text
        communities.close_community(act=world.act("admin"), slug="gerimis-sore", reason="Bubar.")
        assert 'name="successor"' not in web.get("/communities/gerimis-sore").text

    def test_step_down_make_contact_remove(self, web: WebClient, world: World) -> None:
        add(world, "dewi")
        web.log_in("cecep")
        assert web.post(f"{PAGE}/step-down").status_code == 422
        web.post(f"{PAGE}/members/{world.people['dewi']}/contact")
        assert web.post(f"{PAGE}/step-down").status_code == 302
        assert web.post(f"{PAGE}/members/{world.people['dewi']}/remove").status_code == 403
        WebClient(world).log_in("dewi").post(f"{PAGE}/members/{world.people['cecep']}/remove")
        assert relation(world, "cecep") is None

    @pytest.mark.parametrize(
        "path", ["/edit", "/step-down", "/leave", "/invites", "/invites/1/revoke", "/members/1/remove", "/close"]
    )
    def test_strangers_find_nothing(self, web: WebClient, world: World, path: str) -> None:
        assert web.post(PAGE + path).status_code == 302
        web.log_in("euis")
        assert web.post(PAGE + path, {"most": "1", "name": "X"}).status_code == 404
        assert relation(world, "cecep") == "contact"


class TestManaging:
    def test_the_office_verifies_declines_closes(self, web: WebClient, world: World) -> None:
        communities.register_community(act=world.act("dewi"), facts=CommunityFacts("Angin Segar"))
        path = "/manage/communities/angin-segar"
        web.log_in("dadang")
        assert "Komunitas (1" in text_of(web.get("/manage/people"))
        assert "Perlu diverifikasi (1)" in text_of(web.get("/manage/communities"))
        assert web.post(f"{path}/decline", {"reason": ""}).status_code == 422
        assert web.post(f"{path}/decline", {"reason": "Kurang jelas."}).status_code == 302
        assert web.post(f"{path}/verify").status_code == 302
        assert "Perlu diverifikasi (0)" in text_of(web.get("/manage/communities"))
        assert web.post(f"{path}/close", {"reason": "Bubar."}).status_code == 302
        assert "Tidak aktif lagi" in text_of(web.get(path))
        assert web.post(f"{path}/reopen").status_code == 302
        assert "Bubar." in text_of(web.get(path))

    def test_members_and_contacts(self, web: WebClient, world: World) -> None:
        web.log_in("dadang")
        assert web.post(f"{MANAGE}/members", {"login": "nobody@example.com", "relation": "member"}).status_code == 422
        assert web.post(f"{MANAGE}/members", {"login": "", "relation": "member"}).status_code == 422
        web.post(f"{MANAGE}/members", {"login": "dewi@example.com", "relation": "member"})
        last = world.people["cecep"]
        assert web.post(f"{MANAGE}/members/{last}/remove").status_code == 422
        assert relation(world, "cecep") == "contact", "another one is set first"
        memberships.remove_member(act=world.act(), slug="gerimis-sore", person_id=last)
        assert "Tanpa penanggung jawab (1)" in text_of(web.get("/manage/communities"))
        web.post(f"{MANAGE}/members/{world.people['dewi']}/contact")
        assert relation(world, "dewi") == "contact"
        assert "Tanpa penanggung jawab" not in text_of(web.get("/manage/communities"))

    def test_mentorships(self, web: WebClient, world: World) -> None:
        web.log_in("dadang")
        said = {"m0-agency": "UPTD", "m0-from_on": "2026-01-01", "m0-to_on": ""}
        assert web.post(f"{MANAGE}/mentorships/0", said).status_code == 302
        assert web.post(f"{MANAGE}/mentorships/0", {**said, "m0-to_on": "2025-01-01"}).status_code == 422
        assert web.post(f"{MANAGE}/mentorships/0", {**said, "m0-agency": ""}).status_code == 422
        assert web.post(f"{MANAGE}/mentorships/1", {"m1-agency": "Dinas", "m1-to_on": "2026-12-31"}).status_code == 302
        page = WebClient(world).log_in("cecep").get(PAGE)
        assert "Dinas sampai 31 Desember 2026" in text_of(page)
        assert web.post(f"{MANAGE}/mentorships/1", {"remove": "1"}).status_code == 302
        assert web.post(f"{MANAGE}/mentorships/1", {"m1-agency": "x"}).status_code == 404

    def test_enter_one(self, web: WebClient, world: World) -> None:
        web.log_in("dadang")
        assert web.post("/manage/communities/new", {"name": "Kujang Lima"}).status_code == 422
        answer = web.post("/manage/communities/new", {"name": "Angin Segar"})
        assert answer.headers["Location"] == "/manage/communities/angin-segar"
        assert "Terverifikasi" in text_of(web.get("/manage/communities/angin-segar"))

    def test_classifications(self, web: WebClient, world: World) -> None:
        web.log_in("dadang")
        for name in ("satu", "dua"):
            assert web.post("/manage/classes", {"kind": "cluster", "name_id": name}).status_code == 302
        again = web.post("/manage/classes", {"kind": "cluster", "name_id": "dua", "name_en": "kept"})
        assert again.status_code == 422
        assert 'value="kept"' in again.text
        web.post("/manage/classes", {"id": "2", "move": "up"})
        page = web.get("/manage/classes").text
        assert page.index('value="dua"') < page.index('value="satu"')
        web.post("/manage/classes", {"id": "2", "kind": "cluster", "name_id": "dua", "retired": "1"})
        assert ">dua<" not in web.get("/communities/new").text
        assert web.post("/manage/classes", {"id": "999", "name_id": "x"}).status_code == 404

    @pytest.mark.parametrize("who", ["cecep", "ujang"])
    def test_nobody_else_gets_there(self, web: WebClient, world: World, who: str) -> None:
        web.log_in(who)
        for path in ("/manage/communities", MANAGE, "/manage/classes"):
            assert web.get(path).status_code == 403
        for path in (f"{MANAGE}/verify", f"{MANAGE}/close", f"{MANAGE}/mentorships/0", "/manage/classes"):
            assert web.post(path, {"reason": "x", "kind": "type", "name_id": "x"}).status_code == 403


def test_a_page_asks_as_much_with_many_members_and_bookings(web: WebClient, world: World) -> None:
    from tests.web.test_costs import statements_of

    web.log_in("cecep")
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    few = statements_of(lambda: web.get(PAGE))
    for day in range(2, 9):
        world.ask("cecep", world.time("rapat", day, "09:00", "10:00"))
    for who in ("dewi", "euis", "entin", "ujang"):
        add(world, who)
    assert statements_of(lambda: web.get(PAGE)) <= few + 1
