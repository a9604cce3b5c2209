"""Days of rooms as lanes: cells on a half-hour grid for the eye, chips for the thumb. One markup for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import escape

from booking.domain.period import Period, joined
from booking.domain.rules import step_minutes
from booking.domain.rules.grid import next_on_grid, past_grid
from booking.domain.rules.length import Length
from booking.domain.rules.notice import Notice
from booking.front import formats
from booking.front.language import _, ngettext
from booking.storage.calendar import Block, RoomDay

HALF = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """`start` is a column from 1, `span` a number of half hours; `kind` is the state it is drawn in.

    It writes its own markup: a page has hundreds of cells, and a template would look at ten things for each.
    """

    kind: str
    start: int
    span: int
    text: str = ""
    more: str = ""
    href: str | None = None
    label: str = ""

    def __html__(self) -> str:
        label = escape(self.label)
        named = f' title="{label}"' if label else ""
        inner = f"<b>{escape(self.text)}</b>" + (f"<span>{escape(self.more)}</span>" if self.more else "")
        placed = f'class="{self.kind} s{self.start} n{self.span}"'
        if self.href is None:
            return f"<div {placed}{named}>{inner}</div>"
        spoken = f' aria-label="{label}"' if label else ""
        return f'<a {placed} href="{escape(self.href)}"{spoken}{named}>{inner}</a>'


@dataclass(frozen=True)
class Chip:
    text: str
    href: str


@dataclass(frozen=True)
class Lane:
    room_day: RoomDay
    cells: list[Cell]
    chips: list[Chip]
    said: list[tuple[Block, str]]  # what the list for narrow screens tells, with its times
    note: str
    later: Chip | None  # the first day one may still ask for, where this one is too near


@dataclass(frozen=True)
class Phrases:
    """The few sentences that hundreds of cells say, looked up once a board."""

    free: str
    some_free: str
    full: str
    near: str
    taken: str
    closed: str
    waiting: str


@dataclass(frozen=True)
class Board:
    lanes: list[Lane]
    hours: list[str]
    columns: int


def board(days: Sequence[RoomDay], now: datetime) -> Board:
    """Lanes over the hours that are open in any of them."""
    first, last = _hours(days)
    phrases = Phrases(
        _("Free: %(time)s"),
        _("%(free)s free: %(time)s"),
        _("Full: %(time)s"),
        _("Too near to ask for"),
        _("Taken"),
        _("Closed"),
        _("Awaiting approval"),
    )
    lanes = [_Drawer(day, first, last, now, phrases).lane() for day in days]
    hours = [formats.clock_text(f"{hour:02d}:00") for hour in range(first, last)]
    return Board(lanes, hours, (last - first) * 2)


def _hours(days: Sequence[RoomDay]) -> tuple[int, int]:
    starts, ends = [], []
    for day in days:
        zone = day.room.site.zone
        for period in [*day.open, *(block.period for block in day.blocks)]:
            wall = period.ends_at.astimezone(zone)
            starts.append(period.starts_at.astimezone(zone).hour)
            ends.append(24 if wall.date() > day.day else wall.hour + (1 if wall.minute else 0))
    return min(starts, default=8), max(ends, default=18)


class _Drawer:
    """Draws one room's day."""

    def __init__(self, day: RoomDay, first: int, last: int, now: datetime, phrases: Phrases) -> None:
        self.day, self.room, self.zone, self.say = day, day.room, day.room.site.zone, phrases
        # the site's midnight to midnight without a change of clocks: wall times are plain arithmetic
        self.is_plain = day.whole.length == timedelta(hours=24)
        self.mark = formats.clock_text(":")
        self.zone_name = formats.zone_name(day.whole.starts_at, self.zone)
        begins = day.whole.starts_at + timedelta(hours=first)
        self.shown = Period(begins, max(day.whole.starts_at + timedelta(hours=last), begins + HALF))
        rules = day.rules
        notice = next((rule.hours for rule in rules if isinstance(rule, Notice)), 0)
        length = next((rule for rule in rules if isinstance(rule, Length)), None)
        self.shortest = timedelta(minutes=length.shortest if length else 30)
        self.longest = timedelta(minutes=length.longest if length else 24 * 60)
        self.step = step_minutes(rules)
        self.notice, self.earliest = notice, now + timedelta(hours=notice)

    def lane(self) -> Lane:
        cells = self._shut()
        if self.day.units > 1:
            cells += self._pool_cells()
        else:
            cells += self._free_cells() + self._block_cells()
        note = formats.lead_time(self.notice) if self.notice else ""
        cells.sort(key=lambda cell: cell.start)
        told = [block for block in self.day.blocks if self.day.units == 1 or block.kind == "yours"]
        said = [(block, self._span(block.period)) for block in told]
        return Lane(self.day, cells, self._chips(), said, note, self._later())

    def _later(self) -> Chip | None:
        day = self.earliest.astimezone(self.zone).date()
        if not self.notice or day <= self.day.day or not self.room.bookable:
            return None
        return Chip(formats.day_short(day), f"/rooms/{self.room.slug}?date={day.isoformat()}")

    def _cell(self, kind: str, period: Period, **more: str | None) -> Cell:
        starts = (period.starts_at - self.shown.starts_at) // HALF
        ends = -((self.shown.starts_at - period.ends_at) // HALF)
        return Cell(kind, starts + 1, max(ends - starts, 1), **more)  # type: ignore[arg-type]

    def _shut(self) -> list[Cell]:
        names = [(closed.period, closed.names) for closed in self.day.closures]
        cells = []
        for shut in self.shown.minus(self.day.open):
            name = next((one for period, one in names if period.overlaps(shut)), None)
            text = (name.get(formats.language()) or next(iter(name.values()))) if name else self.say.closed
            cells.append(self._cell("closed", shut, text=text, label=f"{text}, {self._times(shut)}"))
        return cells

    def _block_cells(self) -> list[Cell]:
        fixed = [self._block(block) for block in self.day.blocks if block.kind != "requested"]
        asked = [block for block in self.day.blocks if block.kind == "requested"]
        return fixed + [self._asked(period, asked) for period in joined(block.period for block in asked)]

    def _block(self, block: Block) -> Cell:
        text = block.title or block.room_name or self.say.taken
        href = f"/bookings/{block.code}" if block.code else None
        label = f"{text}, {self._times(block.period)}"
        return self._cell(block.kind, block.period, text=text, more=block.community, href=href, label=label)

    def _asked(self, period: Period, blocks: list[Block]) -> Cell:
        inside = [block for block in blocks if block.period.overlaps(period)]
        count = ngettext("%(num)s request", "%(num)s requests", len(inside))
        named = [block for block in inside if block.title]
        text = named[0].title if named else self.say.waiting
        href = f"/bookings/{inside[0].code}" if len(inside) == 1 and inside[0].code else self._ask(period)
        return self._cell(
            "requested", period, text=text, more=count, href=href, label=f"{count}, {self._times(period)}"
        )

    def _free_cells(self) -> list[Cell]:
        asked = [block.period for block in self.day.blocks if block.kind == "requested"]
        cells = []
        for free in self.day.free:
            for stretch in free.period.minus(asked):
                cells += [self._free(hour) for hour in self._by_hour(stretch)]
        return cells

    def _free(self, hour: Period) -> Cell:
        if hour.starts_at < self.earliest or not self.room.bookable:
            return self._cell("late", hour, label=self.say.near)
        label = self.say.free % {"time": self._times(hour)}
        return self._cell("free", hour, text="+", href=self._ask(hour), label=label)

    def _pool_cells(self) -> list[Cell]:
        cells = []
        for opened in self.day.open:
            for hour in self._by_hour(opened):
                inside = [free.units for free in self.day.free if free.period.overlaps(hour)]
                left = min(inside) if _covered(hour, [free.period for free in self.day.free]) else 0
                if not left:
                    label = self.say.full % {"time": self._times(hour)}
                    cells.append(self._cell("taken", hour, text="0", label=label))
                elif hour.starts_at < self.earliest:
                    cells.append(self._cell("late", hour, text=str(left), label=self.say.near))
                else:
                    label = self.say.some_free % {"free": left, "time": self._times(hour)}
                    cells.append(self._cell("free", hour, text=str(left), href=self._ask(hour), label=label))
        return cells

    def _by_hour(self, period: Period) -> list[Period]:
        """Cut at full hours; what lies outside the shown hours is left out."""
        pieces, at = [], period.starts_at
        while at < period.ends_at:
            past = (at - self.day.whole.starts_at) % timedelta(hours=1)
            until = min(at + timedelta(hours=1) - past, period.ends_at)
            pieces.append(Period(at, until))
            at = until
        return [piece for piece in pieces if piece.overlaps(self.shown)]

    def _chips(self) -> list[Chip]:
        if not self.room.bookable:
            return []
        if self.day.units > 1:
            return self._pool_chips()
        chips = []
        for period in joined(free.period for free in self.day.free):
            left = self._askable(period)
            if left:
                chips.append(Chip(self._span(left), self._ask(left)))
        return chips

    def _pool_chips(self) -> list[Chip]:
        chips = []
        for period in joined(free.period for free in self.day.free):
            left = self._askable(period)
            if left:
                units = [free.units for free in self.day.free if free.period.overlaps(left)]
                least, most = min(units), max(units)
                count = str(most) if least == most else f"{least}-{most}"
                said = _("%(count)s free, %(times)s", count=count, times=self._span(left))
                chips.append(Chip(said, self._ask(left)))
        return chips

    def _askable(self, period: Period) -> Period | None:
        """What is left of a free period from the earliest moment one may ask for, on the grid, if it is enough."""
        starts_at = next_on_grid(max(period.starts_at, self.earliest), self.zone, self.step)
        ends_at = period.ends_at - past_grid(period.ends_at, self.zone, self.step)
        return Period(starts_at, ends_at) if starts_at + self.shortest <= ends_at else None

    def _ask(self, period: Period) -> str:
        ends_at = min(max(period.ends_at, period.starts_at + self.shortest), period.starts_at + self.longest)
        if self.is_plain and self.day.whole.contains(Period(period.starts_at, ends_at)):
            start, until = self._minute(period.starts_at, ":"), self._minute(ends_at, ":")
            return f"/rooms/{self.room.slug}/request?date={self.day.day}&start={start}&end={until}"
        starts, ends = period.starts_at.astimezone(self.zone), ends_at.astimezone(self.zone)
        until = "24:00" if ends.date() > starts.date() else f"{ends:%H:%M}"
        return f"/rooms/{self.room.slug}/request?date={starts:%Y-%m-%d}&start={starts:%H:%M}&end={until}"

    def _times(self, period: Period) -> str:
        if self.is_plain and self.day.whole.contains(period):
            return f"{self._span(period)} {self.zone_name}"
        return formats.times(period, self.zone)

    def _span(self, period: Period) -> str:
        """The times without the zone."""
        if self.is_plain and self.day.whole.contains(period):
            return f"{self._minute(period.starts_at, self.mark)}-{self._minute(period.ends_at, self.mark)}"
        return formats.times_only(period, self.zone)

    def _minute(self, at: datetime, mark: str) -> str:
        """The wall time of a moment of a plain day; its end is 24:00."""
        hour, minute = divmod((at - self.day.whole.starts_at) // MINUTE, 60)
        return f"{hour:02d}{mark}{minute:02d}"


def _covered(period: Period, by: list[Period]) -> bool:
    return not period.minus(by)
