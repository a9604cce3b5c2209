"""What the API takes and gives. The OpenAPI document is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Instant = Annotated[
    str, Meta(description="RFC 3339 with an offset", extra_json_schema={"format": "date-time"}, max_length=40)
]


Day = Annotated[str, Meta(description="YYYY-MM-DD", extra_json_schema={"format": "date"}, max_length=10)]
Finding = Literal["free", "clash", "closed", "hours", "refused"]


class RoomOut(Struct):
    """`mode`: had whole, by units, with its parts, as a passage that stays open, or not lent at all."""

    slug: str
    name: str
    site: str
    timezone: str
    mode: Literal["exclusive", "pool", "composite", "open_area", "not_bookable"]
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


class ItemOut(Struct):
    """`room`: the one room it goes with; null: every room of the site. `stock`: how many there are."""

    slug: str
    name: str
    site: str
    room: str | None
    stock: int
    condition: Literal["good", "worn", "broken"]


class ItemsOut(Struct):
    items: list[ItemOut]


class Nearest(Struct):
    starts_at: datetime
    ends_at: datetime


class AlternativeOut(Struct):
    kind: Literal["earlier", "later", "room", "shorter", "day"]
    room: str
    starts_at: datetime
    ends_at: datetime


class ViolationOut(Struct):
    """`at`: the position of the occurrence in the request, `date`: its date in a series.

    `message`: a sentence in the reader's language.
    """

    code: str
    values: dict[str, Any]
    message: str
    nearest: Nearest | UnsetType = UNSET
    at: int | UnsetType = UNSET
    date: Day | UnsetType = UNSET


class WhyOut(Struct):
    verdict: Finding
    violations: list[ViolationOut]
    alternatives: list[AlternativeOut]


class RulesOut(Struct):
    """`own`: what the room itself says (null: not what its site says). `in_force`: what holds, its site's included."""

    room: str
    own: dict[str, Any]
    in_force: dict[str, Any]


class RulesIn(Struct, forbid_unknown_fields=True):
    rules: dict[str, Any]


class TrialOut(Struct):
    """How many of the occurrences asked for in the last 90 days these rules would have refused, and which rule."""

    asked: int
    refused: int
    by_rule: dict[str, int]


class Problem(Struct):
    type: str
    title: str
    status: int
    violations: list[ViolationOut]
