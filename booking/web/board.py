"""Days of rooms as lanes: cells on a half-hour grid for the eye, chips for the thumb. One markup for both.

Everything is drawn in whole minutes of the day (see dial.py), and what many rooms share is said once a board: a day of
all rooms has hundreds of cells, but only as many different times as a day has hours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from html import escape as escaped
from zoneinfo import ZoneInfo

from markupsafe import Markup

from booking.domain.opening import Closed
from booking.domain.rules import step_minutes
from booking.domain.rules.length import Length
from booking.domain.rules.notice import Notice
from booking.domain.rules.prayer import PrayerTimes
from booking.front import formats, words
from booking.front.language import _, ngettext
from booking.storage.calendar import Block, RoomDay
from booking.web.dial import HOUR, Dial, Span, joined, without

# a board says the same names and times again and again
escape = lru_cache(maxsize=8192)(escaped)
HALF = 30
# where the name of a room goes into the address of a cell that all rooms share; no text holds it
ROOM = "\0"
Placed = tuple[int, str]
"""The column of a cell, from 1, and its markup."""


def cell(
    kind: str, start: int, span: int, *, text: str = "", more: str = "", href: str | None = None, label: str = ""
) -> str:
    """The markup of a cell: `start` is a column from 1, `span` a number of half hours, `kind` how it is drawn."""
    # the name of a link starts with what it shows: who speaks to the machine says what they see
    said = escape(label) if label else ""
    named = f' title="{said}"' if said else ""
    inner = f"<b>{escape(text)}</b>" + (f" <span>{escape(more)}</span>" if more else "")
    placed = f'class="{kind} s{start} n{span}"'
    if href is None:
        return f"<div {placed}{named}>{inner}</div>"
    spoken = f' aria-label="{said}"' if said else ""
    # what is drawn in full needs no name on hover
    return f'<a {placed} href="{escape(href)}"{spoken}{"" if kind == "free" else named}>{inner}</a>'


@dataclass(frozen=True, slots=True)
class Chip:
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Lane:
    """What is there hundreds of times comes as markup: a template would look at ten things for each."""

    room_day: RoomDay
    body: Markup  # the cells; for narrow screens hours, what is there in words, and chips
    note: str  # how early one must ask


@dataclass(frozen=True)
class Board:
    """`prayers`: where sites want them, their short names -> (name, "11.41" or, over several days, "11.41-11.43")."""

    lanes: list[Lane]
    hours: list[str]
    columns: int
    zone: str  # what it is called on the first lane's day
    prayers: dict[str, list[tuple[str, str]]]


def board(days: Sequence[RoomDay], now: datetime) -> Board:
    """Lanes over the hours that are open in any of them."""
    dials: dict[tuple[date, ZoneInfo], Dial] = {}
    drawn = []
    for day in days:
        key = day.day, day.room.site.zone
        dial = dials.get(key) or dials.setdefault(key, Dial(day.whole, key[1]))
        drawn.append(Drawn(day, dial))
    first, last = _hours(drawn)
    phrases = words.BoardPhrases()
    sheets = {dial: Sheet(dial, first, last, now, phrases) for dial in dials.values()}
    hours = [formats.clock_text(f"{hour:02d}:00") for hour in range(first, last)]
    lanes = [_Drawer(one, sheets[one.dial]).lane() for one in drawn]
    zone = drawn[0].dial.zone_name if drawn else ""
    return Board(lanes, hours, (last - first) * 2, zone, _prayers(drawn, sheets))


def _prayers(drawn: Sequence[Drawn], sheets: dict[Dial, Sheet]) -> dict[str, list[tuple[str, str]]]:
    """The prayer times that fall into the shown hours, by site; from when to when where they differ."""
    found: dict[str, dict[str, set[str]]] = {}
    for one in drawn:
        for name, minute in sheets[one.dial].prayers(one.prayer):
            site = found.setdefault(one.day.room.site.short_name, {})
            site.setdefault(name, set()).add(one.dial.text(minute))
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for where, times in found.items():
        said = tuple((name, "-".join(sorted({min(texts), max(texts)}))) for name, texts in times.items())
        alike.setdefault(said, []).append(where)
    return {", ".join(sites): list(said) for said, sites in alike.items()}


class Drawn:
    """A room's day in minutes."""

    def __init__(self, day: RoomDay, dial: Dial) -> None:
        self.day, self.dial = day, dial
        self.open = [dial.around(period) for period in day.open]
        inside = [(dial.inside(free.period), free.units) for free in day.free]
        self.free = [(span, units) for span, units in inside if span[0] < span[1]]
        self.blocks = [(dial.around(block.period), block) for block in day.blocks]
        self.prayer = next((rule for rule in day.rules if isinstance(rule, PrayerTimes)), None)


