"""Who came, who did not, who left early: who may say so, when, and what is free afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from booking.cli.worker import work_once
from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.series import Every, Pattern
from booking.storage.attendance import Kept, no_shows, reliability
from booking.storage.bookings import Occurrence
from booking.storage.claims import Claim, over_units, retire_ended
from booking.storage.db import reading
from booking.storage.history import history_of
from booking.storage.outbox import Outbox
from booking.storage.places import room_by_slug
from booking.storage.transaction import writes
from booking.usecases.attending import arrive, complete, end_early, mark_missed, release_no_shows
from booking.usecases.changing import change_booking
from booking.usecases.expiring import close_overdue
from booking.usecases.furnishing import RoomFacts, save_room
from booking.usecases.intents import Edit, Scope
from tests.support.clients import WebClient
from tests.support.world import ALL_WEEK, World
from tests.usecases.test_requesting import booking


def codes_of(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [one.code for one in caught.value.violations]


def only(code: str) -> Occurrence:
    reading().rollback()
    (found,) = booking(code).occurrences
    return found


def steps(code: str) -> list[str]:
    return [step.event for step in history_of(reading(), booking(code).id)]


def is_free(world: World, room: str, starts: str, ends: str, **more) -> bool:
    """Whether somebody else gets the time at once; the request stays."""
    try:
        code = world.ask("cecep", world.time(room, 1, starts, ends), **more)
    except Refused as refused:
        if refused.only_taken:
            return False
        raise
    return booking(code).state == "approved"


@pytest.fixture
def meeting(world: World) -> str:
    """Tomorrow from 9 to 12; nobody needs to decide it."""
    return world.ask("euis", world.time("rapat", 1, "09:00", "12:00"))


def test_arrival_by_its_people_or_staff_and_nobody_else(world: World, meeting: str) -> None:
    uid = only(meeting).uid
    world.now = world.at(1, "08:45")
    for who, error in (("cecep", NotFound), ("admin", NotFound), ("entin", NotFound)):
        with pytest.raises(error):
            arrive(act=world.act(who), code=meeting, uid=uid)
    with pytest.raises(Forbidden):
        arrive(act=world.act(), code=meeting, uid=uid)
    with pytest.raises(NotFound):
        arrive(act=world.act("euis"), code=meeting, uid="nope")
    arrive(act=world.act("euis"), code=meeting, uid=uid)
    assert (only(meeting).arrived_at, only(meeting).state) == (world.now, "approved")
    assert steps(meeting) == ["requested", "approved", "arrived"]
    kinds = reading().scalars(select(Outbox.kind)).all()
    assert "arrived" not in kinds, "who says that he is here needs no message of it"


def test_arrival_twice_is_once_and_may_count_anew(world: World, meeting: str) -> None:
    uid = only(meeting).uid
    world.now = world.at(1, "09:05")
    arrive(act=world.act("ujang"), code=meeting, uid=uid, people=4)
    world.now += timedelta(minutes=5)
    arrive(act=world.act("euis"), code=meeting, uid=uid)
    arrive(act=world.act("ujang"), code=meeting, uid=uid, people=4)
    assert (only(meeting).arrived_at, only(meeting).actual_people) == (world.at(1, "09:05"), 4)
    assert steps(meeting).count("arrived") == 1
    arrive(act=world.act("ujang"), code=meeting, uid=uid, people=6)
    assert (only(meeting).actual_people, steps(meeting)[-1]) == (6, "counted")


@pytest.mark.parametrize(
    ("clock", "code"), [("08:29", "too_early"), ("08:30", None), ("11:59", None), ("12:00", "state")]
)
def test_arrival_from_30_minutes_before_until_the_end(world: World, meeting: str, clock: str, code: str | None) -> None:
    world.now = world.at(1, clock)
    if code is None:
        arrive(act=world.act("euis"), code=meeting, uid=only(meeting).uid)
        return
    with pytest.raises(Refused) as caught:
        arrive(act=world.act("euis"), code=meeting, uid=only(meeting).uid)
    assert codes_of(caught) == [code]


def test_nobody_arrives_at_what_is_undecided(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 1, "09:00", "11:00"))
    world.now = world.at(1, "08:40")
    with pytest.raises(Refused) as caught:
        arrive(act=world.act("cecep"), code=code, uid=only(code).uid)
    assert codes_of(caught) == ["state"]


@pytest.mark.parametrize("people", [0, -1, 100_001])
def test_a_number_of_people_that_is_none(world: World, meeting: str, people: int) -> None:
    world.now = world.at(1, "09:10")
    for use_case in (arrive, end_early, complete):
        with pytest.raises(Refused) as caught:
            use_case(act=world.act("ujang"), code=meeting, uid=only(meeting).uid, people=people)
        assert codes_of(caught) == ["people"]


def strict(world: World, minutes: int | None = 15, **facts) -> str:
    return world.room("tepat", tier="automatic", release_minutes=minutes, **facts)


def test_no_show_is_released_when_the_room_says_so(world: World) -> None:
    strict(world)
    code = world.ask("euis", world.time("tepat", 1, "09:00", "12:00"))
    world.now = world.at(1, "09:14")
    assert release_no_shows(act=world.act()) == 0
    assert not is_free(world, "tepat", "09:30", "12:00"), "the control: nobody gets it before"
    world.now = world.at(1, "09:15")
    assert release_no_shows(act=world.act()) == 1
    found = only(code)
    assert (found.state, found.ends_at) == ("missed", world.at(1, "12:00"))
    assert reading().scalar(select(Claim.ends_at).where(Claim.occurrence_id == found.id)) == world.now
    step = history_of(reading(), found.booking_id)[-1]
    assert (step.event, step.actor, step.facts["because"], step.facts["minutes"]) == (
        "released", None, "nobody_came", 15
    )  # fmt: skip
    told = reading().scalars(select(Outbox).order_by(Outbox.id.desc())).first()
    assert (told.kind, told.person_id, told.facts["because"]) == ("released", world.people["euis"], "nobody_came")
    assert is_free(world, "tepat", "09:30", "12:00")
    assert release_no_shows(act=world.act()) == 0
    assert over_units(reading()) == []


def test_what_is_not_released(world: World, meeting: str) -> None:
    strict(world)
    here = world.ask("euis", world.time("tepat", 1, "09:00", "10:00"))
    later = world.ask("cecep", world.time("tepat", 1, "10:00", "11:00"))
    world.now = world.at(1, "09:10")
    arrive(act=world.act("euis"), code=here, uid=only(here).uid)
    world.now = world.at(1, "09:59")
    assert no_shows(reading(), world.now) == [], "arrived; not begun; a room that releases nothing"
    # the worker slept: what is over is completed, as if nobody had had to check in
    world.now = world.at(1, "12:30")
    work_once()
    assert {only(code).state for code in (meeting, here, later)} == {"completed"}


def test_the_worker_releases(world: World) -> None:
    strict(world)
    code = world.ask("euis", world.time("tepat", 1, "09:00", "12:00"))
    world.now = world.at(1, "09:20")
    work_once()
    assert only(code).state == "missed"


def test_several_of_one_booking_and_joined_rooms_in_one_go(world: World) -> None:
    for slug, parts in (("k1", ()), ("k2", ()), ("k12", ("k1", "k2"))):
        world.room(slug, tier="automatic", release_minutes=10, parts=parts)
    strict(world)
    code = world.ask("euis", world.time("k12", 1, "09:00", "12:00"), world.time("tepat", 1, "09:00", "12:00"))
    world.now = world.at(1, "09:12")
    assert release_no_shows(act=world.act()) == 1
    world.now = world.at(1, "09:15")
    assert release_no_shows(act=world.act()) == 1
    assert {one.state for one in booking(code).occurrences} == {"missed"}
    assert is_free(world, "k1", "09:30", "12:00")
    assert is_free(world, "k2", "09:30", "12:00")


def test_who_comes_late_has_it_back_while_it_is_free(world: World) -> None:
    strict(world)
    code = world.ask("euis", world.time("tepat", 1, "09:00", "12:00"))
    world.now = world.at(1, "09:20")
    release_no_shows(act=world.act())
    arrive(act=world.act("euis"), code=code, uid=only(code).uid)
    assert (only(code).state, only(code).arrived_at) == ("approved", world.now)
    assert not is_free(world, "tepat", "10:00", "12:00")
    assert release_no_shows(act=world.act()) == 0
    assert over_units(reading()) == []


def test_who_comes_too_late_finds_it_taken(world: World) -> None:
    strict(world, units=4)
    code = world.ask("euis", world.time("tepat", 1, "09:00", "12:00"), people=3)
    world.now = world.at(1, "09:20")
    release_no_shows(act=world.act())
    assert is_free(world, "tepat", "10:00", "11:00", people=2)
    with pytest.raises(Refused) as caught:
        arrive(act=world.act("euis"), code=code, uid=only(code).uid)
    assert codes_of(caught) == ["taken"]
    assert only(code).state == "missed"
    assert over_units(reading()) == []


def test_a_no_show_by_the_guard_can_be_taken_back(world: World, meeting: str) -> None:
    uid = only(meeting).uid
    world.now = world.at(1, "09:20")
    arrive(act=world.act("ujang"), code=meeting, uid=uid)
    mark_missed(act=world.act("ujang"), code=meeting, uid=uid)
    assert (only(meeting).state, only(meeting).arrived_at) == ("missed", None)
    before = only(meeting).sequence
    arrive(act=world.act("ujang"), code=meeting, uid=uid)
    assert (only(meeting).state, only(meeting).sequence) == ("approved", before + 1)


def test_leaving_early_frees_the_rest_after_clearing_up(world: World) -> None:
    world.room("rapi", tier="automatic", setup_minutes=15, teardown_minutes=15)
    code = world.ask("euis", world.time("rapi", 1, "09:00", "12:00"))
    world.now = world.at(1, "10:00") + timedelta(seconds=20)
    assert not is_free(world, "rapi", "10:31", "12:00"), "the control: nobody gets it before"
    sequence = only(code).sequence
    end_early(act=world.act("euis"), code=code, uid=only(code).uid, people=5)
    found = only(code)
    assert (found.state, found.ends_at, found.wall_ends) == ("completed", world.at(1, "10:01"), "2026-11-24T10:01")
    assert (found.sequence, found.actual_people) == (sequence + 1, 5)
    assert reading().scalar(select(Claim.ends_at)) == world.at(1, "10:16")
    step = history_of(reading(), found.booking_id)[-1]
    assert (step.event, step.facts["because"], step.facts["people"]) == ("released", "left_early", 5)
    # 15 minutes to clear up, 15 to set up
    assert not is_free(world, "rapi", "10:30", "12:00")
    assert is_free(world, "rapi", "10:31", "12:00")
    assert over_units(reading()) == []


def test_leaving_early_in_a_pool_frees_the_places(world: World) -> None:
    code = world.ask("euis", world.time("meja", 1, "09:00", "12:00"), people=20)
    world.now = world.at(1, "10:00")
    assert not is_free(world, "meja", "10:30", "12:00", people=20)
    end_early(act=world.act("ujang"), code=code, uid=only(code).uid)
    assert only(code).ends_at == world.now, "a whole minute stays what it is"
    assert is_free(world, "meja", "10:30", "12:00", people=20)


def test_who_may_end_and_when(world: World, meeting: str) -> None:
    uid = only(meeting).uid
    world.now = world.at(1, "09:00")
    with pytest.raises(Refused) as caught:
        end_early(act=world.act("euis"), code=meeting, uid=uid)
    assert codes_of(caught) == ["state"]
    world.now = world.at(1, "09:30")
    for who in ("cecep", "admin", "entin"):
        with pytest.raises(NotFound):
            end_early(act=world.act(who), code=meeting, uid=uid)
    end_early(act=world.act("euis"), code=meeting, uid=uid)
    with pytest.raises(Refused) as caught:
        end_early(act=world.act("euis"), code=meeting, uid=uid)
    assert codes_of(caught) == ["state"]
    assert close_overdue(act=world.act()) == 0


def test_the_last_minute_frees_nothing_and_lengthens_nothing(world: World, meeting: str) -> None:
    world.now = world.at(1, "11:59") + timedelta(seconds=30)
    end_early(act=world.act("euis"), code=meeting, uid=only(meeting).uid)
    assert only(meeting).ends_at == world.at(1, "12:00")


def test_a_series_goes_on_as_it_was(world: World) -> None:
    code = world.ask("euis", world.time("rapat", 1, "09:00", "12:00"), repeat=Pattern(Every.WEEK, count=3))
    world.now = world.at(1, "10:00")
    first, second, _ = booking(code).occurrences
    end_early(act=world.act("euis"), code=code, uid=first.uid)
    edit = Edit(starts_at=world.at(8, "10:00"), ends_at=world.at(8, "12:00"))
    change_booking(act=world.act("euis"), code=code, scope=Scope.ALL, uid=second.uid, edit=edit)
    reading().rollback()
    told = [(one.state, one.starts_at, one.ends_at) for one in booking(code).occurrences]
    assert told[0] == ("completed", world.at(1, "09:00"), world.at(1, "10:00"))
    assert [one[1:] for one in told[1:]] == [(world.at(day, "10:00"), world.at(day, "12:00")) for day in (8, 15)]


def test_calendars_follow(web: WebClient, world: World, meeting: str) -> None:
    address = "/feeds/rooms/rapat.ics"
    first = web.get(address)
    world.now = world.at(1, "10:00")
    end_early(act=world.act("euis"), code=meeting, uid=only(meeting).uid)
    second = web.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    (before,), (after,) = (Calendar.from_ical(one.data).events for one in (first, second))
    assert (before.end, after.end) == (world.at(1, "12:00"), world.at(1, "10:00"))
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1


def test_people_are_counted_by_staff_up_to_14_days_later(world: World, meeting: str) -> None:
    uid = only(meeting).uid
    world.now = world.at(1, "08:50")
    with pytest.raises(Refused):
        complete(act=world.act("ujang"), code=meeting, uid=uid, people=7)
    world.now = world.at(1, "13:00")
    close_overdue(act=world.act())
    with pytest.raises(Forbidden):
        complete(act=world.act("euis"), code=meeting, uid=uid, people=7)
    complete(act=world.act("ujang"), code=meeting, uid=uid, people=7)
    world.now = world.at(15, "11:59")
    complete(act=world.act("dadang"), code=meeting, uid=uid, people=9)
    step = history_of(reading(), booking(meeting).id)[-1]
    assert (only(meeting).actual_people, step.event) == (9, "counted")
    assert (step.facts["people"], step.facts["people_before"]) == (9, 7)
    world.now = world.at(15, "12:00")
    with pytest.raises(Refused) as caught:
        complete(act=world.act("dadang"), code=meeting, uid=uid, people=8)
    assert codes_of(caught) == ["state"]


def test_held_places_are_not_cut(world: World, meeting: str) -> None:
    """What is only held for an occurrence (a proposal) is another matter than what it has."""

    @writes
    def hold(session) -> None:
        session.add(
            Claim(
                resource_id=claim.resource_id, exclusive=True, occurrence_id=claim.occurrence_id, units=1, active=True,
                starts_at=world.at(2, "09:00"), ends_at=world.at(2, "10:00"), expires_at=world.at(3, "00:00"),
            )
        )  # fmt: skip

    claim = reading().scalars(select(Claim)).one()
    hold()
    world.now = world.at(1, "10:00")
    mark_missed(act=world.act("ujang"), code=meeting, uid=only(meeting).uid)
    assert set(reading().scalars(select(Claim.ends_at))) == {world.now, world.at(2, "10:00")}


def test_reliability_of_many_in_one_statement(world: World, meeting: str) -> None:
    missed = world.ask("euis", world.time("rapat", 1, "13:00", "14:00"))
    here = world.ask("euis", world.time("rapat", 1, "14:00", "16:00"))
    alone = world.ask("dewi", world.time("meja", 1, "13:00", "14:00"))
    ahead = world.ask("cecep", world.time("rapat", 2, "13:00", "14:00"))
    community = booking(meeting).community_id
    other = booking(ahead).community_id
    world.now = world.at(1, "13:10")
    close_overdue(act=world.act())
    for code in (missed, alone):
        mark_missed(act=world.act("ujang"), code=code, uid=only(code).uid)
    world.now = world.at(1, "14:10")
    arrive(act=world.act("euis"), code=here, uid=only(here).uid)
    since = world.now - timedelta(days=180)
    assert reliability(reading(), [community, other], since) == {community: Kept(2, 1)}
    who = [world.people["dewi"], world.people["euis"]]
    assert reliability(reading(), who, since, of="person") == {who[0]: Kept(0, 1)}
    assert reliability(reading(), [], since) == {}
    assert reliability(reading(), [community], world.at(1, "14:00")) == {community: Kept(1, 0)}


@pytest.mark.parametrize(("minutes", "is_right"), [(None, True), (5, True), (240, True), (4, False), (241, False)])
def test_release_of_a_room_is_5_to_240_minutes(world: World, minutes: int | None, is_right: bool) -> None:
    facts = RoomFacts("bitc", "Tepat", rules={"hours": ALL_WEEK}, release_minutes=minutes)
    if is_right:
        save_room(act=world.act("admin"), slug=None, facts=facts)
        return
    with pytest.raises(Refused) as caught:
        save_room(act=world.act("admin"), slug=None, facts=facts)
    assert [(one.code, one.field) for one in caught.value.violations] == [("range", "release_minutes")]


def test_what_is_taken_back_is_claimed_anew_whatever_became_of_the_old_claims(world: World) -> None:
    """A look at the room's units in between retires claims that have ended; nobody may be let in twice."""
    world.room("kolam2", tier="automatic", units=4)
    code = world.ask("cecep", world.time("kolam2", 0, "09:00", "12:00", units=4))
    world.now = world.at(0, "09:15")
    mark_missed(act=world.act("ujang"), code=code, uid=only(code).uid)
    _retire(room="kolam2", now=world.at(0, "09:20"))
    world.now = world.at(0, "09:30")
    arrive(act=world.act("ujang"), code=code, uid=only(code).uid)
    with pytest.raises(Refused) as caught:
        world.ask("euis", world.time("kolam2", 0, "10:00", "12:00", units=1))
    assert "taken" in [one.code for one in caught.value.violations]
    assert over_units(reading()) == []


@writes
def _retire(session, room: str, now) -> None:
    retire_ended(session, room_by_slug(session, room).id, now)


def test_what_others_had_in_between_is_not_claimed_again(world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 0, "09:00", "12:00"))
    world.now = world.at(0, "09:15")
    mark_missed(act=world.act("ujang"), code=code, uid=only(code).uid)
    world.ask("euis", world.time("rapat", 0, "09:30", "10:00"))
    world.now = world.at(0, "10:10")
    arrive(act=world.act("ujang"), code=code, uid=only(code).uid)
    assert booking(code).state == "approved"
    assert over_units(reading()) == []
    mark_missed(act=world.act("ujang"), code=code, uid=only(code).uid)  # at the same moment: nothing is left of it
    assert over_units(reading()) == []
