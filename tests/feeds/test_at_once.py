"""Calendars put together by the database hold what they hold when each occurrence is looked up, or are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from booking.domain.period import Period
from booking.storage.bookings import Occurrence
from booking.storage.db import db, reading
from booking.storage.feed_events import Shelf, Window, room_bytes, room_entries
from booking.storage.feeds import Piece
from booking.storage.places import room_by_slug
from tests.support.world import ADDRESS, World

SHELF = Shelf("id", ADDRESS.writer)


@pytest.fixture
def levels(world: World) -> dict[int, str]:
    """Two rooms at one level, their bookings in turns, one running at 9.00 of the first day, one only asked for."""
    for room, day, starts, ends in (
        *(("aula", 3, "10:00", "11:00"), ("musik", 2, "08:00", "10:00"), ("aula", 2, "12:00", "13:00")),
        *(("musik", 3, "10:00", "11:00"), ("musik", 2, "11:00", "12:00")),
    ):
        code = world.ask("cecep", world.time(room, day, starts, ends), title=f"Latihan {room} {day}")
        world.approve("sumarna", code)
    world.ask("cecep", world.time("aula", 4, "10:00", "11:00"), title="Belum")
    return {room_by_slug(reading(), slug).id: "title" for slug in ("aula", "musik")}


def window(world: World) -> Window:
    start = world.at(2, "09:00")
    return Window(Period(start, start + timedelta(days=7)), start)


def one_by_one(levels: dict[int, str], of: Window) -> list[bytes]:
    return [body for _, _, body, _ in room_entries(reading(), levels, of, SHELF)]


def test_the_same_bytes_in_the_same_order(world: World, levels: dict[int, str]) -> None:
    expected = one_by_one(levels, window(world))
    assert len(expected) == 5
    assert None not in expected
    assert room_bytes(reading(), levels, window(world), SHELF) == b"".join(expected)


def test_nothing_is_an_empty_piece(world: World, levels: dict[int, str]) -> None:
    start = world.at(2, "09:00") + timedelta(days=60)
    assert room_bytes(reading(), levels, Window(Period(start, start + timedelta(days=1)), start), SHELF) == b""


@pytest.mark.parametrize("day", [2, 3])
def test_what_is_not_at_hand_is_looked_up(world: World, levels: dict[int, str], day: int) -> None:
    """Running as the window opens, or later."""
    early = world.at(day, "08:00")
    gone = update(Piece).where(Piece.starts_at >= early, Piece.starts_at < early + timedelta(hours=3))
    with db.engine.begin() as connection:
        connection.execute(gone.where(Piece.level == "title").values(writer="another"))
    assert room_bytes(reading(), levels, window(world), SHELF) is None


def test_bytes_of_what_does_not_stand_are_never_taken_for_those_of_what_does(
    world: World, levels: dict[int, str]
) -> None:
    """Control: were something called off past the use cases, its bytes would be one too many."""
    with db.engine.begin() as connection:
        late = Occurrence.starts_at == world.at(3, "10:00")
        connection.execute(update(Occurrence).where(late).values(state="cancelled"))
    assert room_bytes(reading(), levels, window(world), SHELF) is None


def test_rooms_at_several_levels_and_those_that_show_everything_are_looked_up(
    world: World, levels: dict[int, str]
) -> None:
    first, second = levels
    assert room_bytes(reading(), {first: "title", second: "busy"}, window(world), SHELF) is None
    assert room_bytes(reading(), dict.fromkeys(levels, "full"), window(world), SHELF) is None
    assert room_bytes(reading(), {}, window(world), SHELF) is None
