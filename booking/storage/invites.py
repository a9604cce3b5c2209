"""Links by which people join a community: 256 bits, stored as a hash, for so many people, until a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.storage.access import digest
from booking.storage.db import Base
from booking.storage.types import UTCDateTime


class Invite(Base):
    """`most` 1: for one person. `expires_at` is a moment of the centre's clock, as the day was chosen by it."""

    __tablename__ = "invite"
    __table_args__ = (
        CheckConstraint("most BETWEEN 1 AND 200", name="most"),
        CheckConstraint("used BETWEEN 0 AND most", name="used"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    most: Mapped[int] = mapped_column(default=1)
    used: Mapped[int] = mapped_column(default=0)
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    def last_on(self, zone: ZoneInfo) -> date:
        """The last day on which it is open."""
        return (self.expires_at - timedelta(seconds=1)).astimezone(zone).date()

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and self.used < self.most and now < self.expires_at


def invite(session: Session, secret: str, *, for_update: bool = False) -> Invite | None:
    query = select(Invite).where(Invite.hash == digest(secret))
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def open_invites(session: Session, community_id: int, now: datetime) -> Sequence[Invite]:
    """Those by which somebody could still join, the newest first."""
    query = select(Invite).where(
        Invite.community_id == community_id,
        Invite.revoked_at.is_(None),
        Invite.used < Invite.most,
        Invite.expires_at > now,
    )
    return session.scalars(query.order_by(Invite.id.desc())).all()
