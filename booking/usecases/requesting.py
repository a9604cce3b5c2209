"""Ask for rooms: one booking with one or more occurrences, approved at once where the rooms allow it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.approval import Tier, waits
from booking.domain.errors import Refused, Violation, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.domain.period import MAX_OCCURRENCE, Period, wall
from booking.domain.permissions import Viewer
from booking.domain.rules.basics import MOST_PEOPLE
from booking.domain.text import clean_line, clean_text
from booking.storage.availability import House
from booking.storage.bookings import Booking, Occurrence, booking_by_key
from booking.storage.communities import Community, communities_of
from booking.storage.places import Room, rooms_by_slug
from booking.storage.transaction import Again, writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.claiming import Candidate, judge, lock, take
from booking.usecases.recording import publish, record

MOST_OCCURRENCES = 104
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PRIVATELY = "-"
"""As `community`: for the person alone, even if there is a community that would be taken otherwise."""


@dataclass(frozen=True)
class WantedOccurrence:
    """One room from one instant to another. `units` None: `people` in pools, else 1.

    `at` is its position in the request as it was typed, where some could not be read; else its own.
    """

    room: str
    starts_at: datetime
    ends_at: datetime
    units: int | None = None
    people: int | None = None
    label: str = ""
    at: int | None = None


@dataclass(frozen=True)
class Wanted:
    """A request as it was typed. `key`: the same key from the same person gives the same booking."""

    title: str
    people: int
    occurrences: Sequence[WantedOccurrence] = field(default=())
    community: str | None = None
    purpose: str = ""
    funding: str = ""
    key: str | None = None
    broken: Sequence[Violation] = ()
    """What the wing found wrong while reading it (a time that is none): told together with the rest."""

    @property
    def body_hash(self) -> str:
        said = {name: value for name, value in asdict(self).items() if name != "broken"}
        return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Requested:
    code: str
    is_new: bool


@writes
def request_booking(session: Session, *, act: Act, wanted: Wanted) -> Requested:
    """Store the request and return its code, or the one that the same key made before.

    Raises Refused with everything that stands in the way, Forbidden where nobody is logged in.
    """
    viewer = viewer_of(session, act)
    broken = [*wanted.broken]
    title, purpose = _words(wanted, broken)
    if known := _known(session, viewer, wanted):
        return Requested(known, is_new=False)
    community = _community(session, viewer, wanted, broken)
    rooms = rooms_by_slug(session, {one.room for one in wanted.occurrences})
    at_once = not _waits(rooms)
    stock = lock(session, rooms.values(), act.now) if at_once else {}
    if at_once and _waits(rooms):
        raise Again  # a room got an officer while we waited for its lock
    if known := _known(session, viewer, wanted):
        return Requested(known, is_new=False)  # the same tap was first, while we waited
    candidates = _candidates(wanted, rooms, broken)
    facts: Mapping[int, House] = {}
    if candidates:
        found, facts = judge(session, candidates, act.now)
        broken += found
    if broken:
        raise Refused(broken)
    booking = _store(session, act, wanted, title, purpose, community, candidates)
    record(session, act, Event.REQUESTED, booking, booking.occurrences)
    if at_once:
        for occurrence in booking.occurrences:
            occurrence.state, occurrence.decided_at = State.APPROVED, act.now
        take(session, booking.occurrences, facts, stock)
        record(session, act.by(None), Event.APPROVED, booking, booking.occurrences, was=State.REQUESTED)
    publish(session, act, booking.occurrences)
    return Requested(booking.code, is_new=True)


def _waits(rooms: Mapping[str, Room]) -> bool:
    return waits([Tier(room.tier) for room in rooms.values()])


def _known(session: Session, viewer: Viewer, wanted: Wanted) -> str | None:
    """The booking that this key made before. Raises Refused(key_reused) when it asked for something else."""
    if not wanted.key or viewer.person_id is None:
        return None
    booking = booking_by_key(session, viewer.person_id, wanted.key)
    if booking is None:
        return None
    if booking.body_hash != wanted.body_hash:
        raise refuse("key_reused", code=booking.code)
    return booking.code


def _words(wanted: Wanted, broken: list[Violation]) -> tuple[str, str]:
    """Title and purpose, cleaned; what is wrong with them, the key, the labels or the numbers goes to `broken`."""
    title = _cleaned(lambda: clean_line(wanted.title, field="title"), broken)
    purpose = _cleaned(lambda: clean_text(wanted.purpose, field="purpose"), broken)
    for at, one in _numbered(wanted):
        _cleaned(lambda one=one: _label(one), broken, at=at)  # type: ignore[misc]
    if wanted.key is not None and not (0 < len(wanted.key) <= 80 and wanted.key.isprintable()):
        raise refuse("text", field="key")
    if not 1 <= wanted.people <= MOST_PEOPLE:
        broken.append(Violation("people", {"people": wanted.people, "most": MOST_PEOPLE}, field="people"))
    if not wanted.occurrences and not wanted.broken:
        broken.append(Violation("required", field="occurrences"))
    if len(wanted.occurrences) > MOST_OCCURRENCES:
        raise refuse("too_many", count=len(wanted.occurrences), most=MOST_OCCURRENCES)
    return title, purpose


def _numbered(wanted: Wanted) -> Iterator[tuple[int, WantedOccurrence]]:
    return ((own if one.at is None else one.at, one) for own, one in enumerate(wanted.occurrences))


def _label(one: WantedOccurrence) -> str:
    return clean_line(one.label, field="label", required=False)


def _cleaned(clean: Callable[[], str], broken: list[Violation], at: int | None = None) -> str:
    try:
        return clean()
    except Refused as refused:
        broken += [replace(violation, at=at) for violation in refused.violations]
        return ""


def _community(session: Session, viewer: Viewer, wanted: Wanted, broken: list[Violation]) -> Community | None:
    """The community asked for; without a word the person's only one."""
    if wanted.community == PRIVATELY or viewer.person_id is None:
        return None
    mine = communities_of(session, viewer.person_id)
    if not wanted.community:
        return mine[0] if len(mine) == 1 else None
    found = next((community for community in mine if community.slug == wanted.community), None)
    if found is None:
        broken.append(Violation("unknown_community", field="community"))
    return found


