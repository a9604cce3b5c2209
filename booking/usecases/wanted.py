"""A request as it was typed: what pages and the API hand to the use cases, to ask, to preview and to search."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from booking.domain.errors import Violation
from booking.domain.series import Pattern

PRIVATELY = "-"
"""As `community`: for the person alone, even if there is a community that would be taken otherwise."""


@dataclass(frozen=True)
class WantedOccurrence:
    """One room from one instant to another. `units` None: `people` in pools, else 1; `whole`: all units of a pool.

    `at` is its position in the request as it was typed, where some could not be read; else its own.
    """

    room: str
    starts_at: datetime
    ends_at: datetime
    units: int | None = None
    people: int | None = None
    label: str = ""
    at: int | None = None
    whole: bool = False


@dataclass(frozen=True)
class Instead:
    """For one date of a series: another room or other times than the pattern says."""

    room: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class OnBehalf:
    """For whom staff ask, and how that person reached them: `channel` is a code of the centre's own list."""

    name: str
    phone: str
    channel: str
    email: str = ""


@dataclass(frozen=True)
class Wanted:
    """A request as it was typed. `key`: the same key from the same person gives the same booking.

    `repeat` repeats the occurrences given, in wall time; `skip` and `instead` speak of its dates (the days on which
    the first of the occurrences given falls). `apart`: what needs no decision does not wait for the rest.
    `override`: why staff set house rules aside. `wait`: what is taken stands in line for it instead of being refused.
    """

    title: str
    people: int
    occurrences: Sequence[WantedOccurrence] = field(default=())
    community: str | None = None
    purpose: str = ""
    funding: str = ""
    key: str | None = None
    repeat: Pattern | None = None
    skip: Sequence[date] = ()
    instead: Mapping[date, Instead] = field(default_factory=dict)
    items: Sequence[tuple[str, int]] = ()
    needs: Sequence[str] = ()
    apart: bool = False
    override: str = ""
    wait: bool = False
    on_behalf: OnBehalf | None = None
    broken: Sequence[Violation] = ()
    """What the wing found wrong while reading it (a time that is none): told together with the rest."""

    @property
    def body_hash(self) -> str:
        said = {name: value for name, value in asdict(self).items() if name != "broken"}
        said["instead"] = sorted((str(day), asdict(one)) for day, one in self.instead.items())
        return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()
