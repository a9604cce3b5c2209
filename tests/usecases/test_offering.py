"""Another time proposed by the office: held, and held no longer than it was said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.cli.worker import work_once
from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.series import Every, Pattern
from booking.storage import claims
from booking.storage.claims import Claim
from booking.storage.db import reading
from booking.storage.feeds import room_scope
from booking.storage.history import history_of
from booking.storage.offers import Offer
from booking.storage.outbox import Outbox
from booking.storage.places import room_by_slug
from booking.storage.polling import by, scope_version
from booking.usecases import furnishing
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.closing import Choice, ClosureFacts, Remedy, close
from booking.usecases.deciding import Verdict, decide
from booking.usecases.furnishing import RoomFacts
from booking.usecases.furnishing_items import ItemFacts, save_item
from booking.usecases.intents import Edit
from booking.usecases.offering import Proposal, accept_offer, expire_offers, propose, refuse_offer, withdraw_offer
from tests.support.world import ALL_WEEK, World
from tests.usecases.test_deciding import codes_of
from tests.usecases.test_requesting import booking


def proposal(world: World, day: int, starts: str, ends: str, **more) -> Proposal:
    return Proposal(starts_at=world.at(day, starts), ends_at=world.at(day, ends), **more)


def offered(world: World, code: str, day: int = 3, starts: str = "10:00", ends: str = "12:00", **more) -> str:
    return propose(act=world.act("dadang"), code=code, proposal=proposal(world, day, starts, ends, **more))


def held(world: World) -> list[tuple[int, bool]]:
    """(units, is it a hold) of everything that is taken now."""
    query = select(Claim).where(Claim.active).order_by(Claim.resource_id, Claim.starts_at)
    return [
        (one.units, one.expires_at is not None)
        for one in reading().scalars(query)
        if one.expires_at is None or one.expires_at > world.now
    ]


def offers() -> list[str]:
    return list(reading().scalars(select(Offer.state).order_by(Offer.id)))


def events(code: str) -> list[str]:
    return [step.event for step in history_of(reading(), booking(code).id)]


@pytest.fixture
def asked(world: World) -> str:
    """Cecep's request for Wednesday evening."""
    return world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))


def test_a_proposal_is_held_told_and_becomes_the_booking_when_accepted(world: World, asked: str) -> None:
    offered(world, asked, note="Malam itu ada rapat RW; Kamis pagi kosong.")
    offer = reading().scalars(select(Offer)).one()
    assert (offer.kind, offer.expires_at) == ("counter", world.now + timedelta(hours=48))
    assert held(world) == [(1, True)]
    with pytest.raises(Refused) as caught:
        world.ask("euis", world.time("musik", 3, "11:00", "13:00"))
    assert codes_of(caught) == ["taken"], "control: what is held is not free for others"
    accept_offer(act=world.act("cecep"), code=asked)
    found = booking(asked)
    one = found.occurrences[0]
    assert (found.state, one.starts_at, one.decided_by) == ("approved", world.at(3, "10:00"), world.people["dadang"])
    assert (one.wall_starts, held(world)) == ("2026-11-26T10:00", [(1, False)])
    assert offers() == ["accepted"]
    assert events(asked) == ["requested", "proposed", "offer_accepted"]
    told = reading().scalars(select(Outbox).where(Outbox.kind == "proposed")).one()
    assert told.facts["reason"].startswith("Malam itu")
    assert told.facts["until"] == (world.now + timedelta(hours=48)).isoformat()


