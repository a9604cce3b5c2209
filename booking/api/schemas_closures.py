"""What the API takes and gives of closures."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from booking.api.schemas import AlternativeOut, Instant


class ChoiceIn(Struct, forbid_unknown_fields=True):
    """What becomes of one occurrence (a uid) in the way; `room` and the times say where a move goes."""

    occurrence: str
    remedy: Literal["move", "cancel", "keep"]
    room: str | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class ClosureIn(Struct, forbid_unknown_fields=True):
    """`room` or `site` is a slug; neither closes everything. `choices`: for each that the preview has shown."""

    starts_at: Instant
    ends_at: Instant
    name_id: str
    name_en: str | None = None
    room: str | None = None
    site: str | None = None
    provisional: bool = False
    choices: list[ChoiceIn] = []
    reason: str | None = None


class HitOut(Struct):
    """An occurrence in the way of a closure, and what is proposed for it."""

    code: str
    title: str
    occurrence: str
    room: str
    starts_at: datetime
    ends_at: datetime
    state: str
    proposal: AlternativeOut | None


class HitsOut(Struct):
    hits: list[HitOut]


class ClosureOut(Struct):
    id: int
