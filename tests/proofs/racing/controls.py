"""The same race without what protects: it must take places twice, or the race would prove nothing."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from booking.storage.claims import Stock
from booking.storage.places import Resource


def look_without_locking(session: Session, resource_ids: Iterable[int]) -> dict[int, Stock]:
    """In place of `claims.lock`: the same answer, nobody waits."""
    query = select(Resource.id, Resource.units, Resource.exclusive).where(Resource.id.in_(set(resource_ids)))
    return {row.id: Stock(row.id, row.units, row.exclusive) for row in session.execute(query)}


def naive_control(url: str, resource_id: int, drop_guards: Callable[[], None], *, rounds: int = 60) -> int:
    """How often looking first and inserting then, without lock or guard, takes one place twice. Must not be 0."""
    drop_guards()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(4)
    processes = [
        context.Process(target=_naive, args=(url, resource_id, rounds, barrier), daemon=True) for _ in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        process.kill()
    engine = create_engine(url)
    with engine.connect() as connection:
        query = "SELECT starts_at FROM claim WHERE active GROUP BY starts_at, resource_id HAVING count(*) > 1"
        doubled = len(connection.execute(text(query)).all())
    engine.dispose()
    return doubled


def _naive(url: str, resource_id: int, rounds: int, barrier: Any) -> None:
    is_sqlite = url.startswith("sqlite")
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"timeout": 30} if is_sqlite else {})
    for turn in range(rounds):
        slot = {"r": resource_id, **_slot(turn, is_sqlite=is_sqlite)}
        barrier.wait(30)
        with engine.connect() as connection:
            look = text(
                "SELECT count(*) FROM claim WHERE resource_id = :r AND active AND starts_at < :e AND ends_at > :s"
            )
            if connection.execute(look, slot).scalar() == 0:
                time.sleep(0.001)
                add = text(
                    "INSERT INTO claim (resource_id, exclusive, occurrence_id, units, active, starts_at, ends_at) "
                    "SELECT :r, true, min(id), 1, true, :s, :e FROM occurrence"
                )
                connection.execute(add, slot)
    engine.dispose()


def _slot(turn: int, *, is_sqlite: bool) -> dict[str, object]:
    if is_sqlite:
        return {"s": turn * 3_600_000_000, "e": turn * 3_600_000_000 + 1}
    hour = f"2030-01-{1 + turn // 24:02d} {turn % 24:02d}"
    return {"s": f"{hour}:00+00", "e": f"{hour}:59+00"}
