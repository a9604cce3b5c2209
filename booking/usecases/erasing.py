"""Erase a person: what is theirs alone goes, what the office counts stays without them (UU 27/2022, article 8).

Kept are times, rooms, numbers of people and states, the history's ids and codes, and what belongs to a community.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.domain.contact import spellings
from booking.domain.errors import Forbidden, Refused, Violation, refuse
from booking.domain.events import PersonEvent
from booking.domain.lifecycle import OPEN, State
from booking.domain.text import clean_text
from booking.storage import feeds, personal
from booking.storage.bookings import Booking, Occurrence
from booking.storage.communities import Community, own_communities
from booking.storage.history import History, HistoryText
from booking.storage.memberships import contacts
from booking.storage.offers import WAITS, Waiting
from booking.storage.people import Person, person_by_id
from booking.storage.personal import Erased, own_bookings
from booking.storage.settings import centre
from booking.storage.transaction import writes
from booking.usecases import signing_in
from booking.usecases.act import Act
from booking.usecases.belonging import hand_on
from booking.usecases.cancelling import cancel
from booking.usecases.joining import check_administrator_stays, check_may_change
from booking.usecases.memberships import locked_communities
from booking.usecases.recording import show_anew


@dataclass(frozen=True)
class Stands:
    """What erasing would do: bookings that are called off first, and communities that need another contact before."""

    cancelled: Sequence[str]
    orphaned: Sequence[Community]


def stands(session: Session, person_id: int, now: datetime) -> Stands:
    """What a person reads before they decide."""
    alone = [
        community
        for community, relation in own_communities(session, person_id)
        if relation == "contact"
        and community.closed_at is None
        and {one.person_id for one in contacts(session, community.id)} == {person_id}
    ]
    return Stands(_ahead(session, person_id, now), alone)


def _ahead(session: Session, person_id: int, now: datetime) -> list[str]:
    """Codes of the person's own bookings of which something is still to come, or stands in line."""
    query = select(Booking.code).join(Occurrence, Occurrence.booking_id == Booking.id)
    query = query.where(Booking.id.in_(own_bookings(session, person_id)), Occurrence.ends_at > now)
    in_line = Occurrence.id.in_(select(Waiting.occurrence_id).where(WAITS))
    return list(session.scalars(query.where(or_(Occurrence.state.in_(OPEN | {State.APPROVED}), in_line)).distinct()))


def erase_myself(*, act: Act, password: str, network: str, real_now: datetime) -> None:
    """The person asks for it and shows the password once more. Raises Refused(wrong_password, throttled, ...)."""
    if act.actor is None:
        raise Forbidden
    signing_in.check_password(person_id=act.actor, password=password, network=network, now=real_now)
    erase(act=act, person_id=act.actor)


@writes
def erase(session: Session, *, act: Act, person_id: int, reason: str = "") -> None:
    """Blank everything about a person; their own bookings ahead are called off first. It cannot be taken back.

    By the person, by staff who may change the entry (with a reason), by the program itself. Raises Refused
    (last_contact_of for each community that nobody else answers for, last_administrator, reason_required), Forbidden,
    NotFound.
    """
    is_own = act.actor == person_id
    if not is_own and act.actor is not None:
        check_may_change(session, act, person_id)
    reason = clean_text(reason, field="reason")
    if not is_own and act.actor is not None and not reason:
        raise refuse("reason_required", field="reason")
    communities = locked_communities(session, person_id)
    found = stands(session, person_id, act.now)
    if found.orphaned:
        raise Refused([Violation("last_contact_of", {"community": one.name}) for one in found.orphaned])
    for code in found.cancelled:
        cancel(act=act.by(person_id), code=code)
    person = person_by_id(session, person_id)
    said = {text for text in (person.email, *spellings(person.phone, country=centre(session).country_code)) if text}
    whose = Erased(person_id, own_bookings(session, person_id))
    show_anew(session, act, Booking.booked_for == person_id)
    personal.forget_keys(session, person_id)
    _blank(person, act.now)
    session.flush()
    check_administrator_stays(session)
    for community in communities:
        hand_on(session, act, community)
        feeds.bump(session, [feeds.community_scope(community.id)], act.now)
    personal.forget_words(session, whose)
    personal.forget_literally(session, said)
    personal.forget_bytes(session, person_id)
    step = History(at=act.now, actor_id=act.actor, event=PersonEvent.ERASED, facts={"person": person_id})
    session.add(step)
    session.flush()
    if reason:
        session.add(HistoryText(history_id=step.id, text=reason))
    feeds.bump(session, [feeds.person_scope(person_id), feeds.ALL], act.now)


def _blank(person: Person, now: datetime) -> None:
    person.name, person.phone = personal.BLANK, f"{personal.BLANK}{person.id}"
    person.email = person.new_email = person.password = None
    person.email_verified_at = person.waits_since = None
    person.muted, person.invitations = [], None
    person.accepted_version = person.accepted_at = None
    person.closed_at = person.closed_at or now
    person.erased_at = now
