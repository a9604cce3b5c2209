"""The second factor: a code that an app counts from a shared secret and the time (TOTP, RFC 6238), or a recovery code.

A code is good for its own step of 30 seconds and the one before and after it; the step of a code that was taken and
all before it are refused. Tries are counted over all workers, apart from those of the password, so that whoever knows
the password cannot start the count anew.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

import pyotp
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, NotFound, refuse
from booking.domain.events import PersonEvent
from booking.domain.permissions import Action
from booking.domain.text import clean_text
from booking.storage import access, settings
from booking.storage.access import LoginSession, RecoveryCode, SecondFactor
from booking.storage.db import reading
from booking.storage.history import History, HistoryText
from booking.storage.people import person_by_id
from booking.storage.transaction import writes
from booking.usecases import signing_in
from booking.usecases.act import Act, require, viewer_of
from booking.usecases.joining import check_may_change
from booking.usecases.own_account import own, tell_changed
from booking.usecases.sealing import Seal
from booking.usecases.signing_in import SignedIn

STEP = 30
"""Seconds."""
RECOVERY_CODES = 10
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


def begin(*, act: Act, password: str, network: str, seal: Seal, real_now: datetime) -> None:
    """Make a secret for the own app; it counts once a code of it was shown.

    Raises Refused(wrong_password | throttled | second_there), Forbidden.
    """
    _show_password(act, password, network, real_now)
    _make(act=act, seal=seal, real_now=real_now)


def _show_password(act: Act, password: str, network: str, real_now: datetime) -> int:
    if act.actor is None:
        raise Forbidden
    signing_in.check_password(person_id=act.actor, password=password, network=network, now=real_now)
    return act.actor


@writes
def _make(session: Session, *, act: Act, seal: Seal, real_now: datetime) -> None:
    person = own(session, act)
    if access.has_second_factor(session, person.id):
        raise refuse("second_there")
    session.execute(delete(SecondFactor).where(SecondFactor.person_id == person.id))
    sealed = seal.closed(pyotp.random_base32())
    session.add(SecondFactor(person_id=person.id, sealed=sealed, created_at=real_now))


def secret_to_show(session: Session, person_id: int, seal: Seal) -> str | None:
    """The secret (base32) that has been made and not confirmed yet."""
    row = session.get(SecondFactor, person_id)
    return seal.opened(row.sealed) if row is not None and row.confirmed_at is None else None


def address_for_apps(secret: str, *, account: str, centre: str) -> str:
    """What the QR code says: otpauth://totp/..."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=centre)


def confirm(*, act: Act, code: str, network: str, secret: str, seal: Seal, real_now: datetime) -> list[str]:
    """From now on a log-in needs a code; all devices but this one (of the session `secret`) are logged out.

    Returns the recovery codes, which are shown once. Raises Refused(wrong_code | throttled), Forbidden, NotFound.
    """
    if act.actor is None:
        raise Forbidden
    keys = _keys(act.actor, network)
    signing_in.count_try(keys=keys, now=real_now)
    codes = _confirm(act=act, code=code, secret=secret, seal=seal, real_now=real_now)
    signing_in.give_back(keys=keys, now=real_now)
    return codes


def _keys(person_id: int, network: str) -> tuple[str, str]:
    return signing_in.account_key(f"second factor of {person_id}"), signing_in.network_key(network)


@writes
def _confirm(session: Session, *, act: Act, code: str, secret: str, seal: Seal, real_now: datetime) -> list[str]:
    person = own(session, act)
    row = session.get(SecondFactor, person.id, with_for_update=True)
    if row is None or row.confirmed_at is not None:
        raise NotFound("second factor")
    if not _takes(row, code, seal, real_now):
        raise refuse("wrong_code", field="code")
    row.confirmed_at = real_now
    others = LoginSession.person_id == person.id, LoginSession.hash != access.digest(secret)
    session.execute(delete(LoginSession).where(*others))
    tell_changed(session, act, person, "second_on")
    return _new_codes(session, person.id)


def _takes(row: SecondFactor, code: str, seal: Seal, now: datetime) -> bool:
    """Whether the app's code is right; then its step is used up."""
    secret, step = seal.opened(row.sealed), int(now.timestamp()) // STEP
    typed = "".join(code.split())
    if secret is None or not (len(typed) == 6 and typed.isascii()):
        return False
    totp = pyotp.TOTP(secret)
    for one in (step - 1, step, step + 1):
        if one > row.last_step and hmac.compare_digest(totp.generate_otp(one), typed):
            row.last_step = one
            return True
    return False


