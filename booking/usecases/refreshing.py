"""Write the calendar bytes that are missing: a room was renamed, the writer is a newer one, the address changed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.storage import feeds
from booking.storage.db import reading
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.recording import SHOWN_BACK, write_pieces


def are_pieces_missing(*, act: Act) -> bool:
    """Whether there is anything to write; asked outside any transaction."""
    return bool(feeds.without_pieces(reading(), act.address.writer, act.now - SHOWN_BACK, most=1))


@writes
def write_missing_pieces(session: Session, *, act: Act, most: int = 100) -> int:
    """Up to `most` occurrences; returns how many, so that the worker knows to come again. Changes no version."""
    found = feeds.without_pieces(session, act.address.writer, act.now - SHOWN_BACK, most=most)
    write_pieces(session, found, act.address)
    return len(found)
