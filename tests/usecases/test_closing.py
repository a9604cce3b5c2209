"""Closures over bookings, profiles, holidays, quotas as they are stored, and rules that are tried out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from booking.domain.errors import Forbidden, Refused
from booking.domain.series import Every, Pattern
from booking.storage import claims
from booking.storage.bookings import Occurrence
from booking.storage.closures import Closure
from booking.storage.db import reading
from booking.storage.history import history_of
from booking.storage.outbox import Outbox
from booking.storage.places import room_by_slug
from booking.usecases.closing import Choice, ClosureFacts, Hit, Remedy, close, preview_closure
from booking.usecases.furnishing_holidays import close_on_holidays, holidays
from booking.usecases.furnishing_profiles import ProfileFacts, remove_profile, save_profile
from booking.usecases.previewing import why
from booking.usecases.trying import try_rules
from booking.usecases.wanted import WantedOccurrence
from tests.support.world import WEEKDAYS, World
from tests.usecases.test_deciding import codes_of
from tests.usecases.test_requesting import booking


def facts(world: World, first: int, last: int, **more: str) -> ClosureFacts:
    return ClosureFacts(world.at(first, "00:00"), world.at(last, "00:00"), "Perbaikan atap", **more)


def hits(world: World, said: ClosureFacts, who: str | None = None) -> list[Hit]:
    found = preview_closure(reading(), act=world.act(who), facts=said)
    for hit in found:
        _ = hit.occurrence.booking, hit.occurrence.room, hit.proposal
    return found


def as_choices(found: list[Hit], **remedies: Remedy) -> dict[str, Choice]:
    chosen = {}
    for hit in found:
        remedy = remedies.get(hit.occurrence.booking.code, hit.default)
        to = hit.proposal if remedy is Remedy.MOVE else None
        place = (to.room.slug, to.period.starts_at, to.period.ends_at) if to else (None, None, None)
        chosen[hit.occurrence.uid] = Choice(remedy, *place)
    return chosen


def test_everyone_hit_is_shown_with_a_proposal_and_gets_what_was_chosen(world: World) -> None:
    world.room("rapat2", tier="automatic", capacity=12)
    moved = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    gone = world.ask("euis", world.time("rapat", 1, "13:00", "14:00"))
    kept = world.ask("dewi", world.time("rapat", 1, "15:00", "16:00"))
    asked = world.ask("euis", world.time("musik", 1, "15:00", "16:00"))
    world.ask("euis", world.time("rapat", 2, "15:00", "16:00"))
    said = facts(world, 1, 2, room="rapat")
    found = hits(world, said, "dadang")
    assert [hit.occurrence.booking.code for hit in found] == [moved, gone, kept]
    assert found[0].proposal.room.slug == "rapat2"
    assert found[0].proposal.period == found[0].occurrence.period
    choices = as_choices(found, **{gone: Remedy.CANCEL, kept: Remedy.KEEP})
    reading().rollback()
    close(act=world.act("dadang"), facts=said, choices=choices)
    assert [booking(code).state for code in (moved, gone, kept, asked)] == [
        "approved",
        "cancelled",
        "approved",
        "requested",
    ]
    assert booking(moved).occurrences[0].room.slug == "rapat2"
    last = [history_of(reading(), booking(code).id)[-1] for code in (moved, gone, kept)]
    assert [step.event for step in last] == ["relocated", "cancelled", "closure"]
    assert {step.text.text for step in last} == {"Perbaikan atap"}
    kinds = reading().scalars(select(Outbox.kind).order_by(Outbox.id.desc()).limit(3)).all()
    assert set(kinds) == {"relocated", "cancelled", "closure"}, "everyone is told"
    assert claims.over_units(reading()) == []


def test_a_proposal_lies_outside_the_closure_that_is_to_be(world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    (hit,) = hits(world, facts(world, 1, 4))
    assert hit.proposal.period.starts_at >= world.at(4, "00:00") or hit.proposal.period.ends_at <= world.at(1, "00:00")


def test_two_moves_do_not_take_one_place(world: World) -> None:
    """Proposals are made one by one; what two of them took at once is refused when it is confirmed."""
    world.room("rapat2", tier="automatic", capacity=12)
    world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    world.room("rapat3", tier="automatic", capacity=12)
    world.ask("euis", world.time("rapat3", 1, "10:00", "12:00"))
    found = hits(world, facts(world, 1, 2, site="bitc"))
    place = ("rapat2", world.at(2, "10:00"), world.at(2, "12:00"))
    choices = {hit.occurrence.uid: Choice(Remedy.MOVE, *place) for hit in found}
    reading().rollback()
    with pytest.raises(Refused) as caught:
        close(act=world.act(), facts=facts(world, 1, 2, site="bitc"), choices=choices)
    assert codes_of(caught) == ["taken"]
    assert reading().scalar(select(func.count(Closure.id))) == 0


def test_who_came_meanwhile_is_not_closed_over_silently(world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    said = facts(world, 1, 2, room="rapat")
    choices = as_choices(hits(world, said))
    reading().rollback()
    world.ask("euis", world.time("rapat", 1, "13:00", "14:00"))
    with pytest.raises(Refused) as caught:
        close(act=world.act(), facts=said, choices=choices)
    assert codes_of(caught) == ["hits_changed"]
    assert reading().scalar(select(func.count(Closure.id))) == 0


def test_a_part_closes_the_joined_room_with_it(world: World) -> None:
    code = world.ask("cecep", world.time("plx", 1, "10:00", "12:00"))
    said = facts(world, 1, 2, room="pl1")
    (hit,) = hits(world, said)
    assert hit.occurrence.booking.code == code
    reading().rollback()
    close(act=world.act(), facts=said)
    with pytest.raises(Refused) as caught:
        world.ask("euis", world.time("plx", 1, "13:00", "14:00"))
    assert codes_of(caught) == ["closed"]
    world.ask("euis", world.time("pl2", 1, "13:00", "14:00"))


def test_a_closure_over_the_whole_year_is_one_step(world: World) -> None:
    for day in range(1, 30):
        world.ask("cecep", world.time("meja", day, "10:00", "12:00"), people=1)
    said = facts(world, 0, 366)
    found = hits(world, said)
    assert len(found) == 29
    reading().rollback()
    choices = as_choices(found)
    assert {one.remedy for one in choices.values()} == {Remedy.CANCEL}
    close(act=world.act(), facts=said, choices=choices)
    assert set(reading().scalars(select(Occurrence.state))) == {"cancelled"}
    assert reading().scalar(select(func.count(Outbox.id)).where(Outbox.kind == "cancelled")) == 29


@pytest.mark.parametrize("who", ["cecep", "entin"])
def test_who_may_not_close(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        preview_closure(reading(), act=world.act(who), facts=facts(world, 1, 2, room="rapat"))
    with pytest.raises(Forbidden):
        close(act=world.act(who), facts=facts(world, 1, 2, room="rapat"))


# profiles and holidays

RAMADAN = {
    "*": {"hours": {"weekly": {day: [["08:00", "15:00"]] for day in WEEKDAYS}}},
    "musik": {"hours": {"weekly": {day: [["09:00", "17:00"]] for day in WEEKDAYS}}},
}


def ramadan(first: date, last: date, **more) -> ProfileFacts:
    return ProfileFacts("Ramadan 1448 H", first, last, "Ramadan 1448 AH", **{"rules": RAMADAN, **more})


def test_profile_hours_hold_between_its_days(world: World) -> None:
    save_profile(act=world.act("admin"), profile_id=None, facts=ramadan(date(2026, 11, 25), date(2026, 11, 27)))
    for room, ends, code in (("rapat", "16:00", "hours"), ("musik", "18:00", "hours")):
        with pytest.raises(Refused) as caught:
            world.ask("cecep", world.time(room, 3, "14:00", ends))
        assert codes_of(caught) == [code]
    world.ask("cecep", world.time("musik", 3, "15:00", "17:00"))
    world.ask("cecep", world.time("rapat", 5, "14:00", "16:00"))


def test_profiles_that_overlap_or_cannot_be_are_refused(world: World) -> None:
    act = world.act("admin")
    first = save_profile(act=act, profile_id=None, facts=ramadan(date(2027, 2, 8), date(2027, 3, 9)))
    for more, code in (
        ({"site": "bitc"}, "profile_overlap"),
        ({"percent": 0}, "range"),
        ({"percent": 101}, "range"),
        ({"rules": {"nope": {}}}, "unknown_room"),
        ({"rules": {"*": {"notice": {"hours": 1}}}}, "setting"),
        ({"rules": {"*": {"hours": {"weekly": {"mon": [["9", "10"]]}}}}}, "setting"),
    ):
        with pytest.raises(Refused) as caught:
            save_profile(act=act, profile_id=None, facts=ramadan(date(2027, 3, 9), date(2027, 3, 10), **more))
        assert codes_of(caught) == [code]
    with pytest.raises(Refused) as caught:
        save_profile(act=act, profile_id=None, facts=ramadan(date(2027, 4, 9), date(2027, 4, 1)))
    assert codes_of(caught) == ["end_before_start"]
    save_profile(act=act, profile_id=first, facts=ramadan(date(2027, 2, 9), date(2027, 3, 9)))
    with pytest.raises(Forbidden):
        remove_profile(act=world.act("dadang"), profile_id=first)
    remove_profile(act=act, profile_id=first)
    save_profile(act=act, profile_id=None, facts=ramadan(date(2027, 3, 9), date(2027, 3, 10), site="bitc"))
    save_profile(act=act, profile_id=None, facts=ramadan(date(2027, 3, 9), date(2027, 3, 10), site="ctp"))


def test_a_pandemic_keeps_units_of_a_pool_free(world: World) -> None:
    half = ProfileFacts("Pandemi", date(2026, 11, 24), date(2026, 12, 24), percent=50)
    save_profile(act=world.act("admin"), profile_id=None, facts=half)
    world.ask("cecep", world.time("meja", 1, "09:00", "12:00"), people=8)
    with pytest.raises(Refused) as caught:
        world.ask("euis", world.time("meja", 1, "10:00", "11:00"), people=5)
    (violation,) = caught.value.violations
    assert (violation.code, violation.values["free"]) == ("taken", 4)
    world.ask("euis", world.time("meja", 1, "10:00", "11:00"), people=4)
    with pytest.raises(Refused) as caught:
        world.ask("euis", world.time("rapat", 1, "10:00", "11:00"), people=7)
    assert codes_of(caught) == ["capacity"]


def test_bundled_holidays_become_closures_once_and_say_whether_they_are_provisional(world: World) -> None:
    act = world.act("admin")
    added = close_on_holidays(act=act, country="ID", year=2027, with_leave=False)
    assert added == sum(one.on.year == 2027 and not one.is_leave for one in holidays("ID"))
    assert close_on_holidays(act=act, country="ID", year=2027, with_leave=False) == 0
    more = close_on_holidays(act=act, country="ID", year=2027, with_leave=True)
    assert more == sum(one.on.year == 2027 and one.is_leave for one in holidays("ID"))
    marks = dict(reading().execute(select(Closure.name_id, Closure.provisional)).all())
    assert (marks["Idul Fitri 1448 H"], marks["Tahun Baru Masehi"]) == (True, False)
    assert close_on_holidays(act=act, country="ID", year=2026, with_leave=True) == 2, "only what lies ahead"
    assert close_on_holidays(act=act, country="XX", year=2027, with_leave=True) == 0


# rules about people, stored


def test_quotas_count_what_the_community_has_and_what_it_asks_for_now(world: World) -> None:
    world.room("band", rules={"quota_community": {"count": 2}})
    world.ask("cecep", world.time("band", 1, "10:00", "12:00"))
    with pytest.raises(Refused) as caught:
        world.ask("cecep", world.time("band", 2, "10:00", "12:00"), world.time("band", 3, "10:00", "12:00"))
    assert [(one.code, one.at) for one in caught.value.violations] == [("quota_community", 1)]
    world.ask("cecep", world.time("band", 2, "10:00", "12:00"))
    with pytest.raises(Refused):
        world.ask("cecep", world.time("band", 3, "10:00", "12:00"))
    world.ask("euis", world.time("band", 3, "10:00", "12:00"))
    weekly = Pattern(Every.WEEK, count=3)
    with pytest.raises(Refused) as caught:
        world.ask("cecep", world.time("band", 4, "10:00", "12:00"), repeat=weekly)
    assert [(one.code, one.day) for one in caught.value.violations] == [("quota_community", date(2026, 11, 27))]


def test_private_persons_where_a_room_does_not_want_them(world: World) -> None:
    world.room("khusus", rules={"who": {"private": False}, "automatic": {"private": False}})
    with pytest.raises(Refused) as caught:
        world.ask("dewi", world.time("khusus", 1, "10:00", "12:00"))
    assert codes_of(caught) == ["who_private"]
    world.ask("cecep", world.time("khusus", 1, "10:00", "12:00"))


def test_the_automatic_rule_sends_some_to_the_officer(world: World) -> None:
    world.room("cepat", tier="automatic", rules={"automatic": {"private": False}})
    assert booking(world.ask("dewi", world.time("cepat", 1, "10:00", "12:00"))).state == "requested"
    assert booking(world.ask("cecep", world.time("cepat", 2, "10:00", "12:00"))).state == "approved"


def test_why_not_names_everything_and_what_would_do(world: World) -> None:
    world.ask("euis", world.time("rapat", 1, "10:00", "12:00"))
    room = room_by_slug(reading(), "rapat")
    wanted = WantedOccurrence("rapat", world.at(1, "11:00"), world.at(1, "13:00"))
    found = why(reading(), act=world.act("cecep"), occurrence=wanted, room=room, people_count=14)
    assert {one.code for one in found.violations} == {"taken", "capacity"}
    assert found.finding == "refused"
    found = why(reading(), act=world.act(), occurrence=wanted, room=room)
    assert (found.finding, [one.code for one in found.violations]) == ("clash", ["taken"])
    assert 0 < len(found.alternatives) <= 5
    free = WantedOccurrence("rapat", world.at(1, "14:00"), world.at(1, "15:00"))
    found = why(reading(), act=world.act(), occurrence=free, room=room)
    assert (found.finding, found.alternatives) == ("free", [])


def test_alternatives_can_all_be_had(world: World) -> None:
    world.room("rapat2", tier="automatic", capacity=12)
    world.ask("euis", world.time("rapat", 1, "10:00", "12:00"))
    world.close(world.at(2, "00:00"), world.at(3, "00:00"), room="rapat")
    room = room_by_slug(reading(), "rapat")
    wanted = WantedOccurrence("rapat", world.at(1, "11:00"), world.at(1, "13:00"))
    offers = why(reading(), act=world.act("cecep"), occurrence=wanted, room=room).alternatives
    assert len({(one.room.slug, one.period) for one in offers}) == len(offers) == 5
    places = [(one.room.slug, one.period) for one in offers]
    reading().rollback()
    from booking.usecases.cancelling import cancel

    for slug, period in places:
        code = world.ask("cecep", WantedOccurrence(slug, period.starts_at, period.ends_at))
        cancel(act=world.act("cecep"), code=code)


def test_a_changed_rule_is_tried_against_the_last_90_days(world: World) -> None:
    world.room("coba", rules={})
    for day, ends in ((1, "11:00"), (2, "12:00"), (3, "14:00")):
        world.ask("cecep", world.time("coba", day, "10:00", ends))
    world.now += timedelta(days=20)

    def tried(settings: dict) -> tuple[int, int, dict[str, int]]:
        found = try_rules(reading(), act=world.act("admin"), room=room_by_slug(reading(), "coba"), settings=settings)
        return found.refused, found.asked, found.by_code

    assert tried({}) == (0, 3, {})
    assert tried({"length": {"shortest": 60, "longest": 120}}) == (1, 3, {"length": 1})
    assert tried({"quota_community": {"count": 1}, "notice": {"hours": 48}}) == (
        3,
        3,
        {"quota_community": 2, "notice": 1},
    )
    with pytest.raises(Refused):
        tried({"nope": {}})
    with pytest.raises(Forbidden):
        try_rules(reading(), act=world.act("cecep"), room=room_by_slug(reading(), "coba"), settings={})
    assert reading().scalar(select(func.count(Occurrence.id))) == 3


def moved_to(world: World, code: str, room: str) -> dict[str, Choice]:
    (one,) = booking(code).occurrences
    return {one.uid: Choice(Remedy.MOVE, room, one.starts_at, one.ends_at)}


def test_nobody_moves_bookings_to_where_somebody_higher_decides(world: World) -> None:
    code = world.approve("dadang", world.ask("cecep", world.time("musik", 1, "10:00", "12:00")))
    said = facts(world, 1, 2, room="musik")
    for who, room in (("admin", "aula"), ("dadang", "aula"), ("dadang", "pl1")):
        with pytest.raises(Refused) as caught:
            close(act=world.act(who), facts=said, choices=moved_to(world, code, room))
        assert codes_of(caught) == ["move_elsewhere"]
    close(act=world.act("sumarna"), facts=said, choices=moved_to(world, code, "aula"))
    assert booking(code).occurrences[0].room.slug == "aula"


def test_items_go_along_or_the_move_is_refused(world: World) -> None:
    from booking.usecases.furnishing_items import ItemFacts, save_item

    save_item(act=world.act(), slug=None, facts=ItemFacts("bitc", "Mikser", 1, room="rapat"), new_slug="mikser")
    world.room("rapat2", tier="automatic")
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), items=[("mikser", 1)])
    said = facts(world, 1, 2, room="rapat")
    (hit,) = hits(world, said)
    assert hit.proposal.room.slug == "rapat", "another day in the room with which its item goes"
    with pytest.raises(Refused) as caught:
        close(act=world.act(), facts=said, choices=moved_to(world, code, "rapat2"))
    assert codes_of(caught) == ["item_elsewhere"]


def test_reasons_and_moves_that_cannot_be(world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    said, (one,) = facts(world, 1, 2, room="rapat"), booking(code).occurrences
    for reason in ("a\0b", "x" * 3000, "\ud800"):
        with pytest.raises(Refused):
            close(act=world.act(), facts=said, choices={one.uid: Choice(Remedy.CANCEL)}, reason=reason)
    long = Choice(Remedy.MOVE, "rapat", world.at(3, "10:00"), world.at(5, "10:00"))
    with pytest.raises(Refused) as caught:
        close(act=world.act(), facts=said, choices={one.uid: long})
    assert codes_of(caught) == ["too_long_ever"]


def test_a_quota_of_a_site_counts_its_rooms_only(world: World) -> None:
    world.room("q", tier="automatic", rules={"quota_community": {"count": 1, "over": "site"}})
    world.ask("cecep", world.time("pl1", 1, "10:00", "12:00"), world.time("q", 1, "13:00", "14:00"))


def test_an_approval_takes_along_only_what_its_room_would_have_approved(world: World) -> None:
    world.room("tamu", site="ctp", tier="automatic", rules={"automatic": {"private": False}})
    times = (world.time("tamu", 1, "09:00", "10:00"), world.time("musik", 1, "10:00", "11:00"))
    code = world.ask("dewi", *times)
    world.approve("dadang", code)
    assert {one.room.slug: one.state for one in booking(code).occurrences} == {"tamu": "requested", "musik": "approved"}


def test_a_skip_by_choice_is_not_announced_and_nothing_called_off_comes_back(world: World) -> None:
    from booking.usecases.cancelling import cancel
    from booking.usecases.resuming import resume, tell_free_again

    weekly = Pattern(Every.WEEK, count=3)
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=weekly, skip=[date(2026, 12, 1)])
    assert tell_free_again(act=world.act()) == 0
    uid = next(one.uid for one in booking(code).occurrences if one.state == "skipped")
    cancel(act=world.act("cecep"), code=code)
    with pytest.raises(Refused) as caught:
        resume(act=world.act("cecep"), code=code, uids=[uid])
    assert codes_of(caught) == ["state"]


def test_prime_time_in_a_gap_of_the_clocks_is_none(world: World) -> None:
    world.site("london", timezone="Europe/London")
    prime = {"days": ["sun"], "starts": "01:15", "ends": "01:45", "hours": 1}
    world.room("malam", site="london", tier="automatic", rules={"prime": prime})
    world.now = world.at(100, "08:00")
    world.ask("cecep", WantedOccurrence("malam", world.at(125, "08:00"), world.at(125, "20:00")))
