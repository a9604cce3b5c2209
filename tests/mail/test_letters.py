"""What each message says, in both languages: held against texts that somebody has read."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from booking import mail
from booking.domain.events import AccountNotice, CommunityEvent, Event, Notice
from booking.domain.messages import KINDS, SILENT
from booking.front import words
from booking.front.letters import WRITERS, letter_of, short_text
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases.sending import Moot
from tests.mail import cases
from tests.support.world import NOW, World

GOLDEN = Path(__file__).parent / "golden"


def test_every_event_and_notice_is_a_message_or_silent() -> None:
    assert set(KINDS) | SILENT == {*Event, *Notice, *CommunityEvent, *AccountNotice}
    assert set(KINDS) & SILENT == set()
    assert set(WRITERS) == set(KINDS)
    assert {kind for kind, one in KINDS.items() if one.mutable} <= set(words.MESSAGES)


@pytest.mark.parametrize("language", ["id", "en"])
def test_golden_texts(world: World, language: str) -> None:
    """GOLDEN=write writes them anew, to be read and committed."""
    for who in ("cecep", "dadang"):
        cases.speak(world.people[who], language)
    seen = set()
    for due in cases.all_kinds(world):
        message = mail.write(due)
        text = f"Subject: {message['Subject']}\n\n{message.get_body(('plain',)).get_content()}"
        text = re.sub(
            r"bk_[\w-]{43}", "bk_SECRET", text.replace("\r\n", "\n").replace(due.facts.get("code", "\0"), "CODE")
        )
        path = GOLDEN / f"{due.kind}.{language}.txt"
        if os.environ.get("GOLDEN") == "write":
            path.write_text(text, "utf-8")
        assert text == path.read_text("utf-8"), due.kind
        seen.add(due.kind)
    assert seen == set(KINDS)


def test_the_html_says_what_the_text_says(world: World) -> None:
    from tests.support.clients import text_of

    class Page:
        pass

    for due in cases.all_kinds(world):
        message = mail.write(due)
        page = Page()
        page.text = re.sub(r"<head>.*?</head>", "", message.get_body(("html",)).get_content(), flags=re.DOTALL)
        plain = re.sub(r"https?://\S+", " ", message.get_body(("plain",)).get_content())
        squeezed = [re.sub(r"[\s:>-]+", "", one) for one in (plain, text_of(page))]
        assert squeezed[0] == squeezed[1]


def test_headers(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    message = mail.write(cases.due(Event.REQUESTED, code))
    assert message["Message-ID"] == "<outbox-7@booking.invalid>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Contoh <ruang@booking.invalid>"
    assert message["Date"].datetime == NOW
    assert mail.write(cases.due(Event.REQUESTED, code))["Message-ID"] == message["Message-ID"]
    assert message["List-Unsubscribe"] is None
    assert mail.write(cases.due(Notice.NEW_REQUEST, code, person=world.people["dadang"]))["List-Unsubscribe"]


@writes
def rename(session, person_id: int, name: str) -> None:
    """As no form would let it in."""
    session.get(Person, person_id).name = name


def test_nobody_writes_headers_or_markup_with_a_name(world: World) -> None:
    title = "Latihan <script>alert(1)</script>"
    code = world.ask("cecep", world.time("rapat", 2, "19:00", "21:00"), title=title)
    evil = 'Cecep\r\nBcc: spy@example.com\r\n\r\n"<x@example.com>;CN=a:\x01'
    rename(world.people["cecep"], evil)
    message = mail.write(cases.due(Event.APPROVED, code))
    again = mail.write(cases.due(Event.APPROVED, code))
    head = message.as_bytes().split(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head
    assert [one.addr_spec for one in message["To"].addresses] == ["cecep@example.com"]
    assert "<script>" not in message.get_body(("html",)).get_content()
    (invitation,) = [part for part in again.walk() if part.get_content_type() == "text/calendar"]
    body = invitation.get_payload(decode=True)
    assert body.count(b"ATTENDEE") == 1
    assert b"\r\nBcc" not in body


def test_muted_kinds_and_erased_facts_are_not_sent(world: World) -> None:
    from dataclasses import replace

    from booking.usecases.choosing import choose_messages

    code = world.ask("cecep", world.time("rapat", 2, "19:00", "21:00"))
    muted = [Notice.ATTEND_SOON, Event.APPROVED, "nonsense"]
    choose_messages(act=world.act("cecep"), language="en", invitations=False, muted=muted)
    with pytest.raises(Moot, match="muted"):
        mail.write(cases.due(Notice.ATTEND_SOON, code))
    must = mail.write(cases.due(Event.APPROVED, code))
    assert must["Content-Language"] == "en", "a decision cannot be muted"
    with pytest.raises(Moot, match="gone"):
        mail.write(replace(cases.due(Event.APPROVED, code), facts={}))


def test_an_accepted_proposal_holds_where_it_is_approved(world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 2, "19:00", "21:00"))
    message = mail.write(cases.due(Event.OFFER_ACCEPTED, code))
    assert "Yang berlaku sekarang:" in message.get_body(("plain",)).get_content()
    assert [part for part in message.walk() if part.get_content_type() == "text/calendar"]


def test_what_is_not_true_any_more_is_not_sent(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 1, "09:00", "10:00"))
    new = cases.due(Notice.NEW_REQUEST, code, person=world.people["dadang"])
    assert mail.write(new)
    world.approve("dadang", code)
    soon = cases.due(Notice.ATTEND_SOON, code)
    assert mail.write(soon)
    for old in (new, soon):
        world.now = world.at(1, "09:30")
        with pytest.raises(Moot, match="moot"):
            mail.write(old)


def test_the_short_text_holds_all_and_fits_an_address(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    said = short_text(letter_of(cases.due(Event.DECLINED, code, reason=cases.REASON)))
    for part in (code, "Ruang Latihan Musik", "19.00-21.00 WIB", "Ruang dipakai dinas", "Gratis"):
        assert part in said
    assert len(said) < 1000
