"""Who of the staff looked at whose data: one row for a viewer, a person, a kind of page and a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, String, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, aliased, joinedload, mapped_column, relationship

from booking.storage.db import Base
from booking.storage.people import Person
from booking.storage.types import UTCDateTime

PAGE = 50


class Look(Base):
    """`person_id` None: a list of many, which counts as one. `viewer_id` None: the command line."""

    __tablename__ = "look"
    __table_args__ = (Index("ix_look_day_key", "day", "key"),)

    # the four columns below in one word: NULLs would not meet in a UNIQUE constraint
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    viewer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    what: Mapped[str] = mapped_column(String(20))
    day: Mapped[date] = mapped_column(Date)
    times: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)

    viewer: Mapped[Person | None] = relationship(foreign_keys=[viewer_id])
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])


@dataclass(frozen=True)
class Seen:
    """What was noted in memory; `day` is that of the centre."""

    viewer_id: int | None
    person_id: int | None
    what: str
    day: date
    last_at: datetime
    times: int = 1

    @property
    def key(self) -> str:
        return f"{self.viewer_id or '-'}/{self.person_id or '-'}/{self.what}/{self.day.isoformat()}"


_TABLE = Look.metadata.tables[Look.__tablename__]


def note_looks(session: Session, seen: Sequence[Seen]) -> None:
    """Add to the rows of the day, in one statement. Each key stands at most once in `seen`."""
    names = ("key", "viewer_id", "person_id", "what", "day", "times", "last_at")
    # in one order everywhere, so that two processes never wait for each other
    rows = [{name: getattr(one, name) for name in names} for one in sorted(seen, key=lambda one: one.key)]
    upsert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = upsert(_TABLE)
    added = {"times": _TABLE.c.times + statement.excluded.times, "last_at": statement.excluded.last_at}
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=added), rows)


def looks_at(session: Session, person_id: int, *, most: int | None) -> Sequence[Look]:
    """At one person, the latest first."""
    query = select(Look).where(Look.person_id == person_id).options(joinedload(Look.viewer))
    return session.scalars(query.order_by(Look.day.desc(), Look.last_at.desc(), Look.key).limit(most)).all()


@dataclass(frozen=True)
class Page:
    """Rows of one page of all, numbered from 1."""

    looks: Sequence[Look]
    number: int
    count: int


def looks_page(session: Session, *, person: str, day: date | None, number: int) -> Page:
    """The latest first; of a person (by number or part of a name, as viewer or as seen) and of a day."""
    viewer, seen = aliased(Person), aliased(Person)
    query = select(Look).outerjoin(viewer, Look.viewer).outerjoin(seen, Look.person)
    if person:
        query = query.where(or_(*(_is_called(one, person) for one in (viewer, seen))))
    if day is not None:
        query = query.where(Look.day == day)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    count = max(1, -(-total // PAGE))
    number = min(max(1, number), count)
    query = query.options(joinedload(Look.viewer), joinedload(Look.person))
    query = query.order_by(Look.day.desc(), Look.last_at.desc(), Look.key).limit(PAGE).offset((number - 1) * PAGE)
    return Page(session.scalars(query).all(), number, count)


def _is_called(one: type[Person], said: str) -> ColumnElement[bool]:
    if said.isascii() and said.isdigit() and len(said) < 10:
        return one.id == int(said)
    return one.name.icontains(said, autoescape=True)
