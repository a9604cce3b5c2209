"""Edits of a booking, and what comes of each of its dates: the words in which changes are spoken of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from booking.domain.errors import Violation
from booking.domain.lifecycle import State
from booking.domain.period import Period
from booking.domain.series import Line, Pattern
from booking.storage.bookings import Booking, Occurrence
from booking.storage.places import Room


class Scope(StrEnum):
    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True)
class Edit:
    """What shall be different; None: stays. Times are those of the occurrence that is named; the others follow it.

    `repeat` gives a series another pattern; dates that fall out of it are cancelled, new ones are asked for.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    room: str | None = None
    units: int | None = None
    people: int | None = None
    label: str | None = None
    title: str | None = None
    purpose: str | None = None
    repeat: Pattern | None = None

    @property
    def is_of_times(self) -> bool:
        return self.starts_at is not None or self.ends_at is not None

    @property
    def is_of_more_than_pattern(self) -> bool:
        return self.is_of_times or any(one is not None for one in (self.room, self.units, self.people, self.label))

    @property
    def is_of_occurrences(self) -> bool:
        return self.is_of_more_than_pattern or self.repeat is not None


class Outcome(StrEnum):
    """What becomes of a date: changed at once, asked for, kept as a hand changed it, as it was, added, cancelled."""

    CHANGED = "changed"
    ASKED = "asked"
    KEPT = "kept"
    SAME = "same"
    ADDED = "added"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Spot:
    """Where and when an occurrence is, for how many."""

    room: Room
    period: Period
    units: int
    people: int | None
    label: str | None

    def as_json(self) -> list[Any]:
        times = [at.isoformat() for at in (self.period.starts_at, self.period.ends_at)]
        return [self.room.id, *times, self.units, self.people]


@dataclass
class Intent:
    """One date of the edit: what it is, what it shall be, what comes of it. `occurrence` None: a new date.

    `base`: what the series says of it from now on; None: what it said before.
    """

    occurrence: Occurrence | None
    day: date | None
    before: Spot | None
    after: Spot | None
    outcome: Outcome
    line: int | None = None
    wrong: Violation | None = None
    base: Line | None = None

    def lies_after(self, now: datetime) -> bool:
        return self.after is not None and self.after.period.starts_at > now

    @property
    def is_move(self) -> bool:
        return self.outcome in (Outcome.CHANGED, Outcome.ASKED, Outcome.ADDED)

    @property
    def is_shrinking(self) -> bool:
        """Less than before, inside the old slot: needs no new approval."""
        before, after = self.before, self.after
        if before is None or after is None or self.occurrence is None or self.occurrence.state != State.APPROVED:
            return False
        people = (after.people or 0) <= (before.people or self.occurrence.head_count)
        same_room = before.room.id == after.room.id and after.units <= before.units
        return same_room and before.period.contains(after.period) and people


@dataclass(frozen=True)
class Place:
    """A spot in plain values, which outlive the transaction: `room` is a slug."""

    room: str
    period: Period
    units: int
    people: int | None
    label: str | None


@dataclass(frozen=True)
class Changed:
    """What came, or would come, of one date. `uid` None: a date that is new."""

    uid: str | None
    day: date | None
    outcome: Outcome
    before: Place | None
    after: Place | None


def told_of(intent: Intent) -> Changed:
    uid = intent.occurrence.uid if intent.occurrence else None
    return Changed(uid, intent.day, intent.outcome, _place(intent.before), _place(intent.after))


def _place(spot: Spot | None) -> Place | None:
    return Place(spot.room.slug, spot.period, spot.units, spot.people, spot.label) if spot else None


@dataclass
class Work:
    """An edit on its way: the booking, what shall become of each date, and the pattern where that is another."""

    booking: Booking
    intents: list[Intent]
    room: Room | None
    is_staff: bool
    words: dict[str, str] = field(default_factory=dict)
    repeat: Pattern | None = None


def spot_of(occurrence: Occurrence) -> Spot:
    return Spot(occurrence.room, occurrence.period, occurrence.units, occurrence.people, occurrence.label)
