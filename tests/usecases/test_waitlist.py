"""The waitlist: who comes first is offered first, for a while, in the transaction that freed the place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.cli.worker import work_once
from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.series import Every, Pattern
from booking.storage import claims, offers
from booking.storage.db import reading
from booking.storage.history import History
from booking.storage.offers import Offer, Waiting, all_live_offers, positions
from booking.usecases.attending import mark_missed
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.closing import Choice, ClosureFacts, Remedy, close, reopen
from booking.usecases.furnishing_items import ItemFacts, save_item
from booking.usecases.intents import Edit
from booking.usecases.offering import Proposal, accept_offer, propose, refuse_offer
from booking.usecases.resuming import free_again, resume
from booking.usecases.waitlist import end_waits, leave_waitlist, turn_until
from tests.support.world import World
from tests.usecases.test_deciding import codes_of
from tests.usecases.test_offering import held
from tests.usecases.test_requesting import booking


def line() -> list[str]:
    return list(reading().scalars(select(Waiting.state).order_by(Waiting.id)))


def uid_of(code: str) -> str:
    return booking(code).occurrences[0].uid


def events(code: str) -> list[str]:
    query = select(History.event).where(History.booking_id == booking(code).id).order_by(History.id)
    return list(reading().scalars(query))


@pytest.fixture
def taken(world: World) -> str:
    """The meeting room (which approves by itself) on Wednesday from 10 to 12 is Dewi's."""
    return world.ask("dewi", world.time("rapat", 2, "10:00", "12:00"))


@pytest.fixture
def first(world: World, taken: str) -> str:
    return world.ask("cecep", world.time("rapat", 2, "10:00", "12:00"), wait=True)


@pytest.fixture
def second(world: World, first: str) -> str:
    return world.ask("euis", world.time("rapat", 2, "11:00", "12:00"), wait=True)


def test_what_is_taken_waits_and_what_is_free_is_had(world: World, taken: str) -> None:
    times = world.time("rapat", 2, "11:00", "13:00"), world.time("rapat", 3, "11:00", "13:00")
    with pytest.raises(Refused) as caught:
        world.ask("cecep", *times)
    assert codes_of(caught) == ["taken"], "control: without a word it is refused"
    code = world.ask("cecep", *times, wait=True)
    found = booking(code)
    assert [(one.state, one.skipped_because) for one in found.occurrences] == [
        ("skipped", {"codes": ["taken"]}),
        ("approved", None),
    ]
    assert (line(), events(code)) == (["waiting"], ["requested", "waitlisted", "approved"])


def test_only_what_a_freed_place_mends_may_wait(world: World, taken: str) -> None:
    world.close(world.at(2, "11:00"), world.at(2, "12:00"), room="rapat")
    for time, codes in (
        (world.time("rapat", 2, "10:00", "12:00"), {"taken", "closed"}),
        (world.time("rapat", 2, "22:00", "23:00"), {"hours"}),
    ):
        with pytest.raises(Refused) as caught:
            world.ask("cecep", time, wait=True)
        assert set(codes_of(caught)) == codes
    assert line() == []


def test_the_first_in_line_has_the_place_held_in_the_same_transaction(
    world: World, taken: str, first: str, second: str
) -> None:
    assert positions(reading(), [booking(code).occurrences[0] for code in (first, second)]) == {
        booking(first).occurrences[0].id: 1,
        booking(second).occurrences[0].id: 2,
    }
    cancel(act=world.act("dewi"), code=taken)
    offer = reading().scalars(select(Offer)).one()
    assert (offer.kind, offer.occurrence_id) == ("turn", booking(first).occurrences[0].id)
    assert offer.expires_at == world.now + timedelta(hours=24)
    assert (line(), held(world)) == (["offered", "waiting"], [(1, True)])
    with pytest.raises(Refused) as caught:
        world.ask("dadang", world.time("rapat", 2, "10:00", "12:00"))
    assert codes_of(caught) == ["taken"], "who comes later does not get past the line"
    accept_offer(act=world.act("cecep"), code=first)
    found = booking(first)
    assert (found.state, found.occurrences[0].skipped_because) == ("approved", None)
    assert (line(), held(world)) == (["taken", "waiting"], [(1, False)])
    assert events(first) == ["waitlisted", "turn", "offer_accepted"]


