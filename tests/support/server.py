"""The real server in a process group of its own, and one plain way to ask it."""

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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.databases import SECRET

HERE = Path(__file__).resolve().parent.parent.parent
START = 300
"""Seconds that a start may take on a machine that has much else to do."""


def start(url: str, data: Path, port: int, *words: str) -> subprocess.Popen:
    """`./run serve` or `./run demo` without making the environment; returns once it answers."""
    environment = {
        **os.environ,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": url,
        "BOOKING_DATA": str(data),
        "SECRET_KEY": SECRET,
        "FLASK_APP": "booking:create_app",
        "PYTHONPATH": str(HERE),
    }
    command = [sys.executable, "-m", "flask", "start", *(words or ("serve",)), "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=HERE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        try:
            if ask(port, "GET", "/healthz")[0] == 200:
                return process
        except OSError:
            time.sleep(0.1)
    if process.poll() is None:
        kill(process)
    raise AssertionError("the server did not start")


def ask(port: int, method: str, path: str, body: dict | None = None, token: str = "") -> tuple[int, dict]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"} if token else {}
    # closed even where the server is killed under it
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        read = answer.read()
    return answer.status, json.loads(read or b"{}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kill(server: subprocess.Popen) -> None:
    """SIGKILL for the whole group: no worker, no master gets to say goodbye."""
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()


class _Silent(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


@contextmanager
def beside(app: Flask) -> Iterator[str]:
    """The address of an app that answers from this process: no start to wait for, and no worker."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
