"""Invitations as two other libraries read them: the feed's UID, a SEQUENCE that rises, and what is called off."""

from __future__ import annotations

import icalendar
import pytest
import vobject
from sqlalchemy import select

from booking import mail
from booking.domain.lifecycle import State
from booking.storage.db import reading
from booking.storage.outbox import Outbox
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases.cancelling import cancel
from booking.usecases.sending import as_due
from booking.usecases.subscribing import new_feed_token, revoke_token
from tests.mail import cases
from tests.support.world import World


def mails(*kinds: str) -> list:
    reading().rollback()
    query = select(Outbox).where(Outbox.kind.in_(kinds)).order_by(Outbox.id)
    return [mail.write(as_due(row)) for row in reading().scalars(query).all()]


@writes
def all_are_sent(session, world: World) -> None:
    for row in session.scalars(select(Outbox).where(Outbox.sent_at.is_(None))):
        row.sent_at = world.now


def invitations(message) -> list[bytes]:
    return [part.get_payload(decode=True) for part in message.walk() if part.get_content_type() == "text/calendar"]


@pytest.fixture
def held(world: World) -> str:
    return world.ask("cecep", world.time("rapat", 2, "19:00", "21:00"), title="Rapat; warga, \\ dan RT")


def test_an_update_and_a_cancellation_match_by_uid_and_sequence(world: World, held: str) -> None:
    from booking.usecases.changing import change_booking
    from booking.usecases.intents import Edit

    (uid,) = [one.uid for one in cases.booking(held).occurrences]
    edit = Edit(starts_at=world.at(2, "18:00"), ends_at=world.at(2, "20:00"))
    change_booking(act=world.act("cecep"), code=held, uid=uid, edit=edit)
    sent = mails("approved", "changed")
    all_are_sent(world)
    cancel(act=world.act("cecep"), code=held)
    bodies = [body for message in [*sent, *mails("cancelled")] for body in invitations(message)]
    read = [icalendar.Calendar.from_ical(body) for body in bodies]
    events = [one.walk("VEVENT")[0] for one in read]
    assert [one["METHOD"] for one in read] == ["REQUEST", "REQUEST", "CANCEL"]
    assert {str(one["UID"]) for one in events} == {f"{uid}@booking.invalid"}
    sequences = [int(one["SEQUENCE"]) for one in events]
    assert sequences == sorted(set(sequences)), "it rises each time"
    assert [str(one["STATUS"]) for one in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [one.decoded("DTSTART") for one in events] == [
        world.at(2, "19:00"),
        world.at(2, "18:00"),
        world.at(2, "18:00"),
    ]
    for body in bodies:
        event = vobject.readOne(body.decode()).vevent
        assert event.uid.value == f"{uid}@booking.invalid"
        assert event.summary.value == "Rapat; warga, \\ dan RT · Ruang Rapat"
        assert event.organizer.value == "mailto:ruang@booking.invalid"
        assert event.attendee.value == "mailto:cecep@example.com"


def test_the_feed_knows_the_same_event(world: World, held: str) -> None:
    (message,) = mails("approved")
    secret = new_feed_token(act=world.act("cecep"), feed="my", label="", real_now=world.now)
    feed = world.app.test_client().get(f"/feeds/u/{secret}/my.ics").data
    (invited,) = icalendar.Calendar.from_ical(invitations(message)[0]).walk("VEVENT")
    (shown,) = icalendar.Calendar.from_ical(feed).walk("VEVENT")
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION"):
        assert invited[name].to_ical() == shown[name].to_ical(), name


def test_the_part_is_one_of_the_alternatives(world: World, held: str) -> None:
    (message,) = mails("approved")
    assert message.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert list(message.iter_parts())[2].get_param("method") == "REQUEST"


def test_several_dates_are_objects_of_their_own(world: World) -> None:
    world.ask("cecep", world.time("rapat", 2, "09:00", "10:00"), world.time("rapat", 3, "09:00", "10:00"))
    (message,) = mails("approved")
    assert message.get_content_type() == "multipart/mixed"
    found = [icalendar.Calendar.from_ical(body).walk("VEVENT") for body in invitations(message)]
    assert [len(events) for events in found] == [1, 1], "RFC 5546 3.2.2: one UID an object"
    assert len({str(events[0]["UID"]) for events in found}) == 2


@writes
def choose(session, person_id: int, invitations: bool | None) -> None:
    session.get(Person, person_id).invitations = invitations


def test_who_gets_them(world: World, held: str) -> None:
    def invited() -> bool:
        return bool(invitations(mails("approved")[0]))

    cecep = world.people["cecep"]
    assert invited()
    new_feed_token(act=world.act("cecep"), feed="my", label="", real_now=world.now)
    assert not invited(), "the calendar app knows it already"
    choose(cecep, True)
    assert invited()
    choose(cecep, None)
    from booking.storage.access import tokens_of

    (token,) = tokens_of(reading(), cecep, "feed")
    revoke_token(act=world.act("cecep"), token_id=token.id, real_now=world.now)
    assert invited()
    choose(cecep, False)
    assert not invited()


def test_nothing_is_withdrawn_that_was_never_held(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    cancel(act=world.act("cecep"), code=code)
    assert cases.booking(code).state == State.CANCELLED
    assert [invitations(message) for message in mails("requested", "cancelled")] == [[], []]
