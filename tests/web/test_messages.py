"""Pages about messages: the desk, one's own choices, and deciding with the link of a mail."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking import mail
from booking.cli import worker
from booking.storage.db import reading
from booking.storage.mail_links import MailLink
from booking.storage.outbox import Outbox
from booking.storage.people import Person
from booking.usecases.sending import as_due
from tests.mail.cases import booking
from tests.mail.test_sending import without_address
from tests.support.clients import WebClient, text_of
from tests.support.world import World


@pytest.fixture
def asked(world: World) -> str:
    return world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Latihan gitar")


def link_of(who: str) -> str:
    """The path in the newest mail to somebody of the office."""
    reading().rollback()
    query = select(Outbox).join(Person).where(Person.name == who, Outbox.kind == "new_request")
    row = reading().scalars(query.order_by(Outbox.id.desc())).first()
    text = mail.write(as_due(row)).get_body(("plain",)).get_content()
    return re.search(r"http://127\.0\.0\.1:8000(/decide/bk_[\w-]{43})", text)[1]


def links() -> list[MailLink]:
    reading().rollback()
    return list(reading().scalars(select(MailLink).order_by(MailLink.id)))


def test_looking_uses_nothing_up_and_posting_decides_once(web: WebClient, world: World, asked: str) -> None:
    path = link_of("Dadang")
    for _ in range(3):
        page = web.get(path)
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert "Latihan gitar" in text_of(page)
    assert links()[0].used_at is None
    assert web.client.post(path, data={"verdict": "approve"}).status_code == 400, "no token, no decision"
    done = web.post(path, {"verdict": "approve"})
    assert (done.status_code, "Disetujui." in text_of(done)) == (200, True)
    found = booking(asked)
    assert (found.state, found.occurrences[0].decided_by) == ("approved", world.people["dadang"])
    assert [web.post(path, {"verdict": "decline", "reason": "x"}).status_code, web.get(path).status_code] == [410, 410]
    assert booking(asked).state == "approved"


def test_a_refusal_leaves_the_link(web: WebClient, world: World, asked: str) -> None:
    path = link_of("Dadang")
    answer = web.post(path, {"verdict": "decline", "reason": " "})
    assert answer.status_code == 422
    assert links()[0].used_at is None
    assert web.post(path, {"verdict": "decline", "reason": "Penuh."}).status_code == 200
    assert booking(asked).state == "declined"


def test_a_link_is_for_one_version_one_person_and_three_days(web: WebClient, world: World, asked: str) -> None:
    dadang, sumarna = link_of("Dadang"), link_of("Sumarna")
    assert web.post(sumarna, {"verdict": "return", "reason": "Surat?"}).status_code == 200
    changed = web.get(dadang)
    assert (changed.status_code, "berubah" in text_of(changed)) == (409, True)
    assert web.post(dadang, {"verdict": "approve"}).status_code == 409
    assert booking(asked).state == "returned"
    other = world.ask("euis", world.time("musik", 3, "19:00", "21:00"))
    path = link_of("Dadang")
    world.now += timedelta(hours=72)
    assert [web.get(path).status_code, web.post(path, {"verdict": "approve"}).status_code] == [410, 410]
    assert booking(other).state == "requested"
    assert web.get("/decide/bk_" + "x" * 43).status_code == 404


def test_who_lost_the_role_decides_nothing(web: WebClient, world: World, asked: str) -> None:
    from booking.storage.people import grants
    from booking.usecases.joining import end_role

    path = link_of("Dadang")
    (grant,) = [one for one in grants(reading()) if one.person.name == "Dadang"]
    end_role(act=world.act("admin"), grant_id=grant.id)
    world.now += timedelta(days=1)
    assert web.get(path).status_code == 404
    assert web.post(path, {"verdict": "approve"}).status_code == 404
    assert booking(asked).state == "requested"


def test_only_the_hash_is_kept(world: World, asked: str) -> None:
    from booking.storage.access import digest

    secret = link_of("Dadang").removeprefix("/decide/")
    assert [one.hash for one in links()] == [digest(secret)]


def test_the_desk(web: WebClient, world: World, asked: str) -> None:
    without_address(world.people["cecep"])
    world.decline("dadang", asked, "Penuh.")
    world.now += timedelta(minutes=1)
    assert web.get("/manage/messages").status_code == 302
    assert WebClient(world).log_in("euis").get("/manage/messages").status_code == 403
    desk = web.log_in("dadang").get("/manage/messages")
    said = text_of(desk)
    assert "Server surel belum diatur" in said
    assert "Ditolak: Latihan gitar" in said
    assert re.search(r'href="https://wa\.me/62840\d+\?text=Halo%20Cecep', desk.text)
    ids = re.findall(r'action="/manage/messages/(\d+)/told"', desk.text)
    assert len(ids) == 2, "received and declined"
    for one in ids:
        assert web.post(f"/manage/messages/{one}/told").status_code == 302
    assert "Ditolak: Latihan gitar" not in text_of(web.get("/manage/messages"))
    assert "Sudah diberi tahu" in text_of(web.get(f"/inbox/{asked}"))
    assert web.post(f"/manage/messages/{ids[0]}/told").status_code == 404


def test_files_are_shown_as_text(web: WebClient, world: World) -> None:
    world.app.config["MAIL_TO_FILES"] = True
    world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"), title="<b>Latihan</b>")
    worker.send_mail()
    assert "/manage/messages/files/" not in web.log_in("dadang").get("/manage/messages").text, "they hold others' links"
    admin = WebClient(world).log_in("admin")
    page = admin.get("/manage/messages").text
    number = re.findall(r"/manage/messages/files/(\d+)", page)[0]
    shown = admin.get(f"/manage/messages/files/{number}")
    assert "Peminjaman Anda disetujui." in text_of(shown)
    assert "<b>Latihan" not in shown.text
    assert [web.get(f"/manage/messages/files/{one}").status_code for one in (number, 999)] == [404, 404]


def test_ones_own_choices(web: WebClient, world: World, asked: str) -> None:
    assert web.get("/account/messages").status_code == 302
    page = text_of(web.log_in("cecep").get("/account/messages"))
    assert "Pengingat sehari sebelumnya" in page
    assert "setiap pagi" not in page, "that is for the office"
    kept = {"language": "en", "invitations": "no", "kinds": ["free_again", "approved"]}
    assert web.post("/account/messages", kept).status_code == 302
    reading().rollback()
    person = reading().get(Person, world.people["cecep"])
    assert (person.language, person.invitations) == ("en", False)
    assert person.muted == ["attend_soon", "late_change", "needs_answered", "series_ends"]
    assert "setiap pagi" in text_of(WebClient(world).log_in("dadang").get("/account/messages"))
