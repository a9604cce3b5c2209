"""Decisions: who may, what is judged again, what losers see."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.lifecycle import State
from booking.storage.claims import Claim
from booking.storage.db import reading
from booking.storage.history import history_of
from booking.usecases.attending import mark_missed
from booking.usecases.cancelling import cancel
from booking.usecases.deciding import Verdict, decide, resubmit
from booking.usecases.expiring import close_overdue
from tests.support.world import World
from tests.usecases.test_requesting import booking


def codes_of(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [one.code for one in caught.value.violations]


@pytest.fixture
def asked(world: World) -> str:
    return world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))


def test_approval_claims_the_time_and_tells(world: World, asked: str) -> None:
    world.approve("dadang", asked)
    found = booking(asked)
    assert (found.state, found.version, found.occurrences[0].sequence) == ("approved", 2, 1)
    assert reading().scalar(select(func.count(Claim.id))) == 1
    assert [(step.event, step.actor.name) for step in history_of(reading(), found.id)] == [
        ("requested", "Cecep"),
        ("approved", "Dadang"),
    ]


def test_the_rival_of_an_approved_request_stays_and_cannot_be_approved(world: World, asked: str) -> None:
    rival = world.ask("euis", world.time("musik", 2, "20:00", "21:00"))
    world.approve("dadang", asked)
    with pytest.raises(Refused) as caught:
        world.approve("dadang", rival)
    assert codes_of(caught) == ["taken"]
    assert booking(rival).state == "requested"


@pytest.mark.parametrize("verdict", [Verdict.DECLINE, Verdict.RETURN])
def test_no_and_not_yet_need_a_reason(world: World, asked: str, verdict: Verdict) -> None:
    with pytest.raises(Refused) as caught:
        decide(act=world.act("dadang"), code=asked, verdict=verdict, reason="  ")
    assert codes_of(caught) == ["reason_required"]
    decide(act=world.act("dadang"), code=asked, verdict=verdict, reason="Mohon surat izin.")
    assert booking(asked).occurrences[0].reason == "Mohon surat izin."


def test_who_may_not(world: World, asked: str) -> None:
    for who, error in (("cecep", Forbidden), ("euis", NotFound), ("entin", NotFound), ("admin", Forbidden)):
        with pytest.raises(error):
            world.approve(who, asked)
    hall = world.ask("cecep", world.time("aula", 2, "10:00", "12:00"))
    with pytest.raises(Forbidden):
        world.approve("dadang", hall)
    world.approve("sumarna", hall)


def test_each_occurrence_is_decided_by_who_may_decide_there(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "10:00", "12:00"), world.time("aula", 2, "13:00", "15:00"))
    world.approve("dadang", code)
    assert {one.room.slug: one.state for one in booking(code).occurrences} == {"musik": "approved", "aula": "requested"}
    world.decline("sumarna", code)
    assert booking(code).state == "approved_in_part"


def test_stale_and_twice(world: World, asked: str) -> None:
    world.approve("dadang", asked)
    with pytest.raises(Refused) as caught:
        decide(act=world.act("sumarna"), code=asked, verdict=Verdict.DECLINE, reason="x", version=1)
    assert codes_of(caught) == ["stale"]
    with pytest.raises(Refused) as caught:
        world.approve("dadang", asked)
    assert codes_of(caught) == ["state"]


def test_approval_judges_closures_again_but_not_notice(world: World) -> None:
    world.room("kaku", rules={"notice": {"hours": 24}})
    code = world.ask("cecep", world.time("kaku", 1, "09:00", "10:00"))
    world.now = world.at(1, "08:00")
    closure = world.close(world.at(1, "00:00"), world.at(2, "00:00"))
    with pytest.raises(Refused) as caught:
        world.approve("dadang", code)
    assert codes_of(caught) == ["closed"]
    from booking.usecases.closing import reopen

    reopen(act=world.act(), closure_id=closure)
    world.approve("dadang", code)


def test_returned_is_answered_and_decided(world: World, asked: str) -> None:
    decide(act=world.act("dadang"), code=asked, verdict=Verdict.RETURN, reason="Naskahnya?")
    with pytest.raises(Refused):
        resubmit(act=world.act("cecep"), code=asked, note=" ")
    resubmit(act=world.act("cecep"), code=asked, note="Terlampir.")
    assert booking(asked).state == "requested"
    world.approve("dadang", asked)


def test_cancelling_frees_the_time(world: World, asked: str) -> None:
    world.approve("dadang", asked)
    cancel(act=world.act("cecep"), code=asked)
    assert booking(asked).state == "cancelled"
    again = world.ask("euis", world.time("musik", 2, "19:00", "21:00"))
    world.approve("dadang", again)
    with pytest.raises(Refused):
        cancel(act=world.act("cecep"), code=asked)


def test_cancelling_one_of_several_and_who_may_cancel(world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"), world.time("rapat", 2, "09:00", "10:00"))
    first, second = booking(code).occurrences
    cancel(act=world.act("cecep"), code=code, uids=[first.uid])
    assert [one.state for one in booking(code).occurrences] == ["cancelled", "approved"]
    with pytest.raises(NotFound):
        cancel(act=world.act("euis"), code=code)
    with pytest.raises(Refused) as caught:
        cancel(act=world.act("dadang"), code=code)
    assert codes_of(caught) == ["reason_required"]
    cancel(act=world.act("dadang"), code=code, reason="Atap bocor.")
    assert second.uid


def test_a_member_of_the_community_may_cancel(world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    from booking.usecases.memberships import add_member

    add_member(act=world.act(), slug="gerimis-sore", login="dewi@example.com", relation="member")
    cancel(act=world.act("dewi"), code=code)


def test_time_alone_lapses_and_completes(world: World, asked: str) -> None:
    done = world.ask("euis", world.time("rapat", 1, "09:00", "10:00"))
    world.now = world.at(2, "19:00")
    assert close_overdue(act=world.act()) == 2
    assert (booking(asked).state, booking(done).state) == ("expired", "completed")
    assert close_overdue(act=world.act()) == 0
    with pytest.raises(Refused):
        world.approve("dadang", asked)


def test_no_show_frees_the_rest(world: World) -> None:
    code = world.ask("euis", world.time("rapat", 1, "09:00", "12:00"))
    (occurrence,) = booking(code).occurrences
    world.now = world.at(1, "09:20")
    with pytest.raises(Forbidden):
        mark_missed(act=world.act("euis"), code=code, uid=occurrence.uid)
    mark_missed(act=world.act("ujang"), code=code, uid=occurrence.uid)
    assert booking(code).state == State.MISSED
    world.ask("cecep", world.time("rapat", 1, "09:30", "12:00"))
