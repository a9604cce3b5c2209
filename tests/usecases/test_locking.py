"""What is locked is where the booking is, even when it moves while its locks are awaited."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any

import pytest
from sqlalchemy import func, select

from booking.storage.claims import Claim
from booking.storage.db import db, reading
from booking.storage.places import room_by_slug
from booking.usecases import locking
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.intents import Edit
from tests.support.world import World


def test_a_booking_that_moves_meanwhile_is_locked_where_it_is(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("one writer at a time: nothing moves meanwhile")
    code = world.ask("cecep", world.time("rapat", 1, "10:00", "11:00"))
    there, elsewhere = (room_by_slug(reading(), slug).id for slug in ("rapat", "meja"))
    lock, locked = locking.lock, []

    def move() -> None:
        """In a thread of its own, which joins no transaction."""
        with world.app.app_context():
            change_booking(act=world.act("cecep"), code=code, edit=Edit(room="meja"))
            db.session.remove()

    def awaited(session: Any, room_ids: Collection[int], *more: Any, **named: Any) -> Any:
        locked.append(set(room_ids))
        if len(locked) == 1:
            mover = threading.Thread(target=move)
            mover.start()
            mover.join(30)
        return lock(session, room_ids, *more, **named)

    monkeypatch.setattr(locking, "lock", awaited)
    cancel(act=world.act("cecep"), code=code)
    assert locked == [{there}, {there, elsewhere}, {elsewhere}]
    assert reading().scalar(select(func.count()).select_from(Claim).where(Claim.active)) == 0
