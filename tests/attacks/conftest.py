"""One filled centre for all attacks of a module, put back before each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.filled import Filled


@pytest.fixture
def centre(filled_centre: Filled) -> Iterator[Filled]:
    """As it was filled, whatever the attack before has done; its clock and settings too."""
    was, now = dict(filled_centre.app.config), filled_centre.world.now
    yield filled_centre
    filled_centre.world.now = now
    filled_centre.app.config.clear()
    filled_centre.app.config.update(was)
    filled_centre.put_back()
