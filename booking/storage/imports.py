"""What came out of other people's calendar files, so that the same file brings nothing twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, selectinload

from booking.storage.bookings import Booking, Occurrence
from booking.storage.closures import Closure
from booking.storage.db import Base


class Imported(Base):
    """One time of one event. `uid` is the digest of its UID: many of them hold somebody's address."""

    __tablename__ = "imported"
    __table_args__ = (
        UniqueConstraint("uid", "recurrence", name="uq_imported_uid"),
        CheckConstraint("(occurrence_id IS NULL) <> (closure_id IS NULL)", name="one_thing"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(64))
    recurrence: Mapped[str] = mapped_column(String(20), default="")
    # a closure that is taken away may come again
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id", ondelete="CASCADE"), index=True)
    closure_id: Mapped[int | None] = mapped_column(ForeignKey("closure.id", ondelete="CASCADE"), index=True)


def imported(session: Session, uids: Collection[str]) -> dict[tuple[str, str], Occurrence | Closure]:
    """What was imported before of some events, by (uid, recurrence)."""
    found: dict[tuple[str, str], Occurrence | Closure] = {}
    ordered = sorted(uids)
    query = (
        select(Imported.uid, Imported.recurrence, Occurrence, Closure)
        .outerjoin(Occurrence, Occurrence.id == Imported.occurrence_id)
        .outerjoin(Closure, Closure.id == Imported.closure_id)
        .options(joinedload(Occurrence.booking), joinedload(Occurrence.room))
    )
    for at in range(0, len(ordered), 500):
        for uid, recurrence, occurrence, closure in session.execute(
            query.where(Imported.uid.in_(ordered[at : at + 500]))
        ):
            found[uid, recurrence] = occurrence or closure
    return found


def imported_bookings(session: Session, person_id: int, at: datetime, *, most: int) -> Sequence[Booking]:
    """What somebody imported at a moment, as it stands now."""
    of_file = select(Occurrence.booking_id).join(Imported, Imported.occurrence_id == Occurrence.id)
    query = select(Booking).where(Booking.created_by == person_id, Booking.created_at == at, Booking.id.in_(of_file))
    return session.scalars(query.options(selectinload(Booking.occurrences)).order_by(Booking.id).limit(most)).all()
