"""E-mail addresses: whoever only claims one gets nothing by it, and whoever asks learns nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking import mail
from booking.domain.events import AccountNotice
from booking.storage.db import reading
from booking.storage.outbox import Outbox, sendable
from booking.storage.people import Person
from booking.usecases import proving
from booking.usecases.sending import Moot, as_due
from tests.support.attacker import get, log_in, post
from tests.support.filled import Filled
from tests.support.world import PASSWORD

NEW = "baru@example.com"


def person(centre: Filled, who: str = "cecep") -> Person:
    reading().rollback()
    reading().expire_all()
    return reading().get(Person, centre.world.people[who])


def waiting(kind: str) -> list[Outbox]:
    reading().rollback()
    return list(reading().scalars(select(Outbox).where(Outbox.kind == kind).order_by(Outbox.id)))


def mailed(kind: str) -> tuple[str, str]:
    """(to whom, path of the link) of the newest mail of a kind."""
    message = mail.write(as_due(waiting(kind)[-1]))
    text = message.get_body(("plain",)).get_content()
    found = re.search(r"http://127\.0\.0\.1:8000(/(?:verify|reset)/\S+)", text)
    return str(message["To"].addresses[0].addr_spec), found[1]


def claim(centre: Filled, viewer: str, email: str) -> int:
    form = {"email-email": email, "email-password": PASSWORD}
    return post(centre, viewer, "/account/email", form, headers={"Host": "127.0.0.1:8000"}).status_code


def test_a_new_address_counts_when_its_link_was_used_and_not_before(centre: Filled) -> None:
    assert claim(centre, "owner", NEW) == 302
    assert person(centre).email == "cecep@example.com"
    to, path = mailed(AccountNotice.VERIFY_EMAIL)
    assert to == NEW
    for _ in range(3):
        answer = get(centre, "nobody", path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert person(centre).email == "cecep@example.com", "looking proves nothing"
    assert post(centre, "nobody", path).status_code == 302
    assert (person(centre).email, person(centre).new_email) == (NEW, None)
    assert person(centre).email_verified_at == centre.world.now
    assert mail.write(as_due(waiting(AccountNotice.CHANGED)[-1]))["To"] == "Cecep <cecep@example.com>"
    assert post(centre, "nobody", path).status_code == 410
    assert get(centre, "nobody", path).status_code == 410


def test_the_password_is_asked_for(centre: Filled) -> None:
    for path, field, value in (("email", "email-email", NEW), ("phone", "phone-phone", "0840-7777-0001")):
        form = {field: value, f"{path}-password": "salah sekali"}
        assert post(centre, "owner", f"/account/{path}", form).status_code == 422
    assert (person(centre).new_email, person(centre).phone) == (None, "+6284000000001")


@pytest.mark.parametrize("what", ["late", "replaced", "unwanted"])
def test_links_that_are_over(centre: Filled, what: str) -> None:
    claim(centre, "owner", NEW)
    _to, path = mailed(AccountNotice.VERIFY_EMAIL)
    if what == "late":
        centre.world.now += proving.KEY_LIFE + timedelta(seconds=1)
    elif what == "replaced":
        mailed(AccountNotice.VERIFY_EMAIL)
    else:
        claim(centre, "owner", "cecep@example.com")
    assert post(centre, "nobody", path).status_code == (404 if what in ("replaced", "unwanted") else 410)
    assert person(centre).email == "cecep@example.com"


def test_the_link_leads_to_the_configured_host_whatever_the_request_says(centre: Filled) -> None:
    form = {"email": "cecep@example.com"}
    prove(centre)
    post(centre, "nobody", "/forgot", form, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    text = mail.write(as_due(waiting(AccountNotice.RESET)[-1])).as_string()
    assert "evil.example" not in text


def prove(centre: Filled, who: str = "cecep", viewer: str = "owner") -> None:
    assert post(centre, viewer, "/account/email/again").status_code == 302
    assert post(centre, "nobody", mailed(AccountNotice.VERIFY_EMAIL)[1]).status_code == 302
    assert person(centre, who).email_verified_at is not None


def test_who_asks_for_a_new_password_learns_nothing(centre: Filled) -> None:
    """Proved, claimed, unknown: one answer; only who has proved an address gets a mail."""
    prove(centre)
    answers = [
        post(centre, "nobody", "/forgot", {"email": email})
        for email in ("cecep@example.com", "euis@example.com", "tidak-ada@example.com")
    ]
    texts = {re.sub(r'value="[^"]+"', "", one.text) for one in answers}
    assert ({one.status_code for one in answers}, len(texts)) == ({200}, 1)
    assert [row.person_id for row in waiting(AccountNotice.RESET)] == [centre.world.people["cecep"]]


def test_the_mailed_link_gives_a_new_password_once_and_ends_all_sessions(centre: Filled) -> None:
    prove(centre)
    post(centre, "nobody", "/forgot", {"email": "Cecep@Example.com"})
    _to, path = mailed(AccountNotice.RESET)
    assert get(centre, "nobody", path).status_code == 200
    assert post(centre, "nobody", path, {"password": "anggrek bulan biru"}).status_code == 302
    assert get(centre, "owner", "/account").status_code == 302
    assert post(centre, "nobody", path, {"password": "anggrek bulan ungu"}).status_code == 410
    assert log_in(centre, centre.app.test_client(), "cecep@example.com", "anggrek bulan biru").status_code == 302
    # the code that staff had handed over is void, too
    assert get(centre, "nobody", f"/reset/{centre.ids['reset code']}").status_code == 404


def test_a_mailed_link_lasts_an_hour(centre: Filled) -> None:
    prove(centre)
    post(centre, "nobody", "/forgot", {"email": "cecep@example.com"})
    _to, path = mailed(AccountNotice.RESET)
    centre.world.now += timedelta(hours=1, seconds=1)
    assert get(centre, "nobody", path).status_code == 410


def test_nobody_takes_an_address_that_another_has_proved(centre: Filled) -> None:
    """And whoever tries is answered as for any other."""
    prove(centre)
    before = len(waiting(AccountNotice.VERIFY_EMAIL))
    assert claim(centre, "stranger", "cecep@example.com") == 302
    assert len(waiting(AccountNotice.VERIFY_EMAIL)) == before, "nobody is asked to give theirs away"
    assert claim(centre, "stranger", NEW) == 302
    _to, path = mailed(AccountNotice.VERIFY_EMAIL)
    claim(centre, "owner", NEW)
    post(centre, "nobody", mailed(AccountNotice.VERIFY_EMAIL)[1])
    assert post(centre, "nobody", path).status_code == 410
    assert person(centre, "euis").email == "euis@example.com"


def test_who_reads_the_mail_has_the_address_not_who_typed_it_first(centre: Filled) -> None:
    assert claim(centre, "stranger", "cecep@example.com") == 302
    assert post(centre, "nobody", mailed(AccountNotice.VERIFY_EMAIL)[1]).status_code == 302
    assert (person(centre).email, person(centre, "euis").email) == (None, "cecep@example.com")


def test_mails_to_strangers_and_guesses_of_numbers_are_counted(centre: Filled) -> None:
    told = [claim(centre, "owner", f"orang{n}@example.com") for n in range(7)]
    assert told[:4] == [302] * 4
    assert told[-1] == 429
    form = {"phone-password": PASSWORD}
    told = [
        post(centre, "stranger", "/account/phone", {**form, "phone-phone": "0840-0000-0001"}).status_code
        for _ in range(7)
    ]
    assert (told[0], told[-1]) == (422, 429)
    asked = [post(centre, "nobody", "/forgot", {"email": NEW}).status_code for _ in range(7)]
    assert (asked[0], asked[-1]) == (200, 429)


def asked_for_reset(centre: Filled) -> str:
    """The path of a mailed link that nobody has used yet."""
    post(centre, "nobody", "/forgot", {"email": "cecep@example.com"})
    path = mailed(AccountNotice.RESET)[1]
    assert get(centre, "nobody", path).status_code == 200
    return path


def test_links_to_the_address_before_are_dead_as_soon_as_it_is_the_one_before(centre: Filled) -> None:
    """Whoever leaves a mailbox that somebody else reads leaves no way in behind."""
    prove(centre)
    path = asked_for_reset(centre)
    claim(centre, "owner", NEW)
    post(centre, "nobody", mailed(AccountNotice.VERIFY_EMAIL)[1])
    assert post(centre, "nobody", path, {"password": "anggrek bulan biru"}).status_code == 404


def test_a_new_password_voids_links_for_another_and_is_told(centre: Filled) -> None:
    prove(centre)
    path = asked_for_reset(centre)
    form = {"password-old": PASSWORD, "password-new": "anggrek bulan ungu"}
    assert post(centre, "owner", "/account/password", form).status_code == 302
    assert post(centre, "nobody", path, {"password": "anggrek bulan biru"}).status_code == 404
    before = len(waiting(AccountNotice.CHANGED))
    path = asked_for_reset(centre)
    assert post(centre, "nobody", path, {"password": "anggrek bulan biru"}).status_code == 302
    (told,) = waiting(AccountNotice.CHANGED)[before:]
    assert told.facts == {"what": "password"}


def test_what_staff_change_is_told_at_the_address_before_and_no_key_goes_to_theirs(centre: Filled) -> None:
    prove(centre)
    post(centre, "nobody", "/forgot", {"email": "cecep@example.com"})
    form = {"name": "Cecep", "phone": "0840-7777-0009", "email": "petugas@example.com"}
    assert post(centre, "officer", f"/manage/people/{centre.world.people['cecep']}", form).status_code == 302
    told = waiting(AccountNotice.CHANGED)
    assert [one.facts for one in told] == [{"what": what, "to": "cecep@example.com"} for what in ("phone", "email")]
    with pytest.raises(Moot):
        mail.write(as_due(waiting(AccountNotice.RESET)[-1]))


def test_who_gives_an_address_up_is_told_there(centre: Filled) -> None:
    prove(centre)
    assert claim(centre, "owner", "") == 302
    assert person(centre).email is None
    now = centre.world.now
    sent = [one.facts for one in sendable(reading(), now, now, most=500) if one.kind == AccountNotice.CHANGED]
    assert {"what": "email", "to": "cecep@example.com"} in sent


def test_an_address_that_somebody_else_only_typed_keeps_nobody_out(centre: Filled) -> None:
    """Nor does it tell that it is taken; and an address gets a few mails, however many accounts are made for it."""
    for number in range(7):
        new = {"name": "Baru", "phone": f"0840-7777-000{number}", "email": "euis@example.com", "password": PASSWORD}
        told = post(centre, "nobody", "/register", new).status_code
        assert told == (302 if number < 5 else 429), number
    assert len([one for one in waiting(AccountNotice.VERIFY_EMAIL) if one.facts["to"] == "euis@example.com"]) == 5
    post(centre, "nobody", mailed(AccountNotice.VERIFY_EMAIL)[1])
    assert person(centre, "euis").email is None
    query = select(Person.phone).where(Person.email == "euis@example.com")
    assert reading().scalar(query) == "+6284077770004"
