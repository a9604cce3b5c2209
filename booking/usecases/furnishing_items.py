"""Items: equipment, licences and operators with their stock and condition."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.errors import Refused, Violation, refuse
from booking.domain.permissions import Action
from booking.domain.text import clean_line, clean_text, slug_of
from booking.storage import claims
from booking.storage.places import Condition, Item, item_by_slug, room_by_slug, site_by_slug
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.furnishing import allowed, bump_everything

MOST_STOCK = 10_000


@dataclass(frozen=True)
class ItemFacts:
    """`room`: the slug of the one room it goes with; None: it goes with every room of the site."""

    site: str
    name: str
    stock: int = 1
    room: str | None = None
    condition: str = Condition.GOOD
    about: str = ""


@writes
def save_item(session: Session, *, act: Act, slug: str | None, facts: ItemFacts, new_slug: str | None = None) -> str:
    """Enter or change an item; returns its slug, which never changes. Raises Refused, Forbidden, NotFound."""
    site = site_by_slug(session, facts.site)
    allowed(session, act, Action.FURNISH, site.id)
    name = clean_line(facts.name, field="name")
    room = room_by_slug(session, facts.room) if facts.room else None
    _check(facts)
    if room is not None and room.site_id != site.id:
        raise refuse("item_elsewhere", field="room", item=name)
    if slug is None:
        item = Item(slug=new_slug or slug_of(name))
        if session.scalar(select(Item.id).where(Item.slug == item.slug)):
            raise refuse("slug_known", field="name")
        session.add(item)
    else:
        item = item_by_slug(session, slug)
        allowed(session, act, Action.FURNISH, item.site_id)
        claims.lock(session, [item.id])
        session.refresh(item)
        claims.retire_ended(session, item.id, act.now)
        most = claims.most_used(session, item.id, act.now)
        if most > facts.stock:
            raise refuse("units_in_use", field="stock", most=most)
    item.site, item.name, item.units, item.exclusive = site, name, facts.stock, facts.stock == 1
    item.room_id, item.condition = room.id if room else None, facts.condition
    item.about = clean_text(facts.about, field="about")
    session.flush()
    bump_everything(session, act)
    return item.slug


def _check(facts: ItemFacts) -> None:
    broken = []
    if not 1 <= facts.stock <= MOST_STOCK:
        broken.append(Violation("range", {"least": 1, "most": MOST_STOCK}, field="stock"))
    if facts.condition not in set(Condition):
        broken.append(Violation("required", field="condition"))
    if broken:
        raise Refused(broken)
