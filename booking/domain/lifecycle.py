"""States of an occurrence, lawful steps between them, and the derived state of a booking."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from booking.domain.errors import refuse


class State(StrEnum):
    REQUESTED = "requested"
    RETURNED = "returned"
    SKIPPED = "skipped"
    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    MISSED = "missed"


STEPS: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.APPROVED, State.DECLINED, State.RETURNED, State.EXPIRED, State.CANCELLED}),
    State.RETURNED: frozenset({State.REQUESTED, State.CANCELLED, State.DECLINED, State.EXPIRED}),
    # cancelled when the series is made shorter and the date falls away; expired when it waited in line in vain
    State.SKIPPED: frozenset({State.REQUESTED, State.CANCELLED, State.EXPIRED}),
    State.APPROVED: frozenset({State.CANCELLED, State.COMPLETED, State.MISSED}),
    State.DECLINED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
    State.COMPLETED: frozenset(),
    # they came after all, while the time still ran
    State.MISSED: frozenset({State.APPROVED}),
}

OPEN = frozenset({State.REQUESTED, State.RETURNED})
# what a calendar shows: it takes place, took place or may still take place
STANDING = frozenset({State.REQUESTED, State.APPROVED, State.COMPLETED, State.MISSED})
CONFIRMED = frozenset({State.APPROVED, State.COMPLETED, State.MISSED})
GONE = frozenset({State.DECLINED, State.CANCELLED, State.EXPIRED})

# A booking is requested while any occurrence is undecided, else the first of these that applies
_ORDER = (
    State.RETURNED,
    State.APPROVED,
    State.COMPLETED,
    State.MISSED,
    State.DECLINED,
    State.EXPIRED,
    State.CANCELLED,
    State.SKIPPED,
)
APPROVED_IN_PART = "approved_in_part"


def check_step(old: State, new: State) -> None:
    """Raises Refused(state) when an occurrence may not go from `old` to `new`."""
    if new not in STEPS[old]:
        raise refuse("state", state=str(old), wanted=str(new))


def booking_state(states: Iterable[State]) -> str:
    """The state of a booking, from those of its occurrences; `approved_in_part` where some were refused."""
    found = set(states)
    if State.REQUESTED in found:
        return State.REQUESTED
    if State.RETURNED in found:
        return State.RETURNED
    if State.APPROVED in found:
        return APPROVED_IN_PART if found & {State.DECLINED, State.EXPIRED} else State.APPROVED
    return next((state for state in _ORDER if state in found), State.CANCELLED)
