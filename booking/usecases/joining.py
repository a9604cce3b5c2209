"""Persons and roles: registering, and what staff enter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.domain.contact import email_address, phone_number
from booking.domain.errors import NotFound, Refused, Violation, refuse
from booking.domain.permissions import Action, Role
from booking.domain.text import clean_line
from booking.storage import feeds, settings
from booking.storage.access import LoginSession, Token
from booking.storage.bookings import Booking
from booking.storage.db import reading
from booking.storage.people import Person, RoleGrant, person_by_id, person_by_login
from booking.storage.places import Room, room_by_slug, site_by_slug
from booking.storage.transaction import writes
from booking.usecases import passwords, signing_in
from booking.usecases.act import Act, require, require_everywhere
from booking.usecases.confirming import welcome
from booking.usecases.consenting import note_accepted
from booking.usecases.memberships import hand_on_all, locked_communities
from booking.usecases.own_account import tell_changed
from booking.usecases.proving import mails_key
from booking.usecases.recording import show_anew


@dataclass(frozen=True)
class NewPerson:
    name: str
    phone: str
    email: str = ""
    password: str = ""
    language: str = "id"
    # of the centre's text about privacy, which stood beside the button; 0: nothing was shown
    accepted: int = 0


def register(*, act: Act, new: NewPerson) -> int:
    """A new account; returns the person's id. Raises Refused with everything that is wrong."""
    return store_person(act=act, new=new, hashed=checked_password(new))


def enrol(*, act: Act, new: NewPerson, network: str, real_now: datetime) -> int:
    """Somebody makes an account for themselves; returns the person's id. Whoever tries numbers that have one waits.

    An e-mail address that another account has is no refusal: it is the new one's as soon as it is proved, and the same
    address gets no more than a few mails. Raises Refused with everything that is wrong, phone_known too; throttled;
    registration_closed.
    """
    if settings.centre(reading()).registration == "closed":
        raise refuse("registration_closed")
    hashed = checked_password(new)
    keys = (signing_in.network_key(network),)
    email = email_address(new.email)
    signing_in.count_try(keys=(*((mails_key(email),) if email else ()), *keys), now=real_now)
    person_id = store_person(act=act, new=new, hashed=hashed, by_self=True)
    signing_in.give_back(keys=keys, now=real_now)
    return person_id


def sign_up(*, act: Act, new: NewPerson, network: str, real_now: datetime) -> None:
    """As `enrol`, but where the phone has an account already nothing is stored and nothing is said.

    So nobody learns who has one. Raises Refused for what is wrong by itself.
    """
    try:
        enrol(act=act, new=new, network=network, real_now=real_now)
    except Refused as refused:
        if {one.code for one in refused.violations} != {"phone_known"}:
            raise


def checked_password(new: NewPerson) -> str | None:
    """The hash, made before any transaction begins. Problems of the other fields are told together with it."""
    broken = _problems(new, settings.centre(reading()).country_code)
    hashed = None
    try:
        hashed = passwords.hashed(new.password) if new.password else None
    except Refused as refused:
        broken += refused.violations
    if broken:
        raise Refused(broken)
    return hashed


def _problems(new: NewPerson, country: str) -> list[Violation]:
    broken: list[Violation] = []
    checks: tuple[tuple[Callable[[str], object], str], ...] = (
        (lambda name: clean_line(name, field="name"), new.name),
        (lambda phone: phone_number(phone, country=country), new.phone),
        (email_address, new.email),
    )
    for check, value in checks:
        try:
            check(value)
        except Refused as refused:
            broken += refused.violations
    return broken


@writes
def store_person(session: Session, *, act: Act, new: NewPerson, hashed: str | None, by_self: bool = False) -> int:
    country = settings.centre(session).country_code
    person = Person(
        name=clean_line(new.name, field="name"),
        phone=phone_number(new.phone, country=country),
        email=email_address(new.email),
        password=hashed,
        language=new.language,
        created_at=act.now,
    )
    if by_self and person.email and session.scalar(select(Person.id).where(Person.email == person.email)):
        person.email, person.new_email = None, person.email
    _check_unknown(session, person)
    session.add(person)
    session.flush()
    if by_self:
        welcome(session, act, person)
    note_accepted(session, person, new.accepted, act.now)
    return person.id


def _check_unknown(session: Session, person: Person) -> None:
    """Raises Refused for a phone or e-mail that another account has."""
    broken = []
    for code, column, value in (
        ("phone_known", Person.phone, person.phone),
        ("email_known", Person.email, person.email),
    ):
        if value and session.scalar(select(Person.id).where(column == value)):
            broken.append(Violation(code, field=code.removesuffix("_known")))
    if broken:
        raise Refused(broken)


def enter_person(*, act: Act, new: NewPerson) -> int:
    """Staff enter a person (no password: a reset code is handed over). Raises Forbidden, Refused."""
    _check_staff(act=act)
    return register(act=act, new=new)


@writes
def _check_staff(session: Session, *, act: Act) -> None:
    require(session, act, Action.PEOPLE)