@pytest.mark.parametrize("how", ["refused", "left", "lapsed", "cancelled"])
def test_the_turn_goes_on_to_the_next(world: World, taken: str, first: str, second: str, how: str) -> None:
    cancel(act=world.act("dewi"), code=taken)
    if how == "refused":
        refuse_offer(act=world.act("cecep"), code=first)
    elif how == "left":
        leave_waitlist(act=world.act("cecep"), code=first, uid=uid_of(first))
    elif how == "cancelled":
        cancel(act=world.act("cecep"), code=first)
    else:
        world.now += timedelta(hours=24)
        work_once()
    assert line() == ["over" if how == "lapsed" else "left", "offered"]
    assert booking(first).state == ("expired" if how == "lapsed" else "cancelled")
    assert held(world) == [(1, True)]
    with pytest.raises(Refused) as caught:
        accept_offer(act=world.act("cecep"), code=first)
    assert codes_of(caught) == ["offer_over"]
    accept_offer(act=world.act("euis"), code=second)
    assert booking(second).state == "approved"


def test_strictly_in_order_but_whom_it_does_not_fit_is_passed_by(world: World) -> None:
    whole = world.ask("dewi", world.time("meja", 2, "10:00", "12:00", units=20), people=20)
    other = world.ask("dadang", world.time("meja", 2, "10:00", "12:00", units=4), people=4)
    many, few, one = (
        world.ask(who, world.time("meja", 2, "10:00", "12:00", units=units), people=units, wait=True)
        for who, units in (("cecep", 10), ("euis", 3), ("ujang", 1))
    )
    cancel(act=world.act("dadang"), code=other)
    assert line() == ["waiting", "offered", "offered"], "4 places: not for 10, but for 3 and for 1"
    cancel(act=world.act("dewi"), code=whole)
    assert line() == ["offered", "offered", "offered"]
    assert sum(units for units, _ in held(world)) == 14
    for who, code in (("cecep", many), ("euis", few), ("ujang", one)):
        accept_offer(act=world.act(who), code=code)
    assert claims.over_units(reading()) == []


def test_where_the_office_decides_an_accepted_turn_is_a_request_that_keeps_its_place(world: World) -> None:
    before = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"))
    rival = world.ask("euis", world.time("musik", 2, "19:00", "21:00"))
    world.approve("dadang", before)
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), wait=True)
    cancel(act=world.act("dewi"), code=before)
    accept_offer(act=world.act("cecep"), code=code)
    assert (booking(code).state, held(world), line()) == ("requested", [(1, True)], ["taken"])
    world.now += timedelta(days=1, hours=2)
    work_once()
    with pytest.raises(Refused) as caught:
        world.approve("dadang", rival)
    assert codes_of(caught) == ["taken"], "held until the office decides, not only for the day of the turn"
    world.approve("dadang", code)
    assert (booking(code).state, held(world)) == ("approved", [(1, False)])


@pytest.mark.parametrize("verdict", ["declined", "lapsed"])
def test_a_place_kept_for_a_request_is_free_when_that_ends(world: World, verdict: str) -> None:
    before = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"))
    world.approve("dadang", before)
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), wait=True)
    cancel(act=world.act("dewi"), code=before)
    accept_offer(act=world.act("cecep"), code=code)
    if verdict == "declined":
        world.decline("dadang", code)
    else:
        world.now = world.at(2, "19:00")
        work_once()
    assert held(world) == []


@pytest.mark.parametrize("how", ["moved", "closure", "missed", "declined", "withdrawn"])
def test_whatever_ends_a_claim_gives_the_turn(world: World, how: str) -> None:
    """One line for all who release: change, closure, no-show, an offer that ends."""
    own, office = world.act("dewi"), world.act("dadang")
    if how in ("declined", "withdrawn"):
        asked = world.ask("dewi", world.time("rapat", 4, "10:00", "12:00"), world.time("musik", 4, "10:00", "12:00"))
        uid = next(one.uid for one in booking(asked).occurrences if one.room.slug == "musik")
        said = Proposal(room="rapat", starts_at=world.at(2, "10:00"), ends_at=world.at(2, "12:00"))
        propose(act=office, code=asked, uid=uid, proposal=said)
    else:
        asked = world.ask("dewi", world.time("rapat", 2, "10:00", "12:00"))
    first = world.ask("cecep", world.time("rapat", 2, "11:00", "12:00"), wait=True)
    if how == "moved":
        change_booking(act=own, code=asked, edit=Edit(starts_at=world.at(2, "14:00")))
    elif how == "closure":
        closed = ClosureFacts(world.at(2, "10:00"), world.at(2, "10:30"), "Listrik", room="rapat")
        close(act=office, facts=closed, choices={uid_of(asked): Choice(Remedy.CANCEL)})
    elif how == "missed":
        world.now = world.at(2, "10:15")
        mark_missed(act=world.act("ujang"), code=asked, uid=uid_of(asked))
        work_once()  # the hook stands in `attending`; the worker is the net below it
    else:
        world.decline("dadang", asked) if how == "declined" else refuse_offer(act=own, code=asked)
    assert line() == ["offered"]
    accept_offer(act=world.act("cecep"), code=first)
    assert (booking(first).state, claims.over_units(reading())) == ("approved", [])


