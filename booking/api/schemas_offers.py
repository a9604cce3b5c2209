"""What the API takes and gives of proposals and of the waitlist."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from booking.api.schemas import Instant


class OfferOut(Struct):
    """What an occurrence could be; its place is held until `expires_at`.

    `counter`: the office proposes it; `turn`: the occurrence is first in line.
    """

    kind: Literal["counter", "turn"]
    room: str
    starts_at: datetime
    ends_at: datetime
    units: int
    expires_at: datetime
    note: str | None


class OfferIn(Struct, forbid_unknown_fields=True):
    """Another time or room for an undecided occurrence (a uid; left out: the only one); what is left out stays.

    Held `until` (left out: 48 hours), 1 hour to 14 days ahead, never later than either start.
    """

    occurrence: str | None = None
    room: str | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    units: int | None = None
    until: Instant | None = None
    note: str | None = None
    version: int | None = None


class OfferAnswerIn(Struct, forbid_unknown_fields=True):
    """`occurrence`: a uid; left out: the only one with an offer."""

    occurrence: str | None = None
    reason: str | None = None


class PlaceInLine(Struct):
    """`position`: 1 is the first. `offered`: its turn has come, the place is held for it."""

    occurrence: str
    room: str
    starts_at: datetime
    ends_at: datetime
    position: int
    state: Literal["waiting", "offered"]


class WaitlistOut(Struct):
    waiting: list[PlaceInLine]
