"""Persons and their roles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    CompoundSelect,
    Date,
    ForeignKey,
    Integer,
    String,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from booking.domain.contact import email_address, phone_number
from booking.domain.errors import NotFound, Refused
from booking.domain.permissions import NOBODY, Grant, Role, Viewer
from booking.storage.communities import Membership
from booking.storage.db import Base
from booking.storage.settings import centre
from booking.storage.types import Json, UTCDateTime


class Person(Base):
    """People have ONE name field; phone in E.164; `password` is an argon2id hash, None: cannot log in."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(20), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    password: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(5), default="id")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # when `email` was proved by a link sent there, and the address that counts as soon as that is done; real time
    email_verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    new_email: Mapped[str | None] = mapped_column(String(254))
    # registered where staff confirm accounts, and not confirmed yet
    waits_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # nothing is left of the person but the number; it cannot be opened again
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # the version of the centre's text about privacy that the person accepted last, and when
    accepted_version: Mapped[int | None]
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # kinds of messages this person does not want; invitations: None leaves it to whether a personal feed is in use
    muted: Mapped[list[str]] = mapped_column(Json, default=list)
    invitations: Mapped[bool | None]


class RoleGrant(Base):
    """A role of a person from a day to a day, both included: at one site, in one room (without a site), or at all."""

    __tablename__ = "role"
    __table_args__ = (
        CheckConstraint("from_on IS NULL OR to_on IS NULL OR from_on <= to_on", name="dates"),
        CheckConstraint("site_id IS NULL OR room_id IS NULL", name="one_place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    from_on: Mapped[date | None] = mapped_column(Date)
    to_on: Mapped[date | None] = mapped_column(Date)

    person: Mapped[Person] = relationship()

    @property
    def grant(self) -> Grant:
        return Grant(Role(self.role), self.site_id, self.room_id)

    def is_in_force(self, today: date) -> bool:
        """On this day, for an account that is open."""
        has_begun = self.from_on is None or self.from_on <= today
        return has_begun and (self.to_on is None or today <= self.to_on) and self.person.closed_at is None


_ACCOUNT, _COMMUNITY, _WAITS = "-account", "-community", "-waits"  # beside the words of roles
_PERSON, _TODAY = bindparam("person", type_=Integer()), bindparam("today", type_=Date())
_NONE = cast(null(), Integer)
_VIEWER: CompoundSelect[str, int | None, int | None] = union_all(
    select(literal_column(f"'{_ACCOUNT}'", String(30)), Person.id, _NONE).where(
        Person.id == _PERSON, Person.closed_at.is_(None)
    ),
    select(literal_column(f"'{_WAITS}'", String(30)), Person.id, _NONE).where(
        Person.id == _PERSON, Person.waits_since.is_not(None)
    ),
    select(RoleGrant.role, RoleGrant.site_id, RoleGrant.room_id).where(
        RoleGrant.person_id == _PERSON,
        or_(RoleGrant.from_on.is_(None), RoleGrant.from_on <= _TODAY),
        or_(RoleGrant.to_on.is_(None), RoleGrant.to_on >= _TODAY),
    ),
    # closed ones too: what they once had stays to be seen
    select(literal_column(f"'{_COMMUNITY}'", String(30)), Membership.community_id, _NONE).where(
        Membership.person_id == _PERSON
    ),
)
"""Everything about a person that is in force, in one statement: (role or a word, number, room of a role)."""


def viewer(session: Session, person_id: int | None, today: date) -> Viewer:
    """The person with the roles in force on a day and the communities; NOBODY for a closed account."""
    if person_id is None:
        return NOBODY
    roles: list[Grant] = []
    communities: list[int] = []
    is_open = waits = False
    for role, number, room_id in session.execute(_VIEWER, {"person": person_id, "today": today}):
        if role == _ACCOUNT:
            is_open = True
        elif role == _WAITS:
            waits = True
        elif role == _COMMUNITY and number is not None:
            communities.append(number)
        else:
            roles.append(Grant(Role(role), number, room_id))
    return Viewer(person_id, frozenset(roles), frozenset(communities), waits) if is_open else NOBODY


def person_by_login(session: Session, login: str, *, closed_too: bool = False) -> Person | None:
    """The open account behind a phone number or an e-mail address, however typed; a closed one where that will do."""
    try:
        country = centre(session).country_code
        where = (
            Person.email == email_address(login)
            if "@" in login
            else Person.phone == phone_number(login, country=country)
        )
    except Refused:
        return None
    return session.scalar(select(Person).where(where, *([] if closed_too else [Person.closed_at.is_(None)])))


def person_by_phone(session: Session, phone: str) -> Person | None:
    """Whoever has this number in E.164, with a closed account too."""
    return session.scalar(select(Person).where(Person.phone == phone))


def person_by_id(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("person")
    return person


def waiting(session: Session) -> Sequence[Person]:
    """Who has registered and waits to be confirmed, the longest first."""
    query = select(Person).where(Person.waits_since.is_not(None), Person.closed_at.is_(None))
    return session.scalars(query.order_by(Person.waits_since, Person.id)).all()


def count_waiting(session: Session) -> int:
    query = select(func.count()).where(Person.waits_since.is_not(None), Person.closed_at.is_(None))
    return session.scalar(query) or 0


def acceptances(session: Session) -> dict[int, int]:
    """Version of the text about privacy -> how many open accounts accepted it last; 0: none yet."""
    version = func.coalesce(Person.accepted_version, 0)
    query = select(version, func.count()).where(Person.closed_at.is_(None)).group_by(version)
    return {row[0]: row[1] for row in session.execute(query)}


def people(session: Session) -> Sequence[Person]:
    return session.scalars(select(Person).order_by(Person.name)).all()


def roles_of(session: Session) -> dict[int, list[str]]:
    """Person -> the roles that they have or had for a while."""
    found: dict[int, list[str]] = {}
    for person_id, role in session.execute(select(RoleGrant.person_id, RoleGrant.role).order_by(RoleGrant.id)):
        if role not in found.setdefault(person_id, []):
            found[person_id].append(role)
    return found


def grants(session: Session) -> Sequence[RoleGrant]:
    """All roles, past and future ones too, with their persons."""
    query = select(RoleGrant).options(joinedload(RoleGrant.person)).order_by(RoleGrant.role, RoleGrant.id)
    return session.scalars(query).all()


def names_of(session: Session, person_ids: Collection[int]) -> dict[int, str]:
    """Id -> name."""
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))
    return {row.id: row.name for row in rows}


def is_empty(session: Session) -> bool:
    """Nobody is here yet: the first start of a real centre."""
    return session.scalar(select(func.count()).select_from(Person)) == 0
