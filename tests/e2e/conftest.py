"""One browser and one server over the demo for all tests of a worker; without chromium they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from booking.cli.demo import PACK
from tests.support.browser import CHROMIUM, MISSING, launched
from tests.support.server import free_port, kill, start


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip(MISSING)
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def base(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo; each test does what no other minds."""
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    server = start(f"sqlite:///{folder / 'booking.sqlite'}", folder, port, "demo", "--date", PACK["anchor"])
    yield f"http://127.0.0.1:{port}"
    kill(server)
