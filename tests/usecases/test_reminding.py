"""Reminders: each is told once, to whom it concerns, and not when there is nothing to say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.cli.worker import work_once
from booking.domain.events import Event, Notice
from booking.storage.bookings import Booking
from booking.storage.db import reading
from booking.storage.history import history_of
from booking.storage.outbox import Outbox
from booking.storage.transaction import writes
from booking.usecases.cancelling import cancel
from booking.usecases.reminding import remind
from tests.mail.cases import booking, promise
from tests.support.world import World

OFFICE = ["Dadang", "Sumarna"]


def told(*kinds: str) -> list[tuple[str, str]]:
    """(kind, to whom) of the messages of these kinds."""
    reading().rollback()
    rows = reading().scalars(select(Outbox).where(Outbox.kind.in_(kinds)).order_by(Outbox.id))
    return [(row.kind, row.person.name) for row in rows]


def round_of(world: World) -> None:
    reading().rollback()
    remind(reading(), act=world.act())
    reading().rollback()
    assert remind(reading(), act=world.act()) == 0, "each is told once"


def test_the_day_before(world: World) -> None:
    world.ask("cecep", world.time("rapat", 3, "09:00", "10:00"), world.time("rapat", 3, "13:00", "14:00"))
    gone = world.ask("euis", world.time("rapat", 3, "11:00", "12:00"))
    cancel(act=world.act("euis"), code=gone)
    world.now = world.at(2, "08:59")
    round_of(world)
    assert told(Notice.ATTEND_SOON) == []
    world.now = world.at(2, "13:00")
    round_of(world)
    assert told(Notice.ATTEND_SOON) == [("attend_soon", "Cecep")], "one message for both of them"


def test_who_has_just_booked_is_not_reminded(world: World) -> None:
    world.ask("cecep", world.time("rapat", 0, "13:00", "14:00"))
    world.now = world.at(0, "12:00")
    round_of(world)
    assert told(Notice.ATTEND_SOON) == []


def test_deciders_are_reminded_and_then_those_above(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 4, "19:00", "21:00"))
    round_of(world)
    assert told(Notice.DECIDE_SOON, Event.ESCALATED) == [], "nothing was promised"
    promise(code, world.at(2, "16:00"))
    world.now = world.at(1, "15:59")
    round_of(world)
    assert told(Notice.DECIDE_SOON) == []
    world.now = world.at(1, "16:00")
    round_of(world)
    assert told(Notice.DECIDE_SOON) == [("decide_soon", name) for name in OFFICE]
    world.now = world.at(2, "16:00")
    round_of(world)
    assert told(Notice.DECIDE_SOON, Event.ESCALATED)[2:] == [("escalated", "Sumarna")], "who is above, and nobody else"
    assert [step.event for step in history_of(reading(), booking(code).id)] == ["requested", "escalated"]


def test_what_is_decided_reminds_nobody(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 4, "19:00", "21:00"))
    promise(code, world.at(1, "16:00"))
    world.approve("dadang", code)
    world.now = world.at(2, "16:00")
    round_of(world)
    assert told(Notice.DECIDE_SOON, Event.ESCALATED) == []


def test_a_change_asked_for_later_is_not_late_by_an_old_promise(world: World) -> None:
    from booking.usecases.changing import change_booking
    from booking.usecases.intents import Edit

    code = world.ask("cecep", world.time("musik", 9, "19:00", "20:00"))
    world.approve("dadang", code)
    promise(code, world.at(1, "16:00"))
    world.now = world.at(3, "16:00")
    (one,) = booking(code).occurrences
    edit = Edit(starts_at=world.at(9, "18:00"), ends_at=world.at(9, "20:00"))
    change_booking(act=world.act("cecep"), code=code, uid=one.uid, edit=edit)
    round_of(world)
    assert told(Notice.DECIDE_SOON, Event.ESCALATED) == []


def test_dates_asked_for_later_have_a_promise_of_their_own(world: World) -> None:
    from booking.usecases.resuming import resume

    code = world.ask("cecep", world.time("musik", 9, "19:00", "20:00"), world.time("musik", 10, "19:00", "20:00"))
    skip_second(code)
    world.approve("dadang", code)
    promise(code, world.at(1, "16:00"))
    world.now = world.at(3, "16:00")
    resume(act=world.act("cecep"), code=code, uids=[booking(code).occurrences[1].uid])
    assert booking(code).occurrences[1].state == "requested"
    round_of(world)
    assert told(Event.ESCALATED) == []
    assert booking(code).answer_by > world.now


@writes
def skip_second(session, code: str) -> None:
    one = session.scalars(select(Booking).where(Booking.code == code)).one().occurrences[1]
    one.state, one.skipped_because = "skipped", {"codes": ["taken"]}


def test_a_series_that_ends(world: World) -> None:
    from booking.domain.series import Pattern

    world.room("lama", tier="automatic", rules={"horizon": {"days": 200}})
    first = world.time("lama", 1, "09:00", "10:00")
    world.ask("cecep", first, repeat=Pattern.from_json({"every": "week", "on": ["tu"], "count": 6}))
    world.now = world.at(1 + 21, "08:59")
    round_of(world)
    assert told(Notice.SERIES_ENDS) == []
    world.now = world.at(1 + 21, "09:00")
    round_of(world)
    assert told(Notice.SERIES_ENDS) == [("series_ends", "Cecep")]
    (row,) = reading().scalars(select(Outbox).where(Outbox.kind == Notice.SERIES_ENDS))
    assert len(row.facts["occurrences"]) == 2


def test_the_digest_comes_at_seven_to_those_who_have_something_to_see(world: World) -> None:
    world.now = world.at(1, "06:59")
    round_of(world)
    assert told(Notice.DIGEST) == []
    world.ask("cecep", world.time("musik", 4, "19:00", "21:00"))
    world.now = world.at(1, "07:00")
    round_of(world)
    everybody = {name for _, name in told(Notice.DIGEST)}
    assert everybody == {"Dadang", "Sumarna", "Admin"}, "not Entin, at whose site all is quiet, nor the guard"
    (row,) = reading().scalars(
        select(Outbox).where(Outbox.kind == Notice.DIGEST, Outbox.person_id == world.people["dadang"])
    )
    assert list(row.facts["sites"].values()) == [[1, 0, 0]]
    world.now = world.at(1, "23:00")
    round_of(world)
    world.now = world.at(2, "07:00")
    round_of(world)
    assert len(told(Notice.DIGEST)) == 6


@pytest.mark.parametrize("who", ["cecep", "sumarna"])
def test_a_new_request_is_told_to_deciders_but_not_to_oneself(world: World, who: str) -> None:
    world.ask(who, world.time("aula", 4, "09:00", "10:00"))
    assert told(Notice.NEW_REQUEST) == ([("new_request", "Sumarna")] if who == "cecep" else [])


def test_a_change_asked_for_is_told_to_deciders(world: World) -> None:
    from booking.usecases.changing import change_booking
    from booking.usecases.intents import Edit

    code = world.ask("cecep", world.time("musik", 4, "19:00", "20:00"))
    world.approve("dadang", code)
    (one,) = booking(code).occurrences
    before = len(told(Notice.NEW_REQUEST))
    edit = Edit(starts_at=world.at(4, "18:00"), ends_at=world.at(4, "20:00"))
    change_booking(act=world.act("cecep"), code=code, uid=one.uid, edit=edit)
    assert [name for _, name in told(Notice.NEW_REQUEST)[before:]] == OFFICE


def test_the_worker_reminds(world: World) -> None:
    world.ask("cecep", world.time("rapat", 3, "09:00", "10:00"))
    world.now = world.at(2, "10:00")
    work_once()
    assert ("attend_soon", "Cecep") in told(Notice.ATTEND_SOON, Notice.DIGEST)
    world.now += timedelta(minutes=1)
    work_once()
    assert len(told(Notice.ATTEND_SOON)) == 1
