"""Communities, who belongs to them, how the city classes them, and who mentors them from when to when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Row, Select, String, Text, func, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from booking.domain.errors import NotFound
from booking.domain.text import is_storable
from booking.storage.classifications import Classification
from booking.storage.db import Base
from booking.storage.types import UTCDateTime


class Community(Base):
    """Who a booking is for. It is verified, declined, or waits for either; closed it asks for nothing any more."""

    __tablename__ = "community"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    about: Mapped[str] = mapped_column(Text, default="")
    type_id: Mapped[int | None] = mapped_column(ForeignKey("classification.id"))
    helix_id: Mapped[int | None] = mapped_column(ForeignKey("classification.id"))
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("classification.id"))
    subsector_id: Mapped[int | None] = mapped_column(ForeignKey("classification.id"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("classification.id"))
    # whether those who do not belong to it may see its page
    is_public: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    verified_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    declined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    declined_reason: Mapped[str | None] = mapped_column(Text)
    close_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    type: Mapped[Classification | None] = relationship(foreign_keys=[type_id])
    helix: Mapped[Classification | None] = relationship(foreign_keys=[helix_id])
    cluster: Mapped[Classification | None] = relationship(foreign_keys=[cluster_id])
    subsector: Mapped[Classification | None] = relationship(foreign_keys=[subsector_id])
    district: Mapped[Classification | None] = relationship(foreign_keys=[district_id])

    @property
    def kind(self) -> str:
        """Its type in the word that house rules use."""
        return self.type.name_id if self.type else ""

    @property
    def is_waiting(self) -> bool:
        """Whether somebody of the office has yet to look at it."""
        return self.verified_at is None and self.declined_at is None and self.closed_at is None


class Membership(Base):
    """A person of a community; the contact answers for it."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("relation IN ('member', 'contact')", name="relation"),)

    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    relation: Mapped[str] = mapped_column(String(10), default="member")
    joined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Mentorship(Base):
    """An agency mentors a community from a day to a day, both included; None: nobody knows since when, or no end yet.

    Several may hold at the same time.
    """

    __tablename__ = "mentorship"
    __table_args__ = (CheckConstraint("from_on IS NULL OR to_on IS NULL OR from_on <= to_on", name="dates"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    agency: Mapped[str] = mapped_column(String(60))
    from_on: Mapped[date | None] = mapped_column(Date)
    to_on: Mapped[date | None] = mapped_column(Date)

    def holds_on(self, day: date) -> bool:
        return (self.from_on is None or self.from_on <= day) and (self.to_on is None or day <= self.to_on)


def communities(session: Session) -> Sequence[Community]:
    return session.scalars(select(Community).order_by(func.lower(Community.name), Community.id)).all()


def open_communities(session: Session) -> Sequence[Community]:
    """Those that may be asked for: open, and not declined by the office."""
    query = select(Community).where(Community.closed_at.is_(None), Community.declined_at.is_(None))
    return session.scalars(query.order_by(func.lower(Community.name), Community.id)).all()


def community_by_slug(session: Session, slug: str, *, for_update: bool = False) -> Community:
    """Raises NotFound. `for_update` leaves its key alone: bookings that refer to it may be written meanwhile."""
    query = select(Community).where(Community.slug == slug)
    if for_update:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalar(query) if is_storable(slug) else None
    if found is None:
        raise NotFound("community")
    return found


def memberships(session: Session, person_id: int) -> frozenset[int]:
    """The ids of the communities a person belongs to, closed ones too: what they once had stays to be seen."""
    return frozenset(session.scalars(select(Membership.community_id).where(Membership.person_id == person_id)))


def open_memberships(session: Session, person_id: int) -> frozenset[int]:
    """The ids of the open communities a person belongs to."""
    query = select(Membership.community_id).join(Community, Community.id == Membership.community_id)
    return frozenset(session.scalars(query.where(Membership.person_id == person_id, Community.closed_at.is_(None))))


def communities_of(session: Session, person_id: int) -> Sequence[Community]:
    """The communities for which a person may ask: open, and not declined by the office; with their types."""
    return session.scalars(_asking(person_id).order_by(Community.name)).all()


def _asking(person_id: int) -> Select[Community]:
    query = select(Community).options(joinedload(Community.type))
    query = query.join(Membership, Membership.community_id == Community.id)
    return query.where(
        Membership.person_id == person_id, Community.closed_at.is_(None), Community.declined_at.is_(None)
    )


def keep_asking(session: Session, community_id: int, person_id: int) -> bool:
    """Whether the person may still ask for the community: read anew, and it stays so until the transaction ends.

    The community is locked before the membership, as by everybody who changes one. Those who ask do not wait for each
    other.
    """
    query = _asking(person_id).where(Community.id == community_id)
    query = query.with_for_update(read=True, of=[Community, Membership])
    return session.scalar(query.execution_options(populate_existing=True)) is not None


def keep_open(session: Session, community_id: int) -> bool:
    """Whether the community is open and not declined: read anew, and it stays so until the transaction ends."""
    query = select(Community).where(
        Community.id == community_id, Community.closed_at.is_(None), Community.declined_at.is_(None)
    )
    query = query.with_for_update(read=True).execution_options(populate_existing=True)
    return session.scalar(query) is not None


def own_communities(session: Session, person_id: int) -> Sequence[Row[Community, str]]:
    """(community, relation) of every community a person belongs to, open ones first."""
    query = select(Community, Membership.relation).join(Membership, Membership.community_id == Community.id)
    query = query.where(Membership.person_id == person_id)
    return session.execute(query.order_by(Community.closed_at.is_not(None), func.lower(Community.name))).all()


def membership(session: Session, community_id: int, person_id: int | None) -> Membership | None:
    """As it is in the database, whatever the session remembers."""
    if person_id is None:
        return None
    return session.get(Membership, (community_id, person_id), populate_existing=True)


def mentorships(session: Session, community_id: int) -> Sequence[Mentorship]:
    """All of a community, what holds longest first."""
    query = select(Mentorship).where(Mentorship.community_id == community_id)
    open_first = (Mentorship.to_on.is_not(None), Mentorship.to_on.desc(), Mentorship.from_on.desc(), Mentorship.id)
    return session.scalars(query.order_by(*open_first)).all()


def mentored_on(session: Session, day: date, community_ids: Collection[int] | None = None) -> dict[int, list[str]]:
    """Community id -> the agencies that mentor it on a day, in the order of the alphabet."""
    query = select(Mentorship.community_id, Mentorship.agency).where(
        or_(Mentorship.from_on.is_(None), Mentorship.from_on <= day),
        or_(Mentorship.to_on.is_(None), Mentorship.to_on >= day),
    )
    if community_ids is not None:
        query = query.where(Mentorship.community_id.in_(community_ids))
    found: dict[int, list[str]] = defaultdict(list)
    for community_id, agency in session.execute(query.distinct().order_by(Mentorship.agency)):
        found[community_id].append(agency)
    return dict(found)


def agencies(session: Session) -> Sequence[str]:
    """Every agency that mentors or mentored somebody, to be offered when another one is typed."""
    return session.scalars(select(Mentorship.agency).distinct().order_by(Mentorship.agency)).all()


def mentorship(session: Session, mentorship_id: int, community_id: int) -> Mentorship:
    """Raises NotFound."""
    found = session.get(Mentorship, mentorship_id)
    if found is None or found.community_id != community_id:
        raise NotFound("mentorship")
    return found
