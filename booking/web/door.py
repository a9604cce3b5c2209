"""What stands at a door: free or taken, until when, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.domain.period import Period, joined
from booking.storage.calendar import Block, RoomDay


@dataclass(frozen=True)
class Door:
    """`kind` is free, taken or closed; `until` None: for the rest of the day. `here` and `next` are what is known."""

    kind: str
    until: datetime | None
    free: int
    units: int
    here: Block | None
    next: Block | None
    blocks: list[Block]
    whole: Period


def door(day: RoomDay, now: datetime) -> Door:
    """The state of a room at a moment of its day. What is only asked for does not count."""
    blocks = [block for block in day.blocks if block.kind != "requested"]
    here = next((block for block in blocks if _holds(block.period, now)), None)
    ahead = next((block for block in blocks if block.period.starts_at > now), None)
    free = next((one.units for one in day.free if _holds(one.period, now)), 0)
    stretches = joined(one.period for one in day.free)
    opened = next((period for period in day.open if _holds(period, now)), None)
    until: datetime | None
    if free:
        until = next(one.ends_at for one in stretches if _holds(one, now))
        kind = "free"
    elif here or opened:
        # between two bookings the room is cleared up and set up: it is free when somebody could have it
        kind, ends = "taken", [one.ends_at for one in (opened, here and here.period) if one]
        until = next((one.starts_at for one in stretches if one.starts_at > now), max(ends))
    else:
        kind, until = "closed", next((one.starts_at for one in day.open if one.starts_at > now), None)
    return Door(kind, until, free, day.units, here, ahead, blocks, day.whole)


def _holds(period: Period, at: datetime) -> bool:
    return period.starts_at <= at < period.ends_at
