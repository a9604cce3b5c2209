"""Who belongs to a community, who answers for it, and which communities somebody of the office must look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, joinedload

from booking.storage.communities import Community, Membership
from booking.storage.people import Person


@dataclass(frozen=True)
class Member:
    """`is_gone`: the account is closed, so that nobody is reached there."""

    person_id: int
    name: str
    phone: str
    relation: str
    joined_at: datetime | None
    is_gone: bool

    @property
    def is_contact(self) -> bool:
        return self.relation == "contact" and not self.is_gone


def members(session: Session, community_id: int) -> list[Member]:
    """Contacts first, in the order in which they joined."""
    query = (
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.community_id == community_id)
        .order_by(Membership.relation, Membership.joined_at.is_not(None), Membership.joined_at, Person.id)
    )
    return [
        Member(who.id, who.name, who.phone, of.relation, of.joined_at, who.closed_at is not None)
        for who, of in session.execute(query.execution_options(populate_existing=True))
    ]


def contacts(session: Session, community_id: int) -> list[Member]:
    """Those who answer for it and can be reached, the longest in it first."""
    return [one for one in members(session, community_id) if one.is_contact]


_HAS_CONTACT = exists().where(
    Membership.community_id == Community.id,
    Membership.relation == "contact",
    Person.id == Membership.person_id,
    Person.closed_at.is_(None),
)
_WAITS = and_(Community.verified_at.is_(None), Community.declined_at.is_(None), Community.closed_at.is_(None))
_HAS_NONE = and_(Community.closed_at.is_(None), ~_HAS_CONTACT)
_WANTS_END = and_(Community.closed_at.is_(None), Community.close_asked_at.is_not(None))


def _found(session: Session, where: ColumnElement[bool]) -> Sequence[Community]:
    query = select(Community).where(where).options(joinedload(Community.type))
    return session.scalars(query.order_by(Community.created_at, Community.id)).all()


def to_verify(session: Session) -> Sequence[Community]:
    """Registered and not looked at yet, oldest first."""
    return _found(session, _WAITS)


def count_to_verify(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Community).where(_WAITS)) or 0


def without_contact(session: Session) -> Sequence[Community]:
    """Open ones for which nobody with an open account answers."""
    return _found(session, _HAS_NONE)


def to_close(session: Session) -> Sequence[Community]:
    """Whose contact asked the office to close it."""
    return _found(session, _WANTS_END)


def count_waiting_of(session: Session, person_id: int) -> int:
    """How many communities that nobody has looked at yet a person is contact of."""
    query = select(func.count()).select_from(Community).join(Membership, Membership.community_id == Community.id)
    return session.scalar(query.where(_WAITS, Membership.person_id == person_id, Membership.relation == "contact")) or 0
