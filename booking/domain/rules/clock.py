"""Wall times of a day as they stand in settings: "08:00" to "24:00"."""

from __future__ import annotations

import re


def is_clock(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", value, re.ASCII))
