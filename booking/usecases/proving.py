"""E-mail addresses that count only when a link sent there was used, and the new password that such an address can get.

Links hold 256 bits, are kept as hashes, work once and not for long; their secrets are made when the mail is written.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.domain.contact import email_address
from booking.domain.errors import Forbidden, NotFound, refuse
from booking.domain.events import AccountNotice
from booking.storage import access, feeds, outbox
from booking.storage.access import MailKey
from booking.storage.people import Person, person_by_id
from booking.storage.transaction import writes
from booking.usecases import signing_in
from booking.usecases.act import Act
from booking.usecases.own_account import own, tell_changed

KEY_LIFE = timedelta(hours=24)


def change_email(*, act: Act, email: str, password: str, network: str, real_now: datetime) -> None:
    """Write down a new address, which counts when it is proved; nothing ends the one there is, at once.

    Whether somebody else has the address is not said. Raises Refused(wrong_password | throttled | email), Forbidden.
    """
    if act.actor is None:
        raise Forbidden
    wanted = email_address(email)
    signing_in.check_password(person_id=act.actor, password=password, network=network, now=real_now)
    _count_mails(act.actor, network, real_now, *([mails_key(wanted)] if wanted else []))
    _store_email(act=act, wanted=wanted)


def prove_again(*, act: Act, network: str, real_now: datetime) -> None:
    """Send the link once more: for the address that waits, else for the own one. Raises Refused(throttled)."""
    if act.actor is None:
        raise Forbidden
    _count_mails(act.actor, network, real_now)
    _send_again(act=act)


def _count_mails(person_id: int, network: str, now: datetime, *more: str) -> None:
    """Nobody has mails sent to strangers as often as they like; what was counted is not given back."""
    keys = (signing_in.account_key(f"mails of {person_id}"), *more, signing_in.network_key(network))
    signing_in.count_try(keys=keys, now=now)


@writes
def _store_email(session: Session, *, act: Act, wanted: str | None) -> None:
    person = own(session, act)
    session.execute(delete(MailKey).where(MailKey.person_id == person.id))
    if wanted is None or wanted == person.email:
        if wanted is None and person.email:
            tell_changed(session, act, person, "email", to=person.email)
            person.email = person.email_verified_at = None
            signing_in.void_codes(session, person.id)
        person.new_email = None
        return
    person.new_email = wanted
    ask_for_proof(session, act, person, wanted)


@writes
def _send_again(session: Session, *, act: Act) -> None:
    person = own(session, act)
    if person.new_email:
        ask_for_proof(session, act, person, person.new_email)
    elif person.email and person.email_verified_at is None:
        ask_for_proof(session, act, person, person.email)


def mails_key(email: str) -> str:
    """The throttle's key for the mails that strangers have sent to an address."""
    return signing_in.account_key(f"mails to {email}")


def ask_for_proof(session: Session, act: Act, person: Person, email: str) -> None:
    """A mail with the link, to the address itself.

    Nothing is sent to an address that another has proved: they would be asked to give it away.
    """
    if _holder(session, email, person.id, proved=True) is None:
        outbox.put_own(session, AccountNotice.VERIFY_EMAIL, person.id, {"to": email}, act.now)


def _holder(session: Session, email: str, but: int, *, proved: bool) -> Person | None:
    query = select(Person).where(Person.email == email, Person.id != but)
    return session.scalar(query.where(Person.email_verified_at.is_not(None)) if proved else query)


@writes
def new_mail_key(session: Session, *, person_id: int, email: str, real_now: datetime) -> str:
    """The secret of a link that proves the address; earlier ones are void. Raises NotFound."""
    person_by_id(session, person_id)
    session.execute(delete(MailKey).where(MailKey.person_id == person_id, MailKey.used_at.is_(None)))
    secret = access.new_secret()
    until = real_now + KEY_LIFE
    session.add(MailKey(person_id=person_id, email=email, hash=access.digest(secret), expires_at=until))
    return secret


def address_of(session: Session, secret: str, real_now: datetime) -> str | None:
    """The address that a link would prove; None where it is over. Only reads. Raises NotFound."""
    key = access.mail_key(session, secret)
    if key is None:
        raise NotFound("link")
    return key.email if _is_good(session, key, real_now) else None


def _is_good(session: Session, key: MailKey, now: datetime) -> bool:
    person = session.get(Person, key.person_id)
    is_wanted = person is not None and person.closed_at is None and key.email in (person.new_email, person.email)
    is_free = _holder(session, key.email, key.person_id, proved=True) is None
    return is_wanted and is_free and key.used_at is None and key.expires_at > now


@writes
def prove(session: Session, *, act: Act, secret: str, real_now: datetime) -> bool:
    """Use the link: the address counts from now on. False where it is over. Raises NotFound.

    An account that only claims the address loses it: who reads its mail has it. The address before is told.
    """
    key = access.mail_key(session, secret, for_update=True)
    if key is None:
        raise NotFound("link")
    if not _is_good(session, key, real_now):
        return False
    key.used_at = real_now
    if claims := _holder(session, key.email, key.person_id, proved=False):
        claims.email = None
        session.flush()
    person = person_by_id(session, key.person_id)
    if person.email != key.email:
        if person.email:
            tell_changed(session, act, person, "email", to=person.email)
        person.email = key.email
        # whoever reads the mail of the address before has no way in any more
        signing_in.void_codes(session, person.id)
    person.email_verified_at, person.new_email = real_now, None
    session.flush()
    feeds.bump(session, [feeds.person_scope(person.id)], act.now)
    return True


def ask_for_reset(*, act: Act, email: str, network: str, real_now: datetime) -> None:
    """Mail a link for a new password, if the address is proved; whether it is, nobody learns: the work is the same.

    Raises Refused(email | throttled).
    """
    wanted = email_address(email)
    if wanted is None:
        raise refuse("required", field="email")
    keys = (signing_in.account_key(f"reset {wanted}"), signing_in.network_key(network))
    signing_in.count_try(keys=keys, now=real_now)
    _mail_reset(act=act, email=wanted)


@writes
def _mail_reset(session: Session, *, act: Act, email: str) -> None:
    query = select(Person).where(Person.email == email, Person.closed_at.is_(None))
    person = session.scalar(query.where(Person.email_verified_at.is_not(None)))
    if person is not None:
        outbox.put_own(session, AccountNotice.RESET, person.id, {"of": "password"}, act.now)
