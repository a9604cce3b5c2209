"""SIGKILL of the real server during open requests: every 201 that was answered is in the database, with its message."""

from __future__ import annotations

import http.client
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from booking.storage.db import db
from booking.usecases.subscribing import new_api_token
from tests.support.server import ask, free_port, kill, start
from tests.support.world import World

CLIENTS = 6
ROUNDS = 3


class Hammer(threading.Thread):
    """Books slot after slot; remembers what was acknowledged and what was open when the server died."""

    def __init__(self, port: int, token: str, lane: int, turn: int) -> None:
        super().__init__(daemon=True)
        self.port, self.token, self.lane, self.turn = port, token, lane, turn
        self.acknowledged: list[str] = []
        self.was_open = False

    def run(self) -> None:
        for number in range(400):
            day = (datetime.now(UTC) + timedelta(days=10 + self.turn * 400 + number)).date().isoformat()
            times = {
                "starts_at": f"{day}T{8 + self.lane:02d}:00:00+07:00",
                "ends_at": f"{day}T{9 + self.lane:02d}:00:00+07:00",
            }
            try:
                status, made = ask(
                    self.port,
                    "POST",
                    "/api/v1/bookings",
                    {"title": "Palu", "people": 1, "occurrences": [{"room": "rapat", **times}]},
                    self.token,
                )
            except (OSError, http.client.HTTPException):
                self.was_open = True
                return
            if status == 201:
                self.acknowledged.append(made["code"])


@pytest.mark.race
def test_what_was_acknowledged_is_stored_with_its_message(world: World, url: str, tmp_path: Path) -> None:
    token = new_api_token(person_id=world.people["cecep"], label="", real_now=datetime.now(UTC))
    db.session.remove()
    db.engine.dispose()
    port, acknowledged, open_ones = free_port(), [], 0
    for turn in range(ROUNDS - 1):
        server = start(url, tmp_path, port)
        hammers = [Hammer(port, token, lane, turn) for lane in range(CLIENTS)]
        for hammer in hammers:
            hammer.start()
        time.sleep(1.5)
        kill(server)
        for hammer in hammers:
            hammer.join(30)
        acknowledged += [code for hammer in hammers for code in hammer.acknowledged]
        open_ones += sum(hammer.was_open for hammer in hammers)
    assert open_ones > 0, "a kill counts only if it hit open requests"
    assert len(acknowledged) > 10
    server = start(url, tmp_path, port)
    assert ask(port, "GET", "/healthz")[0] == 200
    kill(server)
    engine = create_engine(url)
    with engine.connect() as connection:
        query = """SELECT booking.code, count(*) AS messages FROM booking JOIN outbox ON outbox.booking_id = booking.id
                   GROUP BY booking.code"""
        stored = {row.code: row.messages for row in connection.execute(text(query))}
        bare = connection.execute(
            text("SELECT count(*) FROM booking WHERE id NOT IN (SELECT booking_id FROM outbox WHERE booking_id > 0)")
        )
        assert bare.scalar() == 0
    engine.dispose()
    assert [code for code in acknowledged if stored.get(code) != 2] == []