def _new_codes(session: Session, person_id: int) -> list[str]:
    """Ten of 59 bits each; earlier ones are void."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = ["-".join(_four() for _ in range(3)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(person_id=person_id, hash=_hash(person_id, code)) for code in codes)
    return codes


def _four() -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(4))


def _hash(person_id: int, code: str) -> str:
    return access.digest(f"{person_id}:{''.join(sign for sign in code.lower() if sign.isalnum())}")


def pass_with(*, secret: str, code: str, network: str, device: str, seal: Seal, now: datetime) -> SignedIn:
    """Make a whole session of the half one behind `secret`, which ends. Takes a code of the app or a recovery code.

    Raises Refused(wrong_code | throttled), NotFound where there is no half session any more.
    """
    keys = _keys(_half(reading(), secret, now).person_id, network)
    signing_in.count_try(keys=keys, now=now)
    made = _pass(secret=secret, code=code, device=device, seal=seal, now=now)
    signing_in.give_back(keys=keys, now=now)
    return made


def _half(session: Session, secret: str, now: datetime, *, for_update: bool = False) -> LoginSession:
    row = access.login_session(session, secret, for_update=for_update)
    if row is None or not row.is_half or row.expires_at <= now:
        raise NotFound("session")
    return row


def waits_for_code(session: Session, secret: str, now: datetime) -> bool:
    """Whether the password was right on this device, and the second factor is to follow."""
    try:
        _half(session, secret, now)
    except NotFound:
        return False
    return True


@writes
def _pass(session: Session, *, secret: str, code: str, device: str, seal: Seal, now: datetime) -> SignedIn:
    half = _half(session, secret, now, for_update=True)
    person_id, trusted = half.person_id, half.trusted
    row = session.get(SecondFactor, person_id, with_for_update=True)
    if row is not None and not (_takes(row, code, seal, now) or _recovers(session, person_id, code, now)):
        raise refuse("wrong_code", field="code")
    session.delete(half)
    made = signing_in.open_session(person_id=person_id, trusted=trusted, now=now, device=device)
    return SignedIn(person_id, made, trusted)


def _recovers(session: Session, person_id: int, code: str, now: datetime) -> bool:
    """Whether it is an unused recovery code; then it is used up."""
    query = select(RecoveryCode).where(RecoveryCode.hash == _hash(person_id, code), RecoveryCode.used_at.is_(None))
    row = session.scalar(query.with_for_update())
    if row is None:
        return False
    row.used_at = now
    return True


def new_codes(*, act: Act, password: str, network: str, real_now: datetime) -> list[str]:
    """New recovery codes; those before are void. Raises Refused(wrong_password | throttled), Forbidden, NotFound."""
    _show_password(act, password, network, real_now)
    return _renew(act=act)


@writes
def _renew(session: Session, *, act: Act) -> list[str]:
    person = own(session, act)
    if not access.has_second_factor(session, person.id):
        raise NotFound("second factor")
    return _new_codes(session, person.id)


def remove(*, act: Act, password: str, network: str, real_now: datetime) -> None:
    """Log-ins need no code any more. Raises Refused(wrong_password | throttled | second_needed), Forbidden."""
    _show_password(act, password, network, real_now)
    _remove(act=act)


def is_needed(session: Session, act: Act) -> bool:
    """Whether the centre wants one of the actor."""
    return settings.centre(session).staff_second_factor and viewer_of(session, act).is_staff


@writes
def _remove(session: Session, *, act: Act) -> None:
    person = own(session, act)
    if is_needed(session, act):
        raise refuse("second_needed")
    if access.has_second_factor(session, person.id):
        tell_changed(session, act, person, "second_off")
    _forget(session, person.id)


def _forget(session: Session, person_id: int) -> None:
    for table in (SecondFactor, RecoveryCode):
        session.execute(delete(table).where(table.person_id == person_id))


@writes
def take_away(session: Session, *, act: Act, person_id: int, reason: str) -> None:
    """An administrator, or the program itself, removes the second factor of somebody who lost the phone, and says why.

    All their devices are logged out. Raises Refused(reason_required), Forbidden, NotFound.
    """
    if act.actor is not None:
        require(session, act, Action.ROLES)
        check_may_change(session, act, person_id)
    person = person_by_id(session, person_id)
    if not access.has_second_factor(session, person_id):
        raise NotFound("second factor")
    reason = clean_text(reason, field="reason")
    if not reason:
        raise refuse("reason_required", field="reason")
    _forget(session, person_id)
    session.execute(delete(LoginSession).where(LoginSession.person_id == person_id))
    step = History(at=act.now, actor_id=act.actor, event=PersonEvent.SECOND_FACTOR_REMOVED, facts={"person": person_id})
    session.add(step)
    session.flush()
    session.add(HistoryText(history_id=step.id, text=reason))
    tell_changed(session, act, person, "second_removed")
