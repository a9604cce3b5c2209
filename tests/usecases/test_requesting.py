"""Asking: what is granted, what is refused with which numbers, and that nothing is half stored."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from booking.domain.errors import Forbidden, Refused
from booking.storage.bookings import Booking, Occurrence
from booking.storage.claims import Claim
from booking.storage.db import reading
from booking.storage.history import History
from booking.storage.outbox import Outbox
from booking.usecases.requesting import request_booking
from booking.usecases.wanted import PRIVATELY, Wanted, WantedOccurrence
from tests.support.world import World


def refused(world: World, *occurrences: WantedOccurrence, **more) -> list:
    before = counts()
    with pytest.raises(Refused) as caught:
        world.ask("cecep", *occurrences, **more)
    assert counts() == before, "a refusal stores nothing"
    return list(caught.value.violations)


def counts() -> tuple[int, ...]:
    return tuple(
        reading().scalar(select(func.count()).select_from(table))
        for table in (Booking, Occurrence, Claim, Outbox, History)
    )


def booking(code: str) -> Booking:
    return reading().scalars(select(Booking).where(Booking.code == code)).one()


def test_officer_room_waits_without_claim(world: World) -> None:
    found = booking(world.ask("cecep", world.time("musik", 2, "19:00", "21:00")))
    assert found.state == "requested"
    assert found.community.name == "Gerimis Sore", "the only community is taken without a word"
    assert reading().scalar(select(func.count(Claim.id))) == 0
    rows = reading().scalars(select(Outbox).order_by(Outbox.id)).all()
    assert [(row.kind, row.person.name) for row in rows] == [
        ("requested", "Cecep"),
        ("new_request", "Dadang"),
        ("new_request", "Sumarna"),
    ]
    steps = select(History).where(History.booking_id.is_not(None))
    assert [row.event for row in reading().scalars(steps)] == ["requested"]


def test_automatic_room_is_approved_at_once_with_claim_history_and_message(world: World) -> None:
    found = booking(world.ask("cecep", world.time("rapat", 1, "13:00", "15:00"), community=PRIVATELY))
    assert (found.state, found.community) == ("approved", None)
    claim = reading().scalars(select(Claim)).one()
    assert (claim.starts_at, claim.ends_at, claim.units) == (world.at(1, "13:00"), world.at(1, "15:00"), 1)
    assert [row.kind for row in reading().scalars(select(Outbox).order_by(Outbox.id))] == ["requested", "approved"]


def test_taken_time_names_the_nearest_that_would_do(world: World) -> None:
    world.ask("euis", world.time("rapat", 1, "13:00", "15:00"))
    (violation,) = refused(world, world.time("rapat", 1, "14:00", "16:00"))
    assert (violation.code, violation.values["free"], violation.at) == ("taken", 0, 0)
    assert violation.nearest.starts_at == world.at(1, "15:00")
    world.ask("cecep", world.time("rapat", 1, "15:00", "17:00"))  # and it does


def test_pool_counts_units_and_takes_people_where_none_are_named(world: World) -> None:
    world.ask("euis", world.time("meja", 1, "09:00", "12:00"), people=20)
    (violation,) = refused(world, world.time("meja", 1, "11:00", "13:00"), people=6)
    assert (violation.code, violation.values["free"], violation.values["units"]) == ("taken", 4, 6)
    world.ask("cecep", world.time("meja", 1, "11:00", "13:00", units=4), people=6)


def test_composite_takes_its_leaves_and_is_refused_by_them(world: World) -> None:
    code = world.ask("cecep", world.time("plx", 3, "13:00", "16:00"), people=60)
    world.approve("entin", code)
    assert {claim.resource_id for claim in reading().scalars(select(Claim))} == {
        one.id for one in map(booking_room, ("pl1", "pl2"))
    }
    assert [one.code for one in refused(world, world.time("pl1", 3, "14:00", "16:00"))] == ["taken"]
    other = world.ask("euis", world.time("pl1", 4, "09:00", "10:00"))
    world.approve("entin", other)
    assert [one.code for one in refused(world, world.time("plx", 4, "09:00", "12:00"))] == ["taken"]


def booking_room(slug: str):
    from booking.storage.places import room_by_slug

    return room_by_slug(reading(), slug)


def test_automatic_part_of_a_booking_waits_for_the_part_that_needs_a_decision(world: World) -> None:
    times = world.time("rapat", 2, "08:00", "09:00"), world.time("musik", 2, "09:00", "10:00")
    found = booking(world.ask("cecep", *times))
    assert {one.state for one in found.occurrences} == {"requested"}


def test_occurrences_of_one_request_may_not_overlap_each_other(world: World) -> None:
    times = world.time("rapat", 2, "08:00", "10:00"), world.time("rapat", 2, "09:00", "11:00")
    (violation,) = refused(world, *times)
    assert (violation.code, violation.at) == ("taken", 1)


def test_all_violations_are_told_at_once(world: World) -> None:
    world.close(world.at(6, "00:00"), world.at(7, "00:00"))
    codes = [one.code for one in refused(world, world.time("musik", 6, "07:00", "09:00", units=2), people=14)]
    assert set(codes) == {"hours", "closed", "units", "capacity"}


def test_end_before_start(world: World) -> None:
    (violation,) = refused(world, WantedOccurrence("musik", world.at(2, "12:00"), world.at(2, "11:00")))
    assert violation.code == "end_before_start"


@pytest.mark.parametrize("units", [0, -1, 10_000])
def test_units_out_of_range(world: World, units: int) -> None:
    (violation,) = refused(world, world.time("meja", 2, "10:00", "11:00", units=units))
    assert (violation.code, violation.values["most"]) == ("units", 24)


def test_past_unknown_room_and_unknown_community(world: World) -> None:
    assert [one.code for one in refused(world, world.time("musik", -1, "10:00", "11:00"))] == ["past"]
    assert [one.code for one in refused(world, world.time("nope", 2, "10:00", "11:00"))] == ["unknown_room"]
    codes = [one.code for one in refused(world, world.time("musik", 2, "10:00", "11:00"), community="kujang-lima")]
    assert codes == ["unknown_community"]


@pytest.mark.parametrize(
    ("title", "code"), [("x" * 10_240, "too_long"), ("a\0b", "text"), ("  \u200b ", "required"), ("\ud800", "text")]
)
def test_titles_that_cannot_be(world: World, title: str, code: str) -> None:
    assert [one.code for one in refused(world, world.time("musik", 2, "10:00", "11:00"), title=title)] == [code]


def test_titles_are_cleaned(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "10:00", "11:00"), title="Latihan\r\n\u202e Band\u2028 é")
    assert booking(code).title == "Latihan Band é"


def test_same_key_gives_the_same_booking_and_another_body_is_refused(world: World) -> None:
    wanted = Wanted("Rapat", 2, (world.time("rapat", 1, "13:00", "15:00"),), key="abc")
    first, second = (request_booking(act=world.act("cecep"), wanted=wanted) for _ in range(2))
    assert (first.code, first.is_new, second.is_new) == (second.code, True, False)
    other = Wanted("Lain", 2, (world.time("rapat", 1, "13:00", "15:00"),), key="abc")
    with pytest.raises(Refused) as caught:
        request_booking(act=world.act("cecep"), wanted=other)
    assert caught.value.violations[0].code == "key_reused"
    with pytest.raises(Refused):
        request_booking(act=world.act("euis"), wanted=wanted)  # another person's key is another key; the time is taken


def test_nobody_may_not_ask(world: World) -> None:
    with pytest.raises(Forbidden):
        request_booking(act=world.act(), wanted=Wanted("x", 1, (world.time("rapat", 1, "13:00", "15:00"),)))


def test_tear_down_keeps_the_next_one_away(world: World) -> None:
    world.room("studio", tier="automatic", teardown_minutes=30)
    world.ask("euis", world.time("studio", 2, "10:00", "12:00"))
    (violation,) = refused(world, world.time("studio", 2, "12:00", "13:00"))
    assert violation.nearest.starts_at == world.at(2, "12:30")
    (violation,) = refused(world, world.time("studio", 2, "09:00", "10:00"))
    assert violation.nearest.starts_at == world.at(2, "08:30")
    world.ask("cecep", world.time("studio", 2, "12:30", "13:30"))


def test_retired_room_takes_no_more(world: World) -> None:
    from datetime import date

    world.room("lama", active_to=date(2026, 11, 24), rules={})
    world.ask("cecep", world.time("lama", 1, "10:00", "11:00"))
    assert [one.code for one in refused(world, world.time("lama", 2, "10:00", "11:00"))] == ["retired"]


def test_the_same_key_at_the_same_moment_is_one_booking(world: World) -> None:
    import threading

    wanted = Wanted("Rapat", 2, (world.time("rapat", 1, "13:00", "15:00"),), key="tap")
    start, found = threading.Barrier(5), []

    def tap() -> None:
        with world.app.app_context():
            start.wait()
            try:
                found.append(request_booking(act=world.act("cecep"), wanted=wanted).code)
            except Refused as refused:
                found.append(str(refused))

    threads = [threading.Thread(target=tap) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 5
    assert len(set(found)) == 1, found
    assert reading().scalar(select(func.count(Booking.id))) == 1
