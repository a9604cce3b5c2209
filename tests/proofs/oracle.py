"""What the engine must do, told a second time as plainly as can be: half hours are counted one by one.

It knows nothing of the program. A time is the number of half hours since the first midnight, a Monday's. Whatever is
wanted is answered with the codes of the refusal; no codes: it is done, and noted here too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

DAY = 48
USUAL, CLOSED_DAY = (16, 42), 5
PEOPLE = 2
OPEN, LIVE, HOLDS = {"requested"}, {"requested", "approved"}, {"approved", "completed"}


@dataclass(frozen=True)
class Room:
    """`parts`: the places it takes, whole. `after`: half hours to tidy up."""

    is_automatic: bool
    units: int = 1
    after: int = 0
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spot:
    room: str
    start: int
    end: int
    units: int = 1

    def later(self, by: int) -> Spot:
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(eq=False)
class Stay:
    """One occurrence. `said`: what its series says of it on `day`; `wish`: the change asked for, and what is `said`
    once it is approved."""

    code: str
    spot: Spot
    state: str = "requested"
    day: int | None = None
    line: int | None = None
    said: Spot | None = None
    wish: tuple[Spot, Spot | None] | None = None

    @property
    def date(self) -> int:
        return self.spot.start // DAY if self.day is None else self.day


@dataclass(frozen=True)
class Profile:
    """Other hours on some days, both included, in every room or in one; `percent` of the units may be had."""

    first: int
    last: int
    hours: tuple[int, int]
    room: str | None = None
    percent: int = 100


@dataclass(frozen=True)
class Edit:
    """What the named occurrence shall be, followed by the others of the scope; None: stays."""

    start: int | None = None
    length: int | None = None
    room: str | None = None
    units: int | None = None


def become(state: str, stays: Iterable[Stay]) -> None:
    for one in stays:
        one.state, one.wish = state, None


@dataclass
class Oracle:
    rooms: dict[str, Room]
    now: int
    stays: list[Stay] = field(default_factory=list)
    closures: dict[int, tuple[str | None, int, int]] = field(default_factory=dict)
    profiles: dict[int, Profile] = field(default_factory=dict)

    def of(self, code: str) -> list[Stay]:
        """The occurrences of a booking, in time."""
        return sorted((one for one in self.stays if one.code == code), key=lambda one: one.spot.start)

    def automatic(self, stays: Iterable[Stay]) -> list[Stay]:
        return [one for one in stays if self.rooms[one.spot.room].is_automatic]

    # What is free

    def taken(self, spots: Iterable[Spot]) -> Counter[tuple[str, int]]:
        """(place, half hour) -> units."""
        found: Counter[tuple[str, int]] = Counter()
        for spot in spots:
            room = self.rooms[spot.room]
            places = {part: self.rooms[part].units for part in room.parts} or {spot.room: spot.units}
            for at in range(spot.start, spot.end + room.after):
                found.update({(place, at): units for place, units in places.items()})
        return found

    def held(self, without: Collection[Stay] = ()) -> list[Spot]:
        return [one.spot for one in self.stays if one.state in HOLDS and one not in without]

    def wrong(self, wanted: Iterable[Spot], held: Iterable[Spot], aside: Collection[str] = ()) -> set[str]:
        """Why these cannot be had, each beside those before it that can, whatever could be set `aside`."""
        codes: set[str] = set()
        beside = list(held)
        for spot in wanted:
            broken = self.broken(spot, beside)
            codes |= broken
            beside += [] if broken - {*aside} else [spot]
        return codes

    def broken(self, spot: Spot, held: Sequence[Spot]) -> set[str]:
        room, span = self.rooms[spot.room], range(spot.start, spot.end)
        codes = {"past"} if spot.start < self.now else set()
        codes |= {"closed"} if any(self.is_closed(spot.room, at) for at in span) else set()
        codes |= set() if all(self.is_open(spot.room, at) for at in span) else {"hours"}
        most = min(self.most(room, at // DAY) for at in span)
        if spot.units > most:
            return codes | {"units"}
        taken, spare = self.taken([*held, spot]), room.units - most
        is_over = any(taken[place, at] + spare > self.rooms[place].units for place, at in self.taken([spot]))
        return codes | {"taken"} if is_over else codes

    def is_closed(self, room: str, at: int) -> bool:
        return any(start <= at < end and self.shuts(what, room) for what, start, end in self.closures.values())

    def shuts(self, closed: str | None, room: str) -> bool:
        return closed in (None, room, *self.rooms[room].parts)

    def is_open(self, room: str, at: int) -> bool:
        day, clock = divmod(at, DAY)
        hours = (0, 0) if day % 7 == CLOSED_DAY else USUAL
        for one in self.profiles.values():
            if one.first <= day <= one.last and one.room in (None, room) and (any(hours) or one.room):
                hours = one.hours
        return hours[0] <= clock < hours[1]

    def most(self, room: Room, day: int) -> int:
        percent = min((one.percent for one in self.profiles.values() if one.first <= day <= one.last), default=100)
        return max(1, room.units * percent // 100)

    # What happens

    def ask(self, asked: Sequence[Stay], new: Sequence[Stay] = (), *, apart: bool = False) -> set[str]:
        """What needs no decision waits for the rest, unless they go `apart`."""
        if codes := self.wrong((one.spot for one in asked), self.held()):
            return codes
        # kept in the order of time, what is left out behind what is not
        self.stays += sorted(new, key=lambda one: (one.spot.start, one not in asked))
        become("requested", asked)
        if apart or self.automatic(asked) == asked:
            become("approved", self.automatic(asked))
        return set()

    def resume(self, code: str) -> set[str]:
        """Skipped dates, as long as anything of the booking stands."""
        skipped = [one for one in self.of(code) if one.state == "skipped"]
        stands = any(one.state in {*OPEN, *HOLDS} for one in self.of(code))
        return self.ask(skipped) if skipped and stands else {"state"}

    def decide(self, chosen: Iterable[Stay], state: str) -> set[str]:
        found = [one for one in chosen if one.state in OPEN]
        if not found:
            return {"state"}
        if state == "approved" and (codes := self.wrong((one.spot for one in found), self.held())):
            return codes
        become(state, found)
        return set()

    def cancel(self, chosen: Iterable[Stay]) -> set[str]:
        found = [one for one in chosen if one.state in LIVE and one.spot.end > self.now]
        become("cancelled", found)
        return set() if found else {"state"}

    def hit(self, room: str | None, start: int, end: int) -> list[Stay]:
        """What a closure lies upon, from now on."""
        since = max(start, self.now)
        live = [one for one in self.stays if one.state in LIVE and self.shuts(room, one.spot.room)]
        found = [one for one in live if max(since, one.spot.start) < min(end, one.spot.end)]
        return sorted(found, key=lambda one: one.spot.start)

    def close(
        self, number: int, closure: tuple[str | None, int, int], moved: dict[Stay, Spot], kept: Collection[Stay]
    ) -> set[str]:
        """Whoever is hit moves, keeps it or is cancelled; no move: no closure."""
        hit = self.hit(*closure)
        self.closures[number] = closure
        if codes := self.wrong(moved.values(), self.held(moved)):
            del self.closures[number]
            return codes
        for one, spot in moved.items():
            one.spot, one.wish = spot, None
        become("cancelled", [one for one in hit if one not in [*moved, *kept]])
        return set()

    def lapse(self) -> None:
        """What time alone does."""
        become("expired", [one for one in self.stays if one.state in OPEN and one.spot.start <= self.now])
        become("completed", [one for one in self.stays if one.state == "approved" and one.spot.end <= self.now])
        for one in self.stays:
            if one.wish and min(one.spot.start, one.wish[0].start) <= self.now:
                one.wish = None

    def change(self, named: Stay, scope: str, edit: Edit, skip: Collection[int] = (), *, decides: bool) -> set[str]:
        """Approved ones move at once where nobody need be asked, else they keep their places till that is granted."""
        if not self.is_changeable(named):
            return {"state"}
        plan = {one: self.planned(one, named, scope, edit) for one in self.meant(named, scope)}
        moving = [one for one in plan if self.is_changeable(one) and one.date not in skip and plan[one][0] != one.spot]
        less = [one for one in moving if one.state == "approved" and is_less(plan[one][0], one.spot)]
        asked = [one for one in moving if one.state == "approved" and one not in less and not decides]
        asked = [one for one in asked if not self.rooms[plan[one][0].room].is_automatic]
        at_once = sorted((one for one in moving if one not in asked), key=lambda one: one not in less)
        codes = self.wrong((plan[one][0] for one in asked), self.held(moving))
        beside = self.held(at_once)
        for one in at_once:
            broken = set() if one in less else self.broken(plan[one][0], beside)
            codes |= broken & {"units"} if one.state == "skipped" else broken
            beside += [] if broken or one.state == "skipped" else [plan[one][0]]
        if codes:
            return codes
        for one in at_once:
            (one.spot, one.said), one.wish = plan[one], None
        for one in asked:
            one.wish = plan[one]
        for one in plan:
            if one not in at_once + asked:
                one.said = plan[one][1]
                one.wish = one.wish and (one.wish[0], one.said if scope != "one" else one.wish[1])
        return set()

    def is_changeable(self, one: Stay) -> bool:
        return one.state in {*LIVE, "skipped"} and one.spot.start > self.now

    def meant(self, named: Stay, scope: str) -> list[Stay]:
        if scope == "one":
            return [named]
        mine = [one for one in self.of(named.code) if one.line == named.line]
        return [one for one in mine if scope == "all" or one.date >= named.date]

    def planned(self, one: Stay, named: Stay, scope: str, edit: Edit) -> tuple[Spot, Spot | None]:
        """Where it shall be, and what its series says of it from now on: what a hand changed stays."""
        spot = self.shifted(one.spot, named, edit)
        if scope == "one" or one.said is None:
            return spot, one.said
        old, said = one.said, self.shifted(one.said, named, edit)
        if one is named:
            return spot, said
        times = said if (one.spot.start, one.spot.end) == (old.start, old.end) else one.spot
        room = said.room if one.spot.room == old.room else one.spot.room
        units = said.units if one.spot.units == old.units else one.spot.units
        if self.rooms[room].units == 1 or (room, units) != (said.room, said.units):
            units = min(units, self.rooms[room].units)
        return Spot(room, times.start, times.end, units), said

    def shifted(self, spot: Spot, named: Stay, edit: Edit) -> Spot:
        """The difference that the edit makes to the named one, made to another."""
        if edit.start is not None or edit.length is not None:
            start = named.spot.start if edit.start is None else edit.start
            length = edit.length or named.spot.end - named.spot.start
            start += (spot.start // DAY - named.spot.start // DAY) * DAY
            spot = replace(spot, start=start, end=start + length)
        if edit.room not in (None, spot.room):
            spot = self.into(spot, edit.room)
        return replace(spot, units=edit.units or spot.units)

    def into(self, spot: Spot, room: str) -> Spot:
        """Two people each: out of a room had whole they take two units of a pool."""
        units = PEOPLE if self.rooms[spot.room].units == 1 else spot.units
        return replace(spot, room=room, units=min(units, self.rooms[room].units))

    def answer(self, code: str, verdict: str) -> set[str]:
        """To the changes asked for: approved, declined or withdrawn."""
        asked = [one for one in self.of(code) if one.wish]
        if not asked:
            return {"state"}
        if verdict == "approved":
            if codes := self.wrong((one.wish[0] for one in asked), self.held(asked), {"closed", "hours"}):
                return codes
            for one in asked:
                one.spot, one.said = one.wish
        become("approved", asked)
        return set()


def is_less(spot: Spot, before: Spot) -> bool:
    """Inside what is approved already: nobody need be asked again."""
    inside = before.start <= spot.start and spot.end <= before.end
    return spot.room == before.room and spot.units <= before.units and inside
