"""Looks add up by viewer, person, kind and day; they go with the person and with time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from booking.storage.db import reading
from booking.storage.looks import Look, Seen
from booking.usecases import retaining
from booking.usecases.erasing import erase
from booking.usecases.looking import note_looks
from tests.support.world import World


def rows(_world: World) -> list[tuple[int | None, int | None, int]]:
    reading().rollback()
    return [(one.viewer_id, one.person_id, one.times) for one in reading().scalars(select(Look).order_by(Look.key))]


def test_batches_add_up_lists_are_one_row_and_the_person_takes_them_along(world: World) -> None:
    dadang, dewi = world.people["dadang"], world.people["dewi"]
    day = world.now.date()
    batch = [Seen(dadang, who, what, day, world.now) for who, what in ((dewi, "request"), (None, "today"))]
    for _ in range(2):
        note_looks(seen=[*batch, Seen(None, dewi, "copy", day, world.now)])
    assert sorted(rows(world), key=str) == sorted([(dadang, dewi, 2), (dadang, None, 2), (None, dewi, 2)], key=str)
    note_looks(seen=[Seen(dadang, dewi, "request", day + timedelta(days=1), world.now + timedelta(days=1))])
    assert len(rows(world)) == 4
    erase(act=world.act(), person_id=dewi)
    assert rows(world) == [(dadang, None, 2)]
    world.now += timedelta(days=364)
    assert "views" not in retaining.drop_due(act=world.act(), real_now=world.now)
    world.now += timedelta(days=2)
    assert retaining.drop_due(act=world.act(), real_now=world.now)["views"] == 1
