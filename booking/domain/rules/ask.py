"""What a rule gets to see: one occurrence that somebody asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.domain.opening import Opening
from booking.domain.period import Period


@dataclass(frozen=True)
class Asker:
    """For whom somebody asks: a community, or (None) the person alone. `kind` is the community's type, in its words."""

    person_id: int
    community_id: int | None = None
    kind: str = ""
    is_verified: bool = False

    @property
    def is_private(self) -> bool:
        return self.community_id is None


@dataclass(frozen=True)
class Use:
    """Another occurrence that counts beside the wanted one: who has it, where, and whether it is still undecided.

    `is_other` is False for those of the same booking (a series counts for itself, but keeps no distance to itself).
    """

    period: Period
    room_id: int
    person_id: int
    community_id: int | None
    is_undecided: bool
    site_id: int = 0
    is_other: bool = True


@dataclass(frozen=True)
class Ask:
    """One wanted occurrence with the facts of its room. `capacity` 0 means that the room sets no limit.

    `asker` None: nobody in particular asks ("is it free?"), and rules about persons do not apply.
    """

    period: Period
    units: int
    people: int
    now: datetime
    opening: Opening
    room_units: int = 1
    capacity: int = 0
    bookable: bool = True
    room_id: int = 0
    site_id: int = 0
    asker: Asker | None = None
    is_series: bool = False
    uses: Sequence[Use] = ()

    def same_holder(self, use: Use) -> bool:
        """Whether a use belongs to the community asked for, or privately to the person who asks alone."""
        asker = self.asker
        if asker is None:
            return False
        if asker.is_private:
            return use.community_id is None and use.person_id == asker.person_id
        return use.community_id == asker.community_id
