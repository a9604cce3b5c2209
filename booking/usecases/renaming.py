"""Other slugs for rooms, sites and communities: the old ones lead to the new ones for ever."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.errors import refuse
from booking.domain.text import slug_of
from booking.storage import former
from booking.storage.places import Room
from booking.storage.profiles import HoursProfile


def free_slug(session: Session, kind: type[former.Owner], name: str, field: str) -> str:
    """A slug for something new. Raises Refused(slug_known) where another one has it or had it once."""
    slug = slug_of(name)
    if former.is_given(session, kind, slug):
        raise refuse("slug_known", field=field)
    return slug


def change_slug(session: Session, owner: former.Owner, wanted: str) -> None:
    """Give it the slug that is wanted, if one is; its old address goes on to lead here. Raises Refused(slug_known)."""
    slug = slug_of(wanted) if wanted.strip() else owner.slug
    if slug == owner.slug:
        return
    if former.is_given(session, type(owner), slug, but=owner.id):
        raise refuse("slug_known", field="slug")
    if isinstance(owner, Room):
        _rename_in_profiles(session, owner.slug, slug)
    former.give(session, owner, slug)


def _rename_in_profiles(session: Session, old: str, new: str) -> None:
    """Profiles speak of rooms by their slugs."""
    for one in session.scalars(select(HoursProfile).order_by(HoursProfile.id)):
        if old in one.rules:
            one.rules = {new if slug == old else slug: said for slug, said in one.rules.items()}
