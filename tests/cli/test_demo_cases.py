"""The demo's deliberate cases: each is there to show something, and shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from booking.cli.demo import load_demo
from booking.domain.errors import Refused
from booking.domain.series import Every, Pattern
from booking.domain.verdict import Finding
from booking.front import context
from booking.storage.bookings import Booking, Occurrence
from booking.storage.db import db, reading
from booking.storage.people import Person
from booking.usecases.act import Act
from booking.usecases.previewing import Preview, preview_request
from booking.usecases.requesting import request_booking
from booking.usecases.wanted import Wanted, WantedOccurrence
from tests.conftest import _app
from tests.support import databases
from tests.support.world import JAKARTA


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo at its own anchor, loaded once: these cases only look, or are refused."""
    folder = tmp_path_factory.mktemp("demo")
    url = f"sqlite:///{folder / 'booking.sqlite'}"
    databases.migrate(url, folder)
    app = _app(url, folder)
    with app.app_context():
        load_demo(chosen=date(2026, 11, 23))
        yield app
        db.session.remove()
        db.engine.dispose()


def act(who: str) -> Act:
    person = reading().scalar(select(Person.id).where(Person.email == f"{who}@example.com"))
    return Act(person, context.now(), context.today(), context.address())


def one(room: str, day: str, starts: str, ends: str, units: int | None = None) -> WantedOccurrence:
    times = (datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=JAKARTA) for clock in (starts, ends))
    return WantedOccurrence(room, *times, units)


def refused(who: str, *wanted: WantedOccurrence, people: int = 5, **more) -> list[str]:
    with pytest.raises(Refused) as caught:
        request_booking(act=act(who), wanted=Wanted("Coba", people, wanted, **more))
    return [violation.code for violation in caught.value.violations]


def preview(who: str, starts: str, ends: str) -> Preview:
    given = one("ruang-latihan-musik", "2026-12-01", starts, ends)
    pattern = Pattern(Every.WEEK, until=date(2027, 3, 30))
    return preview_request(reading(), act=act(who), wanted=Wanted("Latihan", 5, [given], repeat=pattern))


def test_the_music_series_lists_its_six_dates(demo: Flask) -> None:
    found = preview("jajang", "17:00", "19:00")
    assert len(found.rows) == 18
    hit = {row.day.isoformat(): str(row.finding) for row in found.rows if row.finding is not Finding.FREE}
    assert hit == {
        "2027-01-05": "closed",
        "2027-02-09": "hours",
        "2027-02-16": "hours",
        "2027-02-23": "hours",
        "2027-03-02": "hours",
        "2027-03-09": "closed",
    }


def test_later_in_the_evening_the_series_of_another_community_clashes_too(demo: Flask) -> None:
    found = preview("jajang", "19:00", "21:00")
    assert [str(row.day) for row in found.rows if row.finding is Finding.CLASH] == ["2026-12-01", "2026-12-08"]


def test_two_requests_compete_for_wednesday_evening(demo: Flask) -> None:
    query = select(Occurrence).join(Booking).where(Occurrence.state == "requested")
    music = [each for each in reading().scalars(query) if each.room.slug == "ruang-latihan-musik"]
    assert len(music) == 2
    assert music[0].period.overlaps(music[1].period)


def test_a_refusal_by_series(demo: Flask) -> None:
    assert refused("cecep", one("ruang-latihan-musik", "2026-12-01", "19:00", "20:00")) == ["taken"]


def test_a_refusal_by_composite(demo: Flask) -> None:
    for part in ("ruang-pelatihan-1", "ruang-pelatihan-2", "ruang-pelatihan-1-2-digabung"):
        assert "taken" in refused("wati", one(part, "2026-12-10", "14:00", "15:00"))


def test_fifteen_of_fifteen_licences(demo: Flask) -> None:
    lab = one("lab-animasi", "2026-12-02", "09:00", "11:00", 2)
    assert refused("suharto", lab, people=2, items=[("toon-boom", 1)]) == ["item_taken"]
    seats = preview_request(reading(), act=act("suharto"), wanted=Wanted("Coba", 2, [lab]))
    assert [row.finding for row in seats.rows] == [Finding.FREE], "seats are left, licences are not"


def test_series_and_items_of_the_facts_are_stored_as_such(demo: Flask) -> None:
    patterns = {booking.title: booking.pattern for booking in reading().scalars(select(Booking)) if booking.pattern}
    assert patterns["Latihan rutin Kujang Lima"] == {"every": "week", "count": 5}
    licences = [each for each in reading().scalars(select(Occurrence)) if each.items]
    assert sorted(each.items[0].quantity for each in licences) == [8, 15, 15, 15]
