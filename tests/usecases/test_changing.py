"""Changes: what moves at once, what waits for approval, and the merge of an edited series with what hands changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.series import Every, Pattern
from booking.storage import claims
from booking.storage.bookings import Change
from booking.storage.claims import Claim
from booking.storage.db import reading
from booking.storage.desk import queue
from booking.storage.feeds import room_scope
from booking.storage.history import history_of
from booking.storage.people import viewer
from booking.storage.places import room_by_slug
from booking.storage.polling import by, scope_version
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking, preview_change
from booking.usecases.deciding_changes import decide_changes, withdraw_changes
from booking.usecases.expiring import close_changes
from booking.usecases.intents import Edit, Scope
from tests.support.world import LONDON, World
from tests.usecases.test_deciding import codes_of
from tests.usecases.test_requesting import booking

WEEKLY = Pattern(Every.WEEK, count=5)


@pytest.fixture
def series(world: World) -> str:
    """Five Tuesdays in a room that approves by itself."""
    return world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=WEEKLY)


@pytest.fixture
def approved(world: World) -> str:
    return world.approve("dadang", world.ask("cecep", world.time("musik", 2, "19:00", "21:00")))


def at(code: str, number: int):
    return booking(code).occurrences[number]


def edit(world: World, who: str, code: str, number: int, scope: Scope, **changes) -> list[str]:
    more = {key: changes.pop(key) for key in ("skip", "reason", "version", "setting_aside") if key in changes}
    uid = at(code, number).uid
    done = change_booking(act=world.act(who), code=code, scope=scope, uid=uid, edit=Edit(**changes), **more)
    reading().rollback()
    return [str(one.outcome) for one in done]


def clocks(code: str) -> list[str]:
    return [f"{one.wall_starts[5:]}-{one.wall_ends[11:]} {one.state}" for one in booking(code).occurrences]


def audit() -> list:
    return claims.over_units(reading())


def test_one_date_moves_and_the_others_stay(world: World, series: str) -> None:
    outcomes = edit(world, "cecep", series, 1, Scope.ONE, starts_at=world.at(8, "14:00"))
    assert outcomes == ["changed"]
    assert clocks(series)[:3] == [
        "11-24T10:00-12:00 approved",
        "12-01T14:00-16:00 approved",
        "12-08T10:00-12:00 approved",
    ]
    world.ask("euis", world.time("rapat", 8, "10:00", "12:00"))
    with pytest.raises(Refused):
        world.ask("euis", world.time("rapat", 8, "15:00", "16:00"))
    assert audit() == []


def test_what_a_hand_changed_survives_an_edit_of_all(world: World, series: str) -> None:
    edit(world, "cecep", series, 1, Scope.ONE, starts_at=world.at(8, "14:00"))
    cancel(act=world.act("cecep"), code=series, uids=[at(series, 3).uid])
    outcomes = edit(world, "cecep", series, 0, Scope.ALL, starts_at=world.at(1, "16:00"), ends_at=world.at(1, "17:30"))
    assert outcomes == ["changed", "kept", "changed", "changed"]
    assert clocks(series) == [
        "11-24T16:00-17:30 approved",
        "12-01T14:00-16:00 approved",
        "12-08T16:00-17:30 approved",
        "12-15T10:00-12:00 cancelled",
        "12-22T16:00-17:30 approved",
    ]
    assert audit() == []


def test_a_hand_made_time_follows_into_another_room(world: World, series: str) -> None:
    """Three-way: the time was changed by hand and stays, the room was not and follows."""
    world.room("rapat2", tier="automatic")
    edit(world, "cecep", series, 1, Scope.ONE, starts_at=world.at(8, "14:00"))
    outcomes = edit(world, "cecep", series, 0, Scope.ALL, room="rapat2")
    assert outcomes == ["changed"] * 5
    assert {one.room.slug for one in booking(series).occurrences} == {"rapat2"}
    assert clocks(series)[1] == "12-01T14:00-16:00 approved"


def test_this_and_following_makes_a_new_base_from_there(world: World, series: str) -> None:
    assert edit(world, "cecep", series, 2, Scope.FOLLOWING, starts_at=world.at(15, "18:00")) == ["changed"] * 3
    assert [one[6:11] for one in clocks(series)] == ["10:00", "10:00", "18:00", "18:00", "18:00"]
    # a later edit of all finds each date where its own part of the series says it is: none was changed by hand
    assert edit(world, "cecep", series, 0, Scope.ALL, starts_at=world.at(1, "08:00")) == ["changed"] * 5
    assert [one[6:11] for one in clocks(series)] == ["08:00"] * 5


def test_moving_a_series_to_another_weekday(world: World, series: str) -> None:
    edit(world, "cecep", series, 0, Scope.ALL, starts_at=world.at(2, "10:00"))
    assert [one[:5] for one in clocks(series)] == ["11-25", "12-02", "12-09", "12-16", "12-23"]


def test_edits_keep_wall_time_over_the_change_of_clocks(world: World) -> None:
    world.site("london", timezone="Europe/London")
    world.room("studio", site="london", tier="automatic", rules={})
    first = world.at(116, "19:00", LONDON)  # Friday 19 March 2027; summer time begins on the 28th
    world.now = first - timedelta(days=3)
    from booking.usecases.wanted import WantedOccurrence

    code = world.ask(
        "cecep", WantedOccurrence("studio", first, first + timedelta(hours=1)), repeat=Pattern(Every.WEEK, count=3)
    )
    edit(world, "cecep", code, 0, Scope.ALL, starts_at=first - timedelta(hours=1))
    assert {datetime.fromisoformat(one.wall_starts).hour for one in booking(code).occurrences} == {18}
    assert [one.starts_at.hour for one in booking(code).occurrences] == [18, 18, 17]


def test_all_or_nothing_unless_dates_are_left_as_they_are(world: World, series: str) -> None:
    world.ask("euis", world.time("rapat", 15, "14:00", "15:00"))
    before = clocks(series)
    with pytest.raises(Refused) as caught:
        edit(world, "cecep", series, 0, Scope.ALL, starts_at=world.at(1, "14:00"))
    assert [(one.code, one.day) for one in caught.value.violations] == [("taken", date(2026, 12, 8))]
    assert clocks(series) == before
    outcomes = edit(world, "cecep", series, 0, Scope.ALL, starts_at=world.at(1, "14:00"), skip=[date(2026, 12, 8)])
    assert outcomes == ["changed", "changed", "kept", "changed", "changed"]
    assert [one[6:11] for one in clocks(series)] == ["14:00", "14:00", "10:00", "14:00", "14:00"]


def test_a_date_may_take_the_place_another_of_the_same_edit_leaves(world: World) -> None:
    daily = world.ask("cecep", world.time("rapat", 1, "10:00", "11:00"), repeat=Pattern(Every.DAY, count=3))
    edit(world, "cecep", daily, 0, Scope.ALL, starts_at=world.at(2, "10:00"))
    assert [one[:11] for one in clocks(daily)] == ["11-25T10:00", "11-26T10:00", "11-27T10:00"]
    assert audit() == []


def test_preview_stores_nothing_and_says_before_and_after(world: World, series: str) -> None:
    uid = at(series, 0).uid
    intents, broken = preview_change(
        reading(),
        act=world.act("cecep"),
        code=series,
        scope=Scope.ALL,
        uid=uid,
        edit=Edit(starts_at=world.at(1, "20:00")),
    )
    assert [one.outcome for one in intents] == ["changed"] * 5
    assert {violation.code for violation in broken} == {"hours"}
    assert (intents[0].before.period.starts_at, intents[0].after.period.starts_at) == (
        world.at(1, "10:00"),
        world.at(1, "20:00"),
    )
    reading().rollback()
    assert [one[6:11] for one in clocks(series)] == ["10:00"] * 5


# what is approved by somebody


def test_moving_what_is_approved_waits_and_keeps_the_old_claim(world: World, approved: str) -> None:
    assert edit(world, "cecep", approved, 0, Scope.ONE, starts_at=world.at(2, "17:00")) == ["asked"]
    found = at(approved, 0)
    assert (found.state, found.starts_at, found.change.starts_at) == (
        "approved",
        world.at(2, "19:00"),
        world.at(2, "17:00"),
    )
    with pytest.raises(Refused):
        world.ask("euis", world.time("musik", 2, "20:00", "21:00"))
    decide_changes(act=world.act("dadang"), code=approved, is_approved=True)
    assert (at(approved, 0).starts_at, at(approved, 0).change) == (world.at(2, "17:00"), None)
    world.ask("euis", world.time("musik", 2, "20:00", "21:00"))
    assert [step.event for step in history_of(reading(), booking(approved).id)][-2:] == [
        "change_requested",
        "change_approved",
    ]
    assert (
        history_of(reading(), booking(approved).id)[-1]
        .facts["changes"][at(approved, 0).uid][0][1]
        .startswith("2026-11-25T12:00")
    )


def test_a_declined_change_leaves_everything_as_it_was(world: World, approved: str) -> None:
    edit(world, "cecep", approved, 0, Scope.ONE, starts_at=world.at(3, "17:00"))
    with pytest.raises(Refused) as caught:
        decide_changes(act=world.act("dadang"), code=approved, is_approved=False)
    assert codes_of(caught) == ["reason_required"]
    with pytest.raises(Forbidden):
        decide_changes(act=world.act("cecep"), code=approved, is_approved=True)
    decide_changes(act=world.act("dadang"), code=approved, is_approved=False, reason="Kamis penuh.")
    assert (at(approved, 0).state, at(approved, 0).change) == ("approved", None)
    assert reading().scalar(select(func.count(Claim.id)).where(Claim.active)) == 1
    with pytest.raises(Refused) as caught:
        decide_changes(act=world.act("dadang"), code=approved, is_approved=True)
    assert codes_of(caught) == ["state"]


def test_a_change_that_became_impossible_is_refused_and_the_old_time_stands(world: World, approved: str) -> None:
    edit(world, "cecep", approved, 0, Scope.ONE, starts_at=world.at(3, "17:00"))
    world.approve("dadang", world.ask("euis", world.time("musik", 3, "18:00", "20:00")))
    with pytest.raises(Refused) as caught:
        decide_changes(act=world.act("dadang"), code=approved, is_approved=True)
    assert codes_of(caught) == ["taken"]
    assert at(approved, 0).starts_at == world.at(2, "19:00")
    assert audit() == []


def test_shrinking_inside_the_old_slot_needs_no_new_approval(world: World, approved: str) -> None:
    outcomes = edit(
        world, "cecep", approved, 0, Scope.ONE, starts_at=world.at(2, "19:30"), ends_at=world.at(2, "20:30")
    )
    assert outcomes == ["changed"]
    world.approve("dadang", world.ask("euis", world.time("musik", 2, "20:30", "21:00")))
    assert edit(world, "cecep", approved, 0, Scope.ONE, people=1) == ["changed"]
    assert edit(world, "cecep", approved, 0, Scope.ONE, people=5) == ["asked"]
    assert audit() == []


def test_growing_over_a_neighbour_is_refused(world: World, approved: str) -> None:
    world.approve("dadang", world.ask("euis", world.time("musik", 2, "18:00", "19:00")))
    with pytest.raises(Refused) as caught:
        edit(world, "cecep", approved, 0, Scope.ONE, starts_at=world.at(2, "18:30"), ends_at=world.at(2, "21:00"))
    assert codes_of(caught) == ["taken"]


def test_who_may_decide_there_moves_at_once_with_a_reason(world: World, approved: str) -> None:
    with pytest.raises(Refused) as caught:
        edit(world, "dadang", approved, 0, Scope.ONE, starts_at=world.at(3, "17:00"))
    assert codes_of(caught) == ["reason_required"]
    assert edit(world, "dadang", approved, 0, Scope.ONE, starts_at=world.at(3, "17:00"), reason="AC diperbaiki.") == [
        "changed"
    ]
    with pytest.raises(NotFound):
        edit(world, "euis", approved, 0, Scope.ONE, starts_at=world.at(3, "18:00"))


def test_a_newer_change_replaces_the_older_and_may_be_taken_back(world: World, approved: str) -> None:
    edit(world, "cecep", approved, 0, Scope.ONE, starts_at=world.at(3, "17:00"))
    edit(world, "cecep", approved, 0, Scope.ONE, starts_at=world.at(3, "18:00"))
    states = reading().scalars(select(Change.state).order_by(Change.id)).all()
    assert states == ["withdrawn", "requested"]
    withdraw_changes(act=world.act("cecep"), code=approved)
    assert at(approved, 0).change is None


def test_a_change_nobody_decided_in_time_lapses(world: World, approved: str) -> None:
    edit(world, "cecep", approved, 0, Scope.ONE, starts_at=world.at(3, "17:00"))
    assert close_changes(act=world.act()) == 0
    world.now = world.at(2, "19:00")
    assert close_changes(act=world.act()) == 1
    assert at(approved, 0).change is None
    assert at(approved, 0).state == "approved"


def test_cancelling_ends_an_open_change(world: World, approved: str) -> None:
    edit(world, "cecep", approved, 0, Scope.ONE, starts_at=world.at(3, "17:00"))
    cancel(act=world.act("cecep"), code=approved)
    with pytest.raises(Refused):
        decide_changes(act=world.act("dadang"), code=approved, is_approved=True)


def test_what_is_undecided_changes_at_once(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    assert edit(world, "cecep", code, 0, Scope.ONE, starts_at=world.at(3, "17:00")) == ["changed"]
    assert (at(code, 0).state, at(code, 0).starts_at, at(code, 0).sequence) == ("requested", world.at(3, "17:00"), 1)


def test_moving_between_rooms_changes_both_calendars(world: World, series: str) -> None:
    world.room("rapat2", tier="automatic")

    def tags() -> list[str]:
        reading().rollback()
        return [
            scope_version(by(reading().connection()), room_scope(room_by_slug(reading(), slug).id)).tag
            for slug in ("rapat", "rapat2")
        ]

    before = tags()
    edit(world, "cecep", series, 0, Scope.ONE, room="rapat2")
    assert all(old != new for old, new in zip(before, tags(), strict=True))


def test_title_and_stale_versions(world: World, series: str) -> None:
    change_booking(act=world.act("cecep"), code=series, edit=Edit(title="Rapat inti"), version=1)
    assert (booking(series).title, booking(series).version, at(series, 0).sequence) == ("Rapat inti", 2, 1)
    with pytest.raises(Refused) as caught:
        change_booking(act=world.act("cecep"), code=series, edit=Edit(title="Lain"), version=1)
    assert codes_of(caught) == ["stale"]


# another pattern


def test_a_longer_pattern_adds_dates_and_a_shorter_one_cancels_them(world: World, series: str) -> None:
    outcomes = edit(world, "cecep", series, 0, Scope.ALL, repeat=Pattern(Every.WEEK, count=7))
    assert outcomes == ["same"] * 5 + ["added"] * 2
    assert clocks(series)[-1] == "01-05T10:00-12:00 approved"
    edit(world, "cecep", series, 2, Scope.ONE, starts_at=world.at(15, "14:00"))
    outcomes = edit(world, "cecep", series, 0, Scope.ALL, repeat=Pattern(Every.WEEK, count=2))
    assert outcomes == ["same", "same", "kept", "cancelled", "cancelled", "cancelled", "cancelled"]
    assert [one.split()[-1] for one in clocks(series)] == ["approved"] * 3 + ["cancelled"] * 4
    assert reading().scalar(select(func.count(Claim.id)).where(Claim.active)) == 3


def test_cancelled_dates_do_not_come_back_with_a_new_pattern(world: World, series: str) -> None:
    cancel(act=world.act("cecep"), code=series, uids=[at(series, 1).uid])
    edit(world, "cecep", series, 0, Scope.ALL, repeat=Pattern(Every.WEEK, count=6))
    assert [one.split()[-1] for one in clocks(series)] == ["approved", "cancelled"] + ["approved"] * 4


def test_new_dates_that_clash_refuse_the_whole_edit(world: World, series: str) -> None:
    world.ask("euis", world.time("rapat", 36, "10:00", "12:00"))
    with pytest.raises(Refused) as caught:
        edit(world, "cecep", series, 0, Scope.ALL, repeat=Pattern(Every.WEEK, count=7))
    assert codes_of(caught) == ["taken"]
    assert len(booking(series).occurrences) == 5


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"room": "nope"}, "unknown_room"),
        ({"units": 2}, "units"),
        ({"people": 99}, "capacity"),
        ({"label": "a\0"}, "text"),
        ({"title": ""}, "required"),
        ({"repeat": Pattern(Every.WEEK, count=0)}, "series_count"),
    ],
)
def test_edits_that_cannot_be(world: World, series: str, changes: dict, code: str) -> None:
    with pytest.raises(Refused) as caught:
        edit(world, "cecep", series, 0, Scope.ALL, **changes)
    assert code in codes_of(caught)
    assert booking(series).version == 1


def test_a_pattern_needs_a_series_and_stands_alone(world: World, series: str, approved: str) -> None:
    for code, scope, more, wanted in (
        (approved, Scope.ALL, {}, "no_series"),
        (series, Scope.ONE, {}, "change_both"),
        (series, Scope.ALL, {"starts_at": world.at(1, "11:00")}, "change_both"),
    ):
        with pytest.raises(Refused) as caught:
            edit(world, "cecep", code, 0, scope, repeat=WEEKLY, **more)
        assert codes_of(caught) == [wanted]


def test_what_is_over_cannot_be_changed(world: World, series: str) -> None:
    world.now = world.at(3, "08:00")
    with pytest.raises(Refused) as caught:
        edit(world, "cecep", series, 0, Scope.ONE, starts_at=world.at(4, "10:00"))
    assert codes_of(caught) == ["state"]
    assert edit(world, "cecep", series, 1, Scope.ALL, starts_at=world.at(8, "11:00")) == ["changed"] * 4


# what a review found: each of these went wrong once


def pool(world: World, *times: tuple[str, str, int], days: tuple[int, ...] = (1,)) -> str:
    world.room("kolam", tier="automatic", units=10, rules={})
    return world.ask(
        "cecep", *(world.time("kolam", day, starts, ends, units=n) for day in days for starts, ends, n in times)
    )


def test_what_shrinks_and_what_moves_in_one_edit_are_judged_beside_each_other(world: World) -> None:
    code = pool(world, ("10:00", "12:00", 8), ("14:00", "16:00", 8))
    with pytest.raises(Refused) as caught:
        edit(world, "cecep", code, 0, Scope.ALL, starts_at=world.at(1, "10:00"), ends_at=world.at(1, "11:00"))
    assert codes_of(caught) == ["taken"]
    assert audit() == []


def test_what_is_only_asked_for_keeps_its_place_in_the_same_edit(world: World) -> None:
    world.room("kolam", tier="automatic", units=10, rules={"automatic": {"most_units": 3}})
    times = [world.time("kolam", day, "10:00", "12:00", units=n) for day, n in ((1, 3), (2, 8))]
    code = world.approve("dadang", world.ask("cecep", *times))
    with pytest.raises(Refused) as caught:
        edit(world, "cecep", code, 0, Scope.ALL, starts_at=world.at(2, "10:00"))
    assert codes_of(caught) == ["taken"]
    assert audit() == []


def test_an_edit_of_one_field_keeps_what_later_parts_of_the_series_say_of_others(world: World, series: str) -> None:
    edit(world, "cecep", series, 3, Scope.FOLLOWING, starts_at=world.at(22, "14:00"))
    edit(world, "cecep", series, 0, Scope.ALL, people=3)
    assert [one[6:11] for one in clocks(series)] == ["10:00"] * 3 + ["14:00"] * 2
    assert {one.people for one in booking(series).occurrences} == {3}
    assert edit(world, "cecep", series, 0, Scope.ALL, people=4) == ["changed"] * 5


def test_a_declined_edit_leaves_the_series_as_it_was_said(world: World) -> None:
    code = world.approve("dadang", world.ask("cecep", world.time("musik", 1, "10:00", "12:00"), repeat=WEEKLY))
    said = booking(code).occurrences[1].base_line
    assert edit(world, "cecep", code, 0, Scope.ALL, starts_at=world.at(1, "15:00")) == ["asked"] * 5
    assert booking(code).occurrences[1].base_line == said
    decide_changes(act=world.act("dadang"), code=code, is_approved=False, reason="Penuh")
    assert edit(world, "cecep", code, 0, Scope.ALL, starts_at=world.at(1, "11:00")) == ["asked"] * 5
    decide_changes(act=world.act("dadang"), code=code, is_approved=True)
    assert booking(code).occurrences[1].base_line != said
    assert edit(world, "cecep", code, 0, Scope.ALL, starts_at=world.at(1, "09:00")) == ["asked"] * 5


def test_an_occurrence_does_not_count_against_its_own_move(world: World) -> None:
    world.room("kuota", tier="automatic", rules={"quota_community": {"count": 1}})
    code = world.ask("cecep", world.time("kuota", 1, "10:00", "12:00"))
    assert edit(world, "cecep", code, 0, Scope.ONE, starts_at=world.at(1, "11:00")) == ["changed"]


def test_a_change_into_another_site_is_for_its_officer(world: World, approved: str) -> None:
    edit(world, "cecep", approved, 0, Scope.ONE, room="pl1")
    officer = viewer(reading(), world.people["entin"], world.act().today)
    assert queue(reading(), officer, world.now).bookings == [booking(approved).id]
    decide_changes(act=world.act("entin"), code=approved, is_approved=True)
    assert at(approved, 0).room.slug == "pl1"
    assert audit() == []


def test_a_new_date_may_be_left_out_of_a_longer_series(world: World, series: str) -> None:
    longer = Pattern(Every.WEEK, count=7)
    outcomes = edit(world, "cecep", series, 0, Scope.ALL, repeat=longer, skip=[date(2026, 12, 29)])
    assert outcomes == ["same"] * 5 + ["added"]


def test_a_longer_series_keeps_to_the_limits_and_to_what_lies_ahead(world: World, series: str) -> None:
    with pytest.raises(Refused) as caught:
        edit(world, "cecep", series, 0, Scope.ALL, repeat=Pattern(Every.WEEK, count=60))
    assert codes_of(caught) == ["series_ahead"]
    with pytest.raises(Refused) as caught:
        edit(world, "cecep", series, 1, Scope.FOLLOWING, repeat=Pattern(Every.DAY, count=104))
    assert codes_of(caught) == ["too_many"]
    world.now = world.at(9, "08:00")
    twice = Pattern(Every.WEEK, on=(1, 3), until=date(2026, 12, 22))
    assert edit(world, "cecep", series, 2, Scope.ALL, repeat=twice).count("added") == 3
    for more in ({"people": 5}, {"label": "Baru"}, {"units": 1}):
        with pytest.raises(Refused) as caught:
            edit(world, "cecep", series, 2, Scope.ALL, repeat=twice, **more)
        assert codes_of(caught) == ["change_both"]


def test_out_of_a_studio_into_a_pool_everybody_gets_a_place(world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), people=9)
    edit(world, "cecep", code, 0, Scope.ONE, room="meja")
    assert at(code, 0).units == 9


def test_becoming_less_is_hindered_by_nothing_that_came_later(world: World, approved: str) -> None:
    from booking.usecases.furnishing import save_room
    from tests.usecases.test_furnishing import FACTS

    world.approve("dadang", world.ask("euis", world.time("musik", 2, "17:00", "19:00")))
    changed = {
        "name": "Musik",
        "units": 1,
        "tier": "officer",
        "capacity": 1,
        "setup_minutes": 30,
        "teardown_minutes": 30,
    }
    from dataclasses import replace

    save_room(act=world.act(), slug="musik", facts=replace(FACTS, **changed))
    world.close(world.at(2, "00:00"), world.at(3, "00:00"), room="musik")
    assert edit(world, "cecep", approved, 0, Scope.ONE, ends_at=world.at(2, "20:30")) == ["changed"]
    assert edit(world, "cecep", approved, 0, Scope.ONE, label="Gladi") == ["changed"]
    with pytest.raises(Refused):
        edit(world, "cecep", approved, 0, Scope.ONE, people=0)
    assert audit() == []


def test_what_staff_set_aside_goes_with_the_change_and_ends_with_it(world: World) -> None:
    code = world.approve("sumarna", world.ask("cecep", world.time("aula", 2, "10:00", "12:00")))
    late = {"starts_at": world.at(2, "21:00"), "ends_at": world.at(2, "22:00")}
    assert edit(world, "dadang", code, 0, Scope.ONE, **late, reason="Pentas", setting_aside=True) == ["asked"]
    decide_changes(act=world.act("sumarna"), code=code, is_approved=True)
    assert at(code, 0).overridden == ["hours"]
    edit(world, "sumarna", code, 0, Scope.ONE, starts_at=world.at(2, "13:00"), reason="Siang saja")
    assert at(code, 0).overridden is None


def test_an_edit_of_something_else_does_not_move_the_time(world: World, series: str) -> None:
    from booking.usecases.furnishing import SiteFacts, save_site

    before = [one.starts_at for one in booking(series).occurrences]
    save_site(act=world.act(), slug="bitc", facts=SiteFacts("BITC", "BITC", "Asia/Makassar", rules={}))
    edit(world, "cecep", series, 0, Scope.ONE, label="Gladi")
    assert [one.starts_at for one in booking(series).occurrences] == before


def test_skipped_dates_keep_sound_numbers_and_end_with_the_series(world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=WEEKLY, skip=[date(2026, 12, 22)])
    for wrong in ({"units": 0}, {"people": 10**30}):
        with pytest.raises(Refused):
            edit(world, "cecep", code, 4, Scope.ONE, **wrong)
    edit(world, "cecep", code, 0, Scope.ALL, repeat=Pattern(Every.WEEK, count=4))
    assert at(code, 4).state == "cancelled"
