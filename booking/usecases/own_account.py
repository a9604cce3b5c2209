"""A person's own account: name, language, phone, password, and the devices that are logged in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.domain.contact import phone_number
from booking.domain.errors import Forbidden, NotFound, Refused, refuse
from booking.domain.events import AccountNotice
from booking.domain.text import clean_line
from booking.ical.words import LANGUAGES
from booking.storage import access, feeds, outbox, settings
from booking.storage.access import Identity, LoginSession
from booking.storage.bookings import Booking
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases import passwords, signing_in
from booking.usecases.act import Act, viewer_of
from booking.usecases.recording import show_anew
from booking.usecases.signing_in import SignedIn


def own(session: Session, act: Act) -> Person:
    """Who acts, locked. Raises Forbidden where nobody is logged in."""
    viewer = viewer_of(session, act)
    person = session.get(Person, viewer.person_id, with_for_update=True)
    if person is None:
        raise Forbidden
    return person


def tell_changed(session: Session, act: Act, person: Person, what: str, to: str | None = None) -> None:
    """Whoever has an address learns that something of the account has changed; `to`: where, if not there."""
    if person.email or to:
        facts = {"what": what} | ({"to": to} if to else {})
        outbox.put_own(session, AccountNotice.CHANGED, person.id, facts, act.now)


@writes
def rename(session: Session, *, act: Act, name: str, language: str) -> None:
    """Raises Refused(required | too_long | text), Forbidden."""
    person = own(session, act)
    was, person.name = person.name, clean_line(name, field="name")
    if language in LANGUAGES:
        person.language = language
    session.flush()
    if was != person.name:
        _show_anew(session, act, person.id)


def change_phone(*, act: Act, phone: str, password: str, network: str, real_now: datetime) -> None:
    """Log in with another number from now on. Whoever tries numbers that others have waits.

    Raises Refused(wrong_password | throttled | phone | phone_known), Forbidden.
    """
    if act.actor is None:
        raise Forbidden
    signing_in.check_password(person_id=act.actor, password=password, network=network, now=real_now)
    keys = (signing_in.account_key(f"phone of {act.actor}"), signing_in.network_key(network))
    signing_in.count_try(keys=keys, now=real_now)
    _store_phone(act=act, phone=phone)
    signing_in.give_back(keys=keys, now=real_now)


@writes
def _store_phone(session: Session, *, act: Act, phone: str) -> None:
    person = own(session, act)
    number = phone_number(phone, country=settings.centre(session).country_code)
    if number == person.phone:
        return
    if session.scalar(select(Person.id).where(Person.phone == number)):
        raise refuse("phone_known", field="phone")
    person.phone = number
    session.flush()
    tell_changed(session, act, person, "phone")
    _show_anew(session, act, person.id)


def _show_anew(session: Session, act: Act, person_id: int) -> None:
    """Calendars name who answers for a booking, and how to reach them."""
    show_anew(session, act, Booking.booked_for == person_id)
    feeds.bump(session, [feeds.person_scope(person_id)], act.now)


def change_own_password(
    *, act: Act, old: str, new: str, network: str, device: str, secret: str, real_now: datetime
) -> SignedIn:
    """Every session ends, this device (of the session `secret`) gets a new one. Keys to the API end, too.

    Raises Refused(wrong_password | throttled | password_short | password_common | too_long), Forbidden.
    """
    if act.actor is None:
        raise Forbidden
    try:
        hashed = passwords.hashed(new)
    except Refused as refused:
        raise refuse(refused.violations[0].code, field="new", **refused.violations[0].values) from None
    try:
        signing_in.check_password(person_id=act.actor, password=old, network=network, now=real_now)
    except Refused as refused:
        raise refuse(refused.violations[0].code, field="old", **refused.violations[0].values) from None
    return _store_password(act=act, hashed=hashed, device=device, secret=secret, real_now=real_now)


@writes
def _store_password(
    session: Session, *, act: Act, hashed: str, device: str, secret: str, real_now: datetime
) -> SignedIn:
    person = own(session, act)
    here = access.login_session(session, secret)
    trusted = here is not None and here.trusted
    signing_in.change_password(session, person, hashed, real_now)
    tell_changed(session, act, person, "password")
    made = signing_in.open_session(person_id=person.id, trusted=trusted, now=real_now, device=device)
    return SignedIn(person.id, made, trusted)


@writes
def end_session(session: Session, *, act: Act, session_id: int) -> None:
    """Log one of the own devices out. Raises Forbidden, NotFound: another's is as if it were none."""
    viewer = viewer_of(session, act)
    row = session.get(LoginSession, session_id)
    if row is None or row.person_id != viewer.person_id:
        raise NotFound("session")
    session.delete(row)


@writes
def end_others(session: Session, *, act: Act, secret: str) -> None:
    """Log all own devices out but that of the session `secret`. Raises Forbidden."""
    viewer = viewer_of(session, act)
    others = LoginSession.person_id == viewer.person_id, LoginSession.hash != access.digest(secret)
    session.execute(delete(LoginSession).where(*others))


@writes
def forget_identity(session: Session, *, act: Act, identity_id: int) -> None:
    """Who one is at another provider opens the account no more. Raises Forbidden, NotFound as `end_session`."""
    viewer = viewer_of(session, act)
    row = session.get(Identity, identity_id)
    if row is None or row.person_id != viewer.person_id:
        raise NotFound("identity")
    session.delete(row)
