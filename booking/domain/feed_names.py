"""The names under which private calendar addresses are kept: by id, so that a new slug changes none of them."""

from __future__ import annotations

MINE = "my"
"""A person's own bookings and those of their communities."""
REQUESTS = "requests"
"""What an officer or head may decide."""


def community_feed(community_id: int) -> str:
    """All bookings of one community, for its members."""
    return f"community:{community_id}"


def room_feed(room_id: int) -> str:
    """One room with everything about its bookings, for staff of its site."""
    return f"room:{room_id}"


def id_in(feed: str | None, kind: str) -> int | None:
    """The id in a name of this kind ("community" or "room"); None in any other name."""
    named, _, number = (feed or "").partition(":")
    return int(number) if named == kind and number.isdecimal() else None
