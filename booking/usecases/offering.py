"""Another time or room proposed by the office, or a turn of the waitlist: held until somebody says yes or no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.approval import Tier, may_decide
from booking.domain.errors import Forbidden, Refused, Violation, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import OPEN, State
from booking.domain.period import Period
from booking.domain.permissions import Viewer
from booking.domain.text import clean_text
from booking.storage import claims, people
from booking.storage.bookings import Booking, Occurrence, booking_by_code, may_act_for
from booking.storage.offers import Offer, OfferKind, OfferState, WaitState, open_offers, run_out, waits_of
from booking.storage.places import rooms_by_slug
from booking.storage.transaction import Again, writes
from booking.storage.uses import lock_holder
from booking.usecases.act import Act, viewer_of
from booking.usecases.changing import put
from booking.usecases.claiming import (
    About,
    Judgement,
    candidate_of,
    counts_uses,
    hold,
    items_of,
    judge,
    tier_for,
)
from booking.usecases.deciding import can_decide
from booking.usecases.intents import Spot, spot_of
from booking.usecases.locking import lock, lock_bookings, locked
from booking.usecases.planning import asker_of, units_of, wrong_times
from booking.usecases.proposing import Alternative, Kind, alternatives
from booking.usecases.recording import publish, record, set_state
from booking.usecases.waitlist import MENDED_BY_WAITING, pass_on, step_out

USUAL = timedelta(hours=48)
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=14)
# judged when they went to stand in line; since then only time has passed
_ASKED_BEFORE = {"notice", "horizon", "grid"}


@dataclass(frozen=True)
class Proposal:
    """What an officer proposes; None: as it was asked for. `until`: how long it is held (None: 48 hours)."""

    room: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    units: int | None = None
    until: datetime | None = None
    note: str = ""


def suggested(session: Session, *, act: Act, occurrence: Occurrence) -> list[Alternative]:
    """Times and rooms that would do in place of what was asked for, as long as that; the nearest first. Only reads."""
    about = About(without={occurrence.id}, deciding=True, proposing=False)
    found = alternatives(session, candidate_of(0, occurrence), act.now, about, items_of([occurrence]), most=8)
    return [one for one in found if one.kind is not Kind.SHORTER]


@writes
def propose(
    session: Session, *, act: Act, code: str, uid: str | None = None, proposal: Proposal, version: int | None = None
) -> str:
    """Offer another time or room for an undecided occurrence (without `uid` the only one), held until a set moment.

    Judged as any approval. The moment lies 1 hour to 14 days ahead and no later than either start. It replaces what was
    offered, or held, for the occurrence before. Raises Refused (offer_until, offer_same, stale, state, taken and the
    rules of the room), Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    also = rooms_by_slug(session, [proposal.room]).values() if proposal.room else ()
    booking, stock = locked(session, code, viewer, act.now, also=also)
    if version is not None and version != booking.version:
        raise refuse("stale", version=booking.version)
    one = _undecided(booking, viewer, uid)
    spot = _spot(session, one, proposal)
    _check_spot(viewer, one, spot)
    note, until = clean_text(proposal.note, field="note"), _until(act.now, one, spot, proposal.until)
    judgement = _judged(session, act, one, spot)
    if not may_decide(viewer, judgement.judged[0].tier, spot.room.site_id, spot.room.id):
        raise refuse("move_elsewhere", field="room", room=spot.room.name)
    _end(session, act, one, OfferState.WITHDRAWN)
    session.flush()
    candidate = judgement.judged[0].candidate
    hold(session, one, candidate, judgement.houses[spot.room.id], stock, until=until)
    offer = _offer(act, one, spot, until, note)
    session.add(offer)
    booking.version += 1
    record(session, act, Event.PROPOSED, booking, [one], was=one.state, text=note, more=_facts(one, offer))
    publish(session, act, [], left_rooms=pass_on(session, act, stock))
    return booking.code


def _offer(act: Act, one: Occurrence, spot: Spot, until: datetime, note: str) -> Offer:
    return Offer(
        occurrence_id=one.id,
        kind=OfferKind.COUNTER,
        room_id=spot.room.id,
        starts_at=spot.period.starts_at,
        ends_at=spot.period.ends_at,
        units=spot.units,
        expires_at=until,
        made_by=act.actor,
        made_at=act.now,
        note=note or None,
    )


