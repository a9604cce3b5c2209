"""Profiles: named sets of hours with dates (Ramadan, a pandemic), of a site or of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Row, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain import rules
from booking.domain.opening import Profile
from booking.domain.period import Period
from booking.storage.db import Base, rows
from booking.storage.plain import AnyRoom
from booking.storage.types import Json

EVERY_ROOM = "*"


class HoursProfile(Base):
    """`rules`: {"*" or a room's slug: {"hours": ..., "pause": ... or null}}; days included on both ends."""

    __tablename__ = "profile"
    __table_args__ = (
        CheckConstraint("first_on <= last_on", name="forward"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),
        Index("ix_profile_last_on", "last_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    name_id: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    percent: Mapped[int] = mapped_column(default=100)
    provisional: Mapped[bool] = mapped_column(default=False)
    rules: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


def profiles(session: Session, *, since: date | None = None) -> Sequence[HoursProfile]:
    query = select(HoursProfile).order_by(HoursProfile.first_on, HoursProfile.id)
    return session.scalars(query.where(HoursProfile.last_on >= since) if since else query).all()


_IN_FORCE = (
    select(
        *(HoursProfile.site_id, HoursProfile.name_id, HoursProfile.name_en, HoursProfile.first_on),
        *(HoursProfile.last_on, HoursProfile.percent, HoursProfile.rules),
    )
    .where(HoursProfile.first_on <= bindparam("last"), HoursProfile.last_on >= bindparam("first"))
    .order_by(HoursProfile.first_on, HoursProfile.id)
)


def profiles_by_room(session: Session, of_rooms: Sequence[AnyRoom], span: Period) -> dict[int, list[Profile]]:
    """For each room the profiles in force on some day of a span; days may differ by one between zones."""
    first, last = span.starts_at.date() - timedelta(days=1), span.ends_at.date() + timedelta(days=1)
    found = rows(session, _IN_FORCE, first=first, last=last)
    return {
        room.id: [for_room(one, room.slug) for one in found if one.site_id in (None, room.site_id)] for room in of_rooms
    }


def for_room(said: Row[Any] | HoursProfile, slug: str) -> Profile:
    """What it means for one room: what is said of that room wins over what is said of every room."""
    own = said.rules.get(slug, {})
    settings = {**said.rules.get(EVERY_ROOM, {}), **own}
    names = {"id": said.name_id, "en": said.name_en or said.name_id}
    may = {"may_open": "hours" in own, "may_pause": "pause" in own}
    return rules.profile(settings, names, (said.first_on, said.last_on), percent=said.percent, **may)
