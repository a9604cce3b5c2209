"""The centre's own text about privacy: each change is a version more, and all of them stay to be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from booking.domain.errors import NotFound
from booking.storage.db import Base
from booking.storage.people import Person
from booking.storage.types import UTCDateTime


class PrivacyText(Base):
    """Versions count from 1; a language that is empty is read in the other one."""

    __tablename__ = "privacy_text"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    text_id: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)

    actor: Mapped[Person | None] = relationship()

    def said(self, language: str) -> str:
        """In a reader's language where it is there."""
        return (self.text_en or self.text_id) if language == "en" else (self.text_id or self.text_en)


def newest(session: Session) -> PrivacyText | None:
    return session.scalar(select(PrivacyText).order_by(PrivacyText.version.desc()).limit(1))


def version_of(session: Session, version: int) -> PrivacyText:
    """Raises NotFound."""
    found = session.get(PrivacyText, version)
    if found is None:
        raise NotFound("privacy text")
    return found


def versions(session: Session) -> Sequence[PrivacyText]:
    """All of them, the newest first, with who wrote them."""
    query = select(PrivacyText).order_by(PrivacyText.version.desc())
    return session.scalars(query.options(joinedload(PrivacyText.actor))).all()
