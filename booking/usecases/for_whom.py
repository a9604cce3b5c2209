"""For whom somebody asks: for themselves, for a community of theirs, or, as staff, for somebody without an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain.contact import email_address, phone_number
from booking.domain.errors import Forbidden, NotFound, Refused, Violation, refuse
from booking.domain.permissions import Action, Viewer
from booking.domain.text import clean_line
from booking.storage.communities import (
    Community,
    communities_of,
    community_by_slug,
    keep_asking,
    keep_open,
    own_communities,
)
from booking.storage.people import Person, person_by_phone
from booking.storage.places import Room
from booking.storage.settings import centre
from booking.storage.transaction import Again
from booking.usecases.act import Act
from booking.usecases.wanted import PRIVATELY, OnBehalf, Wanted

NOT_YET_KNOWN = 0
"""The number of a person whom a preview has not met: nothing is theirs."""


def community_of(session: Session, viewer: Viewer, wanted: Wanted, broken: list[Violation]) -> Community | None:
    """The community asked for; without a word the person's only one, and none where staff ask for somebody else."""
    if wanted.community == PRIVATELY or viewer.person_id is None:
        return None
    if wanted.on_behalf is not None:
        return _any_community(session, wanted.community, broken)
    mine = communities_of(session, viewer.person_id)
    if not wanted.community:
        return mine[0] if len(mine) == 1 else None
    found = next((community for community in mine if community.slug == wanted.community), None)
    if found is None:
        known = {community.slug for community, _relation in own_communities(session, viewer.person_id)}
        code = "community_closed" if wanted.community in known else "unknown_community"
        broken.append(Violation(code, field="community"))
    return found


def _any_community(session: Session, slug: str | None, broken: list[Violation]) -> Community | None:
    """Any that may ask: staff know for whom somebody speaks."""
    if not slug:
        return None
    try:
        found = community_by_slug(session, slug)
    except NotFound:
        broken.append(Violation("unknown_community", field="for_community"))
        return None
    if found.closed_at or found.declined_at:
        broken.append(Violation("community_closed", field="for_community"))
    return found


def check_may_enter(viewer: Viewer, wanted: Wanted, rooms: Iterable[Room]) -> None:
    """Raises Forbidden where a request is for somebody else and one of its rooms is not this officer's to ask for."""
    if wanted.on_behalf is None:
        return
    if not viewer.may(Action.ON_BEHALF) or not all(
        viewer.may(Action.ON_BEHALF, room.site_id, room.id) for room in rooms
    ):
        raise Forbidden


def person_known(session: Session, wanted: Wanted, broken: list[Violation]) -> Person | None:
    """The person of that phone number; None for one whom nobody has met. What is wrong goes to `broken`."""
    said = wanted.on_behalf
    if said is None:
        return None
    broken += _problems(session, said)
    try:
        person = person_by_phone(session, phone_number(said.phone, country=centre(session).country_code))
    except Refused:
        return None
    if person is not None and person.closed_at is not None:
        broken.append(Violation("account_closed", field="for_phone"))
    return person


def _problems(session: Session, said: OnBehalf) -> list[Violation]:
    known = centre(session)
    broken: list[Violation] = []
    if said.channel not in {one["code"] for one in known.channels}:
        broken.append(Violation("required", field="for_channel"))
    checks: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: clean_line(said.name, field="name"), "for_name"),
        (lambda: phone_number(said.phone, country=known.country_code), "for_phone"),
        (lambda: email_address(said.email), "for_email"),
    )
    for check, field in checks:
        try:
            check()
        except Refused as refused:
            broken += [replace(one, field=field) for one in refused.violations]
    return broken


def person_asked_for(session: Session, act: Act, wanted: Wanted, broken: Sequence[Violation]) -> int | None:
    """The id of whom the booking is for: the actor, or whom staff named, found by phone or entered now.

    A person who is there already keeps name and address: only `change_person` changes those. Raises Again where
    somebody has entered the same number meanwhile, Refused(email_known).
    """
    said = wanted.on_behalf
    if said is None:
        return act.actor
    found: list[Violation] = []
    person = person_known(session, wanted, found)
    if person is not None or found or broken:
        return person.id if person else NOT_YET_KNOWN
    return _entered(session, act, said)


def _entered(session: Session, act: Act, said: OnBehalf) -> int:
    country, email = centre(session).country_code, email_address(said.email)
    if email and session.scalar(select(Person.id).where(Person.email == email)):
        raise refuse("email_known", field="for_email")
    person = Person(
        name=clean_line(said.name, field="name"),
        phone=phone_number(said.phone, country=country),
        email=email,
        created_at=act.now,
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError:
        raise Again from None
    return person.id


def still_asking(session: Session, wanted: Wanted, community: Community, person_id: int) -> bool:
    """Whether the community may still be asked for by these; it stays so until the transaction ends."""
    if wanted.on_behalf is not None:
        return keep_open(session, community.id)
    return keep_asking(session, community.id, person_id)
