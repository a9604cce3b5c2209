"""How a person gets in: log-in sessions, tokens, one-time codes and the throttle. Only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.storage.db import Base
from booking.storage.types import UTCDateTime


class LoginSession(Base):
    """One device that is logged in. Times are real time, whatever the demo's clock says."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    trusted: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Token(Base):
    """A key to the API or to one of a person's feeds, for one device with a label. Times are real time."""

    __tablename__ = "token"
    __table_args__ = (CheckConstraint("kind IN ('api', 'feed')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    feed: Mapped[str | None] = mapped_column(String(120), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # when a calendar app asked last, and which one; written in batches, a minute late at most
    fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    app: Mapped[str] = mapped_column(String(60), default="")
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ResetCode(Base):
    """A one-time code with which a person sets a new password; handed over by staff."""

    __tablename__ = "reset_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Throttle(Base):
    """Failed log-ins by account and by address; shared by all workers."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime] = mapped_column(UTCDateTime)


PREFIX = "bk_"


def new_secret() -> str:
    """256 random bits behind a prefix that secret scanners can know."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def login_session(session: Session, secret: str) -> LoginSession | None:
    return session.scalar(select(LoginSession).where(LoginSession.hash == digest(secret)))


def token(session: Session, kind: str, secret: str) -> Token | None:
    """The token with its state, revoked ones too: 410 and 404 differ."""
    return session.scalar(select(Token).where(Token.hash == digest(secret), Token.kind == kind))


def tokens_of(session: Session, person_id: int, kind: str) -> Sequence[Token]:
    query = select(Token).where(Token.person_id == person_id, Token.kind == kind, Token.revoked_at.is_(None))
    return session.scalars(query.order_by(Token.id)).all()


def reset_code(session: Session, secret: str, *, for_update: bool = False) -> ResetCode | None:
    query = select(ResetCode).where(ResetCode.hash == digest(secret))
    return session.scalar(query.with_for_update() if for_update else query)
