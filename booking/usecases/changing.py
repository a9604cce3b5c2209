"""Change a booking: one of its occurrences, this and the following, or all. What is approved stays till it may move."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.approval import Tier, may_decide
from booking.domain.errors import Forbidden, Refused, Violation, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import State, check_step
from booking.domain.period import wall
from booking.domain.permissions import Viewer
from booking.domain.series import Line
from booking.domain.text import clean_text
from booking.storage import claims
from booking.storage.bookings import Booking, Change, Occurrence, booking_by_code
from booking.storage.places import Room
from booking.storage.premises import rooms_by
from booking.storage.transaction import writes
from booking.storage.uses import lock_holder
from booking.usecases.act import Act, viewer_of
from booking.usecases.claiming import About, Judgement, counts_uses, items_of, judge, take, tier_for
from booking.usecases.editing import intended
from booking.usecases.intents import Changed, Edit, Intent, Outcome, Scope, Spot, Work, told_of
from booking.usecases.locking import locked
from booking.usecases.planning import Candidate, asker_of, is_staff_of
from booking.usecases.recording import ask_deciders, mark_changed, publish, record, set_state
from booking.usecases.requesting import new_occurrence
from booking.usecases.telling import Place, place_of
from booking.usecases.waitlist import pass_on


def preview_change(
    session: Session,
    *,
    act: Act,
    code: str,
    scope: Scope,
    uid: str | None,
    edit: Edit,
    skip: Collection[date] = (),
    setting_aside: bool = False,
) -> tuple[list[Intent], list[Violation]]:
    """Before and after of each date, and what stands in the way. Stores nothing; raises as `change_booking` does."""
    viewer = viewer_of(session, act)
    booking = booking_by_code(session, code, viewer)
    work = intended(session, act, viewer, booking, scope, uid, edit, skip)
    judgement = _judged(session, act, viewer, work, setting_aside=setting_aside)
    return work.intents, _violations(work, judgement)


@writes
def change_booking(
    session: Session,
    *,
    act: Act,
    code: str,
    scope: Scope = Scope.ONE,
    uid: str | None = None,
    edit: Edit,
    skip: Collection[date] = (),
    reason: str = "",
    version: int | None = None,
    setting_aside: bool = False,
) -> list[Changed]:
    """Change what can be changed at once, ask for what needs approval; returns before and after of each date.

    All or nothing, but for the dates in `skip`, which stay as they are. Staff who change somebody's booking say why.
    Raises Refused with everything that stands in the way, NotFound, Forbidden.
    """
    viewer = viewer_of(session, act)
    if viewer.waits:
        raise refuse("person_waits")
    also = list(rooms_by(session, slugs=[edit.room]).values()) if edit.room else []
    _lock_quota(session, booking_by_code(session, code, viewer), also)
    booking, stock = locked(session, code, viewer, act.now, also=also)
    if version is not None and version != booking.version:
        raise refuse("stale", version=booking.version)
    reason = clean_text(reason, field="reason")
    work = intended(session, act, viewer, booking, scope, uid, edit, skip)
    if (work.is_staff or setting_aside) and not reason:
        raise refuse("reason_required", field="reason")
    judgement = _judged(session, act, viewer, work, setting_aside=setting_aside)
    if broken := _violations(work, judgement):
        raise Refused(broken)
    _apply(session, act, work, judgement, stock, reason)
    return [told_of(intent) for intent in work.intents]


def _lock_quota(session: Session, booking: Booking, also: Sequence[Room]) -> None:
    if counts_uses([*(one.room for one in booking.occurrences), *also]):
        lock_holder(session, asker_of(booking.booked_for, booking.community))


def _judged(session: Session, act: Act, viewer: Viewer, work: Work, *, setting_aside: bool) -> Judgement:
    """Everything that is done at once is judged beside each other: what shrinks first, by what it keeps, then the rest.

    What must be asked for keeps its old claim meanwhile; it is judged by itself, and takes nothing from the others.
    """
    booking = work.booking
    if setting_aside and not is_staff_of(viewer, [one.after.room for one in work.intents if one.after]):
        raise Forbidden
    asker = asker_of(booking.booked_for, booking.community)
    about = About(asker, booking.pattern is not None, booking.id, setting_aside=setting_aside)
    moving = [
        _candidate(at, intent, booking)
        for at, intent in enumerate(work.intents)
        if intent.is_move and intent.after is not None and intent.wrong is None
    ]
    _settle(act, viewer, work, moving, about)
    now = [one for one in moving if work.intents[one.at].outcome is not Outcome.ASKED]
    asked = [one for one in moving if work.intents[one.at].outcome is Outcome.ASKED]
    leaving = _ids(work, Outcome.CHANGED, Outcome.CANCELLED)
    items = items_of(booking.occurrences)
    now.sort(key=lambda one: (one.frozen is None, one.at))
    done = judge(session, now, act.now, replace(about, without=leaving), items)
    about_asked = replace(about, without=leaving | _ids(work, Outcome.ASKED))
    waiting = judge(session, asked, act.now, about_asked, items)
    return Judgement([*done.judged, *waiting.judged], {**waiting.houses, **done.houses}, done.shelves, about)


def _ids(work: Work, *outcomes: Outcome) -> set[int]:
    return {one.occurrence.id for one in work.intents if one.occurrence and one.outcome in outcomes}


def _settle(act: Act, viewer: Viewer, work: Work, moving: Sequence[Candidate], about: About) -> None:
    """Moves of approved occurrences must be approved anew where the room asks for it, unless the actor may decide."""
    for candidate in moving:
        intent = work.intents[candidate.at]
        if intent.occurrence is None or intent.occurrence.state != State.APPROVED or candidate.frozen is not None:
            continue
        room = candidate.room
        needs = tier_for(candidate, about, act.now)
        if needs is not Tier.AUTOMATIC and not may_decide(viewer, needs, room.site_id, room.id):
            intent.outcome = Outcome.ASKED


def _candidate(at: int, intent: Intent, booking: Booking) -> Candidate:
    spot, one = intent.after, intent.occurrence
    assert spot is not None  # noqa: S101  # nosec B101  # the caller has looked
    items = one.wanted_items if one else _items_of_line(booking, intent.line)
    people = booking.people if spot.people is None else spot.people
    return Candidate(
        at,
        spot.room,
        spot.period,
        spot.units,
        people,
        items,
        intent.day,
        intent.line,
        spot.label or "",
        spot.people,
        is_skipped=one is not None and one.state == State.SKIPPED,
        frozen=(one.setup_minutes, one.teardown_minutes) if one is not None and intent.is_shrinking else None,
        base=intent.base,
    )


def _items_of_line(booking: Booking, line: int | None) -> dict[int, int]:
    """A new date takes along what the others of its line take."""
    alike = [one for one in booking.occurrences if one.series_line == line]
    return dict(alike[-1].wanted_items) if alike else {}


def _violations(work: Work, judgement: Judgement) -> list[Violation]:
    wrong = [replace(one.wrong, at=at) for at, one in enumerate(work.intents) if one.wrong]
    wrong += _left_behind(work)
    # what is skipped takes nothing, whatever stands in its way; only numbers that are none cannot be stored
    return wrong + [
        violation
        for one in judgement.judged
        for violation in one.violations
        if not one.candidate.is_skipped or violation.code in ("units", "people")
    ]


def _left_behind(work: Work) -> Iterator[Violation]:
    """Items that do not go along into another room."""
    for at, intent in enumerate(work.intents):
        if intent.occurrence is None or intent.after is None or not intent.is_move:
            continue
        for one in intent.occurrence.items:
            if not one.item.goes_with(intent.after.room):
                yield Violation("item_elsewhere", {"item": one.item.name}, at=at, day=intent.day, field="items")


def _apply(
    session: Session,
    act: Act,
    work: Work,
    judgement: Judgement,
    stock: dict[int, claims.Stock],
    reason: str,
) -> None:
    booking = work.booking
    for name, said in work.words.items():
        setattr(booking, name, said)
    if work.repeat is not None:
        booking.pattern = work.repeat.as_json()
    if work.words:
        for one in booking.occurrences:
            mark_changed(one, act.now)
    touched = _Applying(session, act, work, judgement, stock).run(reason)
    booking.version += 1
    shown = list({one.id: one for one in (*touched.occurrences, *(booking.occurrences if work.words else ()))}.values())
    if work.words and not touched.occurrences:
        record(
            session, act, Event.CHANGED, booking, [], was=booking.state, text=reason, more={"fields": list(work.words)}
        )
    publish(session, act, shown, left_rooms=touched.left_rooms | pass_on(session, act, stock))


@dataclass
class _Touched:
    occurrences: list[Occurrence]
    left_rooms: set[int]


class _Applying:
    """Does what is settled: claims of everything that moves are given back first, then the new ones are taken."""

    def __init__(
        self, session: Session, act: Act, work: Work, judgement: Judgement, stock: dict[int, claims.Stock]
    ) -> None:
        self.session, self.act, self.booking = session, act, work.booking
        self.intents, self.judgement, self.stock = work.intents, judgement, stock
        self.is_staff = work.is_staff
        self.judged = {one.candidate.at: one for one in judgement.judged}

    def run(self, reason: str) -> _Touched:
        numbered = list(enumerate(self.intents))
        now = [(at, one) for at, one in numbered if one.outcome is Outcome.CHANGED]
        left = {one.before.room.id for _, one in now if one.before}
        moving = [one.occurrence for _, one in now if one.occurrence and one.occurrence.state == State.APPROVED]
        shrinking = {one.occurrence.id for _, one in now if one.occurrence and one.is_shrinking}
        # of what is undecided too: it may hold something
        claims.release(self.session, [one.occurrence.id for _, one in now if one.occurrence])
        for at, intent in now:
            self._change(at, intent)
        self._follow()
        # what shrinks keeps the buffers it was approved with: newer, wider ones might lie on a neighbour
        shrunk = [one for one in moving if one.id in shrinking]
        take(self.session, shrunk, self.judgement.houses, self.stock, freeze=False)
        take(self.session, [one for one in moving if one not in shrunk], self.judgement.houses, self.stock)
        changed = [one.occurrence for _, one in now if one.occurrence]
        self._record(self._event([one for _, one in now]), [one for _, one in now], changed, reason)
        added = [self._add(at) for at, one in numbered if one.outcome is Outcome.ADDED]
        self._note_added(added)
        asked = [one for one in self.intents if one.outcome is Outcome.ASKED]
        self._ask(asked, reason)
        gone = [one.occurrence for one in self.intents if one.outcome is Outcome.CANCELLED and one.occurrence]
        self._cancel(gone, reason)
        return _Touched([*changed, *added, *gone], left)

    def _event(self, intents: Sequence[Intent]) -> Event:
        """The office that moves somebody into another room says so: that is not a change of their own."""
        is_moved = any(one.before and one.after and one.before.room.id != one.after.room.id for one in intents)
        return Event.RELOCATED if self.is_staff and is_moved else Event.CHANGED

    def _change(self, at: int, intent: Intent) -> None:
        occurrence = intent.occurrence
        if occurrence is None or intent.after is None:
            return
        withdraw_change(occurrence, self.act)
        judged = self.judged[at]
        was = place_of(occurrence)
        overridden = occurrence.overridden if intent.is_shrinking else judged.overridden
        put(occurrence, intent.after, self.act.now, intent.base)
        occurrence.overridden, occurrence.tier = overridden, judged.tier
        if occurrence.state == State.REQUESTED:
            self._ask_others(occurrence, was)

    def _ask_others(self, occurrence: Occurrence, was: Place) -> None:
        """What others decide now is news to them; and no answer is promised for after the start."""
        if self.booking.answer_by is not None:
            self.booking.answer_by = min(self.booking.answer_by, occurrence.starts_at)
        now = place_of(occurrence)
        if now != was:
            # in another room of the site those of the whole site know of it already
            is_near = (now.tier, now.site_id) == (was.tier, was.site_id)
            ask_deciders(self.session, self.booking, [occurrence], known_at=was if is_near else None)

    def _follow(self) -> None:
        """What stays as it is notes what the series says of it now; what was asked for it before goes on from there."""
        for intent in self.intents:
            one, base = intent.occurrence, intent.base
            if one is None or base is None or intent.outcome not in (Outcome.KEPT, Outcome.SAME):
                continue
            one.follow(base)
            if one.change is not None:
                one.change.base = base.as_json()

    def _add(self, at: int) -> Occurrence:
        made = new_occurrence(self.act, self.judged[at])
        made.booking = self.booking
        self.session.add(made)
        self.session.flush()
        return made

    def _note_added(self, added: list[Occurrence]) -> None:
        """New dates are asked for; where all of their rooms approve by themselves they are approved at once."""
        if not added:
            return
        record(self.session, self.act, Event.REQUESTED, self.booking, added)
        self.booking.ending_told_at = None
        tiers = [tier_for(one.candidate, self.judgement.about, self.act.now) for one in self.judged.values()]
        if all(tier is Tier.AUTOMATIC for tier in tiers):
            for one in added:
                one.state, one.decided_at = State.APPROVED, self.act.now
            take(self.session, added, self.judgement.houses, self.stock)
            record(self.session, self.act.by(None), Event.APPROVED, self.booking, added, was=State.REQUESTED)

    def _ask(self, asked: Sequence[Intent], reason: str) -> None:
        for intent in asked:
            one, spot = intent.occurrence, intent.after
            if one is None or spot is None:
                continue
            withdraw_change(one, self.act)
            self.session.flush()
            self.session.add(
                Change(
                    occurrence_id=one.id,
                    room_id=spot.room.id,
                    starts_at=spot.period.starts_at,
                    ends_at=spot.period.ends_at,
                    units=spot.units,
                    people=spot.people,
                    label=spot.label,
                    asked_by=self.act.actor,
                    asked_at=self.act.now,
                    overridden=self.judged[self.intents.index(intent)].overridden,
                    base=intent.base.as_json() if intent.base else None,
                )
            )
        self._record(Event.CHANGE_REQUESTED, asked, [one.occurrence for one in asked if one.occurrence], reason)

    def _cancel(self, gone: list[Occurrence], reason: str) -> None:
        for one in gone:
            check_step(State(one.state), State.CANCELLED)
            withdraw_change(one, self.act)
            set_state(one, State.CANCELLED, self.act.now)
        claims.release(self.session, [one.id for one in gone])
        if gone:
            record(self.session, self.act, Event.CANCELLED, self.booking, gone, text=reason)

    def _record(self, event: Event, intents: Sequence[Intent], occurrences: list[Occurrence], reason: str) -> None:
        if occurrences:
            more = before_and_after(intents) | _overridden(occurrences)
            record(self.session, self.act, event, self.booking, occurrences, text=reason, more=more)


def before_and_after(intents: Sequence[Intent]) -> dict[str, Any]:
    """Old and new places and times for history and message: uid -> [before, after]."""
    return {
        "changes": {
            one.occurrence.uid: [one.before.as_json(), one.after.as_json()]
            for one in intents
            if one.occurrence and one.before and one.after
        }
    }


def _overridden(occurrences: Sequence[Occurrence]) -> dict[str, Any]:
    found = {one.uid: one.overridden for one in occurrences if one.overridden}
    return {"overridden": found} if found else {}


def put(occurrence: Occurrence, spot: Spot, now: datetime, base: Line | None = None) -> None:
    """Move an occurrence. Its wall times follow; what it was judged by before does not hold any more.

    `base`: what its series says of it from now on; None: what it said before.
    """
    zone = spot.room.site.zone
    base = base or occurrence.base_line
    if occurrence.starts_at != spot.period.starts_at:
        occurrence.reminded_at = None
    occurrence.room, occurrence.room_id = spot.room, spot.room.id
    occurrence.starts_at, occurrence.ends_at = spot.period.starts_at, spot.period.ends_at
    occurrence.wall_starts = wall(spot.period.starts_at, zone).isoformat(timespec="minutes")
    occurrence.wall_ends = wall(spot.period.ends_at, zone).isoformat(timespec="minutes")
    occurrence.units, occurrence.people, occurrence.label = spot.units, spot.people, spot.label
    if occurrence.series_day is not None:
        occurrence.follow(base)
    mark_changed(occurrence, now)


def withdraw_change(occurrence: Occurrence, act: Act, state: str = "withdrawn") -> Change | None:
    """End an open change request of an occurrence, if there is one."""
    change = occurrence.change
    if change is not None:
        change.state, change.decided_by, change.decided_at = state, act.actor, act.now
    return change
