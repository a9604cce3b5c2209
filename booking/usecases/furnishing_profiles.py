"""Profiles: other hours and a smaller share of people between two days (Ramadan, a pandemic)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.domain import rules
from booking.domain.errors import NotFound, Refused, Violation, refuse
from booking.domain.permissions import Action
from booking.domain.rules.base import SettingError
from booking.domain.text import clean_line
from booking.storage.places import rooms_by_slug, site_by_slug
from booking.storage.profiles import EVERY_ROOM, HoursProfile
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.furnishing import allowed, allowed_everywhere, bump_everything, stored

LONGEST_DAYS = 3 * 366


@dataclass(frozen=True)
class ProfileFacts:
    """`rules`: "*" or a room's slug -> {"hours": ..., "pause": ... or None}; days included on both ends."""

    name_id: str
    first_on: date
    last_on: date
    name_en: str = ""
    site: str | None = None
    percent: int = 100
    provisional: bool = False
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)


@writes
def save_profile(session: Session, *, act: Act, profile_id: int | None, facts: ProfileFacts) -> int:
    """Enter or change a profile; returns its id. Bookings in it stand: what is approved keeps its time.

    Raises Refused (profile_overlap, setting, unknown_room ...), Forbidden, NotFound.
    """
    site = site_by_slug(session, facts.site) if facts.site else None
    found = session.get(HoursProfile, profile_id) if profile_id is not None else HoursProfile()
    if found is None:
        raise NotFound("profile")
    for site_id in {site.id if site else None, *([found.site_id] if profile_id is not None else [])}:
        if site_id is None:
            allowed_everywhere(session, act, Action.FURNISH)
        else:
            allowed(session, act, Action.FURNISH, site_id)
    broken = wrongs(session, facts)
    if broken:
        raise Refused(broken)
    if other := _overlapping(session, facts, site.id if site else None, profile_id):
        raise refuse("profile_overlap", field="first_on", name=other.name_id, first=other.first_on, last=other.last_on)
    found.site_id = site.id if site else None
    found.name_id = clean_line(facts.name_id, field="name_id")
    found.name_en = clean_line(facts.name_en, field="name_en", required=False)
    found.first_on, found.last_on = facts.first_on, facts.last_on
    found.percent, found.provisional = facts.percent, facts.provisional
    found.rules = {slug: stored(said) for slug, said in facts.rules.items()}
    session.add(found)
    session.flush()
    bump_everything(session, act)
    return found.id


@writes
def remove_profile(session: Session, *, act: Act, profile_id: int) -> None:
    """From now on the usual hours hold in its days. Raises NotFound, Forbidden."""
    allowed(session, act, Action.FURNISH)  # first: whoever may not learns nothing of what there is
    found = session.get(HoursProfile, profile_id)
    if found is None:
        raise NotFound("profile")
    if found.site_id is None:
        allowed_everywhere(session, act, Action.FURNISH)
    else:
        allowed(session, act, Action.FURNISH, found.site_id)
    session.delete(found)
    bump_everything(session, act)


def wrongs(session: Session, facts: ProfileFacts) -> list[Violation]:
    broken = []
    if facts.first_on > facts.last_on:
        broken.append(Violation("end_before_start", field="last_on"))
    elif (facts.last_on - facts.first_on).days > LONGEST_DAYS or not 2000 <= facts.first_on.year <= 2200:
        broken.append(Violation("date", {"first": "2000", "last": "2200"}, field="last_on"))
    if not 1 <= facts.percent <= 100:
        broken.append(Violation("range", {"least": 1, "most": 100}, field="percent"))
    known = rooms_by_slug(session, facts.rules)
    for slug, said in facts.rules.items():
        if slug != EVERY_ROOM and slug not in known:
            broken.append(Violation("unknown_room", {"room": slug[:80]}, field="rules"))
        try:
            rules.profile(said, {}, (facts.first_on, facts.last_on))
        except SettingError as error:
            values = {"rule": error.rule, "setting": error.setting, "why": error.why}
            broken.append(Violation("setting", values, field="rules"))
    return broken


def _overlapping(session: Session, facts: ProfileFacts, site_id: int | None, own_id: int | None) -> HoursProfile | None:
    """Another profile for some of the same rooms on some of the same days: which of them held would be a guess."""
    query = select(HoursProfile).where(HoursProfile.first_on <= facts.last_on, HoursProfile.last_on >= facts.first_on)
    if own_id is not None:
        query = query.where(HoursProfile.id != own_id)
    if site_id is not None:
        query = query.where(or_(HoursProfile.site_id.is_(None), HoursProfile.site_id == site_id))
    return session.scalars(query.order_by(HoursProfile.first_on)).first()