def test_rules_that_hold_by_now_pass_one_by(world: World, taken: str, first: str, second: str) -> None:
    closure = world.close(world.at(2, "10:00"), world.at(2, "11:00"), room="rapat")
    cancel(act=world.act("dewi"), code=taken)
    assert line() == ["waiting", "offered"], "closed from 10 to 11: only the second can come"
    refuse_offer(act=world.act("euis"), code=second)
    reopen(act=world.act(), closure_id=closure)
    work_once()
    assert line() == ["offered", "left"], "hours that come back are the worker's to offer"


def test_who_waits_for_joined_rooms_is_offered_them_by_the_worker(world: World) -> None:
    parts = [world.ask("dewi", world.time(room, 2, "10:00", "12:00")) for room in ("pl1", "pl2")]
    for code in parts:
        world.approve("entin", code)
    code = world.ask("cecep", world.time("plx", 2, "10:00", "12:00"), wait=True)
    cancel(act=world.act("dewi"), code=parts[0])
    work_once()
    assert line() == ["waiting"], "half of it is no joined room"
    cancel(act=world.act("dewi"), code=parts[1])
    assert line() == ["waiting"]
    work_once()
    assert (line(), held(world)) == (["offered"], [(1, True), (1, True)])
    accept_offer(act=world.act("cecep"), code=code)
    assert booking(code).state == "requested"


def test_joined_rooms_that_are_given_back_whole_go_to_the_first_in_line_at_once(world: World) -> None:
    whole = world.ask("dewi", world.time("plx", 2, "10:00", "12:00"))
    world.approve("entin", whole)
    part, joined = (
        world.ask(who, world.time(room, 2, "10:00", "12:00"), wait=True)
        for who, room in (("euis", "pl1"), ("cecep", "plx"))
    )
    cancel(act=world.act("dewi"), code=whole)
    assert line() == ["offered", "waiting"], "the part came first"
    refuse_offer(act=world.act("euis"), code=part)
    work_once()
    accept_offer(act=world.act("cecep"), code=joined)
    assert (line(), held(world)) == (["left", "taken"], [(1, True), (1, True)])


def test_who_waits_for_an_item_is_offered_it_by_the_worker(world: World) -> None:
    item = save_item(act=world.act("admin"), slug=None, facts=ItemFacts("bitc", "Proyektor"))
    other = world.ask("dewi", world.time("musik", 2, "10:00", "12:00"), items=[(item, 1)])
    world.approve("dadang", other)
    code = world.ask("cecep", world.time("rapat", 2, "10:00", "12:00"), items=[(item, 1)], wait=True)
    assert booking(code).occurrences[0].skipped_because == {"codes": ["item_taken"]}
    cancel(act=world.act("dewi"), code=other)
    work_once()
    accept_offer(act=world.act("cecep"), code=code)
    assert (booking(code).state, held(world)) == ("approved", [(1, False), (1, False)])


@pytest.mark.parametrize(
    ("left", "turn"),
    [
        (timedelta(days=10), timedelta(hours=24)),
        (timedelta(hours=48), timedelta(hours=24)),
        (timedelta(hours=6), timedelta(hours=3)),
        (timedelta(minutes=40), timedelta(minutes=30)),
    ],
)
def test_how_long_a_turn_is(world: World, left: timedelta, turn: timedelta) -> None:
    assert turn_until(world.now, world.now + left) == world.now + turn


def test_no_turn_when_it_is_about_to_start(world: World, taken: str, first: str) -> None:
    world.now = world.at(2, "09:31")
    cancel(act=world.act("dewi"), code=taken)
    assert line() == ["waiting"]
    world.now = world.at(2, "10:00")
    work_once()
    assert (line(), booking(first).state) == (["over"], "expired")


