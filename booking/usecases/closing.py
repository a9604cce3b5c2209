"""Lay a closure over bookings: whom it hits, what each of them is offered, and one confirmation for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.domain.approval import Tier, may_decide
from booking.domain.errors import NotFound, Refused, Violation, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import OPEN, State
from booking.domain.opening import Closed
from booking.domain.period import Period
from booking.domain.permissions import Action, Viewer
from booking.domain.text import clean_line, clean_text
from booking.storage import claims, people
from booking.storage.bookings import Occurrence, booking_ids_of, in_span
from booking.storage.closures import Closure
from booking.storage.places import Room, Site, all_rooms, room_by_slug, room_leaves, rooms_by_slug, site_by_slug
from booking.storage.plain import AnyRoom
from booking.storage.transaction import Again, writes
from booking.usecases.act import Act, require, require_everywhere, viewer_of
from booking.usecases.changing import before_and_after, put, withdraw_change
from booking.usecases.claiming import About, candidate_of, items_of, judge, take, tier_for
from booking.usecases.furnishing import bump_everything
from booking.usecases.intents import Intent, Outcome, Spot, spot_of
from booking.usecases.locking import lock, lock_bookings
from booking.usecases.planning import Candidate, asker_of, units_of, wrong_times
from booking.usecases.proposing import Alternative, Kind, alternatives
from booking.usecases.recording import publish, record, set_state
from booking.usecases.waitlist import pass_on

MOST_HIT = 1000
_STRICTNESS = {str(tier): at for at, tier in enumerate(Tier)}
_PROPOSED = 200
"""For so many of those hit a time or room is looked for; whoever is hit beyond is shown without a proposal."""


@dataclass(frozen=True)
class ClosureFacts:
    """`room` or `site` is a slug; neither closes everything."""

    starts_at: datetime
    ends_at: datetime
    name_id: str
    name_en: str = ""
    room: str | None = None
    site: str | None = None
    provisional: bool = False


class Remedy(StrEnum):
    """What becomes of an occurrence that a closure hits."""

    MOVE = "move"  # to the proposed time or room, approved as it was
    CANCEL = "cancel"
    KEEP = "keep"  # it takes place all the same


@dataclass(frozen=True)
class Hit:
    """An occurrence in the way of a closure, with what is proposed for it."""

    occurrence: Occurrence
    proposal: Alternative | None

    @property
    def default(self) -> Remedy:
        return Remedy.MOVE if self.proposal else Remedy.CANCEL


@dataclass(frozen=True)
class Choice:
    """What staff chose for one occurrence. For a move: where to; as it was shown to them."""

    remedy: Remedy
    room: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def preview_closure(session: Session, *, act: Act, facts: ClosureFacts) -> list[Hit]:
    """Everybody whom the closure would hit, soonest first, each with a proposal. Raises as `close` does."""
    room, site = _scope(session, facts)
    _check_may_close(session, act, room, site.id if site else None)
    closed, viewer = _closed(facts), people.viewer(session, act.actor, act.today)
    found: list[Hit] = []
    for at, one in enumerate(_hit(session, act, closed.period, room, site)):
        offers = _proposals(session, act, one, closed, room, site) if at < _PROPOSED else []
        own = (offer for offer in offers if _is_theirs(act, viewer, offer.room))
        # what is proposed to one is not proposed to another
        left = (offer for offer in own if not any(_collide(offer, hit.proposal) for hit in found))
        found.append(Hit(one, next(left, None)))
    return found


def _is_theirs(act: Act, viewer: Viewer, room: AnyRoom) -> bool:
    """Whether the actor looks after the room; the program itself does after all."""
    return act.actor is None or viewer.may(Action.CLOSE, room.site_id, room.id)


def _collide(one: Alternative, other: Alternative | None) -> bool:
    return other is not None and one.room.id == other.room.id and one.period.overlaps(other.period)


@writes
def close(
    session: Session, *, act: Act, facts: ClosureFacts, choices: Mapping[str, Choice] | None = None, reason: str = ""
) -> int:
    """Close a room, a site or everything for a time; do for each occurrence it hits what was chosen. Returns its id.

    `choices` None: whoever is hit stands until somebody decides about them (the demo, a holiday far ahead); they are
    told. Raises Refused(hits_changed) when others are hit than were shown, and with what stands in the way of a move.
    """
    room, site = _scope(session, facts)
    _check_may_close(session, act, room, site.id if site else None)
    closed = _closed(facts)
    reason = clean_text(reason, field="reason")
    stock, hit = _locked_hit(session, act, facts, closed.period, choices or {})
    if choices is not None and set(choices) != {one.uid for one in hit}:
        raise refuse("hits_changed", count=len(hit))
    room, site = _scope(session, facts)
    closure = Closure(
        room_id=room.id if room else None,
        site_id=site.id if site else None,
        starts_at=facts.starts_at,
        ends_at=facts.ends_at,
        name_id=closed.names["id"],
        name_en=closed.names["en"] if facts.name_en else "",
        provisional=facts.provisional,
        created_at=act.now,
    )
    session.add(closure)
    session.flush()
    _remedy(session, act, hit, choices, stock, reason or closed.names["id"])
    bump_everything(session, act)
    return closure.id


@writes
def reopen(session: Session, *, act: Act, closure_id: int) -> None:
    """Remove a closure. Raises NotFound, Forbidden."""
    closure = session.get(Closure, closure_id)
    if closure is None:
        raise NotFound("closure")
    room = session.get(Room, closure.room_id) if closure.room_id else None
    _check_may_close(session, act, room, closure.site_id)
    session.delete(closure)
    bump_everything(session, act)


def _scope(session: Session, facts: ClosureFacts) -> tuple[Room | None, Site | None]:
    room = room_by_slug(session, facts.room) if facts.room else None
    return room, site_by_slug(session, facts.site) if facts.site and not room else None


def _closed(facts: ClosureFacts) -> Closed:
    """Raises Refused(end_before_start | required | text)."""
    if facts.starts_at >= facts.ends_at:
        raise refuse("end_before_start", field="ends_at")
    name = clean_line(facts.name_id, field="name_id")
    english = clean_line(facts.name_en, field="name_en", required=False)
    return Closed(Period(facts.starts_at, facts.ends_at), {"id": name, "en": english or name}, facts.provisional)


def _check_may_close(session: Session, act: Act, room: Room | None, site_id: int | None) -> None:
    """Everything can be closed only by who may close every site; the program itself (the demo) may."""
    if act.actor is None:
        return
    if room is not None:
        require(session, act, Action.CLOSE, room.site_id, room.id)
    elif site_id is None:
        require_everywhere(session, act, Action.CLOSE)
    else:
        require(session, act, Action.CLOSE, site_id)


def _hit(session: Session, act: Act, period: Period, room: Room | None, site: Site | None) -> list[Occurrence]:
    """Undecided and approved occurrences to come in the closed rooms; a joined room is closed with any part of it.

    Raises Refused(too_many_hit | hits_elsewhere).
    """
    ahead = period.clip(Period(act.now, max(period.ends_at, act.now) + (period.ends_at - period.starts_at)))
    if ahead is None:
        return []
    parts = room_leaves(session)
    rooms = [one for one in all_rooms(session) if _is_closed_with(one, room, site, parts)]
    found = in_span(session, [one.id for one in rooms], ahead, OPEN | {State.APPROVED}, most=MOST_HIT + 1)
    if len(found) > MOST_HIT:
        raise refuse("too_many_hit", most=MOST_HIT)
    hit = [one for one in found if one.ends_at > act.now]
    if room is not None:
        _check_may_remedy(session, act, [one for one in hit if one.room_id != room.id])
    return hit


def _check_may_remedy(session: Session, act: Act, joined: Sequence[Occurrence]) -> None:
    """What a joined room has is looked after by whoever may close that one. Raises Refused(hits_elsewhere)."""
    if act.actor is None or not joined:
        return
    viewer = viewer_of(session, act)
    for one in joined:
        if not viewer.may(Action.CLOSE, one.room.site_id, one.room.id):
            raise refuse("hits_elsewhere", room=one.room.name)


def _is_closed_with(one: AnyRoom, room: Room | None, site: Site | None, parts: Mapping[int, tuple[int, ...]]) -> bool:
    if room is not None:
        return one.id == room.id or room.id in parts.get(one.id, ())
    return site is None or one.site_id == site.id


def _proposals(
    session: Session, act: Act, occurrence: Occurrence, closed: Closed, room: Room | None, site: Site | None
) -> list[Alternative]:
    """Other rooms or times, nearest first, outside the closure that is to be, as long as before.

    Never in a room that asks for a higher decision than the one that was made.
    """
    booking = occurrence.booking
    about = About(
        asker_of(booking.booked_for, booking.community),
        booking.pattern is not None,
        booking.id,
        without={occurrence.id},
        setting_aside=False,
    )
    candidate = candidate_of(0, occurrence)
    found = alternatives(session, candidate, act.now, about, items_of([occurrence]), most=20)
    parts = room_leaves(session)
    own_tier = _STRICTNESS[occurrence.room.tier]
    return [
        one
        for one in found
        if one.kind is not Kind.SHORTER
        and _STRICTNESS[one.room.tier] <= own_tier
        and one.room.site_id == occurrence.room.site_id
        and not _is_shut(one, closed, room, site, parts)
    ]


def _is_shut(
    one: Alternative, closed: Closed, room: Room | None, site: Site | None, parts: Mapping[int, tuple[int, ...]]
) -> bool:
    return _is_closed_with(one.room, room, site, parts) and one.period.overlaps(closed.period)


def _locked_hit(
    session: Session, act: Act, facts: ClosureFacts, period: Period, choices: Mapping[str, Choice]
) -> tuple[dict[int, claims.Stock], list[Occurrence]]:
    """Lock every room that is closed or moved into, then every booking hit; whoever is hit is found under the locks.

    A request that is approved at once waits for its room: it finds the closure, or is found by it.
    """
    room, site = _scope(session, facts)
    parts = room_leaves(session)
    rooms = {one.id for one in all_rooms(session) if _is_closed_with(one, room, site, parts)}
    rooms |= {one.id for one in rooms_by_slug(session, {one.room for one in choices.values() if one.room}).values()}
    before = _hit(session, act, period, room, site)
    items = {item for one in before for item in one.wanted_items}
    stock = lock(session, rooms | {one.room_id for one in before}, act.now, items=items)
    hit = _hit(session, act, period, *_scope(session, facts))
    ids = sorted(booking_ids_of(session, {one.id for one in hit}))
    lock_bookings(session, ids)
    hit = _hit(session, act, period, *_scope(session, facts))
    if not {item for one in hit for item in one.wanted_items} <= set(stock):
        raise Again
    return stock, hit


def _remedy(
    session: Session,
    act: Act,
    hit: Sequence[Occurrence],
    choices: Mapping[str, Choice] | None,
    stock: dict[int, claims.Stock],
    reason: str,
) -> None:
    """What was chosen for each; every applicant is told."""
    chosen = {one.uid: Choice(Remedy.KEEP) if choices is None else choices[one.uid] for one in hit}
    moved = [one for one in hit if chosen[one.uid].remedy is Remedy.MOVE]
    left = {one.room_id for one in hit}
    _move(session, act, moved, chosen, stock, reason)
    cancelled = [one for one in hit if chosen[one.uid].remedy is Remedy.CANCEL]
    for one in cancelled:
        withdraw_change(one, act)
        set_state(one, State.CANCELLED, act.now)
        one.reason = reason
    claims.release(session, [one.id for one in cancelled])
    kept = [one for one in hit if chosen[one.uid].remedy is Remedy.KEEP]
    for event, some in ((Event.CANCELLED, cancelled), (Event.CLOSURE, kept)):
        for booking in dict.fromkeys(one.booking for one in some):
            booking.version += 1
            record(session, act, event, booking, [one for one in some if one.booking is booking], text=reason)
    publish(session, act, [*moved, *cancelled], left_rooms=left | pass_on(session, act, stock))


def _move(
    session: Session,
    act: Act,
    moved: Sequence[Occurrence],
    chosen: Mapping[str, Choice],
    stock: dict[int, claims.Stock],
    reason: str,
) -> None:
    """To where it was proposed, judged again beside each other; approved ones stay approved."""
    rooms = rooms_by_slug(session, {one.room for one in chosen.values() if one.room})
    spots = {one.uid: _spot(one, chosen[one.uid], rooms) for one in moved}
    _check_may_move(session, act, [(one, spots[one.uid]) for one in moved])
    candidates = [_candidate(at, one, spots[one.uid]) for at, one in enumerate(moved)]
    about = About(without={one.id for one in moved}, deciding=True, proposing=False)
    judgement = judge(session, candidates, act.now, about, items_of(moved))
    if judgement.violations:
        raise Refused(_named(judgement.violations, moved))
    approved = [one for one in moved if one.state == State.APPROVED]
    # of what is undecided too: it may hold something
    claims.release(session, [one.id for one in moved])
    intents = {one.uid: Intent(one, one.series_day, spot_of(one), spots[one.uid], Outcome.CHANGED) for one in moved}
    for one in moved:
        withdraw_change(one, act)
        put(one, spots[one.uid], act.now)
    take(session, approved, judgement.houses, stock)
    for booking in dict.fromkeys(one.booking for one in moved):
        mine = [one for one in moved if one.booking is booking]
        booking.version += 1
        more = before_and_after([intents[one.uid] for one in mine])
        record(session, act, Event.RELOCATED, booking, mine, text=reason, more=more)


def _check_may_move(session: Session, act: Act, moved: Sequence[tuple[Occurrence, Spot]]) -> None:
    """To where nobody else would have to be asked: the actor's rooms of the same site, or where the actor decides.

    Items go along. Raises Refused(move_elsewhere | item_elsewhere).
    """
    viewer = people.viewer(session, act.actor, act.today)
    broken = []
    for at, (one, spot) in enumerate(moved):
        booking = one.booking
        about = About(asker_of(booking.booked_for, booking.community), booking.pattern is not None, booking.id)
        needs = tier_for(_candidate(at, one, spot), about, act.now)
        is_near = spot.room.site_id == one.room.site_id and _is_theirs(act, viewer, spot.room)
        is_alike = is_near and _STRICTNESS[needs] <= _STRICTNESS[one.room.tier]
        if not is_alike and not may_decide(viewer, needs, spot.room.site_id, spot.room.id):
            broken.append(Violation("move_elsewhere", {"room": spot.room.name}, at=at, field="choices"))
        broken += [
            Violation("item_elsewhere", {"item": each.item.name}, at=at, field="choices")
            for each in one.items
            if not each.item.goes_with(spot.room)
        ]
    if broken:
        raise Refused(_named(broken, [one for one, _ in moved]))


def _spot(occurrence: Occurrence, choice: Choice, rooms: Mapping[str, Room]) -> Spot:
    """Raises Refused(unknown_room | required) for a move to nowhere."""
    room = rooms.get(choice.room or "")
    if room is None or choice.starts_at is None or choice.ends_at is None:
        raise refuse("unknown_room", field="choices", room=(choice.room or "")[:80])
    if wrong := wrong_times(choice.starts_at, choice.ends_at):
        raise Refused([wrong])
    same = room.id == occurrence.room_id
    units = occurrence.units if same else units_of(None, occurrence.head_count, room, whole=False)
    return Spot(room, Period(choice.starts_at, choice.ends_at), units, occurrence.people, occurrence.label)


def _candidate(at: int, occurrence: Occurrence, spot: Spot) -> Candidate:
    return replace(candidate_of(at, occurrence), room=spot.room, period=spot.period, units=spot.units)


def _named(violations: Sequence[Violation], moved: Sequence[Occurrence]) -> list[Violation]:
    """Beside the position, whose booking it is: the page shows a row for each."""
    return [replace(one, values={**one.values, "uid": moved[one.at or 0].uid}) for one in violations]
