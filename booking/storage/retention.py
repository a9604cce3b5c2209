"""What is kept no longer than the centre has said: the questions which rows are due, and their end in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.domain.retention import Before, Retention
from booking.storage import settings
from booking.storage.access import LoginSession, ResetCode, Throttle, Token
from booking.storage.bookings import Booking, Occurrence
from booking.storage.history import History, HistoryText
from booking.storage.looks import Look
from booking.storage.mail_links import MailLink
from booking.storage.outbox import Outbox
from booking.storage.people import Person

WORDS = "words"
"""The kind that is blanked and not deleted: see `personal.forget_texts`."""


def retention(session: Session) -> Retention:
    return Retention(**(settings.setting(session, settings.RETENTION) or {}))


def put_retention(session: Session, said: Retention) -> None:
    settings.put(session, settings.RETENTION, asdict(said))


@dataclass(frozen=True)
class Due:
    """Rows of one kind that may go."""

    key: InstrumentedAttribute[Any]
    where: ColumnElement[bool]


def due(limits: Before) -> Mapping[str, Due]:
    """Kind -> its rows. The words of bookings first: they matter most."""
    ahead = exists().where(Occurrence.booking_id == Booking.id, Occurrence.ends_at >= limits.words)
    still = exists().where(Occurrence.booking_id == Outbox.booking_id, Occurrence.ends_at >= limits.messages)
    # whoever has closed the account gets nothing any more
    closed = exists().where(Person.id == Outbox.person_id, Person.closed_at.is_not(None))
    done = or_(_done() < limits.messages, and_(closed, Outbox.due_at < limits.messages))
    sessions = limits.sessions
    return {
        WORDS: Due(Booking.id, and_(Booking.forgotten_at.is_(None), ~ahead)),
        # of what is still to come all stay: a cancellation must know what calendars were told before
        "messages": Due(Outbox.id, and_(done, ~still)),
        "sessions": Due(LoginSession.id, LoginSession.expires_at < sessions),
        "links": Due(MailLink.id, or_(MailLink.used_at < sessions, MailLink.expires_at < sessions)),
        "codes": Due(ResetCode.id, or_(ResetCode.used_at < sessions, ResetCode.expires_at < sessions)),
        "tokens": Due(Token.id, Token.revoked_at < limits.tokens),
        # why somebody was erased at the office; reasons about bookings go with these
        "reasons": Due(HistoryText.history_id, _is_of_nothing(limits)),
        "views": Due(Look.key, Look.last_at < limits.views),
        "throttle": Due(Throttle.key, Throttle.until < sessions),
    }


def _is_of_nothing(limits: Before) -> ColumnElement[bool]:
    """A text of an old step about neither a booking nor a community."""
    about = (History.booking_id.is_(None), History.community_id.is_(None), History.at < limits.words)
    return exists().where(History.id == HistoryText.history_id, *about)


def _done() -> ColumnElement[Any]:
    """When it was sent, told or given up; NULL while it waits."""
    return func.coalesce(Outbox.sent_at, Outbox.told_at, Outbox.dead_at)


def counts(session: Session, limits: Before) -> dict[str, int]:
    """Kind -> how many rows are due."""
    return {
        kind: session.scalar(select(func.count()).select_from(one.key.class_).where(one.where)) or 0
        for kind, one in due(limits).items()
    }


def any_due(session: Session, limits: Before) -> bool:
    return any(session.scalar(select(one.key).where(one.where).limit(1)) is not None for one in due(limits).values())


def keys(session: Session, one: Due, most: int) -> Sequence[Any]:
    """Those to go next, the oldest first."""
    return session.scalars(select(one.key).where(one.where).order_by(one.key).limit(most)).all()


def drop(session: Session, one: Due, found: Sequence[Any]) -> None:
    session.execute(delete(one.key.class_).where(one.key.in_(found)))
