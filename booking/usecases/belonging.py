"""What every change of a community needs: its lock, who may make it, and what is written beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from booking.domain.errors import Forbidden, NotFound
from booking.domain.events import CommunityEvent, Event
from booking.domain.lifecycle import OPEN, State
from booking.domain.permissions import Action
from booking.storage import feeds
from booking.storage.bookings import Booking, Occurrence
from booking.storage.communities import Community, Membership, community_by_slug, membership
from booking.storage.history import History, HistoryText
from booking.storage.memberships import contacts
from booking.storage.offers import WAITS, Waiting
from booking.storage.outbox import Outbox
from booking.storage.people import Person
from booking.storage.staff import reachable_staff
from booking.usecases.act import Act, viewer_of
from booking.usecases.locking import lock_bookings
from booking.usecases.recording import record, show_anew

GOES_ON = OPEN | {State.APPROVED}


def locked_community(session: Session, slug: str) -> Community:
    """The community; whoever else changes it or its members waits. First lock of a transaction. Raises NotFound."""
    return community_by_slug(session, slug, for_update=True)


def is_staff(session: Session, act: Act) -> bool:
    """Somebody of the office who looks after people, or the program itself (demo, CLI)."""
    return act.actor is None or viewer_of(session, act).may(Action.PEOPLE)


def require_contact(session: Session, act: Act, community: Community) -> None:
    """A contact of an open community, or the office. Raises Forbidden for members, NotFound for everybody else."""
    if is_staff(session, act):
        return
    of_actor = membership(session, community.id, act.actor)
    if of_actor is None:
        raise NotFound("community")
    if of_actor.relation != "contact" or community.closed_at is not None:
        raise Forbidden


def note(
    session: Session, act: Act, event: CommunityEvent, community: Community, *, text: str = "", **facts: Any
) -> None:
    """One step in the history of a community. `facts` are ids, dates and numbers; `text` is somebody's words."""
    row = History(at=act.now, actor_id=act.actor, event=event, community_id=community.id, facts=facts)
    session.add(row)
    if text:
        session.flush()
        session.add(HistoryText(history_id=row.id, text=text))


def tell(
    session: Session,
    act: Act,
    event: CommunityEvent,
    community: Community,
    person_ids: Iterable[int],
    *,
    reason: str = "",
) -> None:
    """A message about a community to each of these but the actor; none where the program itself loads what was."""
    if act.actor is None:
        return
    facts = {"community": community.id, "by": act.actor} | ({"reason": reason} if reason else {})
    for person_id in person_ids:
        if person_id != act.actor:
            session.add(Outbox(kind=event, person_id=person_id, facts=dict(facts), created_at=act.now, due_at=act.now))


def tell_contacts(session: Session, act: Act, event: CommunityEvent, community: Community, *, reason: str = "") -> None:
    ids = [one.person_id for one in contacts(session, community.id)]
    tell(session, act, event, community, ids, reason=reason)


def tell_office(session: Session, act: Act, event: CommunityEvent, community: Community, *, reason: str = "") -> None:
    """Everybody of the office who may look after communities."""
    staff = (one for one in reachable_staff(session, act.today) if one.may(Action.PEOPLE))
    ids = [one.person_id for one in staff if one.person_id is not None]
    tell(session, act, event, community, ids, reason=reason)


def bump(session: Session, act: Act, community: Community, person_ids: Iterable[int] = ()) -> None:
    """Feeds and pages of the community and of these persons have changed."""
    scopes = {feeds.community_scope(community.id), *(feeds.person_scope(one) for one in person_ids)}
    feeds.bump(session, scopes, act.now)


def bookings_ahead(session: Session, act: Act, community_ids: Collection[int]) -> list[int]:
    """The ids of the bookings of which something is still to come or to be decided."""
    query = select(Occurrence.booking_id).join(Booking, Booking.id == Occurrence.booking_id)
    query = query.where(Booking.community_id.in_(community_ids), Occurrence.ends_at > act.now)
    return list(session.scalars(query.where(or_(Occurrence.state.in_(GOES_ON), _may_come())).distinct()))


def _may_come() -> ColumnElement[bool]:
    """Skipped dates that stand in line, or whose booking goes on; once all else is called off nothing comes of them."""
    beside = aliased(Occurrence)
    in_line = exists().where(Waiting.occurrence_id == Occurrence.id, WAITS)
    goes_on = exists().where(beside.booking_id == Occurrence.booking_id, beside.state.in_(GOES_ON))
    return and_(Occurrence.state == State.SKIPPED, or_(in_line, goes_on))


def hand_on(session: Session, act: Act, community: Community) -> None:
    """Bookings ahead for which nobody of the community answers any more get its contact: messages go there."""
    session.flush()
    successor = next(iter(contacts(session, community.id)), None)
    if successor is None:
        return
    left = _left_behind(session, bookings_ahead(session, act, [community.id]), community)
    if not left:
        return
    lock_bookings(session, left)
    query = select(Booking).where(Booking.id.in_(left)).order_by(Booking.id)
    bookings = session.scalars(query.options(selectinload(Booking.occurrences))).all()
    before = {booking.id: booking.booked_for for booking in bookings}
    for booking in bookings:
        booking.booked_for = successor.person_id
    session.flush()
    for booking in bookings:
        more = {"from": before[booking.id], "to": successor.person_id}
        record(session, act, Event.HANDED_OVER, booking, [], was=booking.state, more=more)
    show_anew(session, act, Booking.id.in_(left))


def _left_behind(session: Session, booking_ids: Collection[int], community: Community) -> list[int]:
    """Those of the bookings whose person does not belong to the community any more or is gone."""
    belongs = exists().where(Membership.community_id == community.id, Membership.person_id == Booking.booked_for)
    is_there = exists().where(Person.id == Booking.booked_for, Person.closed_at.is_(None))
    query = select(Booking.id).where(Booking.id.in_(booking_ids), or_(~belongs, ~is_there))
    return list(session.scalars(query.order_by(Booking.id)))