def _facts(one: Occurrence, offer: Offer) -> dict[str, Any]:
    """What is told of an offer: kind, where and when it would be, until when it is held."""
    spot = [offer.room_id, offer.starts_at.isoformat(), offer.ends_at.isoformat(), offer.units]
    return {"kind": str(offer.kind), "offers": {one.uid: spot}, "until": offer.expires_at.isoformat()}


def _undecided(booking: Booking, viewer: Viewer, uid: str | None) -> Occurrence:
    """Raises Refused(occurrence | state), Forbidden."""
    one = _named(booking, uid, [one for one in booking.occurrences if one.state in OPEN])
    if one.state not in OPEN:
        raise refuse("state", state=one.state, wanted="proposed")
    if one not in can_decide(booking, viewer):
        raise Forbidden
    return one


def _named(booking: Booking, uid: str | None, among: Sequence[Occurrence]) -> Occurrence:
    """The occurrence that is named; without a name the only one that could be meant. Raises Refused(occurrence)."""
    found = [one for one in booking.occurrences if one.uid == uid] if uid else list(among)
    if len(found) != 1:
        raise refuse("occurrence", field="occurrence")
    return found[0]


def _spot(session: Session, one: Occurrence, proposal: Proposal) -> Spot:
    """Where and when it shall be. Raises Refused(unknown_room | end_before_start | too_long_ever)."""
    room = one.room
    if proposal.room is not None and proposal.room != room.slug:
        found = rooms_by_slug(session, [proposal.room]).get(proposal.room)
        if found is None or not found.is_public:
            raise refuse("unknown_room", field="room", room=proposal.room[:80])
        room = found
    starts_at = proposal.starts_at or one.starts_at
    ends_at = proposal.ends_at or starts_at + one.period.length
    if wrong := wrong_times(starts_at, ends_at):
        raise Refused([wrong])
    units = proposal.units
    if units is None:
        units = one.units if room.id == one.room_id else units_of(None, one.head_count, room, whole=False)
    return Spot(room, Period(starts_at, ends_at), units, one.people, one.label)


def _check_spot(viewer: Viewer, one: Occurrence, spot: Spot) -> None:
    """Another place than it has, where the actor decides, and where its items go along."""
    if spot == spot_of(one):
        raise refuse("offer_same", field="starts_at")
    broken = []
    if not may_decide(viewer, Tier(spot.room.tier), spot.room.site_id, spot.room.id):
        broken.append(Violation("move_elsewhere", {"room": spot.room.name}, field="room"))
    broken += [
        Violation("item_elsewhere", {"item": each.item.name}, field="room")
        for each in one.items
        if not each.item.goes_with(spot.room)
    ]
    if broken:
        raise Refused(broken)


def _until(now: datetime, one: Occurrence, spot: Spot, said: datetime | None) -> datetime:
    """Until when it is held: never later than what was asked for lapses, or than what is offered starts."""
    start = min(one.starts_at, spot.period.starts_at)
    earliest, latest = now + SHORTEST, min(now + LONGEST, start)
    until = said or min(now + USUAL, latest)
    if not earliest <= until <= latest:
        raise refuse("offer_until", field="until", days=LONGEST.days, latest=latest)
    return until


def _judged(session: Session, act: Act, one: Occurrence, spot: Spot, *, is_held: bool = False) -> Judgement:
    """As any approval: what staff set aside for it before is not held against it now, nor what it holds itself.

    `is_held`: it has the place already. Raises Refused with what stands in the way.
    """
    candidate = replace(candidate_of(0, one), room=spot.room, period=spot.period, units=spot.units)
    booking = one.booking
    asker = asker_of(booking.booked_for, booking.community)
    about = About(
        asker, booking.pattern is not None, booking.id, {one.id}, deciding=True, setting_aside=bool(one.overridden)
    )
    judgement = judge(session, [candidate], act.now, about, items_of([one]))
    aside = [violation for violation in judgement.judged[0].set_aside if violation.code not in (one.overridden or ())]
    _refuse_broken([*judgement.violations, *aside], passed=MENDED_BY_WAITING if is_held else ())
    return judgement


def _refuse_broken(broken: Sequence[Violation], *, passed: Sequence[str] | frozenset[str] = ()) -> None:
    if left := [violation for violation in broken if violation.code not in passed]:
        raise Refused(left)


