"""What the API takes and gives of attendance: today's list, arrivals, no-shows, ends, people."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from booking.api.schemas import Day


class PeopleIn(Struct, forbid_unknown_fields=True):
    """How many really came, where it is known."""

    people: int | None = None


class HeadCountIn(Struct, forbid_unknown_fields=True):
    people: int


class NothingIn(Struct, forbid_unknown_fields=True):
    """{}"""


class VisitOut(Struct):
    """`people` were expected, `actual_people` came. `ends_at` is earlier than asked where they left early."""

    code: str
    uid: str
    room: str
    site: str
    starts_at: datetime
    ends_at: datetime
    state: Literal[
        "requested", "returned", "skipped", "approved", "declined", "cancelled", "expired", "completed", "missed"
    ]
    title: str
    community: str | None
    units: int
    people: int
    arrived_at: datetime | None
    actual_people: int | None
    setup_minutes: int
    teardown_minutes: int


class CalledVisitOut(VisitOut):
    """With whom to call, for staff."""

    person: str
    phone: str


class TodayOut(Struct):
    """A day as the sites' zones have it; by start."""

    date: Day
    occurrences: list[CalledVisitOut]
