"""Who of the office may do what, with an address to write to."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from booking.domain.permissions import Grant, Role, Viewer
from booking.storage.people import Person, RoleGrant

_REACHABLE = (
    select(RoleGrant.person_id, RoleGrant.role, RoleGrant.site_id, RoleGrant.room_id)
    .join(Person, Person.id == RoleGrant.person_id)
    .where(
        or_(RoleGrant.from_on.is_(None), RoleGrant.from_on <= bindparam("today")),
        or_(RoleGrant.to_on.is_(None), RoleGrant.to_on >= bindparam("today")),
        Person.closed_at.is_(None),
        Person.email.is_not(None),
    )
    .order_by(RoleGrant.person_id)
)


def reachable_staff(session: Session, today: date) -> list[Viewer]:
    """Open accounts with an e-mail address and the roles in force on a day, by id. Their communities are left out."""
    found: dict[int, set[Grant]] = defaultdict(set)
    for person_id, role, site_id, room_id in session.execute(_REACHABLE, {"today": today}):
        found[person_id].add(Grant(Role(role), site_id, room_id))
    return [Viewer(person_id, frozenset(grants)) for person_id, grants in found.items()]
