"""A calendar file becomes bookings or closures: what was shown, all of it or nothing, and nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking.domain.errors import Forbidden, Refused
from booking.ical.reading import read
from booking.storage.bookings import Booking, Occurrence
from booking.storage.claims import Claim
from booking.storage.closures import Closure
from booking.storage.db import reading
from booking.storage.imports import Imported
from booking.storage.outbox import Outbox
from booking.usecases.cancelling import cancel
from booking.usecases.closing import reopen
from booking.usecases.communities import close_community, decline_community
from booking.usecases.import_plan import Choices, ImportPlan, Kind, Outcome, plan_import
from booking.usecases.importing import Counts, import_events
from tests.support.calendars import GOOGLE, OUTLOOK, THUNDERBIRD, calendar, event
from tests.support.world import World

NEW, ALREADY, REFUSED, SKIPPED = Outcome.NEW, Outcome.ALREADY, Outcome.REFUSED, Outcome.SKIPPED
TUESDAY = (":20261124T020000Z", ":20261124T040000Z")  # 09.00-11.00 WIB


def look(world: World, body: bytes, who: str = "dadang", **choices) -> ImportPlan:
    return plan_import(reading(), act=world.act(who), events=read(body, world.now), choices=Choices(**choices))


def bring(world: World, body: bytes, who: str = "dadang", **choices) -> Counts:
    """As the page does: look, then confirm what was shown."""
    digest = look(world, body, who, **choices).digest
    reading().rollback()
    events = read(body, world.now)
    return import_events(act=world.act(who), events=events, choices=Choices(**choices), digest=digest)


def outcomes(plan: ImportPlan) -> list[tuple[str, str, list[str]]]:
    return [(row.title, str(row.outcome), [one.code for one in row.violations]) for row in plan.rows]


def rows(*tables: type) -> list[int]:
    return [reading().scalar(select(func.count()).select_from(table)) for table in tables]


EVERYTHING = (Booking, Occurrence, Claim, Closure, Imported, Outbox)


def test_what_google_exports_becomes_bookings(world: World) -> None:
    plan = look(world, GOOGLE)
    assert outcomes(plan) == [
        ("Rapat; koordinasi, bulanan", NEW, []),
        ("Latihan Gerimis Sore", NEW, []),
        ("Latihan Gerimis Sore (pindah)", NEW, []),
        ("Latihan Gerimis Sore", NEW, []),
        ("Latihan Gerimis Sore", NEW, []),
        ("Hari Raya Natal", REFUSED, ["import_nowhere"]),
        ("Batal", SKIPPED, []),
    ]
    assert bring(world, GOOGLE, community="gerimis-sore") == Counts(5, 5, 0, 0, 1, 1)
    meeting, weekly = reading().scalars(select(Booking).order_by(Booking.id))
    assert [one.label for one in weekly.occurrences] == [None, "Latihan Gerimis Sore (pindah)", None, None]
    assert weekly.occurrences[0].starts_at == world.at(1, "19:00")
    assert {one.state for one in (*weekly.occurrences, *meeting.occurrences)} == {"approved"}
    assert {one.decided_by for one in weekly.occurrences} == {world.people["dadang"]}
    assert {one.decided_by for one in meeting.occurrences} == {None}  # nobody has to decide there
    assert (weekly.community.slug, weekly.booked_for, weekly.pattern) == ("gerimis-sore", world.people["dadang"], None)
    assert rows(Occurrence, Claim, Imported, Outbox) == [5, 5, 5, 0]


def test_the_same_file_again_changes_nothing(world: World) -> None:
    bring(world, GOOGLE)
    before = rows(*EVERYTHING)
    plan = look(world, GOOGLE)
    assert [row.outcome for row in plan.rows] == [ALREADY] * 5 + [REFUSED, SKIPPED]
    reading().rollback()
    with pytest.raises(Refused, match="import_nothing_new"):
        bring(world, GOOGLE)
    assert rows(*EVERYTHING) == before


def test_the_same_room_time_and_title_is_there_already(world: World) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "11:00"), title="Rapat")
    twice = [event(uid, *TUESDAY, "RAPAT", "Ruang Rapat") for uid in "ab"]
    other = event("c", *TUESDAY, "Lain", "Ruang Rapat")
    assert [row.outcome for row in look(world, calendar(*twice, other)).rows] == [ALREADY, ALREADY, REFUSED]
    late = [
        event(uid, ":20261125T020000Z", ":20261125T040000Z", title, "Rapat, x")
        for uid, title in (("d", "Baru"), ("e", "baru"))
    ]
    assert [row.outcome for row in look(world, calendar(*late), rooms={"Rapat, x": "rapat"}).rows] == [NEW, ALREADY]


def test_what_stands_in_the_way(world: World) -> None:
    world.ask("cecep", world.time("rapat", 2, "09:00", "12:00"))
    world.close(world.at(3, "00:00"), world.at(4, "00:00"), site="bitc")
    body = calendar(
        event("taken", ":20261125T020000Z", ":20261125T040000Z", "Terisi", "Ruang Rapat"),
        event("closed", ":20261126T020000Z", ":20261126T040000Z", "Tutup", "Ruang Rapat"),
        event("early", ":20261124T220000Z", ":20261124T230000Z", "Subuh", "Ruang Rapat"),
        event("past", ":20261120T020000Z", ":20261120T040000Z", "Lalu", "Ruang Rapat"),
        event("long", ":20261127T020000Z", ":20261128T040000Z", "Panjang", "Ruang Rapat"),
        event("there", ":20261127T020000Z", ":20261127T030000Z", "Di sana", "Pelatihan 1"),
        event("beside", *TUESDAY, "Satu", "Ruang Rapat"),
        event("itself", *TUESDAY, "Dua", "Ruang Rapat"),
        event("spelled", *TUESDAY, "Tiga", "Ruang Rapatt"),
        event("unknown", *TUESDAY, "Empat", "Balai kota"),
        event("days", ";VALUE=DATE:20261127", ";VALUE=DATE:20261128", "Hari", "Ruang Rapat"),
    )
    assert outcomes(look(world, body)) == [
        ("Terisi", REFUSED, ["taken"]),
        ("Tutup", REFUSED, ["closed"]),
        ("Subuh", REFUSED, ["hours"]),
        ("Lalu", REFUSED, ["past"]),
        ("Panjang", REFUSED, ["too_long_ever"]),
        ("Di sana", REFUSED, ["import_elsewhere"]),
        ("Satu", NEW, []),
        ("Dua", REFUSED, ["taken"]),
        ("Tiga", REFUSED, ["import_place"]),
        ("Empat", REFUSED, ["import_place"]),
        ("Hari", REFUSED, ["import_whole_day"]),
    ]


def test_house_rules_are_set_aside_with_a_reason_but_never_the_guard(world: World) -> None:
    world.ask("cecep", world.time("rapat", 2, "09:00", "12:00"))
    early = event("early", ":20261124T220000Z", ":20261124T230000Z", "Subuh", "Ruang Rapat")
    taken = event("taken", ":20261125T020000Z", ":20261125T040000Z", "Terisi", "Ruang Rapat")
    body, reason = calendar(early, taken), "Kegiatan dinas."
    plan = look(world, body, override=reason)
    assert outcomes(plan) == [("Subuh", NEW, []), ("Terisi", REFUSED, ["taken"])]
    assert plan.rows[0].set_aside == ["hours"]
    bring(world, body, override=reason)
    booking = reading().scalars(select(Booking).order_by(Booking.id.desc())).first()
    assert booking.occurrences[0].overridden == ["hours"]
    with pytest.raises(Refused, match="import_override"):
        look(world, body, "admin", override=reason)


def test_rooms_are_recognised_and_never_guessed(world: World) -> None:
    spelled = [
        "ruang rapat",
        "RUANG-RAPAT",
        "Ruang Râpat",
        "rapat",
        "Ruang Rapat, BITC",
        "Ruang Rapat, Gedung BITC, Cimahi",
    ]
    same = [
        event(str(n), f":202611{24 + n}T020000Z", f":202611{24 + n}T030000Z", "X", one) for n, one in enumerate(spelled)
    ]
    assert [row.room.slug for row in look(world, calendar(*same)).rows] == ["rapat"] * len(spelled)
    body = calendar(
        event("a", *TUESDAY, "X", "Ruang Raapat"), event("b", *TUESDAY, "Y"), event("c", *TUESDAY, "Z", "Balai")
    )
    plan = look(world, body, default="room:aula")
    assert [row.room.slug if row.room else None for row in plan.rows] == [None, "aula", "aula"]
    assert [(one.text, [room.slug for room in one.suggested]) for one in plan.spellings] == [
        ("Ruang Raapat", ["rapat"]),
        ("Balai", []),
    ]
    part = calendar(event("d", *TUESDAY, "X", "Aula lantai 3"), event("e", *TUESDAY, "Y", "Pelatihan"))
    plan = look(world, part, "sumarna", default="room:rapat")
    assert [row.room for row in plan.rows] == [None, None]
    assert [{room.slug for room in one.suggested} for one in plan.spellings] == [{"aula"}, {"pl1", "pl2", "plx"}]
    plan = look(world, body, default="room:aula", rooms={"Ruang Raapat": "rapat", "Balai": "musik"})
    assert [row.room.slug for row in plan.rows] == ["rapat", "aula", "musik"]


def test_the_tail_of_a_title_names_the_room(world: World) -> None:
    plan = look(world, THUNDERBIRD, "sumarna")
    assert [(row.title, row.room and row.room.slug) for row in plan.rows] == [
        ("Pameran", "aula"),
        ("Mengambang", "rapat"),
    ]


def test_approved_where_whoever_imports_may_decide(world: World) -> None:
    body = calendar(event("a", *TUESDAY, "Pameran", "Aula"), event("b", *TUESDAY, "Band", "Ruang Latihan Musik"))
    assert [row.at_once for row in look(world, body, "dadang").rows] == [False, True]
    assert [row.at_once for row in look(world, body, "sumarna").rows] == [True, True]
    assert [row.at_once for row in look(world, body, "admin").rows] == [False, False]
    assert bring(world, body, "admin") == Counts(2, 0, 2, 0, 0, 0)
    assert {one.state for one in reading().scalars(select(Occurrence))} == {"requested"}
    assert all(one.answer_by for one in reading().scalars(select(Booking)))
    assert rows(Claim, Outbox) == [0, 0]


def test_who_may_import(world: World) -> None:
    body = calendar(event("a", *TUESDAY, "Kelas", "Pelatihan 1"))
    for who in ("cecep", "ujang"):
        with pytest.raises(Forbidden):
            look(world, body, who)
    assert outcomes(look(world, body, "dadang")) == [("Kelas", REFUSED, ["import_elsewhere"])]
    assert outcomes(look(world, body, "entin")) == [("Kelas", NEW, [])]


def test_mails_only_where_they_are_asked_for(world: World) -> None:
    world.person("Fajar")
    body = calendar(event("a", *TUESDAY, "Rapat", "Ruang Rapat"), event("b", *TUESDAY, "Pameran", "Aula"))
    bring(world, body, person="fajar@example.com", tells=True)
    kinds = sorted(one.kind for one in reading().scalars(select(Outbox)))
    assert kinds.count("requested") == 2
    assert kinds.count("approved") == 1
    assert "new_request" in kinds
    assert {one.booked_for for one in reading().scalars(select(Booking))} == {world.people["fajar"]}
    with pytest.raises(Refused, match="unknown_person"):
        look(world, body, person="0000")


def test_what_changed_meanwhile_is_shown_again_and_nothing_is_stored(world: World) -> None:
    body = calendar(event("a", *TUESDAY, "Satu", "Ruang Rapat"), event("b", *TUESDAY, "Dua", "Ruang Latihan Musik"))
    digest = look(world, body).digest
    reading().rollback()
    world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    before = rows(*EVERYTHING)
    for choices in (Choices(), Choices(people=5)):
        with pytest.raises(Refused, match="import_changed"):
            import_events(act=world.act("dadang"), events=read(body, world.now), choices=choices, digest=digest)
    assert rows(*EVERYTHING) == before


def test_an_error_in_the_middle_stores_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    digest = look(world, GOOGLE).digest
    reading().rollback()
    monkeypatch.setattr("booking.usecases.importing.publish", fails)
    with pytest.raises(RuntimeError):
        import_events(act=world.act("dadang"), events=read(GOOGLE, world.now), choices=Choices(), digest=digest)
    assert rows(*EVERYTHING) == [0] * len(EVERYTHING)


def test_two_at_once_import_it_once(world: World) -> None:
    digest = look(world, GOOGLE).digest
    reading().rollback()
    events, act, found = read(GOOGLE, world.now), world.act("dadang"), []

    def run() -> None:
        with world.app.app_context():
            try:
                found.append(import_events(act=act, events=events, choices=Choices(), digest=digest).new)
            except Refused as refused:
                found.append(refused.violations[0].code)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(map(str, found)) == "5"
    assert set(map(str, found)) <= {"5", "import_changed", "import_nothing_new"}
    assert rows(Occurrence, Claim, Imported) == [5, 5, 5]


def test_closures(world: World) -> None:
    code = world.ask("cecep", world.time("rapat", 3, "09:00", "12:00"))
    body = calendar(
        event("natal", ";VALUE=DATE:20261225", ";VALUE=DATE:20261226", "Natal"),
        event("hit", ";VALUE=DATE:20261126", ";VALUE=DATE:20261127", "Listrik", "Ruang Rapat"),
        event("hours", ":20261124T020000Z", ":20261124T040000Z", "Servis", "Aula"),
        event("there", *TUESDAY, "Servis", "Pelatihan 1"),
        event("over", ";VALUE=DATE:20261101", ";VALUE=DATE:20261102", "Lalu", "Aula"),
    )
    chosen = {"kind": Kind.CLOSURES, "default": "site:bitc"}
    assert outcomes(look(world, body, **chosen)) == [
        ("Natal", NEW, []),
        ("Listrik", REFUSED, ["import_hits"]),
        ("Servis", NEW, []),
        ("Servis", REFUSED, ["import_elsewhere"]),
        ("Lalu", REFUSED, ["past"]),
    ]
    assert bring(world, body, **chosen) == Counts(2, 0, 0, 0, 3, 0)
    natal, service = reading().scalars(select(Closure).order_by(Closure.id))
    assert (natal.starts_at, natal.ends_at) == (world.at(32, "00:00"), world.at(33, "00:00"))
    assert (natal.site_id is not None, natal.room_id, natal.name_id) == (True, None, "Natal")
    assert service.room_id is not None
    assert outcomes(look(world, body, **chosen))[0][1] == ALREADY
    reading().rollback()
    assert reading().scalar(select(Booking.code)) == code
    # taken away by hand it may come again
    reopen(act=world.act("dadang"), closure_id=natal.id)
    assert outcomes(look(world, body, **chosen))[0][1] == NEW


def test_a_closure_of_everything_in_a_joined_room_sees_its_parts(world: World) -> None:
    world.approve("entin", world.ask("cecep", world.time("plx", 1, "09:00", "11:00")))
    body = calendar(event("a", *TUESDAY, "Servis", "Pelatihan 1"))
    assert outcomes(look(world, body, "entin", kind=Kind.CLOSURES)) == [("Servis", REFUSED, ["import_hits"])]


def test_outlook_and_a_room_of_another_zone(world: World) -> None:
    assert bring(world, OUTLOOK, "entin").new == 3
    world.site("lon", "London Hub", "Europe/London")
    world.room("attic", site="lon", rules={})
    floating = calendar(event("f", ":20261201T100000", ":20261201T110000", "Tea", "Attic"))
    (row,) = look(world, floating, "sumarna").rows
    assert row.period.starts_at.hour == 10
    assert row.period.length == timedelta(hours=1)


def test_too_many_times_are_refused_at_once(world: World) -> None:
    daily = [
        event(str(n), ":20261124T020000Z", ":20261124T030000Z", "X", "Aula", "RRULE:FREQ=DAILY;COUNT=101")
        for n in range(20)
    ]
    with pytest.raises(Refused, match="import_too_many"):
        look(world, calendar(*daily))


@pytest.mark.parametrize("end", [close_community, decline_community])
def test_nothing_for_a_community_that_may_not_ask(world: World, end: Callable[..., None]) -> None:
    """As in the form for requests; the control: before it is declined or closed its times are new."""
    body = calendar(event("x", *TUESDAY, "Latihan", "Ruang Latihan Musik"))
    assert outcomes(look(world, body, community="gerimis-sore")) == [("Latihan", NEW, [])]
    reading().rollback()
    end(act=world.act(), slug="gerimis-sore", reason="Tidak ada lagi.")
    with pytest.raises(Refused, match="community_closed"):
        bring(world, body, community="gerimis-sore")
    assert rows(Booking) == [0]


def test_what_moved_in_the_file_is_shown_with_what_stands_here(world: World) -> None:
    bring(world, calendar(event("x", *TUESDAY, "Rapat", "Ruang Rapat")))
    code = reading().scalars(select(Booking.code)).one()
    reading().rollback()
    later = (":20261125T020000Z", ":20261125T040000Z")
    for time, title, place in ((later, "Rapat", ""), (TUESDAY, "Rapat besar", ""), (TUESDAY, "Rapat", "Aula")):
        plan = look(world, calendar(event("x", *time, title, place or "Ruang Rapat")))
        (row,) = plan.rows
        assert (row.outcome, row.stands.code, row.stands.title) == (Outcome.DIFFERS, code, "Rapat")
        assert row.stands.period.starts_at == world.at(1, "09:00")
        assert (plan.count(ALREADY), plan.new) == (0, [])
    (row,) = look(world, calendar(event("x", *TUESDAY, "Rapat", "Ruang Rapat"))).rows
    assert (row.outcome, row.stands.code) == (ALREADY, code)


def test_what_is_called_off_in_the_file_or_here_is_said(world: World) -> None:
    body = event("x", *TUESDAY, "Rapat", "Ruang Rapat")
    bring(world, calendar(body))
    code = reading().scalars(select(Booking.code)).one()
    reading().rollback()
    off = calendar(event("x", *TUESDAY, "Rapat", "Ruang Rapat", "STATUS:CANCELLED"))
    (row,) = look(world, off).rows
    assert (row.outcome, row.stands.code, row.stands.is_gone) == (Outcome.DIFFERS, code, False)
    reading().rollback()
    cancel(act=world.act("dadang"), code=code, reason="Batal.")
    assert [row.outcome for row in look(world, off).rows] == [SKIPPED]
    (row,) = look(world, calendar(body)).rows
    assert (row.outcome, row.stands.is_gone) == (Outcome.DIFFERS, True)


def test_the_dry_run_shows_the_titles_that_calendars_will(world: World) -> None:
    """The control: a date with another title stands beside the title of its booking."""
    weekly = event("x", *TUESDAY, "Latihan", "Ruang Rapat", "RRULE:FREQ=WEEKLY;COUNT=3")
    moved = [
        event(
            "x",
            f":202612{day}T020000Z",
            f":202612{day}T040000Z",
            title,
            "Ruang Rapat",
            f"RECURRENCE-ID:202612{day}T020000Z",
        )
        for day, title in (("01", "Latihan (pindah)"), ("08", "Tamu"))
    ]
    body = calendar(weekly, *moved)
    shown = [row.title for row in look(world, body).new]
    assert shown == ["Latihan", "Latihan (pindah)", "Latihan: Tamu"]
    reading().rollback()
    bring(world, body)
    stored = reading().scalars(select(Occurrence).order_by(Occurrence.starts_at)).all()
    assert [one.title for one in stored] == shown
    assert [row.outcome for row in look(world, body).rows] == [ALREADY] * 3
