"""Refusals as types. A refusal carries ALL violations at once, each with numbers and what would do instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from booking.domain.period import Period


@dataclass(frozen=True)
class Violation:
    """One broken rule: a stable `code`, the numbers behind it, and the nearest period that would do.

    `at` is the position (0-based) of the occurrence in the request, None when it concerns the whole request.
    `day` is the date of the series it is about. `field` names the form field it belongs to, where there is one.
    """

    code: str
    values: Mapping[str, object] = field(default_factory=dict)
    nearest: Period | None = None
    at: int | None = None
    field: str | None = None
    day: date | None = None


class Refused(Exception):
    """The request cannot be granted as it stands; nothing was stored."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__(", ".join(violation.code for violation in self.violations))

    @property
    def only_taken(self) -> bool:
        return {violation.code for violation in self.violations} == {"taken"}


class NotFound(Exception):
    """There is no such thing, or the viewer may not know of it."""


class Forbidden(Exception):
    """The viewer may know of the thing but not do this with it."""


class Busy(Exception):
    """The database could not be had in time; nothing was stored, trying again is right."""


def refuse(code: str, /, *, field: str | None = None, **values: object) -> Refused:
    return Refused([Violation(code, values, field=field)])
