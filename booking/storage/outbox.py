"""Messages, written with the change that caused them and sent later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.storage.db import Base
from booking.storage.types import Json, UTCDateTime

IS_WAITING = text("sent_at IS NULL AND dead_at IS NULL AND told_at IS NULL")
_WAITING: dict[str, Any] = {f"{dialect}_where": IS_WAITING for dialect in ("sqlite", "postgresql")}


class Outbox(Base):
    """Kind, recipient and the facts as they were (codes, times, reason, sequence); no rendered text.

    Sent; or dead after too many tries; or told by somebody of the office, who has noted it.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "due_at", "id", **_WAITING),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # who is sending it has it until then; times are the machine's own, whatever the demo's clock says
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(200))
    dead_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
