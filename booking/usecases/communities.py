"""Communities: registered by anybody, verified or declined by the office, changed by their contacts, closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.errors import NotFound, Refused, Violation, refuse
from booking.domain.events import CommunityEvent
from booking.domain.permissions import Action
from booking.domain.text import clean_line, clean_text, slug_of
from booking.storage.bookings import Booking
from booking.storage.classifications import Classification, ClassKind, classification
from booking.storage.communities import Community, Membership
from booking.storage.former import is_given
from booking.storage.memberships import count_waiting_of, members
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases.act import Act, require, viewer_of
from booking.usecases.belonging import (
    bookings_ahead,
    bump,
    is_staff,
    locked_community,
    note,
    require_contact,
    tell_contacts,
    tell_office,
)
from booking.usecases.recording import show_anew
from booking.usecases.renaming import change_slug

MOST_WAITING = 3
"""Communities of one contact that wait for the office at a time."""
ABOUT_LENGTH = 500


@dataclass(frozen=True)
class CommunityFacts:
    """`classes`: the id of a row for each kind that is said; a kind that is missing or None is not said."""

    name: str
    about: str = ""
    classes: dict[ClassKind, int | None] = field(default_factory=dict)
    is_public: bool = False
    slug: str = ""
    """Another name in addresses, which the office may give."""


@writes
def register_community(session: Session, *, act: Act, facts: CommunityFacts) -> str:
    """Anybody who is logged in registers a community and becomes its contact; the office is told. Returns the slug.

    Raises Refused, Forbidden where nobody is logged in.
    """
    viewer = viewer_of(session, act)
    if viewer.waits:
        raise refuse("person_waits")
    person_id = viewer.person_id or 0
    # one after the other: each counts what the one before has registered
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    if count_waiting_of(session, person_id) >= MOST_WAITING:
        raise refuse("many_communities", most=MOST_WAITING)
    community = _made(session, act, facts)
    session.add(Membership(community_id=community.id, person_id=person_id, relation="contact", joined_at=act.now))
    note(session, act, CommunityEvent.REGISTERED, community)
    tell_office(session, act, CommunityEvent.REGISTERED, community)
    bump(session, act, community, [person_id])
    return community.slug


@writes
def enter_community(session: Session, *, act: Act, facts: CommunityFacts, verified: bool = True) -> str:
    """Staff enter a community; returns its slug. Raises Refused, Forbidden."""
    if act.actor is not None:
        require(session, act, Action.PEOPLE)
    community = _made(session, act, facts)
    if verified:
        community.verified_at, community.verified_by = act.now, act.actor
    note(session, act, CommunityEvent.ENTERED, community, verified=verified)
    bump(session, act, community)
    return community.slug


def _made(session: Session, act: Act, facts: CommunityFacts) -> Community:
    name = clean_line(facts.name, field="name")
    _check_name_is_new(session, name, None)
    community = Community(slug=_new_slug(session, name), name=name, created_at=act.now, created_by=act.actor)
    _describe(session, community, facts)
    session.add(community)
    session.flush()
    return community


def _new_slug(session: Session, name: str) -> str:
    """Two names may look alike in an address, those in other scripts above all."""
    slug = slug_of(name)
    return next(one for n in count(1) if not is_given(session, Community, one := slug if n == 1 else f"{slug}-{n}"))


def _check_name_is_new(session: Session, name: str, own_id: int | None) -> None:
    """Raises Refused where an open community has the name already, however it is written."""
    # compared here: databases do not agree on the small letters of Ö and É
    query = select(Community.id, Community.name).where(Community.closed_at.is_(None))
    if any(one != own_id and known.casefold() == name.casefold() for one, known in session.execute(query)):
        raise refuse("community_known", field="name")


def _describe(session: Session, community: Community, facts: CommunityFacts) -> None:
    """Raises Refused for text that cannot be stored and for rows that are none or not offered any more."""
    community.about = clean_text(facts.about, field="about", longest=ABOUT_LENGTH)
    community.is_public = facts.is_public
    broken = []
    for kind in ClassKind:
        row = _row(session, facts.classes.get(kind), kind)
        is_kept = row is not None and row.id == getattr(community, f"{kind}_id")
        if facts.classes.get(kind) is not None and (row is None or (row.retired and not is_kept)):
            broken.append(Violation("unknown_class", field=str(kind)))
        else:
            setattr(community, str(kind), row)
    if broken:
        raise Refused(broken)


def _row(session: Session, row_id: int | None, kind: ClassKind) -> Classification | None:
    try:
        found = classification(session, row_id) if row_id is not None else None
    except NotFound:
        return None
    return found if found is not None and found.kind == kind else None


@writes
def change_community(session: Session, *, act: Act, slug: str, facts: CommunityFacts) -> str:
    """A contact or the office changes what is said of a community; returns its slug.

    Raises Refused, Forbidden, NotFound. Under another name or type it is not what the office has verified: it must be
    looked at again. One that was declined waits anew.
    """
    community = locked_community(session, slug)
    require_contact(session, act, community)
    name = clean_line(facts.name, field="name")
    if name.casefold() != community.name.casefold():
        _check_name_is_new(session, name, community.id)
    was, renamed = (community.name, community.type_id), community.name != name
    community.name = name
    _describe(session, community, facts)
    if is_staff(session, act):
        change_slug(session, community, facts.slug)
    session.flush()
    note(session, act, CommunityEvent.EDITED, community)
    if not is_staff(session, act) and (community.declined_at or was != (community.name, community.type_id)):
        _wait_anew(session, act, community)
    if renamed:
        show_anew(session, act, Booking.community_id == community.id)
    bump(session, act, community, _member_ids(session, community))
    return community.slug


def _wait_anew(session: Session, act: Act, community: Community) -> None:
    was_waiting = community.is_waiting
    community.verified_at = community.verified_by = community.declined_at = community.declined_reason = None
    if not was_waiting:
        note(session, act, CommunityEvent.REGISTERED, community)
        tell_office(session, act, CommunityEvent.REGISTERED, community)


def _member_ids(session: Session, community: Community) -> list[int]:
    return [one.person_id for one in members(session, community.id)]


@writes
def verify(session: Session, *, act: Act, slug: str) -> None:
    """The office has looked at it and found it to be what it says. Raises Forbidden, NotFound, Refused(state)."""
    community = _of_office(session, act, slug)
    if community.verified_at is not None:
        return
    community.verified_at, community.verified_by = act.now, act.actor
    community.declined_at = community.declined_reason = None
    note(session, act, CommunityEvent.VERIFIED, community)
    tell_contacts(session, act, CommunityEvent.VERIFIED, community)
    bump(session, act, community, _member_ids(session, community))


@writes
def decline_community(session: Session, *, act: Act, slug: str, reason: str) -> None:
    """The office does not verify it, or no longer; nothing is asked for it until its contact mends it.

    Raises Refused(reason_required), Forbidden, NotFound.
    """
    community = _of_office(session, act, slug)
    said = _reason(reason)
    community.verified_at = community.verified_by = None
    community.declined_at, community.declined_reason = act.now, said
    note(session, act, CommunityEvent.DECLINED, community, text=said)
    tell_contacts(session, act, CommunityEvent.DECLINED, community, reason=said)
    bump(session, act, community, _member_ids(session, community))


def _of_office(session: Session, act: Act, slug: str) -> Community:
    if act.actor is not None:
        require(session, act, Action.PEOPLE)
    community = locked_community(session, slug)
    if community.closed_at is not None:
        raise refuse("community_closed")
    return community


def _reason(said: str) -> str:
    reason = clean_text(said, field="reason")
    if not reason:
        raise refuse("reason_required", field="reason")
    return reason


@writes
def ask_to_close(session: Session, *, act: Act, slug: str, reason: str = "") -> None:
    """A contact asks the office to close the community. Raises Forbidden, NotFound."""
    community = locked_community(session, slug)
    require_contact(session, act, community)
    if community.close_asked_at is not None:
        return
    said = clean_text(reason, field="reason")
    community.close_asked_at = act.now
    note(session, act, CommunityEvent.CLOSE_ASKED, community, text=said)
    tell_office(session, act, CommunityEvent.CLOSE_ASKED, community, reason=said)
    bump(session, act, community)


@writes
def close_community(session: Session, *, act: Act, slug: str, reason: str) -> None:
    """Nothing is asked for it any more; what it had stays. Raises Refused(community_busy, reason_required), Forbidden.

    What is still to come must be cancelled first: those who come to it have to be told one by one.
    """
    community = _of_office(session, act, slug)
    said = _reason(reason)
    if ahead := bookings_ahead(session, act, [community.id]):
        raise refuse("community_busy", count=len(ahead))
    community.closed_at, community.close_asked_at = act.now, None
    note(session, act, CommunityEvent.CLOSED, community, text=said)
    tell_contacts(session, act, CommunityEvent.CLOSED, community, reason=said)
    bump(session, act, community, _member_ids(session, community))


@writes
def reopen_community(session: Session, *, act: Act, slug: str) -> None:
    """Raises Refused where its name has been taken meanwhile, Forbidden, NotFound."""
    if act.actor is not None:
        require(session, act, Action.PEOPLE)
    community = locked_community(session, slug)
    _check_name_is_new(session, community.name, community.id)
    community.closed_at = community.close_asked_at = None
    note(session, act, CommunityEvent.REOPENED, community)
    bump(session, act, community, _member_ids(session, community))
