"""Links by which people join a community: made by a contact, shown once, used up by joining and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.domain.errors import NotFound, refuse
from booking.domain.events import CommunityEvent
from booking.domain.period import soonest
from booking.storage import access
from booking.storage.communities import Community, membership
from booking.storage.invites import Invite, invite, open_invites
from booking.storage.settings import centre
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.belonging import bump, locked_community, note, require_contact
from booking.usecases.memberships import take_in

MOST_PEOPLE = 200
MOST_OPEN = 20
LASTS = 14
LONGEST = 366
"""Days: how long a link is open where nobody says otherwise, and at most."""


class Standing(StrEnum):
    OPEN = "open"
    OVER = "over"  # used up, too old, revoked, or the community is closed or declined
    MEMBER = "member"  # whoever looks belongs to it already


@dataclass(frozen=True)
class Found:
    """What a link leads to."""

    standing: Standing
    slug: str
    name: str
    is_verified: bool
    last_on: date


@writes
def new_invite(session: Session, *, act: Act, slug: str, most: int = 1, until: date | None = None) -> str:
    """A contact or the office makes a link for `most` people, good to the end of the day `until`; returns its secret.

    The secret is not kept. Raises Refused(range, date, many_invites), Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    community = locked_community(session, slug)
    require_contact(session, act, community)
    if community.closed_at is not None or community.declined_at is not None:
        raise refuse("community_closed")
    last = until or act.today + timedelta(days=LASTS)
    if not 1 <= most <= MOST_PEOPLE:
        raise refuse("range", field="most", least=1, most=MOST_PEOPLE)
    if not act.today <= last <= act.today + timedelta(days=LONGEST):
        raise refuse("date", field="until", first=act.today, last=act.today + timedelta(days=LONGEST))
    if len(open_invites(session, community.id, act.now)) >= MOST_OPEN:
        raise refuse("many_invites", most=MOST_OPEN)
    secret = access.new_secret()
    row = Invite(
        community_id=community.id,
        hash=access.digest(secret),
        most=most,
        made_by=viewer.person_id,
        made_at=act.now,
        expires_at=_end_of(session, last),
    )
    session.add(row)
    session.flush()
    note(session, act, CommunityEvent.INVITED, community, invite=row.id, most=most, until=last.isoformat())
    return secret


def _end_of(session: Session, day: date) -> datetime:
    zone = ZoneInfo(centre(session).timezone)
    return soonest(datetime.combine(day + timedelta(days=1), datetime.min.time()), zone)


def look_up(session: Session, secret: str, now: datetime, person_id: int | None = None) -> Found:
    """Only reads: whoever looks, a program that previews links too, uses nothing up. Raises NotFound."""
    row = invite(session, secret)
    community = session.get(Community, row.community_id) if row is not None else None
    if row is None or community is None:
        raise NotFound("invite")
    return _found(session, _standing(session, row, community, now, person_id), community, row)


def _found(session: Session, standing: Standing, community: Community, row: Invite) -> Found:
    last_on = row.last_on(ZoneInfo(centre(session).timezone))
    return Found(standing, community.slug, community.name, community.verified_at is not None, last_on)


def _standing(session: Session, row: Invite, community: Community, now: datetime, person_id: int | None) -> Standing:
    is_dead = community.closed_at is not None or community.declined_at is not None
    if not is_dead and membership(session, community.id, person_id) is not None:
        return Standing.MEMBER
    return Standing.OPEN if row.is_open(now) and not is_dead else Standing.OVER


@writes
def join_by_link(session: Session, *, act: Act, secret: str) -> Found:
    """The actor becomes a member, and the link has one place less; who is one already takes none.

    Where the link is over nothing is done, and the answer says so. Raises Forbidden where nobody is logged in,
    NotFound.
    """
    viewer = viewer_of(session, act)
    community = locked_community(session, look_up(session, secret, act.now).slug)
    row = invite(session, secret, for_update=True)
    if row is None or viewer.person_id is None:
        raise NotFound("invite")
    standing = _standing(session, row, community, act.now, viewer.person_id)
    if standing is Standing.OPEN:
        row.used += 1
        take_in(session, act, community, viewer.person_id, invite_id=row.id)
        bump(session, act, community, [viewer.person_id])
    return _found(session, standing, community, row)


@writes
def revoke_invite(session: Session, *, act: Act, slug: str, invite_id: int) -> None:
    """The link leads nowhere from now on. Raises Forbidden, NotFound."""
    community = locked_community(session, slug)
    require_contact(session, act, community)
    row = session.get(Invite, invite_id, with_for_update=True)
    if row is None or row.community_id != community.id:
        raise NotFound("invite")
    if row.revoked_at is None:
        row.revoked_at = act.now
        note(session, act, CommunityEvent.INVITE_REVOKED, community, invite=row.id)
