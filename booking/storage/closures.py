"""Times when a site, a room or everything is shut. Rules, not claims: they can be laid over bookings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.opening import Closed
from booking.domain.period import Period
from booking.storage.db import Base, rows
from booking.storage.places import Site
from booking.storage.plain import AnyRoom
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
        return _closed(self.starts_at, self.ends_at, self.name_id, self.name_en, provisional=self.provisional)


def _closed(starts_at: datetime, ends_at: datetime, name_id: str, name_en: str, *, provisional: bool) -> Closed:
    return Closed(Period(starts_at, ends_at), {"id": name_id, "en": name_en or name_id}, provisional)


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


_TOUCHING = (
    select(
        *(Closure.room_id, Closure.site_id, Closure.starts_at, Closure.ends_at),
        *(Closure.name_id, Closure.name_en, Closure.provisional),
    )
    .where(Closure.starts_at < bindparam("ends_at"), Closure.ends_at > bindparam("starts_at"))
    .order_by(Closure.starts_at)
)


def closed_by_room(
    session: Session, of_rooms: Sequence[AnyRoom], span: Period, parts: Mapping[int, tuple[int, ...]]
) -> dict[int, list[Closed]]:
    """For each room the closures that touch a span: its own, its leaves', its site's and everybody's."""
    found = [
        (room_id, site_id, _closed(starts_at, ends_at, name_id, name_en, provisional=provisional))
        for room_id, site_id, starts_at, ends_at, name_id, name_en, provisional in rows(
            session, _TOUCHING, starts_at=span.starts_at, ends_at=span.ends_at
        )
    ]
    return {
        room.id: [
            closed
            for room_id, site_id, closed in found
            if site_id in (None, room.site_id) and (room_id in (None, room.id) or room_id in parts.get(room.id, ()))
        ]
        for room in of_rooms
    }
