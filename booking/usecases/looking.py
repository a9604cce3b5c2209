"""Keep who looked at whose data, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from booking.storage import looks
from booking.storage.looks import Seen
from booking.storage.transaction import writes


@writes
def note_looks(session: Session, *, seen: Sequence[Seen]) -> None:
    """What was noted in memory since the last batch."""
    looks.note_looks(session, seen)
