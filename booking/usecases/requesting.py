"""Ask for rooms: one booking with one or more occurrences, approved at once where the rooms allow it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from booking.domain.approval import Tier, waits
from booking.domain.errors import Forbidden, Refused, Violation, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.domain.period import wall
from booking.domain.permissions import Viewer
from booking.domain.rules.ask import Asker
from booking.domain.text import clean_text
from booking.storage import claims
from booking.storage.bookings import Booking, Need, Occurrence, OccurrenceItem, booking_by_key
from booking.storage.communities import Community
from booking.storage.transaction import Again, writes
from booking.storage.uses import lock_holder
from booking.usecases.act import Act, viewer_of
from booking.usecases.claiming import About, Judged, Judgement, counts_uses, judge, take, tier_for
from booking.usecases.for_whom import (
    NOT_YET_KNOWN,
    check_may_enter,
    community_of,
    person_asked_for,
    person_known,
    still_asking,
)
from booking.usecases.locking import lock
from booking.usecases.planning import Candidate, Plan, asker_of, is_staff_of, plan, words_of
from booking.usecases.promising import promise
from booking.usecases.recording import publish, record
from booking.usecases.waitlist import join, may_wait
from booking.usecases.wanted import Wanted

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Requested:
    code: str
    is_new: bool


@dataclass(frozen=True)
class _Words:
    title: str
    purpose: str
    needs: Sequence[str]
    override: str


@dataclass(frozen=True)
class _Lots:
    """What becomes of the wanted occurrences: asked for (of these some are approved at once), or put in line."""

    asked: list[Occurrence]
    in_line: list[Occurrence]
    approved: list[Occurrence]


@writes
def request_booking(session: Session, *, act: Act, wanted: Wanted) -> Requested:
    """Store the request and return its code, or the one that the same key made before.

    With `wanted.wait` what is taken stands in line for it; whatever else stands in its way still refuses. Raises
    Refused with everything that stands in the way, Forbidden where nobody is logged in or staff alone may.
    """
    viewer = viewer_of(session, act)
    broken = [*wanted.broken, *([Violation("person_waits")] if viewer.waits else [])]
    said = _Words(*words_of(wanted, broken), override_of(wanted))
    if known := _known(session, viewer, wanted):
        return Requested(known, is_new=False)
    community = community_of(session, viewer, wanted, broken)
    planned = plan(session, wanted, viewer, act.today)
    broken += planned.broken
    about = about_of(session, viewer, wanted, community, planned, broken)
    whose = person_asked_for(session, act, wanted, broken)
    about = replace(about, asker=_held(session, wanted, whose, community, counts_uses(planned.rooms.values())))
    at_once = _at_once(planned.wanted, about, act, apart=wanted.apart)
    stock = _locked(session, act, planned, at_once, wait=wanted.wait)
    if known := _known(session, viewer, wanted):
        return Requested(known, is_new=False)  # the same tap was first, while we waited
    judgement = judge(session, planned.wanted, act.now, about, planned.items)
    waiting = may_wait(judgement) if wanted.wait else set()
    if waiting:
        at_once = _at_once([one for one in planned.wanted if one.at not in waiting], about, act, apart=wanted.apart)
    broken += [violation for violation in judgement.violations if violation.at not in waiting]
    if broken or not planned.wanted:
        raise Refused(broken or [Violation("series_all_skipped", field="skip")])
    skipped = judge(session, _skipped(planned), act.now, replace(about, proposing=False), planned.items)
    judged = [_waiting(one) if one.candidate.at in waiting else one for one in judgement.judged]
    made = {one.candidate.at: new_occurrence(act, one) for one in (*judged, *skipped.judged)}
    booking = _booking(act, wanted, said, (whose, community), planned, made.values())
    asked = {one.at for one in planned.wanted} - waiting
    lots = _Lots(*([made[at] for at in sorted(some)] for some in (asked, waiting, at_once)))
    _store(session, act, booking, lots, judgement, stock, said.override)
    return Requested(booking.code, is_new=True)


def _store(
    session: Session,
    act: Act,
    booking: Booking,
    lots: _Lots,
    judgement: Judgement,
    stock: dict[int, claims.Stock],
    override: str,
) -> None:
    """All at once, as it is after the approval of what needs none; told as it came about."""
    for occurrence in lots.approved:
        occurrence.state, occurrence.decided_at = State.APPROVED, act.now
    promise(session, booking, act.now)
    session.add(booking)
    take(session, lots.approved, judgement.houses, stock, has_ties=False)
    session.flush()
    if lots.asked:
        told = [one for one in booking.occurrences if one not in lots.in_line]
        aside = {one.uid: one.overridden for one in told if one.overridden}
        more: dict[str, object] = {"overridden": aside} if aside else {}
        if booking.channel:
            more |= {"channel": booking.channel, "for": booking.booked_for}
        record(session, act, Event.REQUESTED, booking, told, text=override, as_of=State.REQUESTED, more=more)
    join(session, act, booking, lots.in_line)
    if lots.approved:
        record(session, act.by(None), Event.APPROVED, booking, lots.approved, was=State.REQUESTED, has_ties=False)
    publish(session, act, lots.asked, are_new=True)


def _waiting(judged: Judged) -> Judged:
    """Stored as skipped because of what is taken: it stands in line."""
    return replace(judged, candidate=replace(judged.candidate, is_skipped=True))


def about_of(
    session: Session,
    viewer: Viewer,
    wanted: Wanted,
    community: Community | None,
    planned: Plan,
    broken: list[Violation],
) -> About:
    """Who asks for what; what is wrong with whom staff ask for goes to `broken`.

    Raises Forbidden where somebody who is no staff sets rules aside or asks for somebody else.
    """
    if wanted.override and not is_staff_of(viewer, list(planned.rooms.values())):
        raise Forbidden
    check_may_enter(viewer, wanted, planned.rooms.values())
    person_id = viewer.person_id
    if wanted.on_behalf is not None:
        known = person_known(session, wanted, broken)
        person_id = known.id if known else NOT_YET_KNOWN
    asker = asker_of(person_id, community) if person_id is not None else None
    return About(asker, planned.repeat is not None, setting_aside=bool(wanted.override))


def _held(
    session: Session, wanted: Wanted, person_id: int | None, community: Community | None, counts: bool
) -> Asker | None:
    """Who asks, locked: who closes the community, declines it or takes the asker out of it goes before this or after.

    Whoever counts uses has the stronger lock first: two who had only the weaker one could not have it any more. Raises
    Again where the asker may not ask for the community any more.
    """
    if person_id is None:
        return None
    asker = asker_of(person_id, community)
    if counts:
        lock_holder(session, asker)
    if community is None:
        return asker
    if not still_asking(session, wanted, community, person_id):
        raise Again
    return asker_of(person_id, community)


def override_of(wanted: Wanted) -> str:
    return clean_text(wanted.override, field="override")


def _skipped(planned: Plan) -> list[Candidate]:
    """Dates left out, judged after all others: only their own reason is wanted."""
    return [one for one in planned.candidates if one.is_skipped]


def _at_once(candidates: Collection[Candidate], about: About, act: Act, *, apart: bool) -> set[int]:
    """The positions of those that need no decision: all, where none needs one; else those sent apart from the rest."""
    tiers = {one.at: tier_for(one, about, act.now) for one in candidates}
    if waits(list(tiers.values())) and not apart:
        return set()
    return {at for at, tier in tiers.items() if tier is Tier.AUTOMATIC}


def _locked(session: Session, act: Act, planned: Plan, at_once: set[int], *, wait: bool) -> dict[int, claims.Stock]:
    """What is approved at once needs its places locked; what would stand in line too, so that no turn passes it by."""
    chosen = [one for one in planned.wanted if wait or one.at in at_once]
    if not chosen:
        return {}
    items = {item for one in chosen for item in one.items}
    return lock(session, {one.room.id for one in chosen}, act.now, items=items)


def _known(session: Session, viewer: Viewer, wanted: Wanted) -> str | None:
    """The booking that this key made before. Raises Refused(key_reused) when it asked for something else."""
    if not wanted.key or viewer.person_id is None:
        return None
    made = booking_by_key(session, viewer.person_id, wanted.key)
    if made is None:
        return None
    if made.body_hash != wanted.body_hash:
        raise refuse("key_reused", code=made.code)
    return str(made.code)


def _booking(
    act: Act,
    wanted: Wanted,
    said: _Words,
    whose: tuple[int | None, Community | None],
    planned: Plan,
    occurrences: Iterable[Occurrence],
) -> Booking:
    return Booking(
        code=new_code(),
        title=said.title,
        purpose=said.purpose,
        funding=wanted.funding,
        community=whose[1],
        booked_for=whose[0],
        created_by=act.actor,
        channel=wanted.on_behalf.channel if wanted.on_behalf else None,
        people=wanted.people,
        pattern=planned.repeat.as_json() if planned.repeat else None,
        key=wanted.key,
        body_hash=wanted.body_hash if wanted.key else None,
        version=1,
        created_at=act.now,
        # stored in the order in which they are read again
        occurrences=sorted(occurrences, key=lambda one: one.starts_at),
        needs=[Need(text=need, note="") for need in said.needs],
    )


def new_occurrence(act: Act, judged: Judged) -> Occurrence:
    """A requested occurrence, or a skipped one with its reason."""
    candidate = judged.candidate
    zone = candidate.room.site.zone
    made = Occurrence(
        uid=secrets.token_hex(16),
        room=candidate.room,
        room_id=candidate.room.id,
        starts_at=candidate.period.starts_at,
        ends_at=candidate.period.ends_at,
        wall_starts=wall(candidate.period.starts_at, zone).isoformat(timespec="minutes"),
        wall_ends=wall(candidate.period.ends_at, zone).isoformat(timespec="minutes"),
        units=candidate.units,
        people=candidate.own_people,
        label=candidate.label or None,
        state=State.SKIPPED if candidate.is_skipped else State.REQUESTED,
        series_day=candidate.day,
        series_line=candidate.line,
        overridden=judged.overridden,
        tier=judged.tier,
        changed_at=act.now,
        items=[OccurrenceItem(item_id=item_id, quantity=n) for item_id, n in candidate.items.items()],
    )
    if candidate.base is not None:
        made.follow(candidate.base)
    if candidate.is_skipped:
        made.skipped_because = {"codes": [violation.code for violation in judged.violations]}
    return made


def new_code() -> str:
    """Eight signs without look-alikes: 40 bits, read aloud over the phone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