@writes
def accept_offer(session: Session, *, act: Act, code: str, uid: str | None = None) -> str:
    """Say yes to what is held: the hold becomes the claim, in this transaction; returns the code.

    A proposal of the office is approved at once, by whoever proposed it. A turn of the waitlist is approved at once
    where its room does that for these people; else it becomes a request, and its place stays held until the office
    decides or the request lapses. Raises Refused (offer_over, and what stands in the way by now: a closure, a quota),
    Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    before = booking_by_code(session, code, viewer)
    if counts_uses(one.room for one in before.occurrences):
        lock_holder(session, asker_of(before.booked_for, before.community))
    booking, stock = locked(session, code, viewer, act.now)
    if not may_act_for(booking, viewer):
        raise Forbidden
    one, offer = _open(session, booking, uid)
    held = claims.held(session, one.id, act.now)
    if offer.expires_at <= act.now or held is None:
        raise refuse("offer_over", until=offer.expires_at)
    was = one.state
    if offer.kind == OfferKind.TURN:
        _take_turn(session, act, one)
    else:
        _take_proposal(session, act, one, offer)
    offer.state, offer.ended_at = OfferState.ACCEPTED, act.now
    if one.state == State.APPROVED:
        _freeze(one, held)
        claims.keep(session, one.id, act.now)
    else:
        claims.keep(session, one.id, act.now, until=one.starts_at)
    booking.version += 1
    record(session, act, Event.OFFER_ACCEPTED, booking, [one], was=was, more=_facts(one, offer))
    publish(session, act, [one], left_rooms=pass_on(session, act, stock))
    return booking.code


def _freeze(one: Occurrence, held: Period) -> None:
    """The buffers it was held with are those it has."""
    one.setup_minutes = (one.starts_at - held.starts_at) // timedelta(minutes=1)
    one.teardown_minutes = (held.ends_at - one.ends_at) // timedelta(minutes=1)


def _take_proposal(session: Session, act: Act, one: Occurrence, offer: Offer) -> None:
    """To where it was offered, approved by whoever offered it. Raises Refused where rules stand in the way by now."""
    spot = Spot(offer.room, offer.period, offer.units, one.people, one.label)
    judgement = _judged(session, act, one, spot, is_held=True)
    tier = judgement.judged[0].tier
    if not may_decide(people.viewer(session, offer.made_by, act.today), tier, spot.room.site_id, spot.room.id):
        raise refuse("offer_over", until=offer.expires_at)  # whoever proposed it may not decide it any more
    one.tier = tier
    one.overridden = sorted({*(one.overridden or ()), *(judgement.judged[0].overridden or ())}) or None
    put(one, spot, act.now)
    set_state(one, State.APPROVED, act.now)
    one.decided_by, one.decided_at, one.reason = offer.made_by, act.now, None


def _take_turn(session: Session, act: Act, one: Occurrence) -> None:
    """From the waitlist to a request, or approved by its room. Raises Refused where rules stand in the way by now."""
    booking = one.booking
    asker = asker_of(booking.booked_for, booking.community)
    about = About(asker, booking.pattern is not None, booking.id, without={one.id}, proposing=False)
    candidate = candidate_of(0, one)
    judgement = judge(session, [candidate], act.now, about, items_of([one]))
    _refuse_broken(judgement.violations, passed=MENDED_BY_WAITING | _ASKED_BEFORE)
    is_automatic = tier_for(candidate, about, act.now) is Tier.AUTOMATIC
    set_state(one, State.APPROVED if is_automatic else State.REQUESTED, act.now)
    one.skipped_because = None
    if is_automatic:
        one.decided_at = act.now
    for waiting in waits_of(session, [one.id]).values():
        waiting.state = WaitState.TAKEN


def _open(session: Session, booking: Booking, uid: str | None) -> tuple[Occurrence, Offer]:
    """An occurrence with its open offer. Raises Refused(occurrence | offer_over)."""
    offers = open_offers(session, [one.id for one in booking.occurrences])
    if not offers:
        raise refuse("offer_over")
    one = _named(booking, uid, [one for one in booking.occurrences if one.id in offers])
    if one.id not in offers:
        raise refuse("offer_over")
    return one, offers[one.id]


@writes
def refuse_offer(session: Session, *, act: Act, code: str, uid: str | None = None, reason: str = "") -> str:
    """Say no: what is held is free again. A request stays as it was; who was first in line leaves it.

    Raises Refused(offer_over), Forbidden, NotFound.
    """
    viewer = viewer_of(session, act)
    booking, stock = locked(session, code, viewer, act.now)
    if not may_act_for(booking, viewer):
        raise Forbidden
    reason = clean_text(reason, field="reason")
    one, offer = _open(session, booking, uid)
    _give_back(session, act, booking, {one: offer}, stock, (OfferState.REFUSED, Event.OFFER_REFUSED), reason)
    return booking.code


@writes
def withdraw_offer(session: Session, *, act: Act, code: str, uid: str | None = None, reason: str = "") -> str:
    """The office takes back what it proposed. Raises Refused(offer_over), Forbidden, NotFound."""
    viewer = viewer_of(session, act)
    booking, stock = locked(session, code, viewer, act.now)
    reason = clean_text(reason, field="reason")
    one, offer = _open(session, booking, uid)
    if offer.kind != OfferKind.COUNTER or not _may_withdraw(booking, viewer, one, offer):
        raise Forbidden
    _give_back(session, act, booking, {one: offer}, stock, (OfferState.WITHDRAWN, Event.OFFER_WITHDRAWN), reason)
    return booking.code


def _may_withdraw(booking: Booking, viewer: Viewer, one: Occurrence, offer: Offer) -> bool:
    """Whoever decides it, where it is or where it is offered."""
    return one in can_decide(booking, viewer) or may_decide(
        viewer, Tier(offer.room.tier), offer.room.site_id, offer.room.id
    )


def _give_back(
    session: Session,
    act: Act,
    booking: Booking,
    ended: Mapping[Occurrence, Offer],
    stock: Mapping[int, claims.Stock],
    how: tuple[OfferState, Event],
    reason: str = "",
) -> None:
    """End offers of a booking, record it, and let the next in line have what they held."""
    gone = _end_offers(session, act, booking, ended, how, reason)
    publish(session, act, gone, left_rooms=pass_on(session, act, stock))


def _end_offers(
    session: Session,
    act: Act,
    booking: Booking,
    ended: Mapping[Occurrence, Offer],
    how: tuple[OfferState, Event],
    reason: str = "",
) -> list[Occurrence]:
    """What ended with them: occurrences that waited in line for nothing else."""
    state, event = how
    out = State.EXPIRED if state is OfferState.EXPIRED else State.CANCELLED
    for one, offer in ended.items():
        was = one.state
        if offer.kind == OfferKind.TURN:
            step_out(session, act, one, out, state)
        else:
            _end(session, act, one, state)
        record(session, act, event, booking, [one], was=was, text=reason, more=_facts(one, offer))
    booking.version += 1
    return [one for one in ended if one.state == out]


def _end(session: Session, act: Act, one: Occurrence, state: OfferState) -> None:
    """An open offer of an occurrence ends, if there is one, and what it held is free."""
    if offer := open_offers(session, [one.id]).get(one.id):
        claims.release_holds(session, [one.id])
        offer.state, offer.ended_at = state, act.now


@writes
def expire_offers(session: Session, *, act: Act) -> int:
    """Offers nobody answered in time lapse, and the next in line gets what they held. Returns how many lapsed."""
    before = run_out(session, act.now)
    items = {item for one in before for item in one.occurrence.wanted_items}
    stock = lock(session, _room_ids(before), act.now, items=items)
    lock_bookings(session, {one.occurrence.booking_id for one in before})
    found = [one for one in run_out(session, act.now) if one in before]
    if not _room_ids(found) <= set(stock):
        raise Again
    gone: list[Occurrence] = []
    for booking in dict.fromkeys(one.occurrence.booking for one in found):
        mine = {one.occurrence: one for one in found if one.occurrence.booking is booking}
        how = (OfferState.EXPIRED, Event.OFFER_EXPIRED)
        gone += _end_offers(session, act.by(None), booking, mine, how)
    if found:
        publish(session, act, gone, left_rooms=pass_on(session, act, stock))
    return len(found)


def _room_ids(offers: Sequence[Offer]) -> set[int]:
    return {one.room_id for one in offers}
