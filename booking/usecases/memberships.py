"""Who belongs to a community: joining, leaving, removing, and who answers for it.

A community never loses its last contact by anything that a member does. Where all are gone the office sets one.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, NotFound, refuse
from booking.domain.events import CommunityEvent
from booking.domain.permissions import Action
from booking.storage.communities import Community, Membership, membership, own_communities
from booking.storage.memberships import contacts
from booking.storage.people import Person, person_by_login
from booking.storage.transaction import writes
from booking.usecases.act import Act, require, viewer_of
from booking.usecases.belonging import bump, hand_on, locked_community, note, require_contact, tell

RELATIONS = ("member", "contact")


@writes
def add_member(session: Session, *, act: Act, slug: str, login: str, relation: str) -> None:
    """Staff make a person member or contact of a community. Raises Refused, Forbidden, NotFound."""
    if act.actor is not None:
        require(session, act, Action.PEOPLE)
    community = locked_community(session, slug)
    person = person_by_login(session, login)
    if person is None:
        raise refuse("unknown_person", field="login")
    if relation not in RELATIONS:
        raise refuse("required", field="relation")
    known = membership(session, community.id, person.id)
    if known is None:
        take_in(session, act, community, person.id)
        known = membership(session, community.id, person.id)
    if known is not None and known.relation != relation:
        _relate(session, act, community, known, relation)
    hand_on(session, act, community)
    bump(session, act, community, [person.id])


def take_in(session: Session, act: Act, community: Community, person_id: int, *, invite_id: int | None = None) -> None:
    """A new member, noted in the history. The community must be locked."""
    session.add(Membership(community_id=community.id, person_id=person_id, relation="member", joined_at=act.now))
    session.flush()
    note(session, act, CommunityEvent.JOINED, community, person=person_id, invite=invite_id)


def _relate(session: Session, act: Act, community: Community, of: Membership, relation: str) -> None:
    """Contact or plain member from now on. Raises Refused where nobody else would answer for the community."""
    if relation == "member":
        _check_contact_stays(session, community, of.person_id)
    of.relation = relation
    session.flush()
    event = CommunityEvent.CONTACT if relation == "contact" else CommunityEvent.STEPPED_DOWN
    note(session, act, event, community, person=of.person_id)
    if event is CommunityEvent.CONTACT:
        tell(session, act, event, community, [of.person_id])


def _check_contact_stays(session: Session, community: Community, without: int) -> None:
    if not any(one.person_id != without for one in contacts(session, community.id)):
        raise refuse("last_contact", field="successor")


@writes
def make_contact(session: Session, *, act: Act, slug: str, person_id: int) -> None:
    """A contact or the office lets another member answer for the community too. Raises Forbidden, NotFound."""
    community = locked_community(session, slug)
    require_contact(session, act, community)
    _promote(session, act, community, person_id)
    hand_on(session, act, community)
    bump(session, act, community, [person_id])


def _promote(session: Session, act: Act, community: Community, person_id: int) -> None:
    """Raises NotFound for who is no member or cannot be reached any more."""
    found = _member(session, community, person_id)
    person = session.get(Person, person_id)
    if person is None or person.closed_at is not None:
        raise NotFound("member")
    if found.relation != "contact":
        _relate(session, act, community, found, "contact")


@writes
def step_down(session: Session, *, act: Act, slug: str) -> None:
    """A contact becomes a plain member. Raises Refused(last_contact), Forbidden, NotFound."""
    community, own = _own(session, act, slug)
    if own.relation != "contact":
        raise Forbidden
    _relate(session, act, community, own, "member")
    bump(session, act, community, [own.person_id])


@writes
def leave(session: Session, *, act: Act, slug: str, successor: int | None = None) -> None:
    """The actor leaves; bookings stay the community's. The last contact of an open one names a successor among its
    members.

    Raises Refused(last_contact), NotFound.
    """
    community, own = _own(session, act, slug)
    touched = [own.person_id]
    if own.relation == "contact" and community.closed_at is None:
        if successor is not None and successor != own.person_id:
            _promote(session, act, community, successor)
            touched.append(successor)
        _check_contact_stays(session, community, own.person_id)
    _take_out(session, act, community, own, CommunityEvent.LEFT)
    bump(session, act, community, touched)


@writes
def remove_member(session: Session, *, act: Act, slug: str, person_id: int) -> None:
    """A contact removes a member, the office anybody, but sets another contact before the last one goes.

    The person is told. Contacts do not remove each other: they step down, or the office decides.
    Raises Refused(only_contact), Forbidden, NotFound.
    """
    community = locked_community(session, slug)
    require_contact(session, act, community)
    found = _member(session, community, person_id)
    is_office = act.actor is None or viewer_of(session, act).may(Action.PEOPLE)
    if found.relation == "contact" and not is_office:
        raise Forbidden
    # an account that is closed answers for nothing any more
    answering = {one.person_id for one in contacts(session, community.id)}
    if answering == {person_id} and community.closed_at is None and act.actor is not None:
        raise refuse("only_contact")
    _take_out(session, act, community, found, CommunityEvent.REMOVED)
    tell(session, act, CommunityEvent.REMOVED, community, [person_id])
    bump(session, act, community, [person_id])


def _take_out(session: Session, act: Act, community: Community, of: Membership, event: CommunityEvent) -> None:
    person_id = of.person_id
    session.delete(of)
    session.flush()
    note(session, act, event, community, person=person_id)
    hand_on(session, act, community)


def _member(session: Session, community: Community, person_id: int) -> Membership:
    found = membership(session, community.id, person_id) if 0 < person_id < 2**31 else None
    if found is None:
        raise NotFound("member")
    return found


def _own(session: Session, act: Act, slug: str) -> tuple[Community, Membership]:
    """The community and the actor's own place in it. Raises NotFound for whoever does not belong to it."""
    viewer = viewer_of(session, act)
    community = locked_community(session, slug)
    found = membership(session, community.id, viewer.person_id)
    if found is None:
        raise NotFound("community")
    return community, found


def locked_communities(session: Session, person_id: int) -> list[Community]:
    """All to which a person belongs, locked in one order: before the person, and before any booking of theirs."""
    slugs = sorted(community.slug for community, _relation in own_communities(session, person_id))
    return [locked_community(session, slug) for slug in slugs]


def hand_on_all(session: Session, act: Act, locked: Iterable[Community]) -> None:
    """An account is closed: what it answered for in its communities goes to their other contacts."""
    for community in locked:
        hand_on(session, act, community)
