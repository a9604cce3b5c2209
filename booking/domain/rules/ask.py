"""What a rule gets to see: one occurrence that somebody asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.domain.opening import Opening
from booking.domain.period import Period


@dataclass(frozen=True)
class Ask:
    """One wanted occurrence with the facts of its room. `capacity` 0 means that the room sets no limit."""

    period: Period
    units: int
    people: int
    now: datetime
    opening: Opening
    room_units: int = 1
    capacity: int = 0
    bookable: bool = True