def test_control_what_is_not_held_is_lost_to_others(world: World, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the place could be had in spite of the hold, the hold would be nothing."""
    honest = claims.taken

    def without_holds(*given, **named):
        reading().rollback()
        found = honest(*given, **named)
        session, _, _span, now = given
        expiring = session.execute(select(Claim.resource_id, Claim.starts_at).where(Claim.expires_at > now)).all()
        return {
            one: [each for each in some if (one, each.period.starts_at) not in [tuple(row) for row in expiring]]
            for one, some in found.items()
        }

    offered(world, asked)
    monkeypatch.setattr(claims, "taken", without_holds)
    rival = world.ask("euis", world.time("musik", 3, "11:00", "13:00"))
    assert booking(rival).state == "requested"


def test_what_nobody_answers_is_free_at_its_moment_and_lapses(world: World, asked: str) -> None:
    offered(world, asked, until=world.now + timedelta(hours=2))
    world.now += timedelta(hours=2) - timedelta(seconds=1)
    assert held(world) == [(1, True)]
    assert expire_offers(act=world.act()) == 0
    world.now += timedelta(seconds=1)
    # free at once, even if the worker has not come by
    world.approve("dadang", world.ask("euis", world.time("musik", 3, "10:00", "12:00")))
    with pytest.raises(Refused) as caught:
        accept_offer(act=world.act("cecep"), code=asked)
    assert codes_of(caught) == ["offer_over"]
    work_once()
    assert (booking(asked).state, offers(), claims.over_units(reading())) == ("requested", ["expired"], [])
    assert events(asked) == ["requested", "proposed", "offer_expired"]


def test_no_and_taken_back_free_the_place_and_leave_the_request(world: World, asked: str) -> None:
    offered(world, asked)
    refuse_offer(act=world.act("cecep"), code=asked, reason="Kamis kami tidak bisa.")
    assert (booking(asked).state, held(world), offers()) == ("requested", [], ["refused"])
    offered(world, asked)
    withdraw_offer(act=world.act("dadang"), code=asked)
    assert (booking(asked).state, held(world), offers()) == ("requested", [], ["refused", "withdrawn"])
    for late in (refuse_offer, accept_offer):
        with pytest.raises(Refused) as caught:
            late(act=world.act("cecep"), code=asked)
        assert codes_of(caught) == ["offer_over"]
    assert world.approve("dadang", asked) == asked


def test_a_new_proposal_replaces_the_old_one(world: World, asked: str) -> None:
    offered(world, asked)
    offered(world, asked, 3, "11:00", "13:00")
    assert (offers(), held(world)) == (["withdrawn", "open"], [(1, True)])


@pytest.mark.parametrize("what", ["approve", "decline", "cancel", "change", "lapse", "relocate"])
def test_whatever_else_happens_ends_the_offer_and_frees_its_place(world: World, asked: str, what: str) -> None:
    # overlapping what was asked for: its own hold stands in its way least of all
    offered(world, asked, 2, "18:00", "20:00")
    staff, own = world.act("dadang"), world.act("cecep")
    if what in ("approve", "decline"):
        decide(act=staff, code=asked, verdict=Verdict(what), reason="Ya." if what == "decline" else "")
    elif what == "cancel":
        cancel(act=own, code=asked)
    elif what == "change":
        change_booking(act=own, code=asked, edit=Edit(starts_at=world.at(2, "17:00"), ends_at=world.at(2, "20:00")))
    elif what == "lapse":
        world.now = world.at(2, "19:00")
        work_once()
    else:
        uid = booking(asked).occurrences[0].uid
        to = Choice(Remedy.MOVE, "musik", world.at(4, "10:00"), world.at(4, "12:00"))
        closed = ClosureFacts(world.at(2, "00:00"), world.at(3, "00:00"), "Cat ulang", room="musik")
        close(act=staff, facts=closed, choices={uid: to})
    assert offers() == ["expired" if what == "lapse" else "withdrawn"]
    assert held(world) == ([(1, False)] if what == "approve" else [])


def test_a_changed_title_leaves_the_offer_alone(world: World, asked: str) -> None:
    offered(world, asked)
    change_booking(act=world.act("cecep"), code=asked, edit=Edit(title="Latihan malam"))
    assert (offers(), held(world)) == (["open"], [(1, True)])
    accept_offer(act=world.act("cecep"), code=asked)


def test_a_returned_request_can_be_offered_another_time(world: World, asked: str) -> None:
    decide(act=world.act("dadang"), code=asked, verdict=Verdict.RETURN, reason="Berapa orang?")
    offered(world, asked)
    accept_offer(act=world.act("cecep"), code=asked)
    assert booking(asked).state == "approved"


def test_joined_rooms_are_held_whole(world: World) -> None:
    code = world.ask("cecep", world.time("pl1", 2, "10:00", "12:00"))
    said = Proposal(room="plx", starts_at=world.at(2, "13:00"), ends_at=world.at(2, "15:00"))
    propose(act=world.act("entin"), code=code, proposal=said)
    assert held(world) == [(1, True), (1, True)]
    with pytest.raises(Refused):
        world.ask("euis", world.time("pl2", 2, "14:00", "15:00"))
    accept_offer(act=world.act("cecep"), code=code)
    found = booking(code).occurrences[0]
    assert (found.room.slug, held(world)) == ("plx", [(1, False), (1, False)])


def test_what_was_held_is_had_with_the_buffers_and_items_it_was_held_with(world: World) -> None:
    """Wider buffers that the room was given meanwhile might lie on a neighbour: a yes must not fail for them."""
    item = save_item(act=world.act("admin"), slug=None, facts=ItemFacts("bitc", "Proyektor"))
    world.room("studio", capacity=8, setup_minutes=30)
    code = world.ask("cecep", world.time("musik", 2, "10:00", "12:00"), items=[(item, 1)])
    said = Proposal(room="studio", starts_at=world.at(2, "13:00"), ends_at=world.at(2, "15:00"))
    propose(act=world.act("dadang"), code=code, proposal=said)
    with pytest.raises(Refused) as caught:
        world.ask("euis", world.time("musik", 2, "14:00", "15:00"), items=[(item, 1)])
    assert codes_of(caught) == ["item_taken"]
    world.approve("dadang", world.ask("euis", world.time("studio", 2, "11:30", "12:00")))
    wider = RoomFacts(site="bitc", name="Studio", capacity=8, setup_minutes=90, rules={"hours": ALL_WEEK})
    furnishing.save_room(act=world.act("admin"), slug="studio", facts=wider)
    accept_offer(act=world.act("cecep"), code=code)
    one = booking(code).occurrences[0]
    mine = reading().scalars(select(Claim).where(Claim.occurrence_id == one.id, Claim.active)).all()
    assert one.setup_minutes == 30
    assert {(each.starts_at, each.expires_at) for each in mine} == {(world.at(2, "12:30"), None)}
    assert (len(mine), claims.over_units(reading())) == (2, [])


def test_pages_hear_of_a_hold_and_of_its_end_wherever_it_is(world: World) -> None:
    def version() -> str:
        reading().rollback()
        return scope_version(by(reading().connection()), room_scope(room_by_slug(reading(), "rapat").id)).tag

    code = world.ask("cecep", world.time("musik", 2, "10:00", "12:00"))
    seen = [version()]
    propose(act=world.act("dadang"), code=code, proposal=Proposal(room="rapat"))
    seen.append(version())
    world.approve("dadang", code)
    seen.append(version())
    assert len(set(seen)) == 3


def test_one_date_of_a_series_moves_and_the_others_stay(world: World) -> None:
    weekly = Pattern(Every.WEEK, count=3)
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), repeat=weekly)
    uid = booking(code).occurrences[1].uid
    propose(act=world.act("dadang"), code=code, uid=uid, proposal=proposal(world, 10, "19:00", "21:00"))
    accept_offer(act=world.act("cecep"), code=code)
    states = [(one.state, one.starts_at) for one in booking(code).occurrences]
    assert states == [
        ("requested", world.at(2, "19:00")),
        ("approved", world.at(10, "19:00")),
        ("requested", world.at(16, "19:00")),
    ]


@pytest.mark.parametrize(
    ("minutes", "is_right"), [(59, False), (60, True), (14 * 24 * 60, False), (2 * 24 * 60, True), (3 * 24 * 60, False)]
)
def test_how_long_it_may_be_held(world: World, asked: str, minutes: int, is_right: bool) -> None:
    """Never longer than until what was asked for lapses: Wednesday 19.00."""
    until = world.now + timedelta(minutes=minutes)
    if is_right:
        offered(world, asked, until=until)
        assert reading().scalars(select(Offer.expires_at)).one() == until
        return
    with pytest.raises(Refused) as caught:
        offered(world, asked, until=until)
    assert codes_of(caught) == ["offer_until"]


def test_what_cannot_be_proposed(world: World, asked: str) -> None:
    world.approve("dadang", world.ask("euis", world.time("musik", 3, "10:00", "11:00")))
    world.close(world.at(4, "00:00"), world.at(5, "00:00"), room="musik")
    for day, starts, ends, code in (
        (3, "10:00", "12:00", "taken"),
        (4, "10:00", "12:00", "closed"),
        (3, "22:00", "23:00", "hours"),
        (2, "19:00", "21:00", "offer_same"),
        (3, "12:00", "11:00", "end_before_start"),
    ):
        with pytest.raises(Refused) as caught:
            offered(world, asked, day, starts, ends)
        assert codes_of(caught) == [code]
    with pytest.raises(Refused) as caught:
        propose(act=world.act("dadang"), code=asked, proposal=Proposal(room="aula"))
    assert codes_of(caught) == ["move_elsewhere"], "the hall is the head's to give"
    assert (held(world), offers()) == ([(1, False)], [])
    world.approve("dadang", asked)
    with pytest.raises(Refused) as caught:
        propose(act=world.act("dadang"), code=asked, uid=booking(asked).occurrences[0].uid, proposal=Proposal())
    assert codes_of(caught) == ["state"]


def test_who_may_not(world: World, asked: str) -> None:
    for who, error in (("cecep", Forbidden), ("euis", NotFound), ("entin", NotFound), ("admin", Forbidden)):
        with pytest.raises(error):
            propose(act=world.act(who), code=asked, proposal=proposal(world, 3, "10:00", "12:00"))
    offered(world, asked)
    for who, error in (("dadang", Forbidden), ("euis", NotFound)):
        for answer in (accept_offer, refuse_offer):
            with pytest.raises(error):
                answer(act=world.act(who), code=asked)
    with pytest.raises(Forbidden):
        withdraw_offer(act=world.act("cecep"), code=asked)


def test_a_closure_laid_meanwhile_stands_in_the_way_of_a_yes(world: World, asked: str) -> None:
    offered(world, asked)
    world.close(world.at(3, "00:00"), world.at(4, "00:00"), room="musik")
    with pytest.raises(Refused) as caught:
        accept_offer(act=world.act("cecep"), code=asked)
    assert codes_of(caught) == ["closed"]
    assert offers() == ["open"]
