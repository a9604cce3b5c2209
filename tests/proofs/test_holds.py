"""Holds under contention, on both databases; and controls that must fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from booking.storage import claims
from booking.storage.db import db
from booking.usecases import offering, waitlist
from booking.usecases.cancelling import cancel
from tests.proofs.holds import Race
from tests.proofs.racing.sweep import breaches, deadlocks
from tests.support.world import World

ROUNDS = 3


@pytest.mark.race
def test_what_is_held_is_honoured_and_lines_are_kept(world: World, url: str) -> None:
    race = Race(world)
    race.run(ROUNDS)
    db.session.remove()
    db.engine.dispose()
    assert +race.found == {}
    assert breaches(url) == []
    assert deadlocks(url) == 0
    assert race.outcomes["turn: done"] >= ROUNDS


@pytest.mark.race
def test_control_a_turn_that_holds_nothing_is_got_past(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If nobody got past the line without the hold, the race above would prove nothing."""
    monkeypatch.setattr(waitlist, "hold", lambda *_given, **_named: None)
    race = Race(world)
    race.run(2)
    assert {"somebody got past a turn", "somebody got past the line"} & set(race.found)


@pytest.mark.race
def test_control_a_proposal_that_holds_nothing_is_not_honoured(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offering, "hold", lambda *_given, **_named: None)
    race = Race(world)
    for at in range(30):  # until a proposal comes first, which one in three does
        race.rivals(at)
        if race.found:
            break
    assert race.found


@pytest.mark.race
def test_control_a_hold_without_an_end_outlives_its_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    honest: Callable[..., None] = claims.add

    def without_end(*given, expires_at=None) -> None:
        honest(*given)

    race = Race(world)
    slot = race.slot(race.automatic, 0)
    had = race.ask("dewi", slot)
    code = race.ask("cecep", slot, wait=True)
    monkeypatch.setattr(claims, "add", without_end)
    cancel(act=world.act("dewi"), code=had)
    race.lapse("cecep", code, slot)
    assert "a hold outlived its time" in race.found
