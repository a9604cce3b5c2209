"""Who does something, when, and where links lead: given to every use case by the wing that calls it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden
from booking.domain.permissions import Action, Viewer
from booking.ical.vevent import Address
from booking.storage import people


@dataclass(frozen=True)
class Act:
    """`actor` None is the program itself. `today` is the day of the centre on which roles are in force."""

    actor: int | None
    now: datetime
    today: date
    address: Address

    def by(self, actor: int | None) -> Act:
        return replace(self, actor=actor)


def viewer_of(session: Session, act: Act) -> Viewer:
    """The actor with everything in force. Raises Forbidden where nobody is logged in."""
    viewer = people.viewer(session, act.actor, act.today)
    if viewer.person_id is None:
        raise Forbidden
    return viewer


def require_everywhere(session: Session, act: Act, action: Action) -> Viewer:
    """The actor, who must be allowed this at every site. Raises Forbidden."""
    viewer = viewer_of(session, act)
    if viewer.sites(action) is not None:
        raise Forbidden
    return viewer


def require(
    session: Session, act: Act, action: Action, site_id: int | None = None, room_id: int | None = None
) -> Viewer:
    """The actor, who must be allowed this: in the room, at the site, or with neither anywhere. Raises Forbidden."""
    viewer = viewer_of(session, act)
    if not viewer.may(action, site_id, room_id):
        raise Forbidden
    return viewer
