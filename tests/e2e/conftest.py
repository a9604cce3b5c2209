"""A server over the demo for all tests of a worker, and a browser; without chromium they are skipped."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from booking.cli.demo import PACK
from tests.support.browser import CHROMIUM, MISSING, launched
from tests.support.server import free_port, kill, start


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Of a module alone: while playwright runs, nobody else in this process may run an event loop."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo in it, loaded by the first worker that needs it; the others wait."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    here = tmp_path_factory.getbasetemp()
    shared = here.parent if here.name.startswith("popen-gw") else here
    folder, done = shared / "demo", shared / "demo-loaded"
    try:
        folder.mkdir()
    except FileExistsError:
        for _ in range(1200):
            if done.exists():
                return folder
            time.sleep(0.1)
        raise AssertionError("another worker should have loaded the demo") from None
    kill(_demo(folder, free_port()))
    done.touch()
    return folder


@pytest.fixture(scope="session")
def base(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo; each test does what no other minds."""
    folder, port = tmp_path_factory.mktemp("running") / "demo", free_port()
    shutil.copytree(loaded, folder)
    server = _demo(folder, port)
    yield f"http://127.0.0.1:{port}"
    kill(server)


def _demo(folder: Path, port: int) -> Any:
    return start(f"sqlite:///{folder / 'booking.sqlite'}", folder, port, "demo", "--date", PACK["anchor"])