@writes
def change_person(
    session: Session, *, act: Act, person_id: int, name: str, phone: str, email: str, closed: bool, real_now: datetime
) -> None:
    """Staff correct a person's entry, close or reopen the account. Raises Refused, Forbidden, NotFound."""
    check_may_change(session, act, person_id)
    country = settings.centre(session).country_code
    broken = _problems(NewPerson(name, phone, email), country)
    if broken:
        raise Refused(broken)
    communities = locked_communities(session, person_id) if closed else []
    person = person_by_id(session, person_id)
    seen_as, email_before = (person.name, person.phone), person.email
    person.name = clean_line(name, field="name")
    person.phone = phone_number(phone, country=country)
    if person.email != email_address(email):
        # what staff type is not proved
        person.email, person.email_verified_at, person.new_email = email_address(email), None, None
        signing_in.void_codes(session, person_id)
    if person.erased_at is not None:
        raise NotFound("person")
    if closed and person.closed_at is None:
        person.closed_at = act.now
        session.execute(delete(LoginSession).where(LoginSession.person_id == person.id))
        for token in session.scalars(select(Token).where(Token.person_id == person.id, Token.revoked_at.is_(None))):
            token.revoked_at = real_now
        session.flush()
        check_administrator_stays(session)
        hand_on_all(session, act, communities)
    elif not closed:
        person.closed_at = None
    session.flush()
    if seen_as != (person.name, person.phone):
        show_anew(session, act, Booking.booked_for == person.id)
    _tell_log_in_changed(session, act, person, seen_as[1], email_before)
    feeds.bump(session, [feeds.person_scope(person.id)], act.now)


def _tell_log_in_changed(session: Session, act: Act, person: Person, phone: str, email: str | None) -> None:
    """At the address before: whoever is not there any more could not learn of it."""
    if person.phone != phone:
        tell_changed(session, act, person, "phone", to=email)
    if email and person.email != email:
        tell_changed(session, act, person, "email", to=email)


def reset_password(*, act: Act, person_id: int, real_now: datetime) -> str:
    """Staff make a one-time code for a person. Those with a role are reset by who may give roles. Raises Forbidden."""
    _check_may_reset(act=act, person_id=person_id)
    return signing_in.new_reset_code(person_id=person_id, now=real_now)


@writes
def _check_may_reset(session: Session, *, act: Act, person_id: int) -> None:
    check_may_change(session, act, person_id)


def check_may_change(session: Session, act: Act, person_id: int) -> None:
    """Who holds a role is changed only by who may give roles: no officer takes over the administrator."""
    require(session, act, Action.PEOPLE)
    for grant in session.scalars(select(RoleGrant).where(RoleGrant.person_id == person_id)).all():
        _check_may_give_roles(session, act, grant.site_id, _room_of(session, grant))


@writes
def grant_role(
    session: Session,
    *,
    act: Act,
    login: str,
    role: str,
    site: str | None,
    room: str | None = None,
    from_on: date | None,
    to_on: date | None,
) -> None:
    """Give a person a role at a site, in a room or at all, on some days. Raises Refused, Forbidden, NotFound."""
    if site and room:
        raise refuse("one_place", field="place")
    at = site_by_slug(session, site) if site else None
    within = room_by_slug(session, room) if room else None
    _check_may_give_roles(session, act, at.id if at else None, within)
    person = person_by_login(session, login)
    if person is None:
        raise refuse("unknown_person", field="login")
    if role not in set(Role):
        raise refuse("required", field="role")
    if from_on and to_on and from_on > to_on:
        raise refuse("end_before_start", field="to_on")
    if any(day and not 2000 <= day.year <= 2200 for day in (from_on, to_on)):
        raise refuse("date", field="to_on", first="2000", last="2200")
    where = {"site_id": at.id if at else None, "room_id": within.id if within else None}
    session.add(RoleGrant(person_id=person.id, role=role, from_on=from_on, to_on=to_on, **where))
    feeds.bump(session, [feeds.person_scope(person.id)], act.now)


@writes
def end_role(session: Session, *, act: Act, grant_id: int) -> None:
    """Take a role back. The last administrator stays. Raises Refused(last_administrator), Forbidden, NotFound."""
    if act.actor is not None:
        require(session, act, Action.ROLES)  # first: whoever may not learns nothing of what there is
    grant = session.get(RoleGrant, grant_id)
    if grant is None:
        raise NotFound("role")
    _check_may_give_roles(session, act, grant.site_id, _room_of(session, grant))
    session.delete(grant)
    session.flush()
    check_administrator_stays(session)
    feeds.bump(session, [feeds.person_scope(grant.person_id)], act.now)


def _room_of(session: Session, grant: RoleGrant) -> Room | None:
    return None if grant.room_id is None else session.get_one(Room, grant.room_id)


def _check_may_give_roles(session: Session, act: Act, site_id: int | None, room: Room | None) -> None:
    """A role everywhere is given only by who may give roles everywhere. The program itself (demo, CLI) may."""
    if act.actor is None:
        return
    if room is not None:
        require(session, act, Action.ROLES, room.site_id, room.id)
    elif site_id is None:
        require_everywhere(session, act, Action.ROLES)
    else:
        require(session, act, Action.ROLES, site_id)


def check_administrator_stays(session: Session) -> None:
    """Raises Refused when no open account would be administrator of everything, now and for good."""
    lasting = select(RoleGrant.id).join(Person, Person.id == RoleGrant.person_id)
    lasting = lasting.where(
        RoleGrant.role == Role.ADMINISTRATOR,
        RoleGrant.site_id.is_(None),
        RoleGrant.room_id.is_(None),
        RoleGrant.from_on.is_(None),
        RoleGrant.to_on.is_(None),
        Person.closed_at.is_(None),
    )
    if session.scalar(lasting.limit(1)) is None:
        raise refuse("last_administrator")
