"""How a person gets in: log-in sessions, tokens, one-time codes and the throttle. Only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.storage.db import Base
from booking.storage.types import UTCDateTime


class LoginSession(Base):
    """One device that is logged in. Times are real time, whatever the demo's clock says.

    `device`: "browser/system" in the words of domain.devices. `is_half`: the password was right, the second factor has
    not been shown yet; it opens nothing.
    """

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    trusted: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    device: Mapped[str] = mapped_column(String(40), default="")
    is_half: Mapped[bool] = mapped_column(default=False)


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
    """A one-time code with which a person sets a new password; handed over by staff, or mailed to a proved address."""

    __tablename__ = "reset_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class MailKey(Base):
    """The link of a mail by which a person proves that `email` is theirs: 256 bits, as a hash, once, not for long."""

    __tablename__ = "mail_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SecondFactor(Base):
    """The secret that a person's app counts codes from (RFC 6238), sealed; in force once a code of it was shown.

    `last_step`: the newest step of 30 s of which a code was taken; it and those before it are not taken again.
    """

    __tablename__ = "second_factor"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    sealed: Mapped[str] = mapped_column(String(300))
    last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RecoveryCode(Base):
    """Instead of a code of the app, once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Identity(Base):
    """Who a person is at another provider of log-ins (OpenID Connect)."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


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


def login_session(session: Session, secret: str, *, for_update: bool = False) -> LoginSession | None:
    query = select(LoginSession).where(LoginSession.hash == digest(secret))
    return session.scalar(query.with_for_update() if for_update else query)


def token(session: Session, kind: str, secret: str) -> Token | None:
    """The token with its state, revoked ones too: 410 and 404 differ."""
    return session.scalar(select(Token).where(Token.hash == digest(secret), Token.kind == kind))


def tokens_of(session: Session, person_id: int, kind: str) -> Sequence[Token]:
    query = select(Token).where(Token.person_id == person_id, Token.kind == kind, Token.revoked_at.is_(None))
    return session.scalars(query.order_by(Token.id)).all()


def reset_code(session: Session, secret: str, *, for_update: bool = False) -> ResetCode | None:
    query = select(ResetCode).where(ResetCode.hash == digest(secret))
    return session.scalar(query.with_for_update() if for_update else query)


def sessions_of(session: Session, person_id: int, now: datetime) -> Sequence[LoginSession]:
    """Devices that are logged in, the one used last first."""
    query = select(LoginSession).where(LoginSession.person_id == person_id, LoginSession.expires_at > now)
    query = query.where(LoginSession.is_half.is_(False))
    return session.scalars(query.order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())).all()


def mail_key(session: Session, secret: str, *, for_update: bool = False) -> MailKey | None:
    query = select(MailKey).where(MailKey.hash == digest(secret))
    return session.scalar(query.with_for_update() if for_update else query)


def has_second_factor(session: Session, person_id: int) -> bool:
    """Whether one is in force."""
    query = select(SecondFactor.person_id).where(SecondFactor.person_id == person_id)
    return session.scalar(query.where(SecondFactor.confirmed_at.is_not(None))) is not None


def codes_left(session: Session, person_id: int) -> int:
    """How many recovery codes have not been used."""
    query = select(func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def identities_of(session: Session, person_id: int) -> Sequence[Identity]:
    return session.scalars(select(Identity).where(Identity.person_id == person_id).order_by(Identity.id)).all()


def identity(session: Session, issuer: str, subject: str) -> Identity | None:
    return session.scalar(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject))
