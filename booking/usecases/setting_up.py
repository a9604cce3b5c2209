"""The first start of a centre: an administrator, a site and a room, guarded by a one-time code from the log."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.domain.errors import NotFound, refuse
from booking.domain.permissions import Role
from booking.storage import people, settings
from booking.storage.access import digest
from booking.storage.outbox import Outbox
from booking.storage.people import RoleGrant
from booking.storage.settings import Centre
from booking.storage.transaction import writes
from booking.usecases import furnishing
from booking.usecases.act import Act
from booking.usecases.furnishing import RoomFacts, SiteFacts
from booking.usecases.joining import NewPerson, checked_password, store_person


@writes
def new_setup_code(session: Session, *, code: str) -> None:
    """Keep the hash of the code that the log shows; the one before is void."""
    settings.put(session, settings.SETUP_CODE, digest(code))


@writes
def check_setup_code(session: Session, *, code: str) -> None:
    """Raises NotFound once anybody has an account, Refused(setup_code) for a wrong code."""
    if not people.is_empty(session):
        raise NotFound("setup")
    if not hmac.compare_digest(settings.setting(session, settings.SETUP_CODE) or "", digest(code.strip())):
        raise refuse("setup_code", field="code")


def set_up(*, act: Act, code: str, centre: Centre, administrator: NewPerson, site: SiteFacts, room: str) -> int:
    """Make the centre's first administrator, site and room in one go; returns the administrator's id.

    Raises Refused with what is wrong, NotFound when somebody was first.
    """
    check_setup_code(code=code)
    return _make_all(act, code, centre, administrator, checked_password(administrator), site, room)


@writes
def _make_all(
    session: Session,
    act: Act,
    code: str,
    centre: Centre,
    administrator: NewPerson,
    hashed: str | None,
    site: SiteFacts,
    room: str,
) -> int:
    check_setup_code(code=code)
    furnishing.save_centre(act=act, said=centre)
    slug = furnishing.save_site(act=act, slug=None, facts=site)
    furnishing.save_room(act=act, slug=None, facts=RoomFacts(site=slug, name=room))
    person_id = store_person(act=act, new=administrator, hashed=hashed)
    session.add(RoleGrant(person_id=person_id, role=Role.ADMINISTRATOR))
    settings.put(session, settings.SETUP_CODE, None)
    return person_id


@writes
def begin_loading(session: Session) -> None:
    """Mark the database as a demo that is not whole yet: a start after a break sees it."""
    settings.put(session, settings.DEMO, {"loading": True})


@writes
def begin_demo(session: Session, *, now: datetime, real_now: datetime, said: Mapping[str, Any]) -> None:
    """The demo is loaded: its clock runs from `now` on, and messages from before it count as sent."""
    session.execute(update(Outbox).where(Outbox.created_at < now).values(sent_at=Outbox.created_at))
    settings.put(session, settings.CLOCK_OFFSET, round((now - real_now).total_seconds()))
    settings.put(session, settings.DEMO, dict(said))
