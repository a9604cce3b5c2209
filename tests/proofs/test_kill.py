"""SIGKILL of the real server during open requests: every 201 that was answered is in the database, with its message."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from booking.storage.db import db
from booking.usecases.subscribing import new_api_token
from tests.support.databases import SECRET
from tests.support.world import World

HERE = Path(__file__).resolve().parent.parent.parent
CLIENTS = 6
ROUNDS = 3


def start(url: str, data: Path, port: int) -> subprocess.Popen:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "BOOKING_DATA": str(data),
        "SECRET_KEY": SECRET,
        "FLASK_APP": "booking:create_app",
        "PYTHONPATH": str(HERE),
    }
    command = [sys.executable, "-m", "flask", "start", "serve", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=HERE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    for _ in range(200):
        try:
            if ask(port, "GET", "/healthz")[0] == 200:
                return process
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def ask(port: int, method: str, path: str, body: dict | None = None, token: str = "") -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    return answer.status, json.loads(read or b"{}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Hammer(threading.Thread):
    """Books slot after slot; remembers what was acknowledged and what was open when the server died."""

    def __init__(self, port: int, token: str, lane: int, turn: int) -> None:
        super().__init__(daemon=True)
        self.port, self.token, self.lane, self.turn = port, token, lane, turn
        self.acknowledged: list[str] = []
        self.was_open = False

    def run(self) -> None:
        for number in range(400):
            day = f"{2027 + self.turn}-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}"
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
    from datetime import UTC, datetime

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
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        for hammer in hammers:
            hammer.join(30)
        acknowledged += [code for hammer in hammers for code in hammer.acknowledged]
        open_ones += sum(hammer.was_open for hammer in hammers)
    assert open_ones > 0, "a kill counts only if it hit open requests"
    assert len(acknowledged) > 10
    server = start(url, tmp_path, port)
    assert ask(port, "GET", "/healthz")[0] == 200
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    engine = create_engine(url)
    with engine.connect() as connection:
        query = """SELECT booking.code, count(*) AS messages FROM booking JOIN outbox ON outbox.booking_id = booking.id
                   GROUP BY booking.code"""
        stored = {row.code: row.messages for row in connection.execute(text(query))}
        bare = connection.execute(text("SELECT count(*) FROM booking WHERE id NOT IN (SELECT booking_id FROM outbox)"))
        assert bare.scalar() == 0
    engine.dispose()
    assert [code for code in acknowledged if stored.get(code) != 2] == []
