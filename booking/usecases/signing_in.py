"""Log in, stay logged in, log out. All of it in real time: the demo's clock moves bookings, not sessions."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking.domain.contact import email_address, phone_number
from booking.domain.errors import NotFound, Refused, refuse
from booking.domain.events import AccountNotice
from booking.storage import access, outbox
from booking.storage.access import LoginSession, ResetCode, Throttle, Token
from booking.storage.db import reading
from booking.storage.people import Person, person_by_id, person_by_login
from booking.storage.transaction import writes
from booking.usecases import passwords
from booking.usecases.act import Act

TRUSTED = timedelta(days=90)
UNTRUSTED = timedelta(hours=12)
HALF_LIFE = timedelta(minutes=10)
"""Between the password and the second factor."""
STAFF_IDLE = timedelta(hours=8)
RESET_LIFE = timedelta(hours=24)
RESET_MAIL_LIFE = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=10)
# tries before waiting begins: for one account, for one network
FREE_TRIES = {"account": 5, "network": 30}
LONGEST_WAIT = timedelta(hours=1)
FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True)
class SignedIn:
    person_id: int
    secret: str
    trusted: bool
    is_half: bool = False


def log_in(*, login: str, password: str, network: str, trusted: bool, now: datetime, device: str = "") -> SignedIn:
    """A new session for the person behind a phone number or e-mail; half of one where a second factor is to follow.

    Raises Refused(wrong_login | throttled).

    A try is counted before the password is looked at, so that many workers together allow no more than one would.
    The password is checked outside any transaction: it takes long on purpose.
    """
    person_id, stored = _account(login)
    # an unknown login waits like a known one, however it is typed, so that waiting tells nothing
    keys = (account_key(str(person_id) if person_id else _plain(login)), network_key(network))
    count_try(keys=keys, now=now)
    if not passwords.is_right(stored, password) or person_id is None or stored is None:
        raise refuse("wrong_login")
    rehashed = passwords.hashed(password) if passwords.is_outdated(stored) else None
    return let_in(
        person_id=person_id, shown=stored, trusted=trusted, now=now, device=device, clear=keys, rehashed=rehashed
    )


@writes
def let_in(
    session: Session,
    *,
    person_id: int,
    trusted: bool,
    now: datetime,
    device: str,
    shown: str | None = None,
    clear: tuple[str, ...] = (),
    rehashed: str | None = None,
) -> SignedIn:
    """A session for somebody who has shown who they are; half of one where a second factor is to follow.

    `shown`: the hash that their password fitted, None where another provider vouches for them.
    While that was checked the password may have been changed, a second factor set up, the account closed: all of these
    log everybody out, and nobody slips in behind them. Raises Refused(wrong_login).
    """
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None or person.closed_at is not None or shown not in (None, person.password):
        raise refuse("wrong_login")
    is_half = access.has_second_factor(session, person_id)
    secret = open_session(
        person_id=person_id,
        trusted=trusted,
        now=now,
        clear=clear,
        rehashed=rehashed,
        device=device,
        is_half=is_half,
    )
    return SignedIn(person_id, secret, trusted, is_half)


def check_password(*, person_id: int, password: str, network: str, now: datetime) -> None:
    """Somebody who is logged in shows their password once more; counted as a log-in. Raises Refused(wrong_password)."""
    keys = (account_key(str(person_id)), network_key(network))
    count_try(keys=keys, now=now)
    if not passwords.is_right(person_by_id(reading(), person_id).password, password):
        raise refuse("wrong_password", field="password")
    give_back(keys=keys, now=now)


def _account(login: str) -> tuple[int | None, str | None]:
    person = person_by_login(reading(), login)
    return (person.id, person.password) if person else (None, None)


@writes
def open_session(
    session: Session,
    *,
    person_id: int,
    trusted: bool,
    now: datetime,
    clear: tuple[str, ...] = (),
    rehashed: str | None = None,
    device: str = "",
    is_half: bool = False,
) -> str:
    """A new log-in session; returns its secret. Forgets the failures of this account."""
    secret = access.new_secret()
    give_back(keys=clear, now=now)
    session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
    if rehashed:
        person_by_id(session, person_id).password = rehashed
    session.add(
        LoginSession(
            person_id=person_id,
            hash=access.digest(secret),
            trusted=trusted,
            created_at=now,
            seen_at=now,
            expires_at=now + (HALF_LIFE if is_half else TRUSTED if trusted else UNTRUSTED),
            device=device,
            is_half=is_half,
        )
    )
    return secret


@writes
def give_back(session: Session, *, keys: tuple[str, ...], now: datetime) -> None:
    """It was no guess: the account starts anew; the network gets this one try back."""
    for row in session.scalars(select(Throttle).where(Throttle.key.in_(keys)).order_by(Throttle.key).with_for_update()):
        row.failures, row.until = (0, now) if row.key.startswith("account") else (max(row.failures - 1, 0), row.until)


@writes
def log_out(session: Session, *, secret: str) -> None:
    session.execute(delete(LoginSession).where(LoginSession.hash == access.digest(secret)))


@writes
def note_seen(session: Session, *, session_id: int, now: datetime) -> None:
    session.execute(update(LoginSession).where(LoginSession.id == session_id).values(seen_at=now))


@writes
def count_try(session: Session, *, keys: tuple[str, ...], now: datetime) -> None:
    """Count one try for each key. Raises Refused(throttled) while one of them must wait; that try is not counted."""
    waiting = [row for key in keys if (row := session.get(Throttle, key, with_for_update=True)) and row.until > now]
    if waiting:
        seconds = max((row.until - now).total_seconds() for row in waiting)
        raise refuse("throttled", minutes=int(seconds // 60) + 1)
    for key in keys:
        row = session.get(Throttle, key) or Throttle(key=key, failures=0, until=now)
        row.failures = 1 if row.until + FORGOTTEN <= now else row.failures + 1
        over = row.failures - FREE_TRIES[key.partition(":")[0]]
        row.until = now + min(timedelta(seconds=15 * 2 ** min(over, 20)), LONGEST_WAIT) if over >= 0 else now
        session.add(row)


def account_key(text: str) -> str:
    """The throttle's key for the tries at one account, or at one thing of it."""
    return f"account:{_hashed(text)}"


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(login: str) -> str:
    """A login in one form, as known ones are looked up."""
    try:
        return email_address(login) or "" if "@" in login else phone_number(login)
    except Refused:
        return login.strip().lower()


