"""What the API takes and gives of the inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from booking.api.schemas import ViolationOut


class CardOut(Struct):
    """A request that waits. `standing`: free, rival (others ask for it too), taken (what is approved leaves no room).

    `answer_by`: until when an answer was promised.
    """

    code: str
    version: int
    title: str
    applicant: str
    community: str | None
    people: int
    room: str
    starts_at: datetime
    ends_at: datetime
    waiting: int
    tiers: list[str]
    standing: Literal["free", "rival", "taken"]
    is_change: bool
    over_capacity: bool
    against_rules: bool
    overridden: list[str]
    answer_by: datetime | None


class InboxOut(Struct):
    """Clashing requests first, then by time; `requests` is one page of `count`."""

    count: int
    clashing: int
    page: int
    pages: int
    requests: list[CardOut]


class ManyIn(Struct, forbid_unknown_fields=True):
    """`versions`: code -> the version that was looked at, or null. Only clean requests are approved this way."""

    verdict: Literal["approve", "decline"]
    versions: dict[str, int | None]
    reason: str | None = None
    canned: int | None = None


class OneOut(Struct):
    code: str
    done: bool
    violations: list[ViolationOut]


class ManyOut(Struct):
    """What became of each, honestly."""

    done: int
    results: list[OneOut]


class ReasonOut(Struct):
    id: int
    verdict: str
    text_id: str
    text_en: str


class ReasonsOut(Struct):
    reasons: list[ReasonOut]
