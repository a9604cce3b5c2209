"""How requests were answered, for everybody to read: one pass over those of the last twelve months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, case, func, select
from sqlalchemy.orm import Session

from booking.domain.approval import Tier
from booking.domain.figures import Figures
from booking.domain.lifecycle import CONFIRMED, State
from booking.storage.bookings import Booking, Occurrence
from booking.storage.history import History
from booking.storage.imports import Imported
from booking.storage.places import Room

LONG, SHORT = timedelta(days=365), timedelta(days=91)
_TIERS = (Tier.AUTOMATIC, Tier.OFFICER, Tier.HEAD)
_STEP = timedelta(days=14)


@dataclass(frozen=True)
class RuleChange:
    """When the rules of a room or of a whole site became others. Nobody is named."""

    at: datetime
    kind: str
    place_id: int
    changes: dict[str, list[Any]]


def _any(condition: Any) -> Any:
    return func.max(case((condition, 1), else_=0), type_=Integer)


def _requests(since: datetime, until: datetime) -> Select[Any]:
    """One row a request of a span: when, first start, first decision by somebody, tier (0 to 2), and what became of it.

    What was imported from elsewhere was not asked for here.
    """
    tier = func.coalesce(Occurrence.tier, Room.tier)
    by_somebody = case((Occurrence.decided_by.is_not(None), Occurrence.decided_at))
    return (
        select(
            Booking.created_at,
            func.min(Occurrence.starts_at),
            func.min(by_somebody),
            func.max(case((tier == Tier.HEAD, 2), (tier == Tier.OFFICER, 1), else_=0), type_=Integer),
            _any(Occurrence.state.in_(CONFIRMED)),
            _any(Occurrence.state == State.DECLINED),
            _any(Occurrence.state == State.EXPIRED),
            _any(Occurrence.overridden.is_not(None)),
        )
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .join(Room, Room.id == Occurrence.room_id)
        .outerjoin(Imported, Imported.occurrence_id == Occurrence.id)
        .where(Booking.created_at >= since, Booking.created_at < until, Imported.id.is_(None))
        .group_by(Booking.id, Booking.created_at)
    )


def allotted(session: Session, now: datetime) -> dict[str, dict[Tier, Figures]]:
    """ "short" (three months) and "long" (twelve) -> tier -> figures. Counted in steps, so that few rows are held."""
    found: dict[str, dict[Tier, Figures]] = {span: defaultdict(Figures) for span in ("short", "long")}
    recent = now - SHORT
    since = now - LONG
    while since <= now:
        for asked_at, starts_at, decided_at, tier, *flags in session.execute(_requests(since, since + _STEP)):
            for span in ("long", "short") if asked_at >= recent else ("long",):
                _count(found[span][_TIERS[tier]], asked_at, starts_at, decided_at, flags)
        since += _STEP
    return found


def _count(
    figures: Figures, asked_at: datetime, starts_at: datetime, decided_at: datetime | None, flags: Sequence[int]
) -> None:
    figures.outcomes["asked"] += 1
    figures.lead[_minutes(starts_at - asked_at)] += 1
    if decided_at is not None:
        figures.answer[_minutes(decided_at - asked_at)] += 1
    for name, is_so in zip(("approved", "declined", "expired", "overridden"), flags, strict=True):
        figures.outcomes[name] += is_so


def _minutes(span: timedelta) -> int:
    return max(int(span.total_seconds()) // 60, 0)


RULED = ("room_changed", "site_changed")


def rule_changes(session: Session, since: datetime, *, most: int = 500) -> list[RuleChange]:
    """Changes of rules, of who decides and of promised answers, the newest first."""
    query = select(History.at, History.event, History.facts).where(History.event.in_(RULED), History.at >= since)
    rows = session.execute(query.order_by(History.at.desc(), History.id.desc()).limit(most))
    found = []
    for at, event, facts in rows:
        kept = {name: pair for name, pair in facts["changes"].items() if name in ("rules", "tier", "answer_days")}
        if kept:
            found.append(RuleChange(at, event.partition("_")[0], facts["id"], kept))
    return found
