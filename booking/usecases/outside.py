"""Log-ins by another provider (OpenID Connect), which has shown who somebody is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.contact import email_address
from booking.domain.errors import Refused, refuse
from booking.storage import access
from booking.storage.access import Identity
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases import signing_in
from booking.usecases.signing_in import SignedIn

LONGEST = 255
"""Of issuer and subject; OpenID Connect Core allows a subject no more."""


@dataclass(frozen=True)
class Outside:
    """What the provider says: `email` is good for something only if it has verified it."""

    issuer: str
    subject: str
    email: str = ""
    is_verified: bool = False


def enter(*, said: Outside, device: str, now: datetime) -> SignedIn:
    """A session for whoever this is here; half of one where a second factor is to follow.

    Known by issuer and subject. The first time by an e-mail address that is verified there and proved here: one that
    is only claimed on either side would open another's account. Raises Refused(outside_unknown).
    """
    person_id = _known(said=said, now=now)
    return signing_in.let_in(person_id=person_id, trusted=False, now=now, device=device)


@writes
def _known(session: Session, *, said: Outside, now: datetime) -> int:
    if not said.subject or max(len(said.issuer), len(said.subject)) > LONGEST:
        raise refuse("outside_unknown")
    if known := access.identity(session, said.issuer, said.subject):
        person = session.get(Person, known.person_id)
    else:
        person = _by_email(session, said)
    if person is None or person.closed_at is not None:
        raise refuse("outside_unknown")
    if known is None:
        session.add(Identity(person_id=person.id, issuer=said.issuer, subject=said.subject, created_at=now))
    return person.id


def _by_email(session: Session, said: Outside) -> Person | None:
    try:
        email = email_address(said.email) if said.is_verified else None
    except Refused:
        return None
    if email is None:
        return None
    return session.scalar(select(Person).where(Person.email == email, Person.email_verified_at.is_not(None)))
