"""Letters that came with a request: number and date in the database, the file itself in the data folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from booking.domain.errors import NotFound
from booking.storage.bookings import Booking
from booking.storage.db import Base
from booking.storage.types import UTCDateTime


class Letter(Base):
    """`file`: its random name in the folder; None once its time is over. `sha256` and `size` are those of its bytes."""

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    number: Mapped[str] = mapped_column(String(80))
    dated_on: Mapped[date] = mapped_column(Date)
    file: Mapped[str | None] = mapped_column(String(64), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    added_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    booking: Mapped[Booking] = relationship()


def letters_of(session: Session, booking_id: int) -> Sequence[Letter]:
    """In the order in which they came."""
    return session.scalars(select(Letter).where(Letter.booking_id == booking_id).order_by(Letter.id)).all()


def letter(session: Session, letter_id: int) -> Letter:
    """Raises NotFound."""
    found = session.get(Letter, letter_id)
    if found is None:
        raise NotFound("letter")
    return found


def kept_too_long(session: Session, before: datetime, *, most: int = 100) -> Sequence[Letter]:
    """Letters that came before a moment and whose files are still there, oldest first."""
    query = select(Letter).where(Letter.file.is_not(None), Letter.added_at < before)
    return session.scalars(query.order_by(Letter.added_at, Letter.id).limit(most)).all()
