"""Communities and their members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.errors import NotFound
from booking.domain.text import is_storable
from booking.storage.db import Base
from booking.storage.types import UTCDateTime


class Community(Base):
    """Who a booking is for. `facts` of the city (helix, cluster, kelurahan) are plain words here."""

    __tablename__ = "community"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(60), default="")
    helix: Mapped[str] = mapped_column(String(60), default="")
    cluster: Mapped[str] = mapped_column(String(60), default="")
    mentor: Mapped[str] = mapped_column(String(60), default="")
    district: Mapped[str] = mapped_column(String(60), default="")
    verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Membership(Base):
    """A person of a community; the contact answers for it."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("relation IN ('member', 'contact')", name="relation"),)

    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    relation: Mapped[str] = mapped_column(String(10), default="member")


def communities(session: Session) -> Sequence[Community]:
    return session.scalars(select(Community).order_by(Community.name)).all()


def community_by_slug(session: Session, slug: str) -> Community:
    found = session.scalar(select(Community).where(Community.slug == slug)) if is_storable(slug) else None
    if found is None:
        raise NotFound("community")
    return found


def open_memberships(session: Session, person_id: int) -> frozenset[int]:
    """The ids of the open communities a person belongs to."""
    query = select(Membership.community_id).join(Community, Community.id == Membership.community_id)
    return frozenset(session.scalars(query.where(Membership.person_id == person_id, Community.closed_at.is_(None))))


def communities_of(session: Session, person_id: int) -> Sequence[Community]:
    """The open communities a person belongs to."""
    query = select(Community).join(Membership, Membership.community_id == Community.id)
    query = query.where(Membership.person_id == person_id, Community.closed_at.is_(None))
    return session.scalars(query.order_by(Community.name)).all()