def _candidates(wanted: Wanted, rooms: Mapping[str, Room], broken: list[Violation]) -> list[Candidate]:
    """The occurrences that can be judged; unknown rooms and times that are none go to `broken`."""
    candidates = []
    for at, one in _numbered(wanted):
        room = rooms.get(one.room)
        if room is None or not room.is_public:
            broken.append(Violation("unknown_room", {"room": one.room[:80]}, at=at, field="room"))
        elif one.starts_at >= one.ends_at:
            values = {"starts_at": one.starts_at, "ends_at": one.ends_at}
            broken.append(Violation("end_before_start", values, at=at, field="ends_at"))
        elif one.ends_at - one.starts_at > MAX_OCCURRENCE:
            broken.append(Violation("too_long_ever", {"longest": 24 * 60}, at=at, field="ends_at"))
        else:
            people = wanted.people if one.people is None else one.people
            units = one.units if one.units is not None else (1 if room.exclusive else people)
            candidates.append(Candidate(at, room, Period(one.starts_at, one.ends_at), units, people))
    return candidates


def _store(
    session: Session,
    act: Act,
    wanted: Wanted,
    title: str,
    purpose: str,
    community: Community | None,
    candidates: list[Candidate],
) -> Booking:
    booking = Booking(
        code=_new_code(),
        title=title,
        purpose=purpose,
        funding=wanted.funding,
        community=community,
        booked_for=act.actor,
        created_by=act.actor,
        people=wanted.people,
        key=wanted.key,
        body_hash=wanted.body_hash if wanted.key else None,
        created_at=act.now,
        occurrences=[_occurrence(act, candidate, wanted.occurrences[candidate.at]) for candidate in candidates],
    )
    session.add(booking)
    session.flush()
    session.refresh(booking, ["occurrences"])
    return booking


def _occurrence(act: Act, candidate: Candidate, said: WantedOccurrence) -> Occurrence:
    zone = candidate.room.site.zone
    return Occurrence(
        uid=secrets.token_hex(16),
        room=candidate.room,
        starts_at=candidate.period.starts_at,
        ends_at=candidate.period.ends_at,
        wall_starts=wall(candidate.period.starts_at, zone).isoformat(timespec="minutes"),
        wall_ends=wall(candidate.period.ends_at, zone).isoformat(timespec="minutes"),
        units=candidate.units,
        people=said.people,
        label=_label(said) or None,
        state=State.REQUESTED,
        changed_at=act.now,
    )


def _new_code() -> str:
    """Eight signs without look-alikes: 40 bits, read aloud over the phone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
