"""What a community has and had: what is to come, hours used, and how much of a quota is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.domain.lifecycle import CONFIRMED, OPEN, State
from booking.domain.period import Period, soonest
from booking.domain.rules.ask import Asker, Use
from booking.domain.rules.quota import CommunityQuota, quota_window, span_of
from booking.storage.bookings import Booking, Occurrence
from booking.storage.places import Room, public_rooms
from booking.storage.uses import uses_of

MOST_SHOWN = 50


def coming(session: Session, community_id: int, now: datetime, *, is_public: bool = False) -> Sequence[Occurrence]:
    """What is to come of all members, soonest first.

    `is_public`: only what the public schedule shows with its title: confirmed, in rooms that say so much.
    """
    states = CONFIRMED if is_public else CONFIRMED | OPEN
    query = select(Occurrence).join(Booking, Booking.id == Occurrence.booking_id)
    query = query.where(Booking.community_id == community_id, Occurrence.state.in_(states), Occurrence.ends_at > now)
    if is_public:
        query = query.join(Room, Room.id == Occurrence.room_id).where(Room.feed_level == "title", Room.is_public)
        query = query.where(Occurrence.state != State.MISSED)
    query = query.options(
        joinedload(Occurrence.room), joinedload(Occurrence.booking).joinedload(Booking.person)
    ).order_by(Occurrence.starts_at, Occurrence.id)
    return session.scalars(query.limit(MOST_SHOWN)).unique().all()


@dataclass(frozen=True)
class Hours:
    """Minutes of what was used: approved or completed, over by now; nobody came to what was missed."""

    month: int
    quarter: int
    year: int


def hours(session: Session, community_id: int, today: date, zone: ZoneInfo, now: datetime) -> Hours:
    """In the calendar month, quarter and year of a day, up to now."""
    quarter = today.month - (today.month - 1) % 3
    firsts = [today.replace(day=1), today.replace(month=quarter, day=1), today.replace(month=1, day=1)]
    since = [soonest(datetime.combine(first, time()), zone) for first in firsts]
    query = select(Occurrence.starts_at, Occurrence.ends_at).join(Booking, Booking.id == Occurrence.booking_id)
    query = query.where(
        Booking.community_id == community_id,
        Occurrence.state.in_([State.APPROVED, State.COMPLETED]),
        Occurrence.starts_at >= min(since),
        Occurrence.ends_at <= now,
    )
    used = [(starts_at, Period(starts_at, ends_at).minutes) for starts_at, ends_at in session.execute(query)]
    return Hours(*(sum(minutes for starts_at, minutes in used if starts_at >= one) for one in since))


@dataclass(frozen=True)
class QuotaLeft:
    """How much of a quota of communities is used in the running week or month: in a room, or (None) at a site."""

    room: Room | None
    site: str
    per: str
    count: int
    had: int
    hours: int
    had_minutes: int


def quotas(session: Session, community_id: int, now: datetime) -> list[QuotaLeft]:
    """Where a rule of a room or its site has a quota of communities; what is requested counts, as when it is asked."""
    rooms = public_rooms(session)
    with_rule = [(room, rule) for room in rooms for rule in room.house_rules if isinstance(rule, CommunityQuota)]
    if not with_rule:
        return []
    moment = Period(now, now + timedelta(minutes=1))
    window = quota_window(moment, with_rule[0][0].site.zone)
    uses = uses_of(session, Asker(0, community_id), [room.id for room in rooms], window)
    found: dict[tuple[object, ...], QuotaLeft] = {}
    for room, rule in with_rule:
        place = room.id if rule.over == "room" else f"site {room.site_id}"
        found.setdefault((place, rule), _left(room, rule, uses, moment))
    return list(found.values())


def _left(room: Room, rule: CommunityQuota, uses: Iterable[Use], moment: Period) -> QuotaLeft:
    zone, is_room = room.site.zone, rule.over == "room"
    mine = [
        use
        for use in uses
        if use.site_id == room.site_id
        and (use.room_id == room.id or not is_room)
        and span_of(use.period, rule.per, zone) == span_of(moment, rule.per, zone)
    ]
    minutes = sum(use.period.minutes for use in mine)
    return QuotaLeft(
        room if is_room else None, room.site.short_name, rule.per, rule.count, len(mine), rule.hours, minutes
    )
