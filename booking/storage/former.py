"""Addresses that rooms, sites and communities had before: whoever knows an old one is sent to the new one for ever."""

from __future__ import annotations

from sqlalchemy import Integer, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.text import is_storable
from booking.storage.communities import Community
from booking.storage.db import Base
from booking.storage.places import Room, Site

Owner = Room | Site | Community
_OWNERS: tuple[type[Owner], ...] = (Room, Site, Community)


class FormerSlug(Base):
    """`kind` is room, site or community; `owner_id` its id. Nobody else gets a slug that is here."""

    __tablename__ = "former_slug"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    owner_id: Mapped[int] = mapped_column(Integer)


def kind_of(owner: Owner | type[Owner]) -> str:
    return owner.__tablename__


def is_given(session: Session, kind: type[Owner], slug: str, *, but: int | None = None) -> bool:
    """Whether somebody else (not the one with the id `but`) has this slug or had it once."""
    has = session.scalar(select(kind.id).where(kind.slug == slug))
    query = select(FormerSlug.owner_id).where(FormerSlug.kind == kind_of(kind), FormerSlug.slug == slug)
    return any(one not in (None, but) for one in (has, session.scalar(query)))


def give(session: Session, owner: Owner, slug: str) -> None:
    """Give something another slug and remember the one it had."""
    kind = kind_of(owner)
    session.execute(delete(FormerSlug).where(FormerSlug.kind == kind, FormerSlug.slug == slug))
    session.add(FormerSlug(kind=kind, slug=owner.slug, owner_id=owner.id))
    owner.slug = slug
    session.flush()


def slug_now(session: Session, kind: str, slug: str) -> str | None:
    """The slug of today behind one of before; of rooms only where everybody may know it."""
    if not is_storable(slug):
        return None
    owner = {one.__tablename__: one for one in _OWNERS}[kind]
    query = select(owner.slug).join(FormerSlug, FormerSlug.owner_id == owner.id)
    query = query.where(Room.is_public) if owner is Room else query
    return session.scalar(query.where(FormerSlug.kind == kind, FormerSlug.slug == slug))
