"""Calendar bytes: what is missing is written (renamed, newer writer, other address), what is long over is dropped."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.ical.words import LANGUAGES
from booking.storage import feeds
from booking.storage.db import reading
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.locking import lock_bookings
from booking.usecases.recording import SHOWN_BACK, bodies_of


def are_pieces_missing(*, act: Act) -> bool:
    """Whether there is anything to write; asked outside any transaction."""
    return bool(feeds.without_pieces(reading(), act.address.writer, act.now - SHOWN_BACK, most=1))


@writes
def write_missing_pieces(session: Session, *, act: Act, most: int = 100) -> int:
    """Up to `most` occurrences; returns how many were looked at, so that the worker comes again. Changes no version.

    Under the locks of their bookings (whoever changes one has that) and their own (whoever renames what they show).
    """
    since = act.now - SHOWN_BACK
    found = feeds.without_pieces(session, act.address.writer, since, most=most)
    ids = [occurrence.id for occurrence in found]
    lock_bookings(session, {occurrence.booking_id for occurrence in found})
    still = feeds.without_pieces(session, act.address.writer, since, most=most, to_write=ids)
    feeds.add_pieces(session, act.address.writer, bodies_of(still, act.address))
    return len(ids)


def are_pieces_old(*, act: Act) -> bool:
    """Whether there is anything to drop; asked outside any transaction."""
    return bool(feeds.pieces_before(reading(), LANGUAGES[0], act.now - SHOWN_BACK, most=1))


@writes
def drop_old_pieces(session: Session, *, act: Act, most: int = 500) -> int:
    """The bytes of up to `most` occurrences that no calendar shows any more; they tell names and phones.

    Returns of how many, so that the worker knows to come again.
    """
    found = feeds.pieces_before(session, LANGUAGES[0], act.now - SHOWN_BACK, most=most)
    feeds.drop_pieces(session, found)
    return len(found)
