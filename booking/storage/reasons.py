"""Canned reasons: what officers say often, in every language of the program."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import CheckConstraint, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.storage.db import Base

VERDICTS = ("decline", "return")
MOST_ID = 2**31


class CannedReason(Base):
    __tablename__ = "canned_reason"
    __table_args__ = (CheckConstraint("verdict IN ('decline', 'return')", name="verdict"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    verdict: Mapped[str] = mapped_column(String(10))
    text_id: Mapped[str] = mapped_column(String(500))
    text_en: Mapped[str] = mapped_column(String(500))
    position: Mapped[int] = mapped_column(default=0)

    def text(self, language: str) -> str:
        """In the language of whoever is to read it; the other where there is none."""
        texts = (self.text_id, self.text_en) if language == "id" else (self.text_en, self.text_id)
        return texts[0] or texts[1]


def canned_reason(session: Session, reason_id: int) -> CannedReason | None:
    """Nothing for numbers that no row can have, too."""
    return session.get(CannedReason, reason_id) if 0 < reason_id < MOST_ID else None


def canned_text(session: Session, reason_id: int, verdict: str, language: str) -> str | None:
    """A canned reason for a verdict, in a language; None where there is none for it."""
    found = canned_reason(session, reason_id)
    return found.text(language) if found is not None and found.verdict == verdict else None


def canned_reasons(session: Session) -> Sequence[CannedReason]:
    """All of them, in the order of display."""
    query = select(CannedReason).order_by(CannedReason.verdict, CannedReason.position, CannedReason.id)
    return session.scalars(query).all()
