"""From a request as it was typed to the occurrences it means: series spread out, items and people put to each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.domain.errors import Refused, Violation, refuse
from booking.domain.period import MAX_OCCURRENCE, Period, WallTimeError, instant, soonest, wall
from booking.domain.permissions import Action, Viewer
from booking.domain.rules.ask import Asker
from booking.domain.rules.basics import MOST_PEOPLE
from booking.domain.series import AHEAD, MOST_FOR_STAFF, MOST_OCCURRENCES, Line, Pattern, days_of
from booking.domain.text import clean_line, clean_text
from booking.storage.communities import Community
from booking.storage.places import Item, Room, items_by_slug
from booking.storage.plain import AnyRoom
from booking.storage.premises import rooms_by
from booking.usecases.wanted import Instead, Wanted, WantedOccurrence

MOST_NEEDS = 20
MOST_ITEMS = 20


@dataclass(frozen=True)
class Candidate:
    """One occurrence that somebody wants or an officer is about to approve; `at` is its position in the request.

    `day` and `line` say which line of a series it is on which of its days, `base` what the series says of it.
    """

    at: int
    room: Room
    period: Period
    units: int
    people: int
    items: Mapping[int, int] = field(default_factory=dict)  # item id -> quantity
    day: date | None = None
    line: int | None = None
    label: str = ""
    own_people: int | None = None
    is_skipped: bool = False
    frozen: tuple[int, int] | None = None
    """Minutes of set-up and tear-down that an approved occurrence keeps while it only becomes less."""
    base: Line | None = None


@dataclass(frozen=True)
class Plan:
    """What a request means. `broken` holds what could not even be judged, beside the candidates that can."""

    candidates: list[Candidate]
    repeat: Pattern | None
    items: Mapping[int, Item]
    broken: list[Violation]

    @property
    def wanted(self) -> list[Candidate]:
        return [one for one in self.candidates if not one.is_skipped]

    @property
    def rooms(self) -> dict[int, Room]:
        return {one.room.id: one.room for one in self.candidates}


def words_of(wanted: Wanted, broken: list[Violation]) -> tuple[str, str, list[str]]:
    """Title, purpose and needs, cleaned; what is wrong with them or with the numbers goes to `broken`.

    Raises Refused at once for what no form lets one type: a bad key, too many of anything.
    """
    title = _cleaned(lambda: clean_line(wanted.title, field="title"), broken)
    purpose = _cleaned(lambda: clean_text(wanted.purpose, field="purpose"), broken)
    for at, one in _numbered(wanted):
        _cleaned(lambda one=one: label_of(one.label), broken, at=at)  # type: ignore[misc]
    needs = [_cleaned(lambda said=said: clean_line(said, field="needs"), broken) for said in wanted.needs]  # type: ignore[misc]
    if wanted.key is not None and not (0 < len(wanted.key) <= 80 and wanted.key.isprintable()):
        raise refuse("text", field="key")
    for count, most in ((len(wanted.needs), MOST_NEEDS), (len(wanted.items), MOST_ITEMS)):
        if count > most:
            raise refuse("too_many", count=count, most=most)
    if not 1 <= wanted.people <= MOST_PEOPLE:
        broken.append(Violation("people", {"people": wanted.people, "most": MOST_PEOPLE}, field="people"))
    if not wanted.occurrences and not wanted.broken:
        broken.append(Violation("required", field="occurrences"))
    if len(wanted.occurrences) > MOST_FOR_STAFF:
        raise refuse("too_many", count=len(wanted.occurrences), most=MOST_OCCURRENCES)
    return title, purpose, needs


def label_of(said: str) -> str:
    return clean_line(said, field="label", required=False)


def _cleaned(clean: Callable[[], str], broken: list[Violation], at: int | None = None) -> str:
    try:
        return clean()
    except Refused as refused:
        broken += [replace(violation, at=at) for violation in refused.violations]
        return ""


def asker_of(person_id: int, community: Community | None) -> Asker:
    if community is None:
        return Asker(person_id)
    return Asker(person_id, community.id, community.kind, community.verified_at is not None)


def plan(session: Session, wanted: Wanted, viewer: Viewer, today: date) -> Plan:
    """Spread a request out into candidates. Raises Refused for a pattern that is none and for too many occurrences."""
    broken: list[Violation] = []
    rooms = {room.slug: room for room in rooms_by(session, slugs=_rooms_named(wanted)).values()}
    items = _items(session, wanted, broken)
    given = list(_readable(wanted, rooms, broken))
    if wanted.repeat is None:
        _check_count(given, rooms, viewer)
        candidates = [_given(wanted, at, one, rooms[one.room], items) for at, one in given]
        _check_items_go_along(candidates, items, broken)
        return Plan(candidates, None, items, broken)
    if not given or len(given) < len(wanted.occurrences):
        return Plan([], None, items, broken)
    lines = [_line(wanted, one, rooms[one.room]) for _, one in given]
    days = _days(wanted, lines, [rooms[one.room] for _, one in given], viewer, today, broken)
    candidates = list(_spread(wanted, lines, days, rooms, items, broken))
    _check_items_go_along(candidates, items, broken)
    return Plan(candidates, wanted.repeat, items, broken)


def _rooms_named(wanted: Wanted) -> set[str]:
    return {one.room for one in wanted.occurrences} | {one.room for one in wanted.instead.values() if one.room}


def _numbered(wanted: Wanted) -> Iterator[tuple[int, WantedOccurrence]]:
    return ((own if one.at is None else one.at, one) for own, one in enumerate(wanted.occurrences))


def _readable(
    wanted: Wanted, rooms: Mapping[str, Room], broken: list[Violation]
) -> Iterator[tuple[int, WantedOccurrence]]:
    """The occurrences that can be judged; unknown rooms and times that are none go to `broken`."""
    for at, one in _numbered(wanted):
        room = rooms.get(one.room)
        if room is None or not room.is_public:
            broken.append(Violation("unknown_room", {"room": one.room[:80]}, at=at, field="room"))
        elif wrong := wrong_times(one.starts_at, one.ends_at):
            broken.append(replace(wrong, at=at))
        else:
            yield at, one


def wrong_times(starts_at: datetime, ends_at: datetime) -> Violation | None:
    """What is wrong with two instants as an occurrence, whichever room it is in."""
    if starts_at >= ends_at:
        return Violation("end_before_start", {"starts_at": starts_at, "ends_at": ends_at}, field="ends_at")
    if ends_at - starts_at > MAX_OCCURRENCE:
        return Violation("too_long_ever", {"longest": 24 * 60}, field="ends_at")
    return None


def _check_count(given: Sequence[tuple[int, WantedOccurrence]], rooms: Mapping[str, Room], viewer: Viewer) -> None:
    most = most_occurrences(viewer, [rooms[one.room] for _, one in given])
    if len(given) > most:
        raise refuse("too_many", count=len(given), most=most)


def most_occurrences(viewer: Viewer, rooms: Sequence[Room]) -> int:
    return MOST_FOR_STAFF if is_staff_of(viewer, rooms) else MOST_OCCURRENCES


def is_staff_of(viewer: Viewer, rooms: Sequence[Room]) -> bool:
    """Staff who may act for every one of these rooms."""
    return all(viewer.may(Action.OVERRIDE, room.site_id, room.id) for room in rooms)


def units_of(said: int | None, people: int, room: AnyRoom, *, whole: bool) -> int:
    if whole:
        return room.units
    if said is not None:
        return said
    return 1 if room.exclusive else people


def _given(wanted: Wanted, at: int, one: WantedOccurrence, room: Room, items: Mapping[int, Item]) -> Candidate:
    people = wanted.people if one.people is None else one.people
    units = units_of(one.units, people, room, whole=one.whole)
    taken = _items_for(wanted, room, items)
    label = _cleaned(lambda: label_of(one.label), [])
    return Candidate(
        at, room, Period(one.starts_at, one.ends_at), units, people, taken, label=label, own_people=one.people
    )


def _items(session: Session, wanted: Wanted, broken: list[Violation]) -> dict[int, Item]:
    """The items asked for; unknown ones and quantities that are none go to `broken`."""
    known = items_by_slug(session, [slug for slug, _ in wanted.items]) if wanted.items else {}
    for slug, quantity in wanted.items:
        if slug not in known:
            broken.append(Violation("unknown_item", {"item": slug[:80]}, field="items"))
        elif not 1 <= quantity <= known[slug].units:
            values = {"item": known[slug].name, "quantity": quantity, "most": known[slug].units}
            broken.append(Violation("item_quantity", values, field="items"))
    return {item.id: item for item in known.values()}


def _items_for(wanted: Wanted, room: Room, items: Mapping[int, Item]) -> dict[int, int]:
    """Item id -> quantity, of those that go along with this room."""
    ids = {item.slug: item.id for item in items.values()}
    quantities: dict[int, int] = {}
    for slug, quantity in wanted.items:
        item_id = ids.get(slug)
        if item_id is not None and items[item_id].goes_with(room) and 1 <= quantity <= items[item_id].units:
            quantities[item_id] = quantities.get(item_id, 0) + quantity
    return quantities


def _check_items_go_along(candidates: Sequence[Candidate], items: Mapping[int, Item], broken: list[Violation]) -> None:
    """An item must go with at least one of the rooms asked for."""
    broken += [
        Violation("item_elsewhere", {"item": item.name}, field="items")
        for item in items.values()
        if candidates and not any(item.goes_with(one.room) for one in candidates)
    ]


def _days(
    wanted: Wanted,
    lines: Sequence[Line],
    used: Sequence[Room],
    viewer: Viewer,
    today: date,
    broken: list[Violation],
) -> list[date]:
    """The days of the series. Raises Refused as `days_of` does, and for `on` with times on several days."""
    first = _first(lines)
    pattern = wanted.repeat
    assert pattern is not None  # noqa: S101  # nosec B101  # the caller has looked
    if pattern.on and {line.starts.date() for line in lines} != {first}:
        raise refuse("series_on_days", field="repeat")
    days = days_of(pattern, first, most=max(most_occurrences(viewer, used) // len(lines), 1))
    latest = today + AHEAD
    if days[-1] > latest and not is_staff_of(viewer, used):
        broken.append(Violation("series_ahead", {"latest": latest, "last": days[-1]}, field="repeat"))
    strange = sorted({*wanted.skip, *wanted.instead} - set(days))
    broken += [Violation("series_no_such_day", {"day": day}, field="skip") for day in strange]
    return days


def _first(lines: Sequence[Line]) -> date:
    """The day on which the lines of a series were given."""
    return min(line.starts for line in lines).date()


def _line(wanted: Wanted, one: WantedOccurrence, room: Room) -> Line:
    people = wanted.people if one.people is None else one.people
    units = units_of(one.units, people, room, whole=one.whole)
    zone = room.site.zone
    label = _cleaned(lambda: label_of(one.label), [])
    return Line(room.id, wall(one.starts_at, zone), wall(one.ends_at, zone), units, one.people, label or None)


def _spread(
    wanted: Wanted,
    lines: Sequence[Line],
    days: Sequence[date],
    rooms: Mapping[str, Room],
    items: Mapping[int, Item],
    broken: list[Violation],
) -> Iterator[Candidate]:
    """Each line on each day. What is no wall time goes to `broken`; its date is judged by the time before it."""
    by_id = {room.id: room for room in rooms.values()}
    first = _first(lines)
    for at, (day, position) in enumerate((day, position) for day in days for position in range(len(lines))):
        line = lines[position].moved((day - first).days)
        room = by_id[line.room_id]
        period, wrong = period_of(line.starts, line.ends, room.site.zone)
        if position == 0 and (instead := wanted.instead.get(day)):
            room, period, wrong = _instead(instead, room, period, rooms)
        if wrong and day not in wanted.skip:
            broken.append(replace(wrong, at=at, day=day))
        broken += _left_behind(items, by_id[line.room_id], room, at, day)
        people = wanted.people if line.people is None else line.people
        units = line.units if room.id == line.room_id else units_of(None, people, room, whole=False)
        taken = _items_for(wanted, room, items)
        more = (day, position, line.label or "", line.people, day in wanted.skip)
        yield Candidate(at, room, period, units, people, taken, *more, base=line)


def _left_behind(items: Mapping[int, Item], meant: Room, chosen: Room, at: int, day: date) -> list[Violation]:
    """Items that go with the room of the series but not with the one chosen for a date."""
    return [
        Violation("item_elsewhere", {"item": item.name}, at=at, day=day, field="items")
        for item in items.values()
        if item.goes_with(meant) and not item.goes_with(chosen)
    ]


def _instead(
    said: Instead, room: Room, period: Period, rooms: Mapping[str, Room]
) -> tuple[Room, Period, Violation | None]:
    """What was chosen for one date in place of what the pattern says."""
    chosen = rooms.get(said.room) if said.room else room
    if chosen is None or not chosen.is_public:
        return room, period, Violation("unknown_room", {"room": (said.room or "")[:80]}, field="room")
    starts_at, ends_at = said.starts_at or period.starts_at, said.ends_at or period.ends_at
    wrong = wrong_times(starts_at, ends_at)
    return chosen, period if wrong else Period(starts_at, ends_at), wrong


def period_of(starts: datetime, ends: datetime, zone: ZoneInfo) -> tuple[Period, Violation | None]:
    """The period between two wall times of a zone; a gap or fold is told beside a period that can be shown."""
    wrong = None
    for said in (starts, ends):
        try:
            instant(said, zone)
        except WallTimeError as error:
            wrong = wrong or Violation(error.code, {"hint": error.hint.strftime("%H:%M")})
    starts_at, ends_at = soonest(starts, zone), soonest(ends, zone)
    return Period(starts_at, max(ends_at, starts_at + timedelta(minutes=1))), wrong