def network_key(address: str) -> str:
    return f"network:{_prefix(address)}"


def _prefix(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 64), strict=False))


@writes
def new_reset_code(session: Session, *, person_id: int, now: datetime, is_mailed: bool = False) -> str:
    """A one-time code for a new password. One that staff hand over voids earlier ones.

    One that is mailed voids none: anybody may ask for it.
    """
    person_by_id(session, person_id)
    gone = ResetCode.expires_at <= now if is_mailed else ResetCode.person_id == person_id
    session.execute(delete(ResetCode).where(ResetCode.person_id == person_id, gone))
    secret = access.new_secret()
    until = now + (RESET_MAIL_LIFE if is_mailed else RESET_LIFE)
    session.add(ResetCode(person_id=person_id, hash=access.digest(secret), expires_at=until))
    return secret


def set_password(*, act: Act, code: str, password: str, now: datetime) -> None:
    """Set a new password with a one-time code; who has an address is told. Raises Refused (the password), NotFound."""
    use_code(act=act, code=code, hashed=passwords.hashed(password), now=now)


@writes
def use_code(session: Session, *, act: Act, code: str, hashed: str, now: datetime) -> None:
    """Consume the code and void all others; every log-in session of the person ends. Raises NotFound."""
    row = access.reset_code(session, code, for_update=True)
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise NotFound("code")
    person = person_by_id(session, row.person_id)
    if person.closed_at is not None:
        raise NotFound("code")
    row.used_at = now
    session.execute(delete(ResetCode).where(ResetCode.person_id == person.id, ResetCode.id != row.id))
    change_password(session, person, hashed, now)
    if person.email:
        outbox.put_own(session, AccountNotice.CHANGED, person.id, {"what": "password"}, act.now)


def void_codes(session: Session, person_id: int) -> None:
    """Codes for a new password that were handed over or mailed and not used."""
    session.execute(delete(ResetCode).where(ResetCode.person_id == person_id, ResetCode.used_at.is_(None)))


def change_password(session: Session, person: Person, hashed: str, now: datetime) -> None:
    """A new password ends every session of the person and every code for another one; calendar addresses live on."""
    person.password = hashed
    session.flush()
    void_codes(session, person.id)
    session.execute(delete(LoginSession).where(LoginSession.person_id == person.id))
    api_keys = update(Token).where(Token.person_id == person.id, Token.kind == "api", Token.revoked_at.is_(None))
    session.execute(api_keys.values(revoked_at=now))
