"""What the API takes and gives. The OpenAPI document is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Instant = Annotated[
    str, Meta(description="RFC 3339 with an offset", extra_json_schema={"format": "date-time"}, max_length=40)
]


class RoomOut(Struct):
    slug: str
    name: str
    site: str
    timezone: str
    units: int
    capacity: int
    tier: Literal["automatic", "officer", "head"]
    purpose: str
    floor: str
    bookable: bool


class RoomsOut(Struct):
    rooms: list[RoomOut]


class FreePeriod(Struct):
    starts_at: datetime
    ends_at: datetime
    free: int


class AvailabilityOut(Struct):
    """`periods` cover the whole span without gaps; closed times have 0 free."""

    room: str
    units: int
    periods: list[FreePeriod]


class OccurrenceIn(Struct, forbid_unknown_fields=True):
    """`units` left out: 1 in rooms of one unit, the number of people in pools."""

    room: str
    starts_at: Instant
    ends_at: Instant
    units: int | None = None
    people: int | None = None
    label: str | None = None


class BookingIn(Struct, forbid_unknown_fields=True):
    """`community` is a slug; left out: the person's only one; "-": for the person alone."""

    title: str
    people: int
    occurrences: list[OccurrenceIn]
    community: str | None = None
    purpose: str | None = None
    key: str | None = None


class OccurrenceOut(Struct):
    uid: str
    room: str
    starts_at: datetime
    ends_at: datetime
    units: int
    people: int
    state: Literal[
        "requested", "returned", "skipped", "approved", "declined", "cancelled", "expired", "completed", "missed"
    ]
    label: str | None
    reason: str | None


class BookingOut(Struct):
    code: str
    title: str
    state: str
    version: int
    people: int
    community: str | None
    created_at: datetime
    occurrences: list[OccurrenceOut]


class BookingsOut(Struct):
    bookings: list[BookingOut]


class DecisionIn(Struct, forbid_unknown_fields=True):
    """`occurrences`: uids; left out: all that are undecided. `version`: refused as stale when it is an older one."""

    verdict: Literal["approve", "decline", "return"]
    reason: str | None = None
    version: int | None = None
    occurrences: list[str] | None = None


class CancellationIn(Struct, forbid_unknown_fields=True):
    reason: str | None = None
    occurrences: list[str] | None = None


class Nearest(Struct):
    starts_at: datetime
    ends_at: datetime


class ViolationOut(Struct):
    """`at`: the position of the occurrence in the request; `message`: a sentence in the reader's language."""

    code: str
    values: dict[str, Any]
    message: str
    nearest: Nearest | UnsetType = UNSET
    at: int | UnsetType = UNSET


class Problem(Struct):
    type: str
    title: str
    status: int
    violations: list[ViolationOut]
