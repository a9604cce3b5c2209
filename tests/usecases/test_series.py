"""Series, gatherings, items, needs: what one request can be, previewed and stored."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from booking.domain.errors import Forbidden, Refused
from booking.domain.series import Every, Pattern
from booking.storage.bookings import Booking, Occurrence
from booking.storage.claims import Claim
from booking.storage.db import reading
from booking.storage.history import history_of
from booking.usecases.deciding import Verdict, decide
from booking.usecases.furnishing_items import ItemFacts, save_item
from booking.usecases.previewing import preview_request
from booking.usecases.proposing import Kind
from booking.usecases.resuming import resume, tell_free_again
from booking.usecases.wanted import Instead, Wanted
from tests.support.world import LONDON, World
from tests.usecases.test_deciding import codes_of
from tests.usecases.test_requesting import booking

WEEKLY = Pattern(Every.WEEK, count=6)
TUESDAY = date(2026, 11, 24)


def weeks(*numbers: int) -> list[date]:
    return [TUESDAY + timedelta(weeks=number) for number in numbers]


def wanted(world: World, *occurrences, **more) -> Wanted:
    given = occurrences or (world.time("rapat", 1, "10:00", "12:00"),)
    return Wanted(more.pop("title", "Rutin"), more.pop("people", 2), given, **{"repeat": WEEKLY, **more})


def preview(world: World, who: str, ask: Wanted):
    found = preview_request(reading(), act=world.act(who), wanted=ask)
    reading().rollback()
    return found


def days_and_states(code: str) -> list[tuple[date, str]]:
    return [(one.series_day, one.state) for one in booking(code).occurrences]


def test_a_series_is_one_booking_and_claims_every_date(world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=WEEKLY)
    assert days_and_states(code) == [(day, "approved") for day in weeks(0, 1, 2, 3, 4, 5)]
    assert reading().scalar(select(func.count(Claim.id))) == 6
    found = booking(code)
    assert found.repeat == WEEKLY
    assert found.pattern == {"every": "week", "count": 6}
    with pytest.raises(Refused) as caught:
        world.ask("euis", world.time("rapat", 1, "11:00", "13:00"), repeat=WEEKLY)
    assert codes_of(caught) == ["taken"] * 6
    assert [one.day for one in caught.value.violations] == weeks(0, 1, 2, 3, 4, 5)


def test_preview_says_of_each_date_what_stands_in_its_way(world: World) -> None:
    world.ask("euis", world.time("rapat", 8, "11:00", "13:00"))
    world.close(world.at(15, "00:00"), world.at(16, "00:00"))
    found = preview(world, "cecep", wanted(world))
    assert [row.finding for row in found.rows] == ["free", "clash", "closed", "free", "free", "free"]
    assert [row.day for row in found.rows] == weeks(0, 1, 2, 3, 4, 5)
    assert found.count_free == 4
    assert reading().scalar(select(func.count(Booking.id))) == 1
    clash = found.rows[1]
    assert clash.violations[0].nearest.starts_at == world.at(8, "09:00")
    assert {one.kind for one in clash.alternatives} >= {Kind.EARLIER, Kind.LATER, Kind.ROOM}


def test_all_or_nothing_unless_somebody_chose_to_skip(world: World) -> None:
    world.ask("euis", world.time("rapat", 8, "11:00", "13:00"))
    with pytest.raises(Refused):
        world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=WEEKLY)
    assert reading().scalar(select(func.count(Booking.id))) == 1
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=WEEKLY, skip=weeks(1, 4))
    states = [state for _, state in days_and_states(code)]
    assert states == ["approved", "skipped", "approved", "approved", "skipped", "approved"]
    reasons = [one.skipped_because for one in booking(code).occurrences if one.state == "skipped"]
    assert reasons == [{"codes": ["taken"]}, {"codes": []}]
    assert booking(code).state == "approved"


def test_a_skipped_date_is_offered_again_when_the_clash_clears(world: World) -> None:
    other = world.ask("euis", world.time("rapat", 8, "11:00", "13:00"))
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=WEEKLY, skip=weeks(1))
    skipped = next(one for one in booking(code).occurrences if one.state == "skipped")
    with pytest.raises(Refused) as caught:
        resume(act=world.act("cecep"), code=code, uids=[skipped.uid])
    assert codes_of(caught) == ["taken"]
    assert tell_free_again(act=world.act()) == 0
    from booking.usecases.cancelling import cancel

    cancel(act=world.act("euis"), code=other)
    assert tell_free_again(act=world.act()) == 1
    assert tell_free_again(act=world.act()) == 0, "nobody is told twice"
    with pytest.raises(Exception, match="booking"):
        resume(act=world.act("euis"), code=code, uids=[skipped.uid])
    resume(act=world.act("cecep"), code=code, uids=[skipped.uid])
    assert [state for _, state in days_and_states(code)] == ["approved"] * 6
    events = [step.event for step in history_of(reading(), booking(code).id)]
    assert events == ["requested", "approved", "free_again", "resumed", "approved"]


def test_another_time_or_room_for_a_date(world: World) -> None:
    world.room("rapat2", tier="automatic")
    instead = {
        weeks(1)[0]: Instead(starts_at=world.at(8, "14:00"), ends_at=world.at(8, "15:00")),
        weeks(2)[0]: Instead(room="rapat2"),
    }
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=WEEKLY, instead=instead)
    found = booking(code).occurrences
    assert found[1].starts_at == world.at(8, "14:00")
    assert [one.room.slug for one in found[:4]] == ["rapat", "rapat", "rapat2", "rapat"]
    assert [one.base is None for one in found[:4]] == [True, False, False, True]


def test_wall_time_stays_when_the_clocks_change(world: World) -> None:
    world.site("london", timezone="Europe/London")
    world.room("studio", site="london", tier="automatic", rules={})
    world.now = world.at(-30, "08:00")
    first = world.at(-34, "19:00", LONDON)  # Tuesday 20 October 2026, summer time
    world.now = first - timedelta(days=1)
    from booking.usecases.wanted import WantedOccurrence

    code = world.ask("cecep", WantedOccurrence("studio", first, first + timedelta(hours=2)), repeat=WEEKLY)
    found = booking(code).occurrences
    assert {one.starts_at.astimezone(LONDON).hour for one in found} == {19}
    assert {one.starts_at.hour for one in found} == {18, 19}


def test_a_date_in_a_gap_is_told_and_may_be_skipped(world: World) -> None:
    world.site("london", timezone="Europe/London")
    world.room("studio", site="london", tier="automatic", rules={})
    world.now = world.at(100, "08:00")
    from booking.usecases.wanted import WantedOccurrence

    first = world.at(118, "01:30", LONDON)  # Sunday 21 March 2027; on the 28th 01:30 does not exist
    ask = wanted(
        world, WantedOccurrence("studio", first, first + timedelta(hours=1)), repeat=Pattern(Every.WEEK, count=3)
    )
    assert [row.finding for row in preview(world, "cecep", ask).rows] == ["free", "refused", "free"]
    with pytest.raises(Refused) as caught:
        world.ask("cecep", *ask.occurrences, repeat=ask.repeat)
    assert [(one.code, one.day) for one in caught.value.violations] == [("gap", date(2027, 3, 28))]
    code = world.ask("cecep", *ask.occurrences, repeat=ask.repeat, skip=[date(2027, 3, 28)])
    assert [state for _, state in days_and_states(code)] == ["approved", "skipped", "approved"]


def test_a_gathering_repeats_with_all_its_rooms_and_days(world: World) -> None:
    code = world.ask(
        "cecep",
        world.time("rapat", 1, "18:00", "20:00", label="persiapan"),
        world.time("meja", 2, "09:00", "12:00", people=10),
        repeat=Pattern(Every.WEEK, interval=4, count=2),
    )
    found = booking(code).occurrences
    assert [(one.room.slug, str(one.series_day), one.wall_starts, one.units, one.label) for one in found] == [
        ("rapat", "2026-11-24", "2026-11-24T18:00", 1, "persiapan"),
        ("meja", "2026-11-24", "2026-11-25T09:00", 10, None),
        ("rapat", "2026-12-22", "2026-12-22T18:00", 1, "persiapan"),
        ("meja", "2026-12-22", "2026-12-23T09:00", 10, None),
    ]
    times = (world.time("rapat", 3, "18:00", "20:00"), world.time("rapat", 4, "18:00", "20:00"))
    with pytest.raises(Refused) as caught:
        world.ask("cecep", *times, repeat=Pattern(Every.WEEK, on=(3,), count=2))
    assert codes_of(caught) == ["series_on_days"]


def test_limits_of_a_series(world: World) -> None:
    world.room("jauh", tier="automatic", rules={})
    first = world.time("jauh", 1, "10:00", "11:00")
    daily = Pattern(Every.DAY, count=105)
    with pytest.raises(Refused) as caught:
        world.ask("cecep", first, repeat=daily)
    assert codes_of(caught) == ["too_many"]
    with pytest.raises(Refused) as caught:
        world.ask("cecep", first, repeat=Pattern(Every.WEEK, count=30))
    assert codes_of(caught) == ["series_ahead"]
    code = world.ask("dadang", first, repeat=daily)
    assert len(booking(code).occurrences) == 105


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (Pattern(Every.WEEK, count=0), "series_count"),
        (Pattern(Every.WEEK, until=date(2026, 11, 1)), "series_until"),
        (Pattern(Every.WEEK), "series_end"),
        (Pattern(Every.WEEK, count=3, until=date(2026, 12, 24)), "series_end"),
        (Pattern(Every.WEEK, interval=0, count=3), "series_interval"),
        (Pattern(Every.DAY, interval=10**9, count=3), "series_interval"),
        (Pattern(Every.DAY, count=10**9), "too_many"),
        (Pattern(Every.DAY, until=date(2199, 1, 1)), "too_many"),
        (Pattern(dates=tuple(TUESDAY + timedelta(days=n) for n in range(10_000))), "too_many"),
        (Pattern(Every.MONTH, on=(0,), nth=5, count=3), "series_nth"),
        (Pattern(Every.MONTH, on=(0, 1), nth=1, count=3), "series_nth"),
        (Pattern(Every.DAY, on=(0,), count=3), "series_on"),
    ],
)
def test_patterns_that_cannot_be_are_refused_and_store_nothing(world: World, pattern: Pattern, code: str) -> None:
    with pytest.raises(Refused) as caught:
        world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=pattern)
    assert codes_of(caught)[0] == code
    assert reading().scalar(select(func.count(Booking.id))) == 0


def test_the_31st_of_each_month_is_refused_with_the_month_that_has_none(world: World) -> None:
    monthly = Pattern(Every.MONTH, count=3)
    with pytest.raises(Refused) as caught:
        world.ask("cecep", world.time("rapat", 38, "10:00", "12:00"), repeat=monthly)  # 31 December
    (violation,) = caught.value.violations
    assert (violation.code, violation.values["month"]) == ("month_day", date(2027, 2, 1))


def test_skip_and_instead_speak_of_dates_of_the_series_only(world: World) -> None:
    with pytest.raises(Refused) as caught:
        world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=WEEKLY, skip=[date(2026, 11, 25)])
    assert codes_of(caught) == ["series_no_such_day"]
    with pytest.raises(Refused) as caught:
        world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=WEEKLY, skip=weeks(0, 1, 2, 3, 4, 5))
    assert codes_of(caught) == ["series_all_skipped"]


# items and needs


@pytest.fixture
def lab(world: World) -> World:
    world.room("lab", units=20, capacity=20)
    save_item(act=world.act(), slug=None, facts=ItemFacts("bitc", "Toon Boom", 15, room="lab"), new_slug="toon-boom")
    save_item(act=world.act(), slug=None, facts=ItemFacts("bitc", "Proyektor", 1), new_slug="proyektor")
    return world


def test_twenty_seats_but_fifteen_licences(lab: World) -> None:
    first = lab.ask("cecep", lab.time("lab", 1, "09:00", "12:00", units=10), items=[("toon-boom", 10)])
    lab.approve("dadang", first)
    second = lab.ask("euis", lab.time("lab", 1, "10:00", "11:00", units=5), items=[("toon-boom", 5)])
    lab.approve("dadang", second)
    with pytest.raises(Refused) as caught:
        lab.ask("dewi", lab.time("lab", 1, "10:00", "11:00", units=1), items=[("toon-boom", 1)])
    (violation,) = caught.value.violations
    assert (violation.code, violation.values["free"]) == ("item_taken", 0)
    assert violation.nearest.starts_at == lab.at(1, "09:00"), "ten of fifteen are taken then"
    lab.ask("dewi", lab.time("lab", 1, "10:00", "11:00", units=5))  # five seats are left, without a licence


def test_items_are_claimed_with_the_approval_and_given_back(lab: World) -> None:
    first = lab.ask("cecep", lab.time("lab", 1, "09:00", "12:00", units=1), items=[("toon-boom", 15)])
    rival = lab.ask("euis", lab.time("lab", 1, "11:00", "13:00", units=1), items=[("toon-boom", 1)])
    lab.approve("dadang", first)
    with pytest.raises(Refused) as caught:
        lab.approve("dadang", rival)
    assert codes_of(caught) == ["item_taken"]
    from booking.usecases.cancelling import cancel

    cancel(act=lab.act("cecep"), code=first)
    lab.approve("dadang", rival)


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([("nope", 1)], "unknown_item"),
        ([("toon-boom", 16)], "item_quantity"),
        ([("toon-boom", 0)], "item_quantity"),
        ([("toon-boom", -3)], "item_quantity"),
        ([("proyektor", 1), ("proyektor", 1)], "item_taken"),
    ],
)
def test_items_that_cannot_be(lab: World, items: list, code: str) -> None:
    with pytest.raises(Refused) as caught:
        lab.ask("cecep", lab.time("lab", 1, "09:00", "12:00", units=1), items=items)
    assert codes_of(caught) == [code]


def test_an_item_of_another_room_and_a_broken_one(lab: World) -> None:
    with pytest.raises(Refused) as caught:
        lab.ask("cecep", lab.time("rapat", 1, "09:00", "12:00"), items=[("toon-boom", 1)])
    assert codes_of(caught) == ["item_elsewhere"]
    broken = ItemFacts("bitc", "Proyektor", 1, condition="broken")
    save_item(act=lab.act(), slug="proyektor", facts=broken)
    with pytest.raises(Refused) as caught:
        lab.ask("cecep", lab.time("rapat", 1, "09:00", "12:00"), items=[("proyektor", 1)])
    assert codes_of(caught) == ["item_broken"]


def test_stock_that_cannot_be_or_is_in_use(lab: World) -> None:
    for stock in (0, -1, 10_001):
        with pytest.raises(Refused) as caught:
            save_item(act=lab.act(), slug="proyektor", facts=ItemFacts("bitc", "Proyektor", stock))
        assert codes_of(caught) == ["range"]
    lab.approve("dadang", lab.ask("cecep", lab.time("lab", 1, "09:00", "12:00", units=1), items=[("toon-boom", 15)]))
    with pytest.raises(Refused) as caught:
        save_item(act=lab.act(), slug="toon-boom", facts=ItemFacts("bitc", "Toon Boom", 14, room="lab"))
    assert codes_of(caught) == ["units_in_use"]
    with pytest.raises(Forbidden):
        save_item(act=lab.act("cecep"), slug="proyektor", facts=ItemFacts("bitc", "Proyektor", 2))


def test_whole_use_of_a_pool_is_all_its_units(lab: World) -> None:
    code = lab.ask("cecep", lab.time("meja", 1, "09:00", "12:00", whole=True))
    assert booking(code).occurrences[0].units == 24
    with pytest.raises(Refused):
        lab.ask("euis", lab.time("meja", 1, "11:00", "13:00"), people=1)


def test_needs_get_one_of_four_answers(lab: World) -> None:
    code = lab.ask("cecep", lab.time("lab", 1, "09:00", "12:00", units=1), needs=["Air minum", "Sound system"])
    first, second = booking(code).needs
    answers = {first.id: ("not_available", "Bawa galon sendiri."), second.id: ("limited", "")}
    decide(act=lab.act("dadang"), code=code, verdict=Verdict.APPROVE, answers=answers)
    assert [(need.text, need.answer, need.note) for need in booking(code).needs] == [
        ("Air minum", "not_available", "Bawa galon sendiri."),
        ("Sound system", "limited", ""),
    ]
    other = lab.ask("cecep", lab.time("lab", 2, "09:00", "12:00", units=1), needs=["Kursi"])
    for wrong in ({first.id: ("available", "")}, {booking(other).needs[0].id: ("maybe", "")}):
        with pytest.raises(Refused) as caught:
            decide(act=lab.act("dadang"), code=other, verdict=Verdict.APPROVE, answers=wrong)
        assert codes_of(caught) == ["need"]


# several rooms, tiers, overriding


def test_automatic_ones_wait_for_the_rest_or_go_apart(world: World) -> None:
    times = (world.time("rapat", 1, "09:00", "10:00"), world.time("musik", 1, "10:00", "11:00"))
    together = world.ask("cecep", *times)
    assert {one.state for one in booking(together).occurrences} == {"requested"}
    apart = world.ask(
        "cecep", world.time("rapat", 1, "15:00", "16:00"), world.time("musik", 1, "16:00", "17:00"), apart=True
    )
    assert {one.room.slug: one.state for one in booking(apart).occurrences} == {
        "rapat": "approved",
        "musik": "requested",
    }


def test_what_waited_is_approved_with_the_last_that_needed_a_decision_wherever_it_is(world: World) -> None:
    world.room("inkubasi", site="ctp", tier="automatic")
    code = world.ask("cecep", world.time("inkubasi", 1, "09:00", "10:00"), world.time("musik", 1, "10:00", "11:00"))
    world.approve("dadang", code)
    assert {one.state for one in booking(code).occurrences} == {"approved"}


def test_staff_override_visibly_with_a_reason(world: World) -> None:
    world.room("kaku", tier="automatic", rules={"notice": {"hours": 48}, "length": {"shortest": 60, "longest": 120}})
    early = world.time("kaku", 1, "09:00", "13:00")
    with pytest.raises(Refused) as caught:
        world.ask("dadang", early)
    assert codes_of(caught) == ["notice", "length"]
    with pytest.raises(Forbidden):
        world.ask("cecep", early, override="Mendesak")
    code = world.ask("dadang", early, override="Kunjungan wali kota")
    assert booking(code).occurrences[0].overridden == ["length", "notice"]
    steps = history_of(reading(), booking(code).id)
    assert steps[0].text.text == "Kunjungan wali kota"
    with pytest.raises(Refused) as caught:
        world.ask("dadang", early, override="Lagi")
    assert codes_of(caught) == ["taken"], "no reason sets aside that a place is taken"


def test_an_approver_may_set_a_closure_aside_with_a_reason(world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    world.close(world.at(2, "00:00"), world.at(3, "00:00"))
    with pytest.raises(Refused) as caught:
        world.approve("dadang", code)
    assert codes_of(caught) == ["closed"]
    with pytest.raises(Refused) as caught:
        decide(act=world.act("dadang"), code=code, verdict=Verdict.APPROVE, setting_aside=True)
    assert codes_of(caught) == ["reason_required"]
    decide(act=world.act("dadang"), code=code, verdict=Verdict.APPROVE, setting_aside=True, reason="Dijaga satpam")
    assert booking(code).occurrences[0].overridden == ["closed"]
    assert history_of(reading(), booking(code).id)[-1].facts["overridden"]


def test_a_composite_of_any_depth_claims_its_leaves(world: World) -> None:
    world.room("pl3", site="ctp")
    world.room("semua", site="ctp", parts=("plx", "pl3"))
    code = world.ask("cecep", world.time("semua", 1, "09:00", "10:00"))
    world.approve("entin", code)
    assert reading().scalar(select(func.count(Claim.id))) == 3
    for room in ("pl1", "pl3", "plx"):
        with pytest.raises(Refused) as caught:
            world.ask("euis", world.time(room, 1, "09:30", "10:30"))
        assert codes_of(caught) == ["taken"]
    assert reading().scalar(select(func.count(Occurrence.id))) == 1
