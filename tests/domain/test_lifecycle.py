"""Lawful steps and the derived state."""

from __future__ import annotations

import itertools

import pytest

from booking.domain.errors import Refused
from booking.domain.lifecycle import STEPS, State, booking_state, check_step

LAWFUL = [
    "requested>approved",
    "requested>declined",
    "requested>returned",
    "requested>expired",
    "requested>cancelled",
    "returned>requested",
    "returned>cancelled",
    "returned>declined",
    "returned>expired",
    "skipped>requested",
    "skipped>cancelled",
    "skipped>expired",
    "approved>cancelled",
    "approved>completed",
    "approved>missed",
    "missed>approved",
]


def test_exactly_the_lawful_steps() -> None:
    for old, new in itertools.product(State, State):
        if f"{old}>{new}" in LAWFUL:
            check_step(old, new)
        else:
            with pytest.raises(Refused):
                check_step(old, new)
    assert set(STEPS) == set(State)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("requested approved declined", "requested"),
        ("returned approved", "returned"),
        ("approved completed", "approved"),
        ("approved declined", "approved_in_part"),
        ("approved cancelled", "approved"),
        ("completed missed", "completed"),
        ("missed declined", "missed"),
        ("declined cancelled", "declined"),
        ("expired cancelled", "expired"),
        ("cancelled", "cancelled"),
    ],
)
def test_state_of_a_booking(states: str, expected: str) -> None:
    assert booking_state(State(one) for one in states.split()) == expected
