"""One filled centre for all attacks of a module, put back before each of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.filled import Filled, filled, leave


@pytest.fixture(scope="module")
def filled_centre(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    file = tmp_path_factory.mktemp("attacked") / "booking.sqlite"
    shutil.copy(sqlite_template, file)
    one = filled(file)
    yield one
    leave(one)


@pytest.fixture
def centre(filled_centre: Filled) -> Iterator[Filled]:
    """As it was filled, whatever the attack before has done; its clock and settings too."""
    was, now = dict(filled_centre.app.config), filled_centre.world.now
    yield filled_centre
    filled_centre.world.now = now
    filled_centre.app.config.clear()
    filled_centre.app.config.update(was)
    filled_centre.put_back()
