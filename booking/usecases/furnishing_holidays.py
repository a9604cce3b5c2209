"""National holidays and collective leave from a bundled list, laid as closures that staff may edit afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.period import soonest
from booking.domain.permissions import Action
from booking.storage.closures import Closure
from booking.storage.db import reading
from booking.storage.settings import centre
from booking.usecases.act import Act
from booking.usecases.closing import ClosureFacts, close
from booking.usecases.furnishing import allowed_everywhere

PACKS = Path(__file__).resolve().parent.parent / "packs"


@dataclass(frozen=True)
class Holiday:
    """A day on which public offices are shut; `is_leave`: collective leave, which a centre may choose to ignore."""

    on: date
    name_id: str
    name_en: str
    is_leave: bool
    provisional: bool


def countries() -> list[str]:
    """The codes (ISO 3166-1) of the countries whose holidays are bundled."""
    return sorted(path.stem.removeprefix("holidays_").upper() for path in PACKS.glob("holidays_*.json"))


def holidays(country: str) -> list[Holiday]:
    """The bundled list of a country, in order; empty for one that is not bundled."""
    if country.upper() not in countries():
        return []
    said = json.loads((PACKS / f"holidays_{country.lower()}.json").read_text("utf-8"))
    return [
        Holiday(
            date.fromisoformat(one["on"]),
            one["name_id"],
            one["name_en"],
            one["kind"] == "leave",
            one["provisional"],
        )
        for one in said["days"]
    ]


def close_on_holidays(*, act: Act, country: str, year: int, with_leave: bool) -> int:
    """Close everything on the holidays of a year that lie ahead and on which nothing is closed yet; returns how many.

    Bookings on these days stand until somebody decides about them; their people are told. A transaction for each day,
    since each locks all rooms. Raises Forbidden.
    """
    session = reading()
    allowed_everywhere(session, act, Action.CLOSE)
    zone = ZoneInfo(centre(session).timezone)
    added = 0
    for one in holidays(country):
        if one.on.year != year or one.on < act.today or (one.is_leave and not with_leave):
            continue
        starts_at = _midnight(one.on, zone)
        if _is_closed(session, starts_at):
            continue
        ends_at = _midnight(one.on + timedelta(days=1), zone)
        facts = ClosureFacts(starts_at, ends_at, one.name_id, one.name_en, provisional=one.provisional)
        close(act=act, facts=facts)
        added += 1
    return added


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return soonest(datetime.combine(day, time()), zone)


def _is_closed(session: Session, at: datetime) -> bool:
    """Whether a closure of everything covers this midnight already."""
    query = select(Closure.id).where(
        Closure.site_id.is_(None), Closure.room_id.is_(None), Closure.starts_at <= at, Closure.ends_at > at
    )
    return session.scalar(query.limit(1)) is not None