def _hours(drawn: Sequence[Drawn]) -> tuple[int, int]:
    """The first and the last hour, by the wall clock, in which any room is open or taken."""
    starts, ends = [], []
    for one in drawn:
        for start, end in (*one.open, *(span for span, _block in one.blocks)):
            starts.append(one.dial.wall(start) // HOUR)
            ends.append(-(-one.dial.wall(end) // HOUR))
    return min(starts, default=8), max(ends, default=18)


class Sheet:
    """What the lanes of one day share: the shown hours, and cells that look alike in every room."""

    def __init__(self, dial: Dial, first: int, last: int, now: datetime, phrases: words.BoardPhrases) -> None:
        self.dial, self.say, self.now, self.language = dial, phrases, now, formats.language()
        self.minute = dial.after(now)
        self.begins = first * HOUR
        self.shown = self.begins, max(last * HOUR, self.begins + HALF)
        self.columns = (last - first) * 2
        # every other hour, for under a narrow lane
        ticks = "".join([f"<span>{hour:02d}</span>" for hour in range(first, last - 1, 2)])
        self.ticks = f'<div class="ticks c{self.columns}" aria-hidden="true">{ticks}</div>'
        self._moulds: dict[tuple[object, ...], Placed] = {}

    def placed(self, kind: str, span: Span, **more: str | None) -> Placed:
        start = (span[0] - self.begins) // HALF
        end = -((self.begins - span[1]) // HALF)
        return start + 1, cell(kind, start + 1, max(end - start, 1), **more)  # type: ignore[arg-type]

    def prayers(self, rule: PrayerTimes | None) -> list[tuple[str, int]]:
        """Names and minutes of the prayer times in the shown hours."""
        if rule is None:
            return []
        times = rule.on(self.dial.day, self.dial.zone).items()
        shown = [(str(words.PRAYERS[name]), self.dial.after(at)) for name, at in times]
        return [(name, minute) for name, minute in shown if self.shown[0] <= minute < self.shown[1]]

    def prayer_lines(self, rule: PrayerTimes | None) -> list[Placed]:
        """Hairlines: `s` is the half hour, `m` the nearest five minutes in it."""
        lines = []
        for name, minute in self.prayers(rule):
            fives = round((minute - self.begins) / 5)
            column, left = fives // 6 + 1, fives % 6
            said = f"{escape(name)} {self.dial.text(minute)}"
            lines.append((column, f'<i class="pray s{column} m{left}" title="{said}"><em>{escape(name)}</em></i>'))
        return lines

    def called(self, closed: Closed) -> str:
        return closed.names.get(self.language) or next(iter(closed.names.values()))

    def late(self, span: Span, text: str = "") -> Placed:
        """Free, but over or too near to ask for."""
        label = self.say.past if span[1] <= self.minute else self.say.near
        return self._once(("late", span, text), lambda: self.placed("late", span, text=text, label=label))

    def short(self, span: Span, text: str = "") -> Placed:
        """Free, but not as long as the room is lent at the least."""
        return self._once(("short", span, text), lambda: self.placed("late", span, text=text, label=self.say.short))

    def full(self, span: Span) -> Placed:
        label = self.say.full
        return self._once(
            ("full", span), lambda: self.placed("taken", span, text="0", label=label % {"time": self.dial.times(span)})
        )

    def free(self, span: Span, until: int, left: int | None) -> Placed:
        """Free to be asked for till some minute; `left`: so many units, where there are several."""

        def draw() -> Placed:
            said = {"time": self.dial.times(span), "free": left}
            label = (self.say.free if left is None else self.say.some_free) % said
            text = "+" if left is None else str(left)
            return self.placed("free", span, text=text, href=self.address((span[0], until)), label=label)

        return self._once(("free", span, until, left), draw)

    def address(self, span: Span) -> str:
        """Where a room is asked for at some time; the room's own name is to be put in."""
        start, until = self.dial.value(span[0]), self.dial.value(span[1])
        return f"/rooms/{ROOM}/request?date={self.dial.day}&start={start}&end={until}"

    def _once(self, key: tuple[object, ...], draw: Callable[[], Placed]) -> Placed:
        found = self._moulds.get(key)
        if found is None:
            found = self._moulds[key] = draw()
        return found


class _Drawer:
    """Draws one room's day."""

    def __init__(self, drawn: Drawn, sheet: Sheet) -> None:
        room = drawn.day.room
        self.day, self.open, self.free = drawn.day, drawn.open, drawn.free
        self.prayer = drawn.prayer
        self.blocks, self.dial, self.sheet, self.say = drawn.blocks, drawn.dial, sheet, sheet.say
        rules = self.day.rules
        self.notice = next((rule.hours for rule in rules if isinstance(rule, Notice)), 0)
        length = next((rule for rule in rules if isinstance(rule, Length)), None)
        self.shortest, self.longest = (length.shortest, length.longest) if length else (30, 24 * HOUR)
        self.step, self.bookable, self.slug = step_minutes(rules), room.bookable, escape(room.slug)
        self.earliest = sheet.minute + self.notice * HOUR
        self.asked = [span for span, block in self.blocks if block.kind == "requested"]
        self.later = self._later()

    def lane(self) -> Lane:
        cells = self._shut() + self.sheet.prayer_lines(self.prayer)
        if self.day.units > 1:
            cells += self._pool_cells()
        else:
            cells += self._free_cells() + self._block_cells()
        cells.sort(key=_column)
        body = self._body("".join([markup for _column, markup in cells])).replace(ROOM, self.slug)
        note = formats.lead_time(self.notice) if self.notice else ""
        return Lane(self.day, Markup(body), note)  # noqa: S704  # nosec B704  # `cell` escapes what it is given

    def _body(self, cells: str) -> str:
        pool = " pool" if self.day.units > 1 else ""
        said = self._said()
        words = f'<ul class="said">{said}</ul>' if said else ""
        chips = self._chips() or f'<li class="none">{self._none()}</li>'
        lane = f'<div class="lane c{self.sheet.columns}{pool}">{cells}</div>'
        return f'{lane}{self.sheet.ticks}{words}<ul class="chips">{chips}</ul>'

    def _none(self) -> str:
        if self.later is None:
            return escape(self.say.nothing)
        text = self.say.since % {"day": self.later.text}
        return f'{escape(self.say.too_near)} <a href="{self.later.href}">{escape(text)}</a>'

    def _said(self) -> str:
        said = [f'<li><i class="closed"></i>{escape(self.sheet.called(closed))}</li>' for closed in self.day.closures]
        for span, block in self.blocks:
            if self.day.units == 1 or block.kind == "yours":
                text = block.title or block.room_name
                text = text or (self.say.waiting if block.kind == "requested" else self.say.taken)
                runs = f" · <b>{self.say.running}</b>" if self._runs(span) and block.kind != "requested" else ""
                said.append(f'<li><i class="{block.kind}"></i>{self.dial.span(span)} {escape(text)}{runs}</li>')
        return "".join(said)

    def _later(self) -> Chip | None:
        if not self.notice or not self.bookable:
            return None
        earliest = (self.sheet.now + timedelta(hours=self.notice)).astimezone(self.dial.zone).date()
        if earliest <= self.dial.day:
            return None
        return Chip(formats.day_short(earliest), f"/rooms/{self.slug}?date={earliest.isoformat()}")

    def _shut(self) -> list[Placed]:
        cells = []
        for shut in without(self.sheet.shown, self.open):
            text = self._why_shut(shut)
            cells.append(self.sheet.placed("closed", shut, text=text, label=f"{text}, {self.dial.times(shut)}"))
        return cells

    def _why_shut(self, shut: Span) -> str:
        for closed in self.day.closures:
            start, end = self.dial.around(closed.period)
            if start < shut[1] and shut[0] < end:
                return self.sheet.called(closed)
        return self.say.closed

    def _block_cells(self) -> list[Placed]:
        fixed = [self._block(span, block) for span, block in self.blocks if block.kind != "requested"]
        return fixed + [self._request(span) for span in joined(self.asked)]

    def _block(self, span: Span, block: Block) -> Placed:
        text = block.title or block.room_name or self.say.taken
        href = f"/bookings/{block.code}" if block.code else None
        label, kind = ", ".join(filter(None, (text, block.community, self.dial.times(span)))), block.kind
        if self._runs(span):
            label, kind = f"{label}. {self.say.running}", f"{kind} now"
        return self.sheet.placed(kind, span, text=text, more=block.community, href=href, label=label)

    def _runs(self, span: Span) -> bool:
        return span[0] <= self.sheet.minute < span[1]

    def _request(self, span: Span) -> Placed:
        """What is asked for at one time, by one or by many."""
        inside = [
            block
            for (start, end), block in self.blocks
            if block.kind == "requested" and start < span[1] and span[0] < end
        ]
        count = ngettext("%(num)s request", "%(num)s requests", len(inside))
        text = next((block.title for block in inside if block.title), self.say.waiting)
        only = inside[0].code if len(inside) == 1 else None
        href = f"/bookings/{only}" if only else self.sheet.address((span[0], self._until(span)))
        label = f"{text}, {count}, {self.dial.times(span)}"
        return self.sheet.placed("requested", span, text=text, more=count, href=href, label=label)

    def _free_cells(self) -> list[Placed]:
        asked = sorted(self.asked)
        cells = []
        for free, _units in self.free:
            for stretch in without(free, asked):
                hours = self._by_hour(stretch)
                open_to_all = [hour for hour in hours if hour[0] >= self.earliest] if self.bookable else []
                if late := hours[: len(hours) - len(open_to_all)]:
                    cells.append(self._late((late[0][0], late[-1][1])))
                cells += [self._free(hour, stretch[1], None) for hour in open_to_all]
        return cells

    def _late(self, span: Span) -> Placed:
        """What cannot be asked for any more, with the first day that can."""
        if self.later is None or span[1] - span[0] < 2 * HOUR:
            return self.sheet.late(span)
        text = self.sheet.say.since % {"day": self.later.text}
        return self.sheet.placed("late", span, text=text, href=self.later.href, label=f"{text}. {self.say.near}")

    def _free(self, hour: Span, end: int, left: int | None) -> Placed:
        """One hour, or what is open of it, of a stretch that is free till `end`."""
        start = self._on_grid(hour[0])
        text = "" if left is None else str(left)
        if hour[0] < self.earliest or not self.bookable:
            return self.sheet.late(hour, text)
        if start >= hour[1] or start + self.shortest > end:
            return self.sheet.short(hour, text)
        return self.sheet.free((start, hour[1]), self._until((start, hour[1])), left)

    def _pool_cells(self) -> list[Placed]:
        return [self._pool_cell(hour, opened[1]) for opened in self.open for hour in self._by_hour(opened)]

    def _pool_cell(self, hour: Span, end: int) -> Placed:
        there = [(span, units) for span, units in self.free if span[0] < hour[1] and hour[0] < span[1]]
        if without(hour, [span for span, _units in there]):
            return self.sheet.full(hour)
        return self._free(hour, end, min(units for _span, units in there))

    def _by_hour(self, span: Span) -> list[Span]:
        """Cut at full hours; what lies outside the shown hours is left out."""
        at, end = span
        first, last = self.sheet.shown
        pieces = []
        while at < end:
            until = min(at + HOUR - at % HOUR, end)
            if at < last and first < until:
                pieces.append((at, until))
            at = until
        return pieces

    def _chips(self) -> str:
        if not self.bookable:
            return ""
        chips = []
        for stretch in joined([span for span, _units in self.free]):
            left = self._askable(stretch)
            if left:
                href = escape(self.sheet.address((left[0], self._until(left))))
                chips.append(f'<li><a href="{href}">{escape(self._offered(left))}</a></li>')
        return "".join(chips)

    def _offered(self, left: Span) -> str:
        times = self.dial.span(left)
        if self.day.units == 1:
            return times
        units = [units for span, units in self.free if span[0] < left[1] and left[0] < span[1]]
        least, most = min(units), max(units)
        count = str(most) if least == most else f"{least}-{most}"
        return _("%(count)s free, %(times)s", count=count, times=times)

    def _askable(self, span: Span) -> Span | None:
        """What is left of a free span from the earliest moment one may ask for, on the grid, if it is enough."""
        start, end = max(span[0], self.earliest), span[1] - self.dial.past_grid(span[1], self.step)
        start = self._on_grid(start)
        return (start, end) if start + self.shortest <= end else None

    def _on_grid(self, minute: int) -> int:
        past = self.dial.past_grid(minute, self.step)
        return minute + self.step - past if past else minute

    def _until(self, span: Span) -> int:
        """Until when one asks who asks from a span's start on: the shortest at the least, the longest at the most."""
        return min(max(span[1], span[0] + self.shortest), span[0] + self.longest)


def _column(placed: Placed) -> int:
    return placed[0]
