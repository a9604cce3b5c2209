"""Sites, resources and rooms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column, relationship

from booking.domain.errors import NotFound
from booking.domain.permissions import Action, Viewer
from booking.domain.rules import in_force
from booking.domain.rules.base import Rule
from booking.domain.text import is_storable
from booking.storage.db import Base, rows
from booking.storage.types import Json


class Site(Base):
    """A building with one address and one time zone (an IANA name)."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(300), default="")
    timezone: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    rules: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    # working days within which a request is to be answered; 0: no promise
    answer_days: Mapped[int] = mapped_column(default=2)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Resource(Base):
    """Anything scarce that can be claimed. `exclusive` follows from `units`; claims are bound to both."""

    __tablename__ = "resource"
    __table_args__: Any = (
        UniqueConstraint("id", "exclusive"),
        CheckConstraint("units BETWEEN 1 AND 100000", name="units"),
        CheckConstraint("exclusive = (units = 1)", name="exclusive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    units: Mapped[int] = mapped_column(default=1)
    exclusive: Mapped[bool] = mapped_column(default=True)

    site: Mapped[Site] = relationship(lazy="joined")

    __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012  # SQLAlchemy's own form


class Room(Resource):
    """A bookable place. A room with parts is composite: its claims lie on the leaves."""

    __tablename__ = "room"
    __table_args__: Any = (
        CheckConstraint("setup_minutes BETWEEN 0 AND 240", name="setup"),
        CheckConstraint("teardown_minutes BETWEEN 0 AND 240", name="teardown"),
        CheckConstraint("tier IN ('automatic', 'officer', 'head')", name="tier"),
        CheckConstraint("feed_level IN ('busy', 'title')", name="feed_level"),
    )
    __mapper_args__ = {"polymorphic_identity": "room"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    purpose: Mapped[str] = mapped_column(String(40), default="")
    floor: Mapped[str] = mapped_column(String(20), default="")
    capacity: Mapped[int] = mapped_column(default=0)
    tier: Mapped[str] = mapped_column(String(10), default="officer")
    feed_level: Mapped[str] = mapped_column(String(10), default="title")
    is_public: Mapped[bool] = mapped_column(default=True)
    bookable: Mapped[bool] = mapped_column(default=True)
    about: Mapped[str] = mapped_column(Text, default="")
    not_provided: Mapped[str] = mapped_column(Text, default="")
    setup_minutes: Mapped[int] = mapped_column(default=0)
    teardown_minutes: Mapped[int] = mapped_column(default=0)
    rules: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    active_from: Mapped[date | None] = mapped_column(Date)
    active_to: Mapped[date | None] = mapped_column(Date)
    position: Mapped[int] = mapped_column(default=0)
    open_area: Mapped[bool] = mapped_column(default=False)
    # minutes after the start at which nobody having come means that the rest is free; None: never
    release_minutes: Mapped[int | None]
    # whether its calendar shows closures, and the hours of the next weeks, beside its bookings
    feed_closures: Mapped[bool] = mapped_column(default=False)
    feed_hours: Mapped[bool] = mapped_column(default=False)
    # what is expected of people there, in the centre's own words
    conduct_id: Mapped[str] = mapped_column(Text, default="", server_default="")
    conduct_en: Mapped[str] = mapped_column(Text, default="", server_default="")

    @property
    def house_rules(self) -> Sequence[Rule]:
        """Its own rules, and those of its site of which it does not speak."""
        return in_force(self.site.rules, self.rules)

    def mode(self, *, is_composite: bool) -> Mode:
        """What kind of room it is for whoever asks; follows from what is stored."""
        return mode_of(self, is_composite=is_composite)


class Mode(StrEnum):
    """A room is had whole, by units, together with its parts, as a passage that stays open, or not at all."""

    EXCLUSIVE = "exclusive"
    POOL = "pool"
    COMPOSITE = "composite"
    OPEN_AREA = "open_area"
    NOT_BOOKABLE = "not_bookable"


class Sited(Protocol):
    """Any room, as a row or as a plain value."""

    @property
    def id(self) -> int: ...
    @property
    def site_id(self) -> int: ...


class Moded(Protocol):
    """What a mode follows from."""

    @property
    def bookable(self) -> bool: ...
    @property
    def open_area(self) -> bool: ...
    @property
    def units(self) -> int: ...


def mode_of(room: Moded, *, is_composite: bool) -> Mode:
    if not room.bookable:
        return Mode.NOT_BOOKABLE
    if is_composite:
        return Mode.COMPOSITE
    if room.open_area:
        return Mode.OPEN_AREA
    return Mode.EXCLUSIVE if room.units == 1 else Mode.POOL


class Condition(StrEnum):
    GOOD = "good"
    WORN = "worn"
    BROKEN = "broken"


class Item(Resource):
    """Countable equipment, a licence or an operator that goes with a booking: of one room, or of all of its site.

    `units` is the stock. What is broken stays known but cannot be claimed.
    """

    __tablename__ = "item"
    __table_args__: Any = (CheckConstraint("condition IN ('good', 'worn', 'broken')", name="condition"),)
    __mapper_args__ = {"polymorphic_identity": "item"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"), index=True)
    condition: Mapped[str] = mapped_column(String(10), default=Condition.GOOD)
    about: Mapped[str] = mapped_column(Text, default="")

    def goes_with(self, room: Sited) -> bool:
        return self.site_id == room.site_id and self.room_id in (None, room.id)


def items(session: Session, site_ids: Iterable[int] | None = None) -> Sequence[Item]:
    """Every item, or those of some sites, by name."""
    query = select(Item).order_by(Resource.site_id, Resource.name, Item.id)
    return session.scalars(query if site_ids is None else query.where(Resource.site_id.in_(set(site_ids)))).all()


def items_of(session: Session, room: Room) -> list[Item]:
    """What may be asked for together with a room."""
    return [item for item in items(session, [room.site_id]) if item.goes_with(room)]


def items_by_slug(session: Session, slugs: Iterable[str]) -> dict[str, Item]:
    wanted = {slug for slug in slugs if is_storable(slug)}
    return {item.slug: item for item in session.scalars(select(Item).where(Item.slug.in_(wanted)))}


def item_by_slug(session: Session, slug: str) -> Item:
    """Raises NotFound."""
    item = items_by_slug(session, [slug]).get(slug)
    if item is None:
        raise NotFound("item")
    return item


class RoomPart(Base):
    """`part_id` is one of the rooms that `room_id` consists of."""

    __tablename__ = "room_part"
    __table_args__ = (CheckConstraint("room_id <> part_id", name="not_itself"),)

    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("room.id"), primary_key=True, index=True)


_PARTS = select(RoomPart.room_id, RoomPart.part_id)


def sites(session: Session) -> Sequence[Site]:
    return session.scalars(select(Site).order_by(Site.position, Site.id)).all()


def site_by_slug(session: Session, slug: str) -> Site:
    site = session.scalar(select(Site).where(Site.slug == slug)) if is_storable(slug) else None
    if site is None:
        raise NotFound("site")
    return site


def within(viewer: Viewer, action: Action) -> ColumnElement[bool]:
    """The resources where the viewer may do it: whole sites, and rooms beside them."""
    sites = viewer.sites(action)
    if sites is None:
        return true()
    return or_(Resource.site_id.in_(sites), Resource.id.in_(viewer.rooms(action)))


def all_rooms(session: Session) -> Sequence[Room]:
    """Every room, retired ones too, in the order of display, with their sites."""
    query = select(Room).join(Room.site).options(contains_eager(Room.site))
    return session.scalars(query.order_by(Site.position, Site.id, Room.position, Room.id)).unique().all()


def public_rooms(session: Session) -> list[Room]:
    """Every room whose calendar is public, retired ones too: their calendars live on."""
    return [room for room in all_rooms(session) if room.is_public]


def room_by_slug(session: Session, slug: str) -> Room:
    """Raises NotFound."""
    room = session.scalar(select(Room).where(Room.slug == slug)) if is_storable(slug) else None
    if room is None:
        raise NotFound("room")
    return room


def rooms_by_slug(session: Session, slugs: Iterable[str]) -> dict[str, Room]:
    wanted = {slug for slug in slugs if is_storable(slug)}
    return {room.slug: room for room in session.scalars(select(Room).where(Room.slug.in_(wanted)))}


def rooms_by_id(session: Session, ids: Iterable[int]) -> dict[int, Room]:
    return {room.id: room for room in session.scalars(select(Room).where(Room.id.in_(set(ids))))}


def everything_below(session: Session, room_ids: Iterable[int]) -> set[int]:
    """These rooms with all their parts, and the parts of those."""
    parts: dict[int, set[int]] = {}
    for room_id, part_id in rows(session, _PARTS):
        parts.setdefault(room_id, set()).add(part_id)
    found: set[int] = set()
    ahead = set(room_ids)
    while ahead:
        found |= ahead
        ahead = {part for room_id in ahead for part in parts.get(room_id, ())} - found
    return found


Leaves = Mapping[int, tuple[int, ...]]


def room_leaves(session: Session) -> dict[int, tuple[int, ...]]:
    """For each composite room the leaves it consists of, sorted; rooms without parts are not in it."""
    parts: dict[int, list[int]] = {}
    for room_id, part_id in rows(session, _PARTS):
        parts.setdefault(room_id, []).append(part_id)

    def below(room_id: int) -> set[int]:
        return {leaf for part in parts[room_id] for leaf in (below(part) if part in parts else {part})}

    return {room_id: tuple(sorted(below(room_id))) for room_id in parts}


def leaves_of(room_id: int, leaves: Leaves) -> tuple[int, ...]:
    return leaves.get(room_id, (room_id,))


def neighbours(room_id: int, leaves: Leaves) -> set[int]:
    """This room, its leaves, and the composite rooms that share one with it."""
    mine = leaves_of(room_id, leaves)
    return {room_id, *mine, *(other for other, below in leaves.items() if not set(mine).isdisjoint(below))}
