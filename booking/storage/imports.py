"""What came out of other people's calendar files, so that the same file brings nothing twice."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

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


def imported(session: Session, uids: Collection[str]) -> set[tuple[str, str]]:
    """(uid, recurrence) of what was imported before, among some events."""
    found: set[tuple[str, str]] = set()
    ordered = sorted(uids)
    for at in range(0, len(ordered), 500):
        query = select(Imported.uid, Imported.recurrence).where(Imported.uid.in_(ordered[at : at + 500]))
        found |= {(uid, recurrence) for uid, recurrence in session.execute(query)}
    return found
