"""The desk: who must decide and by when, decisions taken back, many cleared at once, and how requests stand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.domain.errors import Forbidden, Refused
from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.domain.permissions import Viewer
from booking.domain.series import Every, Pattern
from booking.storage import claims
from booking.storage.db import reading
from booking.storage.desk import Filter, Queue, Standing, cards, queue
from booking.storage.history import history_of
from booking.storage.offers import held_beside
from booking.storage.outbox import Outbox
from booking.storage.people import viewer
from booking.storage.transaction import writes
from booking.usecases import undoing
from booking.usecases.attending import mark_missed
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.clearing import Cleared, clear
from booking.usecases.deciding import UNDO, Verdict, decide, resubmit
from booking.usecases.expiring import close_overdue
from booking.usecases.furnishing_reasons import save_reason
from booking.usecases.intents import Edit
from booking.usecases.offering import Proposal, accept_offer, propose
from booking.usecases.undoing import undo
from tests.support.world import World
from tests.usecases.test_deciding import codes_of
from tests.usecases.test_requesting import booking

SECOND = timedelta(seconds=1)


@pytest.fixture
def asked(world: World) -> str:
    return world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))


def sight(world: World, who: str = "sumarna") -> Viewer:
    return viewer(reading(), world.people[who], world.act().today)


def waiting(world: World, who: str = "sumarna", wanted: Filter | None = None) -> Queue:
    reading().rollback()
    return queue(reading(), sight(world, who), world.now, wanted)


def kinds(code: str) -> list[str]:
    query = (
        select(Outbox.kind)
        .where(Outbox.booking_id == booking(code).id, Outbox.kind != "new_request")
        .order_by(Outbox.id)
    )
    return list(reading().scalars(query))


# who decides, and by when


def test_a_request_knows_who_must_decide_it_and_by_when(world: World) -> None:
    world.room("sore", rules={"escalate": {"after": "18:00"}})
    early = world.ask("cecep", world.time("sore", 4, "15:00", "17:00"))
    late = world.ask("cecep", world.time("sore", 4, "19:00", "21:00"))
    assert [str(booking(one).occurrences[0].decided_by_tier) for one in (early, late)] == ["officer", "head"]
    assert booking(early).answer_by == world.at(3, "00:00")  # asked on Monday: until the end of Wednesday
    world.approve("dadang", early)
    with pytest.raises(Forbidden):
        world.approve("dadang", late)
    world.approve("sumarna", late)


def test_a_move_into_late_hours_makes_it_the_heads(world: World) -> None:
    world.room("sore", rules={"escalate": {"after": "18:00"}})
    code = world.ask("cecep", world.time("sore", 2, "15:00", "17:00"))
    change_booking(act=world.act("cecep"), code=code, edit=Edit(starts_at=world.at(2, "17:00")))
    with pytest.raises(Forbidden):
        world.approve("dadang", code)


def test_the_answer_is_never_promised_later_than_the_start(world: World) -> None:
    world.now = world.at(1, "08:00")
    code = world.ask("cecep", world.time("musik", 1, "19:00", "21:00"))
    assert booking(code).answer_by == world.at(1, "19:00")


def test_what_is_approved_at_once_promises_no_answer_and_what_is_sent_again_promises_anew(world: World) -> None:
    assert booking(world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))).answer_by is None
    code = world.ask("cecep", world.time("musik", 6, "10:00", "12:00"))
    decide(act=world.act("dadang"), code=code, verdict=Verdict.RETURN, reason="Mohon surat.")
    world.now = world.at(2, "08:00")
    resubmit(act=world.act("cecep"), code=code, note="Terlampir.")
    assert booking(code).answer_by == world.at(5, "00:00")


# taking back


def test_a_decision_taken_back_is_as_if_it_had_not_been_but_for_the_history(world: World, asked: str) -> None:
    world.approve("dadang", asked)
    assert kinds(asked) == ["requested", "approved"]
    waits = reading().scalars(select(Outbox).where(Outbox.kind == "approved")).one()
    assert waits.due_at == world.now + UNDO
    world.now += UNDO
    undo(act=world.act("dadang"), code=asked)
    found = booking(asked)
    assert (found.state, found.version, found.occurrences[0].sequence) == ("requested", 3, 2)
    assert (found.occurrences[0].decided_by, found.occurrences[0].decided_at) == (None, None)
    assert [step.event for step in history_of(reading(), found.id)] == ["requested", "approved", "undone"]
    assert kinds(asked) == ["requested"]
    # the place is free again: a rival gets it
    world.approve("dadang", world.ask("euis", world.time("musik", 2, "20:00", "21:00")))
    assert claims.over_units(reading()) == []


def test_control_without_giving_back_the_place_stays_taken(
    world: World, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.approve("dadang", asked)
    monkeypatch.setattr(undoing.claims, "release", lambda *_: None)
    undo(act=world.act("dadang"), code=asked)
    monkeypatch.undo()
    with pytest.raises(Refused) as caught:
        world.approve("dadang", asked)
    assert codes_of(caught) == ["taken"]


def test_too_late_or_somebody_elses_or_twice(world: World, asked: str) -> None:
    with pytest.raises(Refused) as caught:
        undo(act=world.act("dadang"), code=asked)
    assert codes_of(caught) == ["undo_over"]
    world.decline("dadang", asked)
    with pytest.raises(Forbidden):
        undo(act=world.act("sumarna"), code=asked)
    world.now += UNDO + SECOND
    with pytest.raises(Refused):
        undo(act=world.act("dadang"), code=asked)
    assert booking(asked).state == "declined"


def test_what_was_returned_goes_back_to_returned_with_its_reason(world: World, asked: str) -> None:
    decide(act=world.act("dadang"), code=asked, verdict=Verdict.RETURN, reason="Mohon surat.")
    world.now += timedelta(hours=1)
    world.decline("dadang", asked)
    undo(act=world.act("dadang"), code=asked)
    one = booking(asked).occurrences[0]
    assert (one.state, one.reason) == (State.RETURNED, "Mohon surat.")


def test_a_message_that_has_gone_out_is_followed_by_another(world: World, asked: str) -> None:
    world.decline("dadang", asked)
    _sent(world=world)
    undo(act=world.act("dadang"), code=asked)
    assert kinds(asked) == ["requested", "declined", "undone"]


@writes
def _sent(session, *, world: World) -> None:
    for row in session.scalars(select(Outbox)):
        row.sent_at = world.now


# ready-made reasons


def test_a_ready_made_reason_speaks_the_applicants_language(world: World, asked: str) -> None:
    said = {"verdict": "decline", "text_id": "Ruang dipakai dinas.", "text_en": "The city needs the room."}
    number = save_reason(act=world.act("sumarna"), reason_id=None, **said)
    decide(act=world.act("dadang"), code=asked, verdict=Verdict.DECLINE, canned=number)
    assert booking(asked).occurrences[0].reason == "Ruang dipakai dinas."
    with pytest.raises(Forbidden):
        save_reason(act=world.act("cecep"), reason_id=number, **said)


# many at once


def test_clean_ones_are_approved_and_what_competes_is_named(world: World, asked: str) -> None:
    rival = world.ask("euis", world.time("musik", 2, "20:00", "21:00"))
    clean = [world.ask("cecep", world.time("musik", day, "19:00", "21:00")) for day in (3, 4)]
    gone = world.ask("cecep", world.time("musik", 5, "19:00", "21:00"))
    world.decline("dadang", gone)
    elsewhere = world.ask("cecep", world.time("pl1", 3, "10:00", "12:00"))
    versions: dict[str, int | None] = dict.fromkeys([asked, rival, *clean, gone, elsewhere])
    versions[clean[1]] = 7
    done = clear(act=world.act("dadang"), versions=versions, verdict=Verdict.APPROVE)
    assert {one.code: [each.code for each in one.violations] for one in done} == {
        asked: ["rivals"],
        rival: ["rivals"],
        clean[0]: [],
        clean[1]: ["stale"],
        gone: ["state"],
        elsewhere: ["not_yours"],
    }
    assert [booking(one).state for one in (asked, rival, *clean)] == ["requested"] * 2 + ["approved", "requested"]
    assert Cleared("x", []).is_done


def test_many_are_declined_with_one_real_reason(world: World, asked: str) -> None:
    rival = world.ask("euis", world.time("musik", 2, "20:00", "21:00"))
    versions: dict[str, int | None] = dict.fromkeys([asked, rival])
    with pytest.raises(Refused) as caught:
        clear(act=world.act("dadang"), versions=versions, verdict=Verdict.DECLINE, reason=" ")
    assert codes_of(caught) == ["reason_required"]
    clear(act=world.act("dadang"), versions=versions, verdict=Verdict.DECLINE, reason="Ruang diperbaiki.")
    assert {booking(one).occurrences[0].reason for one in versions} == {"Ruang diperbaiki."}


# how requests stand


def test_desks_compete_only_where_they_run_out(world: World) -> None:
    world.room("kolam", units=6, tier="officer")
    few = [world.ask(who, world.time("kolam", 1, "10:00", "12:00", units=2)) for who in ("cecep", "euis")]
    assert set(waiting(world).standing.values()) == {Standing.FREE}
    many = world.ask("dewi", world.time("kolam", 1, "11:00", "13:00", units=3))
    assert [waiting(world).standing[booking(one).id] for one in (*few, many)] == [Standing.RIVAL] * 3
    world.approve("sumarna", many)
    assert {waiting(world).standing[booking(one).id] for one in few} == {Standing.RIVAL}
    world.approve("sumarna", few[0])
    assert waiting(world).standing[booking(few[1]).id] is Standing.TAKEN


def test_joined_rooms_compete_with_their_parts(world: World) -> None:
    part = world.ask("cecep", world.time("pl1", 1, "10:00", "12:00"))
    other = world.ask("dewi", world.time("pl2", 1, "13:00", "15:00"))
    whole = world.ask("euis", world.time("plx", 1, "11:00", "12:00"))
    found = waiting(world)
    assert [found.standing[booking(one).id] for one in (part, whole, other)] == ["rival", "rival", "free"]
    assert found.clashing == [booking(part).id, booking(whole).id]


def test_a_change_is_in_others_way_where_it_is_not_in_its_own(world: World, asked: str) -> None:
    rival = world.ask("euis", world.time("musik", 2, "20:30", "21:00"))
    world.approve("dadang", asked)
    change_booking(act=world.act("cecep"), code=asked, edit=Edit(starts_at=world.at(2, "18:00")))
    found = waiting(world)
    assert found.standing[booking(rival).id] is not Standing.FREE
    assert found.standing[booking(asked).id] is Standing.FREE
    (card,) = [one for one in _cards(world) if one.booking.code == asked]
    assert (card.is_change, card.is_clean) == (True, False)


def _cards(world: World) -> list:
    found = waiting(world)
    return cards(reading(), sight(world), found, found.bookings, world.now)


def test_a_row_says_what_stands_in_the_way(world: World, asked: str) -> None:
    crowd = world.ask("euis", world.time("pl1", 3, "10:00", "12:00"), people=40)
    world.close(world.at(2, "18:00"), world.at(2, "22:00"), room="musik")
    assert {card.booking.code: card.is_barred for card in _cards(world)} == {asked: True, crowd: False}


def test_filters_and_sites(world: World, asked: str) -> None:
    other = world.ask("euis", world.time("pl1", 3, "10:00", "12:00"))
    assert waiting(world, "dadang").bookings == [booking(asked).id]
    assert waiting(world, wanted=Filter(site="ctp")).bookings == [booking(other).id]
    assert waiting(world, wanted=Filter(room="musik")).bookings == [booking(asked).id]
    assert waiting(world, wanted=Filter(community="kujang-lima")).bookings == [booking(other).id]
    assert waiting(world, wanted=Filter(late=True)).bookings == []
    world.now = world.at(3, "00:00")
    assert waiting(world, wanted=Filter(late=True)).bookings == [booking(asked).id, booking(other).id]


def test_one_row_for_a_booking_however_many_dates_wait(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 1, "10:00", "12:00"), repeat=Pattern(Every.WEEK, count=5))
    assert waiting(world).bookings == [booking(code).id]
    assert len(_cards(world)[0].waiting) == 5


def test_what_another_tier_decides_is_not_offered(world: World) -> None:
    world.ask("euis", world.time("aula", 3, "10:00", "12:00"))
    found = waiting(world, "dadang")
    (card,) = cards(reading(), sight(world, "dadang"), found, found.bookings, world.now)
    assert (card.is_decidable, card.is_clean) == (False, False)


# moving


def test_staff_move_somebody_and_the_history_says_that_the_office_did(world: World, asked: str) -> None:
    world.room("musik2", capacity=8)
    world.approve("dadang", asked)
    with pytest.raises(Refused) as caught:
        change_booking(act=world.act("dadang"), code=asked, edit=Edit(room="musik2"))
    assert codes_of(caught) == ["reason_required"]
    change_booking(act=world.act("dadang"), code=asked, edit=Edit(room="musik2"), reason="AC rusak.")
    assert booking(asked).occurrences[0].room.slug == "musik2"
    assert booking(asked).state == "approved"
    assert history_of(reading(), booking(asked).id)[-1].event == Event.RELOCATED


# what the office knows of who asks


def test_the_row_tells_what_was_used_and_missed(world: World) -> None:
    used = world.ask("cecep", world.time("rapat", 0, "09:00", "10:00"))
    missed = world.ask("cecep", world.time("rapat", 0, "10:00", "11:00"))
    alone = world.ask("dewi", world.time("musik", 3, "09:00", "10:00"))
    asked = world.ask("cecep", world.time("musik", 3, "10:00", "11:00"))
    world.now = world.at(0, "10:30")
    mark_missed(act=world.act("dadang"), code=missed, uid=booking(missed).occurrences[0].uid)
    close_overdue(act=world.act())
    assert booking(used).state == "completed"
    kept = {card.booking.code: card.kept for card in _cards(world)}
    assert (kept[asked].used, kept[asked].missed) == (1, 1)
    assert kept[alone] is None


def test_a_lane_shows_what_is_proposed_to_others(world: World, asked: str) -> None:
    other = world.ask("euis", world.time("musik", 4, "19:00", "21:00"))
    at = Proposal(starts_at=world.at(2, "20:00"), ends_at=world.at(2, "21:00"))
    propose(act=world.act("dadang"), code=other, proposal=at)
    mine = booking(asked).occurrences
    (offer,) = held_beside(reading(), mine, world.now)[mine[0].id]
    assert offer.occurrence.booking.code == other
    assert held_beside(reading(), booking(other).occurrences, world.now)[booking(other).occurrences[0].id] == []


def test_a_decision_that_ends_a_hold_is_final(world: World) -> None:
    had = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"))
    world.approve("dadang", had)
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), wait=True)
    cancel(act=world.act("dewi"), code=had)
    accept_offer(act=world.act("cecep"), code=code)
    assert waiting(world).standing[booking(code).id] is Standing.FREE  # its own hold is not in its own way
    world.approve("dadang", code)
    with pytest.raises(Refused) as caught:
        undo(act=world.act("dadang"), code=code)
    assert codes_of(caught) == ["undo_over"]
    assert booking(code).state == "approved"


def test_messages_of_a_booking_do_not_overtake_each_other(world: World, asked: str) -> None:
    world.approve("dadang", asked)
    world.now += 3 * SECOND
    cancel(act=world.act("cecep"), code=asked)
    rows = {row.kind: row.due_at for row in reading().scalars(select(Outbox).where(Outbox.kind != "new_request"))}
    assert rows["cancelled"] >= rows["approved"]


def test_others_who_decide_now_are_told(world: World, asked: str) -> None:
    def told() -> list[int]:
        query = select(Outbox.person_id).where(Outbox.kind == "new_request", Outbox.booking_id == booking(asked).id)
        return list(reading().scalars(query))

    assert world.people["entin"] not in told()
    change_booking(act=world.act("cecep"), code=asked, edit=Edit(room="pl1"))
    assert world.people["entin"] in told()


def test_an_officer_proposes_no_hours_that_the_head_decides(world: World) -> None:
    world.room("sore", rules={"escalate": {"after": "18:00"}})
    code = world.ask("cecep", world.time("sore", 4, "15:00", "17:00"))
    late = Proposal(starts_at=world.at(4, "19:00"), ends_at=world.at(4, "21:00"))
    with pytest.raises(Refused) as caught:
        propose(act=world.act("dadang"), code=code, proposal=late)
    assert codes_of(caught) == ["move_elsewhere"]
    propose(act=world.act("sumarna"), code=code, proposal=late)
    accept_offer(act=world.act("cecep"), code=code)
    assert booking(code).state == "approved"


@pytest.mark.parametrize("number", [-1, 0, 10**30])
def test_reasons_that_cannot_be_are_refused(world: World, asked: str, number: int) -> None:
    with pytest.raises(Refused) as caught:
        decide(act=world.act("dadang"), code=asked, verdict=Verdict.DECLINE, canned=number)
    assert codes_of(caught) == ["reason_required"]
