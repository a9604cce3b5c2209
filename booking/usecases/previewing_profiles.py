"""What a profile would make of a room's days, before it is saved."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.errors import Refused
from booking.domain.opening import Opening
from booking.domain.period import Period
from booking.domain.permissions import Action
from booking.storage.availability import houses
from booking.storage.places import Room, site_by_slug
from booking.storage.profiles import HoursProfile, for_room
from booking.usecases.act import Act
from booking.usecases.furnishing import allowed
from booking.usecases.furnishing_profiles import ProfileFacts, wrongs


def opening_of(session: Session, room: Room, span: Period, *, act: Act) -> Opening:
    """The room's hours in a span as they are now, with closures and profiles."""
    return houses(session, [room], span, act.now)[room.id].opening


def preview_profile(
    session: Session, *, act: Act, profile_id: int | None, facts: ProfileFacts, room: Room, span: Period
) -> tuple[Opening, Opening]:
    """The room's opening in a span as it is and as it would be. Nothing is written. Raises Refused, Forbidden."""
    allowed(session, act, Action.FURNISH)
    if broken := wrongs(session, facts):
        raise Refused(broken)
    site = site_by_slug(session, facts.site) if facts.site else None
    before = opening_of(session, room, span, act=act)
    others = session.scalars(select(HoursProfile).order_by(HoursProfile.first_on, HoursProfile.id))
    found = [for_room(one, room.slug) for one in others if one.id != profile_id and one.site_id in (None, room.site_id)]
    if site is None or site.id == room.site_id:
        tried = HoursProfile(
            name_id=facts.name_id,
            name_en=facts.name_en,
            first_on=facts.first_on,
            last_on=facts.last_on,
            percent=facts.percent,
            rules=facts.rules,
        )
        found.insert(0, for_room(tried, room.slug))
    return before, replace(before, profiles=found)
