"""Try changed rules against what was asked for in the last 90 days: how many would have been refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.domain.errors import Refused
from booking.domain.period import Period
from booking.domain.permissions import Action
from booking.domain.rules import Settings, in_force, opening, violations
from booking.domain.rules.ask import Use
from booking.storage.availability import houses
from booking.storage.bookings import Booking, Occurrence
from booking.storage.places import Room
from booking.usecases.act import Act, require
from booking.usecases.furnishing import wrong_rules
from booking.usecases.planning import asker_of

BACK = timedelta(days=90)
MOST_TRIED = 5000


@dataclass(frozen=True)
class Trial:
    """`refused` of `asked` occurrences; `by_code`: how many fell to which rule. One may fall to several."""

    asked: int
    refused: int
    by_code: dict[str, int]


def try_rules(session: Session, *, act: Act, room: Room, settings: Settings) -> Trial:
    """Judge what was asked for in this room as if these were its rules, each as of the moment it was asked.

    Only house rules are tried: what was free then, and closures laid since, are no rule. Raises Refused(setting),
    Forbidden.
    """
    require(session, act, Action.FURNISH, room.site_id, room.id)
    if wrong := wrong_rules(settings):
        raise Refused([wrong])
    query = select(Occurrence).join(Booking, Booking.id == Occurrence.booking_id)
    query = query.where(Occurrence.room_id == room.id, Booking.created_at >= act.now - BACK)
    query = query.options(joinedload(Occurrence.booking).joinedload(Booking.community))
    found = session.scalars(query.order_by(Booking.created_at, Occurrence.id).limit(MOST_TRIED)).all()
    if not found:
        return Trial(0, 0, {})
    rules = in_force(room.site.rules, settings)
    span = Period(min(one.starts_at for one in found), max(one.ends_at for one in found))
    house = houses(session, [room], span, act.now)[room.id]
    hours = opening(rules, house.opening.zone, (), (room.active_from, room.active_to), house.opening.profiles)
    house = replace(house, rules=rules, opening=hours)
    codes: Counter[str] = Counter()
    refused = 0
    uses: list[Use] = []
    for one in found:
        asker = asker_of(one.booking.booked_for, one.booking.community)
        ask = house.ask(one.period, one.units, one.head_count, one.booking.created_at)
        ask = replace(ask, asker=asker, is_series=one.booking.pattern is not None, uses=uses)
        broken = {violation.code for violation in violations(rules, ask)}
        refused += bool(broken)
        codes.update(broken)
        whose = (room.id, asker.person_id, asker.community_id)
        uses.append(Use(one.period, *whose, is_undecided=False, site_id=room.site_id))
    return Trial(len(found), refused, dict(codes.most_common()))
