"""What an edit of a booking means for each of its dates. Decides nothing, stores nothing.

An edit of a series is a three-way merge (`domain.series.merged`): what a hand changed before keeps that change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, Violation, refuse
from booking.domain.lifecycle import GONE, OPEN, State
from booking.domain.period import Period, wall
from booking.domain.permissions import Viewer
from booking.domain.series import AHEAD, Line, days_of, merged
from booking.domain.text import clean_line, clean_text
from booking.storage.bookings import Booking, Occurrence, is_own, may_override
from booking.storage.places import Room
from booking.storage.premises import rooms_by
from booking.usecases.act import Act
from booking.usecases.intents import Edit, Intent, Outcome, Scope, Spot, Work, spot_of
from booking.usecases.planning import is_staff_of, label_of, most_occurrences, period_of, units_of, wrong_times


def intended(
    session: Session,
    act: Act,
    viewer: Viewer,
    booking: Booking,
    scope: Scope,
    uid: str | None,
    edit: Edit,
    skip: Collection[date],
) -> Work:
    """What the edit means for each date. Raises Forbidden, NotFound, Refused(unknown_room, state, change_both ...)."""
    own = is_own(booking, viewer)
    if not own and not may_override(booking, viewer):
        raise Forbidden
    work = Work(booking, [], _room(session, edit), not own, _words(edit))
    if not edit.is_of_occurrences:
        return work
    reference = _reference(booking, uid)
    if edit.repeat is not None:
        _repattern(session, act, viewer, work, scope, reference, edit)
    else:
        _shift(session, act, work, scope, reference, edit)
    work.intents = [one for one in work.intents if one.occurrence is not None or one.day not in skip]
    for intent in work.intents:
        if intent.day in skip and intent.outcome is not Outcome.CANCELLED:
            intent.outcome, intent.after, intent.wrong = Outcome.KEPT, intent.before, None
    return work


def _room(session: Session, edit: Edit) -> Room | None:
    if edit.room is None:
        return None
    room = next(iter(rooms_by(session, slugs=[edit.room]).values()), None)
    if room is None or not room.is_public:
        raise refuse("unknown_room", field="room", room=edit.room[:80])
    return room


def _words(edit: Edit) -> dict[str, str]:
    words = {}
    if edit.title is not None:
        words["title"] = clean_line(edit.title, field="title")
    if edit.purpose is not None:
        words["purpose"] = clean_text(edit.purpose, field="purpose")
    return words


def _reference(booking: Booking, uid: str | None) -> Occurrence:
    """The occurrence that is named; without a name the only one. Raises Refused(occurrence)."""
    if uid is None and len(booking.occurrences) == 1:
        return booking.occurrences[0]
    found = next((one for one in booking.occurrences if one.uid == uid), None)
    if found is None:
        raise refuse("occurrence", field="occurrence")
    return found


def is_changeable(occurrence: Occurrence, now: datetime) -> bool:
    return occurrence.state in OPEN | {State.APPROVED, State.SKIPPED} and occurrence.starts_at > now


def _targets(booking: Booking, scope: Scope, reference: Occurrence, now: datetime) -> list[Occurrence]:
    """Which occurrences an edit is about: of a series those of the same line."""
    if scope is Scope.ONE:
        return [reference] if is_changeable(reference, now) else []
    alike = [
        one
        for one in booking.occurrences
        if is_changeable(one, now) and (one.series_line == reference.series_line or one is reference)
    ]
    if scope is Scope.ALL:
        return alike
    return [one for one in alike if _order(one) >= _order(reference)]


def _order(occurrence: Occurrence) -> date:
    return occurrence.series_day or datetime.fromisoformat(occurrence.wall_starts).date()


def _shift(session: Session, act: Act, work: Work, scope: Scope, reference: Occurrence, edit: Edit) -> None:
    """Times, room, numbers: the named occurrence takes them; of the others, what a hand changed stays."""
    targets = _targets(work.booking, scope, reference, act.now)
    if not targets or reference not in targets:
        raise refuse("state", state=reference.state, wanted="changed")
    is_series = work.booking.pattern is not None and reference.series_day is not None
    rooms = rooms_by(session, ids={line.room_id for one in targets for line in (one.line, one.base_line)})
    shift = _Shift(reference, edit, work.room, rooms)
    for one in targets:
        after, base = shift.applied(one.line), None
        if is_series and scope is not Scope.ONE:
            base = shift.applied(one.base_line)
            if one is not reference:
                after = shift.capped(merged(one.line, one.base_line, base), base)
        work.intents.append(_intent(work, one, after, base, is_series=is_series and one is not reference))


class _Shift:
    """The difference that an edit makes to the named occurrence, to be made to others too."""

    def __init__(self, reference: Occurrence, edit: Edit, room: Room | None, rooms: Mapping[int, Room]) -> None:
        self.edit, self.room = edit, room
        self.rooms = {**rooms, **({room.id: room} if room else {})}
        zone = (room or reference.room).site.zone
        line = reference.line
        starts = wall(edit.starts_at, zone) if edit.starts_at else line.starts
        ends = wall(edit.ends_at, zone) if edit.ends_at else line.ends
        if edit.starts_at and not edit.ends_at:
            ends = starts + (line.ends - line.starts)
        if starts >= ends:
            raise refuse("end_before_start", field="ends_at")
        self.people = reference.booking.people
        self.days = (starts.date() - line.starts.date()).days
        self.clock, self.length = starts.time(), ends - starts

    def applied(self, line: Line) -> Line:
        """A line with the edited fields and no others."""
        if self.edit.is_of_times:
            starts = datetime.combine(line.moved(self.days).starts.date(), self.clock)
            line = replace(line, starts=starts, ends=starts + self.length)
        if self.room is not None and self.room.id != line.room_id:
            line = replace(line, room_id=self.room.id, units=self._units_in(self.room, line))
        changed: dict[str, Any] = {}
        if self.edit.units is not None:
            changed["units"] = self.edit.units
        if self.edit.people is not None:
            changed["people"] = self.edit.people
        if self.edit.label is not None:
            changed["label"] = label_of(self.edit.label) or None
        return replace(line, **changed)

    def _units_in(self, room: Room, line: Line) -> int:
        """Out of a room had whole into a pool: one for each person; between pools as many as before."""
        units = line.units
        if self.rooms[line.room_id].exclusive:
            units = units_of(None, self.edit.people or line.people or self.people, room, whole=False)
        return min(units, room.units)

    def capped(self, after: Line, base: Line) -> Line:
        """Units and room of a merge may come from two sides: no more than the room has, one where it is had whole.

        What the series itself says is left, to be refused with its numbers.
        """
        room = self.rooms[after.room_id]
        if room.exclusive or (after.room_id, after.units) != (base.room_id, base.units):
            return replace(after, units=min(after.units, room.units))
        return after


def _intent(work: Work, occurrence: Occurrence, after: Line, base: Line | None, *, is_series: bool) -> Intent:
    room = work.room if work.room is not None and work.room.id == after.room_id else occurrence.room
    period, wrong = _period(occurrence, after, room)
    before = spot_of(occurrence)
    spot = Spot(room, period, after.units, after.people, after.label)
    if spot == before:
        # a hand changed it so that the edit passes it by, or there was nothing to change
        outcome = Outcome.KEPT if is_series else Outcome.SAME
        return Intent(occurrence, _order(occurrence), before, before, outcome, occurrence.series_line, base=base)
    wrong = replace(wrong, day=_order(occurrence)) if wrong else None
    return Intent(occurrence, _order(occurrence), before, spot, Outcome.CHANGED, occurrence.series_line, wrong, base)


def _period(occurrence: Occurrence, after: Line, room: Room) -> tuple[Period, Violation | None]:
    """When it shall be. Where the wall times stay the instants stay, whatever has become of the zone since."""
    same_clock = (after.starts, after.ends) == (occurrence.line.starts, occurrence.line.ends)
    if same_clock and room.site.timezone == occurrence.room.site.timezone:
        return occurrence.period, None
    period, wrong = period_of(after.starts, after.ends, room.site.zone)
    return period, wrong or wrong_times(period.starts_at, period.ends_at)


def _repattern(
    session: Session, act: Act, viewer: Viewer, work: Work, scope: Scope, reference: Occurrence, edit: Edit
) -> None:
    """Another pattern: dates in both stay as they are, new ones are added, others are cancelled unless by hand.

    Only dates that lie ahead are added. The limits of a series hold for what is kept and what is new together.
    """
    lines, pattern = _lines(work.booking), edit.repeat
    if not lines or pattern is None or reference.series_day is None:
        raise refuse("no_series", field="repeat")
    if scope is Scope.ONE or edit.is_of_more_than_pattern:
        raise refuse("change_both", field="repeat")
    first = min(day for line in lines for day in line) if scope is Scope.ALL else reference.series_day
    rooms = rooms_by(session, ids={one.base_line.room_id for line in lines for one in line.values()})
    most = most_occurrences(viewer, list(rooms.values()))
    days = days_of(pattern, first, most=max(most // len(lines), 1))
    if days[-1] > act.today + AHEAD and not is_staff_of(viewer, list(rooms.values())):
        raise refuse("series_ahead", field="repeat", latest=act.today + AHEAD, last=days[-1])
    work.repeat = pattern
    gone = [
        _fallen_out(one, act.now)
        for line in lines
        for day, one in line.items()
        if day >= first and day not in days and is_changeable(one, act.now)
    ]
    work.intents = [*gone, *_dates(lines, days, rooms, act.now)]
    count = sum(one.outcome is Outcome.ADDED for one in work.intents) + len(work.booking.occurrences)
    if count > most:
        raise refuse("too_many", field="repeat", count=count, most=most)
    work.intents.sort(key=lambda one: (one.day or date.min, one.line or 0))


def _lines(booking: Booking) -> list[dict[date, Occurrence]]:
    """The occurrences of each line of the series by their day; none without a series."""
    lines: dict[int, dict[date, Occurrence]] = {}
    for one in booking.occurrences if booking.pattern else ():
        if one.series_day is not None:
            lines.setdefault(one.series_line or 0, {})[one.series_day] = one
    return [lines[position] for position in sorted(lines)]


def _dates(
    lines: Sequence[Mapping[date, Occurrence]], days: Sequence[date], rooms: Mapping[int, Room], now: datetime
) -> Iterator[Intent]:
    """Each date of a pattern: as it is, where there is one; else new, if it lies ahead."""
    for day in days:
        for position, line in enumerate(lines):
            if known := line.get(day):
                spot = spot_of(known)
                yield Intent(known, day, spot, spot, Outcome.SAME, position)
            elif (added := _added(_said_on(day, line), day, position, rooms)).lies_after(now):
                yield added


def _said_on(day: date, line: Mapping[date, Occurrence]) -> Line:
    """What the series says of a new date: what it says of the one before it, else of the first.

    What was called off is asked last, for edits pass it by.
    """
    live = {known: one for known, one in line.items() if one.state not in GONE} or line
    nearest = max((known for known in live if known < day), default=min(live))
    return live[nearest].base_line.moved((day - nearest).days)


def _fallen_out(occurrence: Occurrence, now: datetime) -> Intent:
    spot, day = spot_of(occurrence), _order(occurrence)
    if occurrence.base is not None or occurrence.starts_at <= now:
        return Intent(occurrence, day, spot, spot, Outcome.KEPT, occurrence.series_line)
    return Intent(occurrence, day, spot, None, Outcome.CANCELLED, occurrence.series_line)


def _added(line: Line, day: date, position: int, rooms: Mapping[int, Room]) -> Intent:
    room = rooms[line.room_id]
    period, wrong = period_of(line.starts, line.ends, room.site.zone)
    spot = Spot(room, period, line.units, line.people, line.label)
    return Intent(None, day, None, spot, Outcome.ADDED, position, replace(wrong, day=day) if wrong else None, line)
