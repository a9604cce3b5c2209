"""One word for what stands in the way of a date: the first of closed, hours, refused, clash; else free."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from booking.domain.errors import Violation


class Finding(StrEnum):
    """What a preview says of a date, in the order in which it is decided."""

    CLOSED = "closed"
    HOURS = "hours"
    REFUSED = "refused"
    CLASH = "clash"
    FREE = "free"


_OF_CODE = {
    "closed": Finding.CLOSED,
    "hours": Finding.HOURS,
    "pause": Finding.HOURS,
    "retired": Finding.HOURS,
    "taken": Finding.CLASH,
    "item_taken": Finding.CLASH,
}


def finding(violations: Iterable[Violation]) -> Finding:
    found = {_OF_CODE.get(violation.code, Finding.REFUSED) for violation in violations}
    return next((one for one in Finding if one in found), Finding.FREE)
