"""Bring a calendar file in: exactly what its dry run showed, in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy.orm import Session

from booking.domain.approval import Tier
from booking.domain.errors import refuse
from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.ical.reading import Foreign
from booking.storage import claims
from booking.storage.bookings import Booking, Occurrence
from booking.storage.closures import Closure
from booking.storage.imports import Imported
from booking.storage.places import Room, Site, all_rooms, room_leaves
from booking.storage.transaction import writes
from booking.storage.uses import lock_holder
from booking.usecases.act import Act
from booking.usecases.claiming import counts_uses, take
from booking.usecases.furnishing import bump_everything
from booking.usecases.import_plan import Choices, ImportPlan, Kind, Outcome, Row, closed_with, plan_import, whose_of
from booking.usecases.locking import lock
from booking.usecases.planning import asker_of
from booking.usecases.promising import promise
from booking.usecases.recording import publish, record
from booking.usecases.requesting import new_code, new_occurrence


@dataclass(frozen=True)
class Counts:
    """Times, by what became of them; `approved` and `requested` are the new bookings among them."""

    new: int
    approved: int
    requested: int
    already: int
    refused: int
    skipped: int
    differs: int = 0


@writes
def import_events(session: Session, *, act: Act, events: Sequence[Foreign], choices: Choices, digest: str) -> Counts:
    """Store what the plan with this digest shows. Raises as `plan_import` does, Refused(import_changed) when by now
    anything would come out otherwise, Refused(import_nothing_new).
    """
    before = plan_import(session, act=act, events=events, choices=choices)
    if not before.new:
        raise refuse("import_nothing_new")
    stock = _locked(session, act, before)
    # whose quotas and which claims: read anew behind the locks
    planned = plan_import(session, act=act, events=events, choices=choices)
    if planned.digest != digest:
        raise refuse("import_changed")
    if choices.kind is Kind.CLOSURES:
        _close(session, act, planned)
    else:
        _book(session, act, planned, stock)
    count, new = planned.count, planned.new
    approved = sum(row.at_once for row in new)
    requested = 0 if choices.kind is Kind.CLOSURES else len(new) - approved
    others = (Outcome.ALREADY, Outcome.REFUSED, Outcome.SKIPPED, Outcome.DIFFERS)
    return Counts(len(new), approved, requested, *(count(one) for one in others))


def _locked(session: Session, act: Act, planned: ImportPlan) -> dict[int, claims.Stock]:
    """Every room in which something would come to stand, in the one order of all locks."""
    person, community = whose_of(session, act, planned.choices)
    places = {row.place for row in planned.new if row.place}
    if planned.choices.kind is Kind.CLOSURES:
        everywhere, parts = all_rooms(session), room_leaves(session)
        rooms = {room for place in places for room in closed_with(place, everywhere, parts)}
    else:
        rooms = {place for place in places if isinstance(place, Room)}
        if counts_uses(rooms):
            lock_holder(session, asker_of(person.id, community))
    return lock(session, {room.id for room in rooms}, act.now)


def _close(session: Session, act: Act, planned: ImportPlan) -> None:
    for row in planned.new:
        closure = Closure(
            room_id=row.room.id if row.room else None,
            site_id=row.place.id if isinstance(row.place, Site) else None,
            starts_at=row.when.starts_at,
            ends_at=row.when.ends_at,
            name_id=row.title,
            created_at=act.now,
        )
        session.add(closure)
        session.flush()
        session.add(Imported(uid=row.uid, recurrence=_recurrence(row), closure_id=closure.id))
    bump_everything(session, act)


def _recurrence(row: Row) -> str:
    return row.time.recurrence if row.time else ""


@dataclass(frozen=True)
class _Made:
    """A new booking with the rows that its occurrences come from, in their order."""

    booking: Booking
    uid: str
    rows: Sequence[Row]

    def those(self, *, at_once: bool, decided: bool | None = None) -> list[Occurrence]:
        """Those that are approved at once or not; with `decided`, because somebody may decide or nobody needs to."""
        return [
            one
            for row, one in zip(self.rows, self.booking.occurrences, strict=True)
            if row.at_once is at_once and decided in (None, one.decided_by is not None)
        ]


def _book(session: Session, act: Act, planned: ImportPlan, stock: dict[int, claims.Stock]) -> None:
    """One booking for each event of the file; approved at once where whoever imports may decide, or nobody needs to."""
    made = [_booking(act, list(rows), planned) for _, rows in groupby(planned.new, key=lambda row: row.event)]
    session.add_all(one.booking for one in made)
    session.flush()
    everything = [each for one in made for each in one.booking.occurrences]
    with session.no_autoflush:  # several hundred bookings: each question would write a row of its own first
        for one in made:
            _keep(session, act, one, planned.choices)
        if planned.judgement is not None:
            approved = [each for one in made for each in one.those(at_once=True)]
            take(session, approved, planned.judgement.houses, stock, has_ties=False)
        for one in made:
            _record_approved(session, act, one, planned.choices)
    for booking, _asked, _known_at in session.info.pop("asked", ()) if not planned.choices.tells else ():
        # nobody is written to, yet what waits for a decision is promised an answer as everything else
        promise(session, booking, act.now)
    publish(session, act, everything, are_new=True)


def _booking(act: Act, rows: Sequence[Row], planned: ImportPlan) -> _Made:
    """The titles of single times that differ from the first stand beside them."""
    (person_id, community_id), title = planned.whose, rows[0].title
    occurrences = []
    for row in rows:
        assert row.judged is not None  # noqa: S101  # nosec B101  # what is new was judged
        occurrence = new_occurrence(act, row.judged)
        occurrence.label = row.label
        occurrences.append(occurrence)
    booking = Booking(
        code=new_code(),
        title=title,
        purpose="",
        community_id=community_id,
        booked_for=person_id,
        created_by=act.actor,
        people=planned.choices.people,
        created_at=act.now,
        occurrences=occurrences,
    )
    return _Made(booking, rows[0].uid, rows)


def _keep(session: Session, act: Act, made: _Made, choices: Choices) -> None:
    """Note where it came from and that it was asked for; then what becomes of it at once."""
    occurrences = made.booking.occurrences
    for row, one in zip(made.rows, occurrences, strict=True):
        session.add(Imported(uid=made.uid, recurrence=_recurrence(row), occurrence_id=one.id))
    more = {"imported": True}
    record(
        session,
        act,
        Event.REQUESTED,
        made.booking,
        occurrences,
        text=choices.override,
        tells=choices.tells,
        is_news=choices.tells,
        more=more,
        has_ties=False,
    )
    for row, one in zip(made.rows, occurrences, strict=True):
        if row.at_once:
            one.state, one.decided_at = State.APPROVED, act.now
            one.decided_by = None if row.judged and row.judged.tier is Tier.AUTOMATIC else act.actor


def _record_approved(session: Session, act: Act, made: _Made, choices: Choices) -> None:
    """By whoever imports, where somebody had to decide; by the program where nobody had to."""
    for by, decided in ((act, True), (act.by(None), False)):
        if some := made.those(at_once=True, decided=decided):
            record(
                session,
                by,
                Event.APPROVED,
                made.booking,
                some,
                was=State.REQUESTED,
                tells=choices.tells,
                is_news=choices.tells,
                has_ties=False,
            )
