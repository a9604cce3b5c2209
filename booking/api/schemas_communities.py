"""What the API gives of communities."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class CommunityOut(Struct):
    """`slug` is what a request names. Only those that are verified or wait to be may ask for rooms."""

    slug: str
    name: str
    relation: Literal["member", "contact"]
    state: Literal["verified", "waiting", "declined", "closed"]
    type: str | None
    may_ask: bool


class CommunitiesOut(Struct):
    communities: list[CommunityOut]
