"""Messages, written with the change that caused them and sent later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, and_, bindparam, func, insert, or_, select, text
from sqlalchemy.orm import Mapped, Session, contains_eager, joinedload, mapped_column, relationship

from booking.domain.errors import NotFound
from booking.domain.events import AccountNotice
from booking.domain.messages import BY_MAIL_ALONE, KINDS
from booking.storage.db import Base
from booking.storage.people import Person
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
    # why it was not delivered, as a code: never an address or anybody's words
    error: Mapped[str | None] = mapped_column(String(200))
    dead_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship()


PASSES = timedelta(days=2)
"""After that nobody is called about what one could have done without."""
_OFFICE = [word for word, kind in KINDS.items() if kind.staff]
_PASSING = [word for word, kind in KINDS.items() if kind.mutable]
_HAS_ADDRESS = and_(
    # these two name the address they go to: one that is not proved yet, and one that is given up
    or_(Person.email.is_not(None), Outbox.kind.in_((AccountNotice.VERIFY_EMAIL, AccountNotice.CHANGED))),
    Person.closed_at.is_(None),
)


_PUT = insert(Outbox.metadata.tables[Outbox.__tablename__])
_LATEST_DUE = select(func.max(Outbox.due_at)).where(
    Outbox.booking_id == bindparam("booking"),
    Outbox.person_id == bindparam("person"),
    IS_WAITING,
    Outbox.due_at > bindparam("now"),
    Outbox.tries == 0,
)


def put(
    session: Session,
    kind: str,
    person_ids: Iterable[int],
    booking_id: int,
    facts: dict[str, Any],
    *,
    now: datetime,
    due_at: datetime,
) -> None:
    """A message about a booking to each of some people. As plain rows: only the worker reads them again."""
    common = {"kind": kind, "booking_id": booking_id, "facts": facts, "created_at": now, "due_at": due_at}
    if rows := [{"person_id": person_id, **common} for person_id in person_ids]:
        session.execute(_PUT, rows)


def put_own(session: Session, kind: str, person_id: int, facts: dict[str, Any], now: datetime) -> None:
    """A message to one person about their account, due at once. `facts["to"]`: another address than theirs."""
    session.add(Outbox(kind=kind, person_id=person_id, facts=facts, created_at=now, due_at=now))


def sendable(session: Session, now: datetime, real_now: datetime, *, most: int) -> Sequence[Outbox]:
    """Due messages to people with an address that nobody is sending just now, locked; those others lock are passed."""
    query = select(Outbox).join(Person, Person.id == Outbox.person_id)
    query = query.where(
        IS_WAITING,
        Outbox.due_at <= now,
        or_(Outbox.leased_until.is_(None), Outbox.leased_until <= real_now),
        _HAS_ADDRESS,
    )
    query = query.order_by(Outbox.due_at, Outbox.id).limit(most)
    return session.scalars(query.with_for_update(of=Outbox, skip_locked=True)).all()


def any_sendable(session: Session, now: datetime, real_now: datetime) -> bool:
    """The worker's question, asked with the reader: a round with nothing to send takes nobody's turn."""
    query = select(Outbox.id).join(Person, Person.id == Outbox.person_id)
    free = or_(Outbox.leased_until.is_(None), Outbox.leased_until <= real_now)
    return session.scalar(query.where(IS_WAITING, Outbox.due_at <= now, free, _HAS_ADDRESS).limit(1)) is not None


def latest_due(session: Session, booking_id: int, person_id: int, now: datetime) -> datetime | None:
    """When the last of somebody's messages about a booking that wait for a later moment is due."""
    latest: datetime | None = session.scalar(_LATEST_DUE, {"booking": booking_id, "person": person_id, "now": now})
    return latest


def sent_before(
    session: Session, booking_id: int, person_id: int, outbox_id: int, kinds: Collection[str]
) -> list[tuple[datetime, dict[str, Any]]]:
    """(sent_at, facts) of the earlier messages of some kinds that somebody got about a booking."""
    query = select(Outbox.sent_at, Outbox.facts).where(
        Outbox.booking_id == booking_id,
        Outbox.person_id == person_id,
        Outbox.id < outbox_id,
        Outbox.kind.in_(kinds),
        Outbox.sent_at.is_not(None),
        Outbox.error.is_(None),
    )
    return [(sent_at, facts) for sent_at, facts in session.execute(query) if sent_at is not None]


def message(session: Session, outbox_id: int, *, for_update: bool = False) -> Outbox:
    """Raises NotFound."""
    query = select(Outbox).where(Outbox.id == outbox_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound("message")
    return found


def to_be_told(session: Session, now: datetime, *, booking_id: int | None = None, most: int = 100) -> Sequence[Outbox]:
    """Due messages to people without an address, oldest first: the desk calls them or writes otherwise."""
    query = select(Outbox).join(Person, Person.id == Outbox.person_id).options(contains_eager(Outbox.person))
    nowhere = and_(Person.email.is_(None), Person.closed_at.is_(None))
    query = query.where(IS_WAITING, Outbox.due_at <= now, nowhere, Outbox.kind.not_in([*_OFFICE, *BY_MAIL_ALONE]))
    query = query.where(or_(Outbox.kind.not_in(_PASSING), Outbox.due_at > now - PASSES))
    if booking_id is not None:
        query = query.where(Outbox.booking_id == booking_id)
    return session.scalars(query.order_by(Outbox.due_at, Outbox.id).limit(most)).all()


def dead(session: Session, *, most: int = 100) -> Sequence[Outbox]:
    """What was given up, newest first."""
    query = select(Outbox).where(Outbox.dead_at.is_not(None), Outbox.told_at.is_(None), Outbox.sent_at.is_(None))
    return session.scalars(
        query.options(joinedload(Outbox.person)).order_by(Outbox.dead_at.desc(), Outbox.id.desc()).limit(most)
    ).all()


def sent_lately(session: Session, *, most: int = 30) -> Sequence[Outbox]:
    """What left or was told last, newest first."""
    at = func.coalesce(Outbox.sent_at, Outbox.told_at)
    query = select(Outbox).where(at.is_not(None)).options(joinedload(Outbox.person))
    return session.scalars(query.order_by(at.desc(), Outbox.id.desc()).limit(most)).all()


def waiting(session: Session) -> tuple[int, int, datetime | None]:
    """How many messages wait to be mailed, how many of them failed before, and since when the oldest is due."""
    query = select(func.count(), func.count().filter(Outbox.tries > 0), func.min(Outbox.due_at))
    query = query.select_from(Outbox).join(Person, Person.id == Outbox.person_id).where(IS_WAITING, _HAS_ADDRESS)
    number, again, oldest = session.execute(query).one()
    return number, again, oldest
