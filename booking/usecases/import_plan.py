"""What would come of somebody else's calendar file: each of its times with what becomes of it, nothing stored."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.domain.approval import Tier, may_decide
from booking.domain.errors import Forbidden, Refused, Violation, refuse
from booking.domain.lifecycle import OPEN, STANDING, State
from booking.domain.period import Period
from booking.domain.permissions import Action, Viewer
from booking.domain.rules.basics import MOST_PEOPLE
from booking.domain.text import clean_text, titled
from booking.ical.reading import Foreign, Time, moment_of
from booking.storage import people
from booking.storage.bookings import in_span
from booking.storage.closures import closures
from booking.storage.communities import Community, community_by_slug
from booking.storage.people import Person
from booking.storage.places import Room, Site, all_rooms, room_leaves, sites
from booking.usecases.act import Act, viewer_of
from booking.usecases.claiming import About, Judged, Judgement, judge
from booking.usecases.import_known import Stands, known_times, stands_of
from booking.usecases.import_places import Places, Spelling
from booking.usecases.planning import Candidate, asker_of, units_of, wrong_times

MOST_TIMES = 2_000
_MOST_KNOWN = 20_000


class Kind(StrEnum):
    BOOKINGS = "bookings"
    CLOSURES = "closures"


class Outcome(StrEnum):
    """What becomes of one time of a file."""

    NEW = "new"
    ALREADY = "already"
    DIFFERS = "differs"  # imported before, but it does not stand as the file has it
    REFUSED = "refused"
    SKIPPED = "skipped"  # the file itself says that it is called off


@dataclass(frozen=True)
class Choices:
    """What staff chose beside the file. `rooms`: the room (slug) that a spelling means; `default`: "room:<slug>",
    or for closures "site:<slug>", for what names no place. `tells`: write to whom it is for.
    """

    kind: Kind = Kind.BOOKINGS
    default: str = ""
    rooms: Mapping[str, str] = field(default_factory=dict)
    community: str = ""
    person: str = ""
    people: int = 1
    override: str = ""
    tells: bool = False


@dataclass(frozen=True)
class Row:
    """One time of the event number `event`; without a time where the event could not be read at all."""

    event: int
    uid: str
    title: str
    outcome: Outcome
    time: Time | None = None
    place: Room | Site | None = None
    period: Period | None = None
    violations: Sequence[Violation] = ()
    judged: Judged | None = None
    at_once: bool = False
    label: str | None = None
    stands: Stands | None = None

    @property
    def room(self) -> Room | None:
        return self.place if isinstance(self.place, Room) else None

    @property
    def when(self) -> Period:
        """The time of a row that has one; every new row has."""
        if self.period is None:
            raise ValueError("a row without a time")
        return self.period

    @property
    def zone(self) -> ZoneInfo | None:
        if self.place is None:
            return self.stands.zone if self.stands else None
        return self.place.site.zone if isinstance(self.place, Room) else self.place.zone

    @property
    def set_aside(self) -> list[str]:
        return (self.judged.overridden if self.judged else None) or []

    def refused(self, *violations: Violation) -> Row:
        return replace(self, outcome=Outcome.REFUSED, violations=violations)

    def said(self) -> list[object]:
        """All that a reader of the dry run is told of it."""
        period = [at.isoformat() for at in (self.period.starts_at, self.period.ends_at)] if self.period else None
        place = [type(self.place).__name__, self.place.id] if self.place else None
        codes = [violation.code for violation in self.violations]
        recurrence = self.time.recurrence if self.time else ""
        stands = repr((self.stands.title, self.stands.period, self.stands.state)) if self.stands else None
        title = [self.title, self.label]
        return [self.uid, recurrence, title, self.outcome, place, period, codes, self.set_aside, self.at_once, stands]


@dataclass(frozen=True)
class ImportPlan:
    """`digest` stands for everything that would happen: what is confirmed must have the one that was shown."""

    rows: list[Row]
    choices: Choices
    whose: tuple[int, int | None]
    spellings: list[Spelling]
    judgement: Judgement | None = None

    @cached_property
    def digest(self) -> str:
        said = [one.said() for one in self.rows]
        whole = [said, self.choices.kind, self.whose, self.choices.people, self.choices.override, self.choices.tells]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()

    @property
    def new(self) -> list[Row]:
        return [row for row in self.rows if row.outcome is Outcome.NEW]

    def count(self, outcome: Outcome) -> int:
        return Counter(row.outcome for row in self.rows)[outcome]


def may_import(viewer: Viewer, kind: Kind, site_id: int | None = None, room_id: int | None = None) -> bool:
    """Bookings: who may act for any booking there, or furnishes it. Closures: who may close it."""
    if kind is Kind.CLOSURES:
        return viewer.may(Action.CLOSE, site_id, room_id)
    return any(viewer.may(action, site_id, room_id) for action in (Action.OVERRIDE, Action.FURNISH))


def plan_import(session: Session, *, act: Act, events: Sequence[Foreign], choices: Choices) -> ImportPlan:
    """What would become of each time. Raises Forbidden, Refused(import_too_many | text) and as `whose_of`."""
    viewer = viewer_of(session, act)
    if not may_import(viewer, choices.kind):
        raise Forbidden
    if sum(len(event.times) for event in events) > MOST_TIMES:
        raise refuse("import_too_many", most=MOST_TIMES)
    choices = replace(choices, override=clean_text(choices.override, field="override"))
    person, community = whose_of(session, act, choices)
    drafts = _Drafts(session, viewer, choices, known_times(session, {event.uid for event in events}))
    rows = [row for number, event in enumerate(events) for row in drafts.rows(number, event)]
    whose = (person.id, community.id if community else None)
    if choices.kind is Kind.CLOSURES:
        return ImportPlan(_closing(session, act, rows), choices, whose, drafts.places.asked)
    rows = _not_twice(session, rows)
    rows, judgement = _booking(session, act, viewer, rows, choices, person, community)
    return ImportPlan(_named(rows), choices, whose, drafts.places.asked, judgement)


def whose_of(session: Session, act: Act, choices: Choices) -> tuple[Person, Community | None]:
    """The contact (whoever imports, where none is named) and the community.

    Raises Refused(unknown_person | people | community_closed), NotFound.
    """
    person = people.person_by_id(session, act.actor or 0)
    if choices.person.strip():
        found = people.person_by_login(session, choices.person)
        if found is None:
            raise refuse("unknown_person", field="person")
        person = found
    if not 1 <= choices.people <= MOST_PEOPLE:
        raise refuse("people", field="people", people=choices.people, most=MOST_PEOPLE)
    community = community_by_slug(session, choices.community) if choices.community else None
    if community is not None and (community.closed_at or community.declined_at):
        raise refuse("community_closed", field="community")
    return person, community


class _Drafts:
    """Rows as far as the file and the choices alone say: where, when, and whether it was imported before."""

    def __init__(self, session: Session, viewer: Viewer, choices: Choices, known: _Known) -> None:
        rooms = all_rooms(session)
        shown = rooms if choices.kind is Kind.CLOSURES else [room for room in rooms if room.is_public]
        self.places = Places(shown)
        self.viewer, self.choices, self.known = viewer, choices, known
        self.by_slug = {room.slug: room for room in shown}
        self.sites = {site.slug: site for site in sites(session)} if choices.kind is Kind.CLOSURES else {}

    def rows(self, number: int, event: Foreign) -> list[Row]:
        if event.wrong:
            wrong = Violation(event.wrong.code, event.wrong.values)
            return [Row(number, event.uid, event.title, Outcome.REFUSED, violations=(wrong,))]
        return [self._row(Row(number, event.uid, one.title, Outcome.NEW, one), one) for one in event.times]

    def _row(self, row: Row, time: Time) -> Row:
        place, title = self._place(time)
        row = replace(row, place=place, title=title)
        stands = self.known.get((row.uid, time.recurrence))
        if stands is not None and not self._may(stands.place):
            return replace(row, outcome=Outcome.ALREADY)
        if time.is_cancelled:
            is_left = stands is not None and not stands.is_gone
            return replace(row, outcome=Outcome.DIFFERS if is_left else Outcome.SKIPPED, stands=stands)
        if stands is not None:
            outcome = Outcome.DIFFERS if stands.differs(title, place, time) else Outcome.ALREADY
            return replace(row, outcome=outcome, stands=stands)
        if place is None:
            return row.refused(Violation("import_place", {"place": time.place}) if time.place else _NOWHERE)
        if not self._may(place):
            return row.refused(Violation("import_elsewhere", {"place": place.name}))
        return self._with_period(row, time)

    def _may(self, place: Room | Site | None) -> bool:
        if isinstance(place, Room):
            return may_import(self.viewer, self.choices.kind, place.site_id, place.id)
        return may_import(self.viewer, self.choices.kind, place.id if place else None)

    def _with_period(self, row: Row, time: Time) -> Row:
        """A time that is none was refused when it was read."""
        zone = row.zone
        if zone is None:
            return row
        row = replace(row, period=Period(*moment_of(time, zone)))
        if self.choices.kind is Kind.BOOKINGS and time.whole_days:
            return row.refused(Violation("import_whole_day"))
        return row

    def _place(self, time: Time) -> tuple[Room | Site | None, str]:
        """By name; else by the choice for its spelling; else, where it resembles no room, the default."""
        room, title = self.places.found(time.place, time.title)
        if room is not None:
            return room, title
        asked = self.places.ask(time.place)
        chosen = self.by_slug.get(self.choices.rooms.get(asked.text, ""))
        if chosen is not None:
            return chosen, title
        return (None if asked.suggested else self._default()), title

    def _default(self) -> Room | Site | None:
        kind, _, slug = self.choices.default.partition(":")
        return self.sites.get(slug) if kind == "site" else self.by_slug.get(slug)


_NOWHERE = Violation("import_nowhere")
_Known = Mapping[tuple[str, str], Stands]


def _not_twice(session: Session, rows: Sequence[Row]) -> list[Row]:
    """What stands in a room with the same title and times already, in the database or further up in the file."""
    wanted = [row for row in rows if row.outcome is Outcome.NEW and row.period]
    if not wanted:
        return list(rows)
    span = _span(wanted)
    room_ids = {row.room.id for row in wanted if row.room}
    standing = in_span(session, room_ids, span, STANDING | {State.RETURNED}, most=_MOST_KNOWN)
    known: dict[tuple[int, Period, str], Stands | None] = {
        (one.room_id, one.period, one.title.casefold()): stands_of(one) for one in standing
    }
    found = []
    for row in rows:
        if row.outcome is Outcome.NEW and row.room and row.period:
            mark = (row.room.id, row.period, row.title.casefold())
            row = replace(row, outcome=Outcome.ALREADY, stands=known[mark]) if mark in known else row
            known.setdefault(mark, None)
        found.append(row)
    return found


def _span(rows: Sequence[Row]) -> Period:
    periods = [row.period for row in rows if row.period]
    return Period(min(one.starts_at for one in periods), max(one.ends_at for one in periods))


def _booking(
    session: Session,
    act: Act,
    viewer: Viewer,
    rows: Sequence[Row],
    choices: Choices,
    person: Person,
    community: Community | None,
) -> tuple[list[Row], Judgement | None]:
    """Judged as any other request, each beside those before it; house rules are set aside where there is a reason."""
    rows = [_measured(row) for row in rows]
    wanted = {at: row for at, row in enumerate(rows) if row.outcome is Outcome.NEW}
    rooms = [row.room for row in wanted.values() if row.room]
    if choices.override and not all(viewer.may(Action.OVERRIDE, room.site_id, room.id) for room in rooms):
        raise refuse("import_override", field="override")
    candidates = [_candidate(at, row, choices.people) for at, row in wanted.items()]
    about = About(asker_of(person.id, community), setting_aside=bool(choices.override), proposing=False)
    judgement = judge(session, candidates, act.now, about)
    for one in judgement.judged:
        at, row = one.candidate.at, wanted[one.candidate.at]
        tier = one.tier
        at_once = tier is Tier.AUTOMATIC or may_decide(viewer, tier, one.candidate.room.site_id, one.candidate.room.id)
        plain = [replace(violation, at=None, day=None) for violation in one.violations]
        rows[at] = row.refused(*plain) if plain else replace(row, judged=one, at_once=at_once)
    return rows, judgement


def _named(rows: Sequence[Row]) -> list[Row]:
    """A booking is called as its first time; others have names of their own, and are shown as calendars will."""
    leads: dict[int, str] = {}
    for row in rows:
        if row.outcome is Outcome.NEW:
            leads.setdefault(row.event, row.title)
    return [_called(row, leads[row.event]) if row.outcome is Outcome.NEW else row for row in rows]


def _called(row: Row, lead: str) -> Row:
    return row if row.title == lead else replace(row, title=titled(lead, row.title), label=row.title)


def _measured(row: Row) -> Row:
    """A booking lasts at most a day; what lies further apart is no time of one."""
    if row.outcome is not Outcome.NEW or row.period is None:
        return row
    wrong = wrong_times(row.period.starts_at, row.period.ends_at)
    return row.refused(wrong) if wrong else row


def _candidate(at: int, row: Row, head_count: int) -> Candidate:
    if row.room is None:
        raise ValueError("a new booking without a room")
    return Candidate(at, row.room, row.when, units_of(None, head_count, row.room, whole=False), head_count)


def _closing(session: Session, act: Act, rows: Sequence[Row]) -> list[Row]:
    """A closure that nobody is hit by: whom one hits is decided one by one, where closures are made by hand."""
    wanted = [row for row in rows if row.outcome is Outcome.NEW and row.period]
    if not wanted:
        return list(rows)
    there = {(one.site_id, one.room_id, one.starts_at, one.ends_at) for one in closures(session)}
    hits = _Hits(session, act, _span(wanted))
    found = []
    for row in rows:
        if row.outcome is Outcome.NEW and row.period:
            mark = _scope(row)
            row = _closed(row, act.now, hits, is_known=mark in there)
            there.add(mark)
        found.append(row)
    return found


def _scope(row: Row) -> tuple[int | None, int | None, datetime, datetime]:
    site_id = row.place.id if isinstance(row.place, Site) else None
    return site_id, row.room.id if row.room else None, row.when.starts_at, row.when.ends_at


def _closed(row: Row, now: datetime, hits: _Hits, *, is_known: bool) -> Row:
    if is_known:
        return replace(row, outcome=Outcome.ALREADY)
    if row.period and row.period.ends_at <= now:
        return row.refused(Violation("past", {"starts_at": row.period.starts_at}))
    count = hits.count(row)
    return row.refused(Violation("import_hits", {"count": count})) if count else row


class _Hits:
    """Undecided and approved bookings to come in a span, and which of them lie under a closure."""

    def __init__(self, session: Session, act: Act, span: Period) -> None:
        self.rooms, self.parts = all_rooms(session), room_leaves(session)
        ids = [room.id for room in self.rooms]
        found = in_span(session, ids, span, OPEN | {State.APPROVED}, most=_MOST_KNOWN)
        self.standing = [one for one in found if one.ends_at > act.now]

    def count(self, row: Row) -> int:
        ids = {room.id for room in closed_with(row.place, self.rooms, self.parts)}
        return sum(one.room_id in ids and one.period.overlaps(row.when) for one in self.standing)


def closed_with(place: Room | Site | None, rooms: Sequence[Room], parts: Mapping[int, tuple[int, ...]]) -> list[Room]:
    """The rooms that are shut with a place: a site's, or the room and the joined rooms that it is a part of."""
    if isinstance(place, Site):
        return [room for room in rooms if room.site_id == place.id]
    return [room for room in rooms if place and (room.id == place.id or place.id in parts.get(room.id, ()))]


def refusals_of(events: Sequence[Foreign]) -> Refused | None:
    """Where not one event of a file can be read: what is wrong with them, each thing once."""
    if any(event.wrong is None for event in events):
        return None
    wrongs = dict.fromkeys((event.wrong.code, tuple(event.wrong.values.items())) for event in events if event.wrong)
    return Refused([Violation(code, dict(values), field="file") for code, values in [*wrongs][:10]])
