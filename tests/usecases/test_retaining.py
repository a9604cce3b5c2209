"""What is kept no longer than the centre has said goes, in batches; what is still needed and what is counted stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from booking.cli import worker
from booking.domain.errors import Forbidden, Refused
from booking.domain.retention import Retention
from booking.storage.access import LoginSession, Throttle, Token
from booking.storage.bookings import Booking, Occurrence
from booking.storage.db import reading
from booking.storage.history import History, HistoryText
from booking.storage.outbox import Outbox
from booking.usecases import retaining
from booking.usecases.signing_in import count_try, network_key, open_session
from booking.usecases.subscribing import new_api_token, revoke_token
from booking.usecases.wanted import PRIVATELY
from tests.support.world import World
from tests.usecases.test_erasing import places

SAID = ("Rahasia", "Kabel pinjaman", "Kami penuh")


def ask(world: World, days: int, **more) -> str:
    code = world.ask(
        "cecep",
        world.time("musik", days, "19:00", "21:00", label="Rahasia kecil"),
        title="Latihan Rahasia",
        purpose="Alasan Rahasia",
        needs=["Kabel pinjaman"],
        **more,
    )
    world.decline("dadang", code, reason="Kami penuh.")
    return code


def drop(world: World, most: int = retaining.MOST) -> dict[str, int]:
    return retaining.drop_due(act=world.act(), real_now=world.now, most=most)


def test_words_of_what_is_long_over_go_and_the_rest_stays(world: World) -> None:
    private, group = ask(world, 2, community=PRIVATELY), ask(world, 3)
    counted = select(func.count(), func.sum(Booking.people), func.sum(Occurrence.units)).join(Occurrence)
    before, kept = reading().execute(counted).one(), Retention()
    world.now += timedelta(days=31 * kept.words_months - 25)
    drop(world)
    assert "booking.purpose" in places("Alasan Rahasia"), "control: too early nothing of them goes"
    world.now += timedelta(days=30)
    assert drop(world)["words"] == 2
    assert places("Alasan Rahasia") | places("Kabel pinjaman") | places("Kami penuh") == set()
    titles = dict(reading().execute(select(Booking.code, Booking.title)).all())
    assert (titles[private], titles[group]) == ("-", "Latihan Rahasia")
    assert places("Rahasia kecil") == {"occurrence.label"}, "of the community's booking alone"
    assert reading().execute(counted).one() == before
    steps = reading().scalars(select(History.event).where(History.event == "forgotten")).all()
    assert len(steps) == 2
    assert drop(world) == {}


def test_nothing_goes_of_what_is_still_to_come(world: World) -> None:
    """A cancellation must know what calendars were told; a series lasts until its last date."""
    coming = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), world.time("musik", 9, "19:00", "21:00"))
    world.approve("dadang", coming)
    reading().rollback()
    of = {"words_months": 4, "messages_days": 7}
    retaining.set_retention(act=world.act("admin"), said=Retention(**of))
    _mark_sent(world)
    late = world.at(9, "20:00")
    while world.now + timedelta(days=1) < late:
        world.now += timedelta(days=1)
        assert "messages" not in drop(world)
    world.now = late + timedelta(days=8)
    assert drop(world)["messages"] >= 1


def _mark_sent(world: World) -> None:
    from booking.storage.transaction import writes

    @writes
    def mark(session) -> None:
        session.execute(update(Outbox).values(sent_at=world.now))

    mark()


def test_keys_that_are_over_go_and_live_ones_stay(world: World) -> None:
    cecep = world.people["cecep"]
    open_session(person_id=cecep, trusted=True, now=world.now)
    for label in ("lama", "baru"):
        new_api_token(person_id=cecep, label=label, real_now=world.now)
    count_try(keys=(network_key("192.0.2.1"),), now=world.now)
    token = reading().scalar(select(Token.id).where(Token.label == "lama"))
    revoke_token(act=world.act("cecep"), token_id=token, real_now=world.now)
    world.now += timedelta(days=89)
    assert "sessions" not in drop(world)
    assert reading().scalar(select(func.count()).select_from(Throttle)) == 0
    world.now += timedelta(days=366)
    gone = drop(world)
    assert (gone["sessions"], gone["tokens"]) == (1, 1)
    assert reading().scalars(select(Token.label)).all() == ["baru"]
    assert reading().scalar(select(func.count()).select_from(LoginSession)) == 0


def test_the_worker_goes_batch_by_batch_and_asks_once_an_hour(world: World, monkeypatch) -> None:
    for day in (2, 3, 4):
        ask(world, day, community=PRIVATELY)
    world.now += timedelta(days=800)
    counted = retaining.due_counts(reading(), Retention(), world.now, world.now)
    assert drop(world, most=2) == {"words": 2}
    monkeypatch.setattr(worker, "drop_due", lambda **how: retaining.drop_due(**how, most=1))
    for _ in range(sum(counted.values()) + 1):
        worker.work_once()
    assert reading().scalar(select(func.count()).select_from(Booking).where(Booking.forgotten_at.is_(None))) == 0
    assert reading().scalar(select(func.count()).select_from(HistoryText)) == 0
    monkeypatch.setattr(worker, "is_any_due", lambda **_: pytest.fail("asked again within the hour"))
    worker.work_once()


def test_the_numbers_are_the_administrators_and_each_change_is_in_the_history(world: World) -> None:
    with pytest.raises(Forbidden):
        retaining.set_retention(act=world.act("dadang"), said=Retention())
    with pytest.raises(Refused) as refused:
        retaining.set_retention(act=world.act("admin"), said=Retention(words_months=3, views_days=99999))
    assert {one.field for one in refused.value.violations} == {"words_months", "views_days"}
    for _ in range(2):
        retaining.set_retention(act=world.act("admin"), said=Retention(words_months=12))
    (step,) = reading().scalars(select(History).where(History.event == "retention_changed"))
    assert (step.actor_id, step.facts) == (world.people["admin"], {"changes": {"words_months": [24, 12]}})
