"""How the city classes communities: rows that staff edit, never words of the program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import CheckConstraint, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.errors import NotFound
from booking.storage.db import Base


class ClassKind(StrEnum):
    """What is said of a community; the attribute of a community has the same name."""

    TYPE = "type"
    HELIX = "helix"
    CLUSTER = "cluster"
    SUBSECTOR = "subsector"
    DISTRICT = "district"


class Classification(Base):
    """One thing that may be said. Retired ones stay with those of whom they were said and are offered no more."""

    __tablename__ = "classification"
    __table_args__ = (
        CheckConstraint("kind IN ('type', 'helix', 'cluster', 'subsector', 'district')", name="kind"),
        UniqueConstraint("kind", "name_id", name="uq_classification_kind_name_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name_id: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60), default="")
    position: Mapped[int] = mapped_column(default=0)
    retired: Mapped[bool] = mapped_column(default=False)

    def text(self, language: str) -> str:
        """In a language; in the other where there is none."""
        return self.name_en if language == "en" and self.name_en else self.name_id


def classifications(session: Session) -> dict[ClassKind, list[Classification]]:
    """All of them by kind, in the order of display, retired ones last."""
    query = select(Classification).order_by(Classification.retired, Classification.position, Classification.id)
    found: dict[ClassKind, list[Classification]] = defaultdict(list)
    for one in session.scalars(query):
        found[ClassKind(one.kind)].append(one)
    return {kind: found[kind] for kind in ClassKind}


def classification(session: Session, classification_id: int) -> Classification:
    """Raises NotFound."""
    found = session.get(Classification, classification_id) if 0 < classification_id < 2**31 else None
    if found is None:
        raise NotFound("classification")
    return found


def named(session: Session, kind: ClassKind, name: str) -> Classification | None:
    return session.scalar(select(Classification).where(Classification.kind == kind, Classification.name_id == name))


def of_kind(session: Session, kind: ClassKind) -> Sequence[Classification]:
    """Those of a kind that may be chosen, in order."""
    query = select(Classification).where(Classification.kind == kind, Classification.retired.is_(False))
    return session.scalars(query.order_by(Classification.position, Classification.id)).all()
