"""One server over the demo and one browser for all tests of a worker; without chromium they are skipped."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from booking.cli.demo import PACK
from tests.support.browser import CHROMIUM, MISSING, launched
from tests.support.server import START, free_port, kill, start

PATIENCE = 120_000
"""Milliseconds that anything may take on a machine that has much else to do."""


class Patient:
    """A browser whose contexts wait long before they give up, and are all closed with it."""

    def __init__(self, browser: Any) -> None:
        self._browser, self._opened = browser, list[Any]()

    def new_context(self, **about: Any) -> Any:
        context = self._browser.new_context(**about)
        context.set_default_timeout(PATIENCE)
        self._opened.append(context)
        return context

    def close(self) -> None:
        for context in self._opened:
            context.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """Of these tests alone: while playwright runs, nobody else in this process may run an event loop."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    with launched() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Any) -> Iterator[Patient]:
    one = Patient(chromium)
    yield one
    one.close()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo; each test does what no other minds."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    here, port = tmp_path_factory.getbasetemp(), free_port()
    folder = tmp_path_factory.mktemp("running") / "demo"
    if here.name.startswith("popen-gw"):
        shutil.copytree(_loaded(here.parent), folder)
    server = _demo(folder, port)
    yield f"http://127.0.0.1:{port}"
    kill(server)


def _loaded(shared: Path) -> Path:
    """A data folder with the demo in it, loaded by the first of several workers that needs it; the others wait."""
    folder, done = shared / "demo", shared / "demo-loaded"
    try:
        folder.mkdir()
    except FileExistsError:
        end = time.monotonic() + START
        while time.monotonic() < end:
            if done.exists():
                return folder
            time.sleep(0.1)
        raise AssertionError("another worker should have loaded the demo") from None
    kill(_demo(folder, free_port()))
    done.touch()
    return folder


def _demo(folder: Path, port: int) -> Any:
    return start(f"sqlite:///{folder / 'booking.sqlite'}", folder, port, "demo", "--date", PACK["anchor"])
