"""Which of many rooms can be had at one time, why the others cannot, and what comes nearest. Only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from booking.domain.errors import Violation
from booking.domain.period import Period, wall
from booking.domain.permissions import Viewer
from booking.storage import people
from booking.storage.places import Item, Room, items_by_slug
from booking.usecases.act import Act
from booking.usecases.claiming import About, judge
from booking.usecases.for_whom import community_of
from booking.usecases.planning import Candidate, asker_of, period_of, units_of
from booking.usecases.proposing import MOST_ALTERNATIVES, Alternative, Kind, Surroundings, cost
from booking.usecases.wanted import Wanted

_MOST_HELPED = 4
"""Around so many rooms, those that are free soonest, a search looks for what would do instead."""
_MOST_OF_ONE = 2
"""So many of the alternatives may be in one room."""


@dataclass(frozen=True)
class Sought:
    """From one wall time to another, wherever the room is; `items`: slugs, one piece of each."""

    starts: datetime
    ends: datetime
    people: int = 1
    items: Sequence[str] = ()


@dataclass(frozen=True)
class Answer:
    """What a search says of one room."""

    candidate: Candidate
    violations: Sequence[Violation]
    nearest: Period | None = None
    """The nearest time that would do; None where no other time mends everything."""

    @property
    def room(self) -> Room:
        return self.candidate.room

    @property
    def period(self) -> Period:
        return self.candidate.period


@dataclass(frozen=True)
class Found:
    """`instead` is filled only where nothing is free."""

    free: list[Answer]
    others: list[Answer]
    instead: list[Alternative]


def find_rooms(session: Session, *, act: Act, rooms: Sequence[Room], sought: Sought) -> Found:
    """Each room judged by itself, as "why not?" judges one, for whoever asks: free ones first the smallest that fit."""
    known = items_by_slug(session, sought.items) if sought.items else {}
    items = {item.id: item for item in known.values()}
    about = _about(session, people.viewer(session, act.actor, act.today))
    candidates = [_candidate(at, room, sought, items) for at, room in enumerate(rooms)]
    wrong = [_wrong(room, sought, items) for room in rooms]
    judged = judge(session, candidates, act.now, about, items).judged
    answers = [
        Answer(one.candidate, found := [*more, *one.violations], _nearest(found))
        for one, more in zip(judged, wrong, strict=True)
    ]
    free = [one for one in answers if not one.violations]
    free.sort(key=lambda one: (one.room.capacity or 10**6, one.room.position, one.room.id))
    others = _after_notice(session, [one for one in answers if one.violations], act.now, about, items)
    others.sort(key=_moved)
    return Found(free, others, [] if free else _instead(session, others, act.now, about, items))


def _nearest(violations: Sequence[Violation]) -> Period | None:
    found = [one.nearest for one in violations]
    return found[0] if found and all(found) else None


def _after_notice(
    session: Session, others: Sequence[Answer], now: datetime, about: About, items: Mapping[int, Item]
) -> list[Answer]:
    """Where a room must be asked for too early for anything near: the same hours on the first day that is allowed."""
    moved = {n: later for n, one in enumerate(others) if not one.nearest and (later := _first_after_notice(one))}
    judged = judge(session, list(moved.values()), now, about, items).judged
    found = list(others)
    for n, one in zip(moved, judged, strict=True):
        found[n] = replace(others[n], nearest=_nearest(one.violations) if one.violations else one.candidate.period)
    return found


def _first_after_notice(one: Answer) -> Candidate | None:
    found = {violation.code: violation for violation in one.violations}
    if "notice" not in found or "item_elsewhere" in found:
        return None
    zone, earliest = one.room.site.zone, cast("datetime", found["notice"].values["earliest"])
    change = timedelta(days=-((one.period.starts_at - earliest) // timedelta(days=1)))
    starts, ends = (wall(at, zone) + change for at in (one.period.starts_at, one.period.ends_at))
    period, _wrong_clock = period_of(starts, ends, zone)
    return replace(one.candidate, period=period)


def _about(session: Session, viewer: Viewer) -> About:
    """For the person as a new request would be: on behalf of the only community, if there is one."""
    if viewer.person_id is None:
        return About(each_alone=True)
    return About(asker_of(viewer.person_id, community_of(session, viewer, Wanted("", 1), [])), each_alone=True)


def _candidate(at: int, room: Room, sought: Sought, items: Mapping[int, Item]) -> Candidate:
    period, _wrong_clock = period_of(sought.starts, sought.ends, room.site.zone)
    units = units_of(None, sought.people, room, whole=False)
    taken = {item.id: 1 for item in items.values() if item.goes_with(room)}
    return Candidate(at, room, period, units, sought.people, taken)


def _wrong(room: Room, sought: Sought, items: Mapping[int, Item]) -> list[Violation]:
    """What no judge sees: a wall time that is none in the room's zone, items that do not go with the room."""
    _period, wrong = period_of(sought.starts, sought.ends, room.site.zone)
    elsewhere = [item.name for item in items.values() if not item.goes_with(room)]
    return ([wrong] if wrong else []) + [Violation("item_elsewhere", {"item": name}) for name in elsewhere]


def _moved(one: Answer) -> tuple[bool, timedelta]:
    """How far the nearest time that would do lies from the one wanted; rooms without one come last."""
    return one.nearest is None, abs((one.nearest or one.period).starts_at - one.period.starts_at)


def _instead(
    session: Session, others: Sequence[Answer], now: datetime, about: About, items: Mapping[int, Item]
) -> list[Alternative]:
    """At most five, those that change least first; not all of them in one room."""
    mended = [(one.candidate, Alternative(Kind.LATER, one.room, one.nearest)) for one in others if one.nearest]
    helped = [one.candidate for one in others if one.nearest][:_MOST_HELPED]
    if not helped:
        return []
    around = Surroundings(session, helped, now, about, items)
    mended += [(candidate, one) for candidate in helped for one in around.alternatives(candidate)]
    chosen: dict[tuple[int, Period], Alternative] = {}
    in_room: Counter[int] = Counter()
    for one in [pair[1] for pair in sorted(mended, key=lambda pair: cost(*pair))]:
        if (one.room.id, one.period) not in chosen and in_room[one.room.id] < _MOST_OF_ONE:
            in_room[one.room.id] += 1
            chosen[one.room.id, one.period] = one
    return list(chosen.values())[:MOST_ALTERNATIVES]
