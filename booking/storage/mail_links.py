"""Links in mails that lead to a decision: 256 bits, stored as a hash, for one person, once, and not for long."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.errors import NotFound
from booking.storage.bookings import Booking
from booking.storage.db import Base
from booking.storage.types import UTCDateTime


class MailLink(Base):
    """`version` is that of the booking when the mail was written: another one is another booking to decide."""

    __tablename__ = "mail_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def mail_link(session: Session, digest: str, *, for_update: bool = False) -> MailLink | None:
    query = select(MailLink).where(MailLink.hash == digest)
    return session.scalar(query.with_for_update() if for_update else query)


def version_of(session: Session, booking_id: int) -> int:
    """Raises NotFound."""
    version = session.scalar(select(Booking.version).where(Booking.id == booking_id))
    if version is None:
        raise NotFound("booking")
    return version
