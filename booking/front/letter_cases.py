"""What a letter is about: the row's facts as they were, with the names that belong to their ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from booking.domain.approval import Tier
from booking.domain.lifecycle import State
from booking.domain.messages import KINDS
from booking.domain.period import Period
from booking.front import context, formats
from booking.front.language import _, ngettext
from booking.storage.bookings import Booking, Occurrence
from booking.storage.communities import Community
from booking.storage.db import reading
from booking.storage.offers import Offer
from booking.storage.people import Person
from booking.storage.places import Room, rooms_by_id
from booking.usecases.sending import Due, Moot
from booking.usecases.telling import waiting_places

MOST_TIMES = 12


@dataclass(frozen=True)
class Link:
    text: str
    url: str


@dataclass
class Words:
    """What a writer says; the frame around it is the same for all."""

    subject: str
    what: list[str]
    times: list[str] = field(default_factory=list)
    reason: str = ""
    reason_label: str = ""
    next: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True)
class Was:
    """One occurrence as the facts have it."""

    period: Period
    room: Room
    sequence: int
    state: str


@dataclass
class Case:
    kind: str
    facts: Mapping[str, Any]
    person: Person
    booking: Booking | None
    written_at: datetime
    key_url: str = ""

    @property
    def of(self) -> Booking:
        """The booking, where the kind always has one."""
        if self.booking is None:
            raise Moot("gone")
        return self.booking

    @property
    def title(self) -> str:
        return self.of.title

    @cached_property
    def community(self) -> Community:
        """The community, where the kind is about one."""
        found = reading().get(Community, self.facts.get("community", 0))
        if found is None:
            raise Moot("gone")
        return found

    @property
    def reason(self) -> str:
        return str(self.facts.get("reason", ""))

    @property
    def is_own_doing(self) -> bool:
        return self.facts.get("by") == self.person.id

    @cached_property
    def rooms(self) -> dict[int, Room]:
        ids = {one[2] for one in self.facts.get("occurrences", {}).values()}
        ids |= {spot[0] for pair in self.facts.get("changes", {}).values() for spot in pair}
        return rooms_by_id(reading(), ids)

    @cached_property
    def said(self) -> dict[str, Was]:
        """By uid, in order of time."""
        found = {
            uid: Was(_period(starts, ends), self.rooms[room_id], sequence, state)
            for uid, (starts, ends, room_id, sequence, state) in self.facts.get("occurrences", {}).items()
            if room_id in self.rooms
        }
        return dict(sorted(found.items(), key=lambda one: one[1].period.starts_at))

    @property
    def occurrences(self) -> list[Was]:
        """In order of time."""
        return list(self.said.values())

    @cached_property
    def live(self) -> list[Occurrence]:
        """The occurrences of the facts as they are now."""
        uids = set(self.facts.get("occurrences", {}))
        return [one for one in self.of.occurrences if one.uid in uids]

    @cached_property
    def offers(self) -> list[Offer]:
        """The newest offer of each occurrence of the facts, in order of time."""
        ids = [one.id for one in self.live]
        query = select(Offer).where(Offer.occurrence_id.in_(ids)).order_by(Offer.id)
        newest = {offer.occurrence_id: offer for offer in reading().scalars(query)}
        return sorted(newest.values(), key=lambda one: (one.starts_at, one.id))

    @cached_property
    def offered(self) -> list[tuple[Period, Room]]:
        """What was offered: as the facts have it, else as the offers have it."""
        said = self.facts.get("offers")
        if not said:
            return [(one.period, one.room) for one in self.offers]
        rooms = rooms_by_id(reading(), {one[0] for one in said.values()})
        return [(_period(one[1], one[2]), rooms[one[0]]) for one in said.values() if one[0] in rooms]

    @property
    def zone(self) -> ZoneInfo:
        """Of the first room it is about; of the centre where there is none."""
        if self.occurrences:
            return self.occurrences[0].room.site.zone
        if self.booking is not None and self.booking.occurrences:
            return self.booking.occurrences[0].room.site.zone
        return context.zone()

    def moment(self, at: datetime) -> str:
        return (
            f"{formats.day_long(at.astimezone(self.zone).date())}, {formats.clock(at, self.zone)} {self._zone_name(at)}"
        )

    def _zone_name(self, at: datetime) -> str:
        return formats.zone_name(at, self.zone)

    def times(self, only: Sequence[Was] | None = None) -> list[str]:
        """The occurrences as lines, at most a dozen."""
        return shortened([spot(one.period, one.room) for one in (self.occurrences if only is None else only)])

    def changes(self) -> list[str]:
        """From where and when to where and when, as lines."""
        lines = []
        for before, after in self.facts.get("changes", {}).values():
            old, new = (self._spot(one) for one in (before, after))
            people = before[4] != after[4] and after[4]
            more = f" ({ngettext('%(num)s person', '%(num)s people', people)})" if people else ""
            lines.append(f"{new}{more}" if old == new else _("%(old)s becomes %(new)s", old=old, new=new) + more)
        return shortened(lines)

    def _spot(self, said: Sequence[Any]) -> str:
        room = self.rooms.get(said[0])
        return spot(_period(said[1], said[2]), room) if room else ""

    def who_decides(self) -> str:
        """Who decides next, and by when where that was promised; nothing where nothing waits."""
        places = waiting_places(self.of)
        if not places:
            return ""
        if any(place.tier is Tier.HEAD for place in places):
            who = _("the head of the centre")
        else:
            sites = dict.fromkeys(one.room.site for one in self.of.occurrences)
            names = ", ".join(site.short_name for site in sites if site.id in {place.site_id for place in places})
            who = _("the office of %(sites)s", sites=names)
        if self.of.answer_day is None:
            return _("Next: %(who)s decides. You get a message as soon as that is done.", who=who)
        by = formats.day_long(self.of.answer_day)
        return _("Next: %(who)s decides, by %(moment)s at the latest. You get a message then.", who=who, moment=by)


Writer = Callable[[Case], Words]


def case_of(due: Due, key_url: str = "") -> Case:
    """Raises Moot where the person does not want it, or its facts are gone."""
    person = reading().get(Person, due.person_id)
    if person is None or not due.facts:
        raise Moot("gone")
    if KINDS[due.kind].mutable and due.kind in (person.muted or ()):
        raise Moot("muted")
    booking = reading().get(Booking, due.booking_id) if due.booking_id is not None else None
    return Case(due.kind, due.facts, person, booking, due.created_at, key_url)


def spot(period: Period, room: Room) -> str:
    """Rabu, 25 November 2026, 19.00-21.00 WIB: Ruang Latihan Musik, Gedung BITC"""
    zone = room.site.zone
    day = formats.day_long(period.starts_at.astimezone(zone).date())
    return f"{day}, {formats.times(period, zone)}: {room.name}, {room.site.name}"


def shortened(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_TIMES:
        return lines
    left = len(lines) - MOST_TIMES
    return [*lines[:MOST_TIMES], ngettext("and %(num)s more time", "and %(num)s more times", left)]


def undecided(booking: Booking) -> list[Occurrence]:
    return [one for one in booking.occurrences if one.state == State.REQUESTED]


def _period(starts: str, ends: str) -> Period:
    return Period(datetime.fromisoformat(starts), datetime.fromisoformat(ends))


__all__ = ["Case", "Link", "Moot", "Was", "Words", "Writer", "case_of", "shortened", "spot", "undecided"]
