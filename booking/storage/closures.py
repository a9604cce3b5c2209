"""Times when a site, a room or everything is shut. Rules, not claims: they can be laid over bookings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.opening import Closed
from booking.domain.period import Period
from booking.storage.db import Base
from booking.storage.places import Room, Site
from booking.storage.types import UTCDateTime


class Closure(Base):
    """Of a room, of a site, or (both None) of everything."""

    __tablename__ = "closure"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="forward"),
        CheckConstraint("site_id IS NULL OR room_id IS NULL", name="one_scope"),
        Index("ix_closure_ends_at", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    name_id: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    provisional: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    def as_closed(self) -> Closed:
        names = {"id": self.name_id, "en": self.name_en or self.name_id}
        return Closed(Period(self.starts_at, self.ends_at), names, self.provisional)


def closures(session: Session, *, since: datetime | None = None) -> Sequence[Closure]:
    query = select(Closure).order_by(Closure.starts_at, Closure.id)
    return session.scalars(query.where(Closure.ends_at > since) if since else query).all()


def shut_days(session: Session, site: Site, since: datetime) -> Callable[[date], bool]:
    """Whether a site (or everything) is shut at noon of a day, from some moment on: holidays, not single hours."""
    query = select(Closure).where(Closure.ends_at > since, Closure.room_id.is_(None))
    query = query.where(or_(Closure.site_id.is_(None), Closure.site_id == site.id))
    spans = [Period(one.starts_at, one.ends_at) for one in session.scalars(query)]

    def is_shut(day: date) -> bool:
        noon = datetime.combine(day, time(12), site.zone)
        return any(span.starts_at <= noon < span.ends_at for span in spans)

    return is_shut


def closed_by_room(
    session: Session, rooms: Sequence[Room], span: Period, parts: Mapping[int, tuple[int, ...]]
) -> dict[int, list[Closed]]:
    """For each room the closures that touch a span: its own, its leaves', its site's and everybody's."""
    query = select(Closure).where(Closure.starts_at < span.ends_at, Closure.ends_at > span.starts_at)
    found = session.scalars(query.order_by(Closure.starts_at)).all()
    by_room: dict[int, list[Closed]] = defaultdict(list)
    for room in rooms:
        by_room[room.id] = [
            closure.as_closed()
            for closure in found
            if (closure.room_id in (None, room.id) or closure.room_id in parts.get(room.id, ()))
            and closure.site_id in (None, room.site_id)
        ]
    return by_room