def test_nobody_waits_for_what_has_begun_and_a_date_of_a_series_stays_skipped(world: World, taken: str) -> None:
    code = world.ask("cecep", world.time("rapat", 2, "10:00", "12:00"), repeat=Pattern(Every.WEEK, count=2), wait=True)
    world.now = world.at(2, "10:00")
    assert end_waits(act=world.act()) == 1
    assert [one.state for one in booking(code).occurrences] == ["skipped", "approved"]
    assert line() == ["over"]


def test_a_waiting_date_of_a_series_is_offered_once_and_its_turn_is_not_asked_for_twice(
    world: World, taken: str
) -> None:
    code = world.ask("cecep", world.time("rapat", 2, "10:00", "12:00"), repeat=Pattern(Every.WEEK, count=2), wait=True)
    cancel(act=world.act("dewi"), code=taken)
    work_once()
    assert "free_again" not in events(code)
    assert free_again(reading(), world.act("cecep"), booking(code).occurrences) == []
    with pytest.raises(Refused) as caught:
        resume(act=world.act("cecep"), code=code, uids=[uid_of(code)])
    assert codes_of(caught) == ["state"]
    leave_waitlist(act=world.act("cecep"), code=code)
    assert [one.state for one in booking(code).occurrences] == ["skipped", "approved"]
    resume(act=world.act("cecep"), code=code, uids=[uid_of(code)])
    assert [one.state for one in booking(code).occurrences] == ["approved", "approved"]


def test_who_changes_what_waits_waits_on_for_that(world: World, taken: str, first: str) -> None:
    change_booking(act=world.act("cecep"), code=first, edit=Edit(people=3))
    assert line() == ["waiting"]
    cancel(act=world.act("dewi"), code=taken)
    change_booking(act=world.act("cecep"), code=first, edit=Edit(starts_at=world.at(2, "15:00")))
    assert line() == ["offered"]
    accept_offer(act=world.act("cecep"), code=first)
    found = booking(first)
    assert (found.state, found.occurrences[0].starts_at) == ("approved", world.at(2, "15:00"))


def test_in_another_room_it_is_the_end_of_that_line(world: World, taken: str, first: str) -> None:
    world.room("lain", tier="automatic")
    other = world.ask("dewi", world.time("lain", 2, "10:00", "12:00"))
    before = world.ask("euis", world.time("lain", 2, "10:00", "12:00"), wait=True)
    change_booking(act=world.act("cecep"), code=first, edit=Edit(room="lain", starts_at=world.at(2, "10:00")))
    cancel(act=world.act("dewi"), code=other)
    offers = all_live_offers(reading(), world.now)
    assert [one.occurrence.booking.code for one in offers] == [before]


def test_a_turn_is_answered_by_its_people_only(world: World, taken: str, first: str) -> None:
    cancel(act=world.act("dewi"), code=taken)
    for who, error in (("dadang", Forbidden), ("euis", NotFound)):
        for answer in (accept_offer, refuse_offer, leave_waitlist):
            with pytest.raises(error):
                answer(act=world.act(who), code=first)


def test_a_turn_does_not_get_round_a_quota(world: World) -> None:
    """Judged when it is accepted: who stands in many lines does not have all of them."""
    world.room("kecil", tier="automatic", rules={"quota_person": {"per": "week", "count": 1}})
    before = world.ask("dewi", world.time("kecil", 2, "10:00", "11:00"))
    code = world.ask("cecep", world.time("kecil", 2, "10:00", "11:00"), community="-", wait=True)
    world.ask("cecep", world.time("kecil", 3, "10:00", "11:00"), community="-")
    cancel(act=world.act("dewi"), code=before)
    with pytest.raises(Refused) as caught:
        accept_offer(act=world.act("cecep"), code=code)
    assert codes_of(caught) == ["quota_person"]


def test_control_a_line_that_is_not_locked_would_be_passed_by(
    world: World, taken: str, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever frees a place looks at the line: without that look nobody would be offered anything."""
    monkeypatch.setattr("booking.usecases.waitlist.in_line", lambda *_given, **_named: [])
    cancel(act=world.act("dewi"), code=taken)
    assert line() == ["waiting"]
    monkeypatch.undo()
    assert offers.in_line(reading(), [booking(first).occurrences[0].room_id], world.now)
