"""The form of a request, and what it asks for: times in rooms, a repeat, dates that are skipped, items, needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import (
    Form as PlainForm,
)
from wtforms.validators import InputRequired, Optional

from booking.domain.errors import Refused, Violation, refuse
from booking.domain.period import Period, WallTimeError, instant
from booking.domain.rules import step_minutes
from booking.domain.rules.basics import FARTHEST
from booking.domain.rules.clock import is_clock
from booking.domain.rules.hours import Hours
from booking.domain.series import DAYS, Every, Pattern
from booking.front import context, formats, words
from booking.front.language import _
from booking.storage.places import Item, Room
from booking.storage.plain import AnyRoom
from booking.usecases.wanted import Instead, OnBehalf, Wanted, WantedOccurrence
from booking.web.errors import Told
from booking.web.forms import Messages, clock_choices, labelled
from booking.web.letters import LetterForm

_required = InputRequired()
CHOICE = "choice-"
# Where refusals lead that are about no field of this name
_OTHER_PLACES: Mapping[str | None, str] = {"items": "items", "repeat": "every", "skip": "dates"}
_TIME_FIELDS = {"ends_at": "end", "room": "room", "label": "label"}
ITEM = "item-"
MOST_TIMES = 20


class TimeForm(PlainForm):  # type: ignore[misc]  # wtforms has no types
    class Meta:
        def get_translations(self, _form: object) -> Messages:
            return Messages()

    room = SelectField(_l("Room"), validate_choice=False)
    date = DateField(_l("Date"), [_required], format=["%Y-%m-%d", "%d/%m/%Y"])
    start = SelectField(_l("Start"))
    end = SelectField(_l("End"))
    label = StringField(_l("Name of this time (optional)"), [Optional()], render_kw={"maxlength": 200})
    people = IntegerField(_l("People at this time (optional)"), [Optional()], render_kw={"min": 1})


class RequestForm(LetterForm):
    times = FieldList(FormField(TimeForm), min_entries=1, max_entries=MOST_TIMES)
    title = StringField(_l("Name of the activity"), [Optional()], render_kw={"maxlength": 200, "autocomplete": "off"})
    community = SelectField(_l("On behalf of"), validate_choice=False)
    people = IntegerField(_l("Number of people"), [_required], render_kw={"min": 1, "inputmode": "numeric"})
    units = IntegerField(_l("Places"), [Optional()], render_kw={"min": 1, "inputmode": "numeric"})
    whole = BooleanField(_l("The whole room, all places"))
    purpose = TextAreaField(_l("Anything else we should know"), [Optional()], render_kw={"rows": 3, "maxlength": 2000})
    needs = TextAreaField(_l("What you need from us, one thing a line"), [Optional()], render_kw={"rows": 3})
    every = SelectField(_l("Repeat"), validate_choice=False)
    interval = IntegerField(_l("Every so many"), [Optional()], default=1, render_kw={"min": 1, "max": 52})
    on = SelectMultipleField(_l("On these weekdays"), validate_choice=False)
    nth = SelectField(_l("In the month"), validate_choice=False)
    until = DateField(_l("Until (day included)"), [Optional()], format=["%Y-%m-%d", "%d/%m/%Y"])
    count = IntegerField(_l("Or so many times"), [Optional()], render_kw={"min": 1, "max": 104})
    apart = BooleanField(_l("Rooms that need no decision do not wait for the others"))
    override = StringField(_l("Set house rules aside, because"), [Optional()], render_kw={"maxlength": 2000})
    key = HiddenField()
    for_name = StringField(_l("Their name"), [Optional()], render_kw={"maxlength": 200, "autocomplete": "off"})
    for_phone = StringField(_l("Their phone number"), [Optional()], render_kw={"type": "tel", "autocomplete": "off"})
    for_email = StringField(_l("Their e-mail (optional)"), [Optional()], render_kw={"autocomplete": "off"})
    for_channel = SelectField(_l("How they reached us"), validate_choice=False)
    for_community = SelectField(_l("For which community"), validate_choice=False)

    def fill_for_whom(self, communities: Sequence[tuple[str, str]]) -> None:
        """What staff choose of whom they ask for."""
        self.for_channel.choices = [("", _("Please choose")), *words.channels(context.centre()).items()]
        self.for_community.choices = [("", _("The person alone")), *communities]

    @property
    def is_for_somebody(self) -> bool:
        return any(field.data for field in (self.for_name, self.for_phone, self.for_email, self.for_channel))

    def fill_choices(self, room: Room, rooms: Sequence[Room], communities: Sequence[tuple[str, str]]) -> None:
        """Choices follow the room of the page and the rooms that are chosen in the rows."""
        self.community.choices = list(communities)
        self.every.choices = [("", _("Once")), ("day", _("Days")), ("week", _("Weeks")), ("month", _("Months"))]
        self.on.choices = [(day, formats.weekday_name(at)) for at, day in enumerate(DAYS)]
        self.nth.choices = [
            ("", _("On the same date")),
            *((str(n), _("On the same weekday, week %(number)s", number=n)) for n in (1, 2, 3, 4)),
            ("-1", _("On the same weekday, last week")),
            ("last", _("On the last day of the month")),
        ]
        by_slug = {one.slug: one for one in rooms}
        chosen = [by_slug.get(row.form.room.data or room.slug, room) for row in self.times]
        choices = labelled(clocks_of(chosen or [room]))
        for row in self.times:
            row.form.room.choices = [(one.slug, f"{one.name}, {one.site.short_name}") for one in rooms]
            row.form.room.data = row.form.room.data or room.slug
            row.form.start.choices, row.form.end.choices = choices[:-1], choices[1:]

    def show(self, refusals: Iterable[Told]) -> None:
        """Those of one time stand at its start, unless they are about something else."""
        super().show(refusals)
        for one in self.refusals:
            if one.at is not None and one.at < len(self.times) and one.field not in self._fields:
                field = self.times[one.at].form[_TIME_FIELDS.get(one.field or "", "start")]
                field.errors = [*field.errors, one.text]

    def target_of(self, one: Told) -> str | None:
        if one.field in _OTHER_PLACES:
            return _OTHER_PLACES[one.field]
        found: str | None = super().target_of(one)
        if found is None and one.at is not None:
            return f"times-{one.at}-{_TIME_FIELDS.get(one.field or '', 'start')}"
        return found

    def pattern(self) -> Pattern | None:
        """What repeats; None for a request of single times."""
        if self.every.data not in set(Every):
            return None
        every = Every(self.every.data)
        first = self.times[0].form.date.data
        weekday = (first.weekday(),) if first else ()
        on: tuple[int, ...] = ()
        nth = None
        if every is Every.WEEK and len(self.times) == 1:
            on = tuple(DAYS.index(day) for day in self.on.data or () if day in DAYS) or weekday
        elif every is Every.MONTH and self.nth.data:
            nth = -1 if self.nth.data in ("last", "-1") else int(self.nth.data) if self.nth.data in "1234" else None
            on = weekday if self.nth.data != "last" else ()
        interval = 1 if self.interval.data is None else self.interval.data
        return Pattern(every, interval, on, nth, self.until.data, self.count.data)

    def wanted(self, room: Room, rooms: Mapping[str, Room], *, is_whole: bool) -> Wanted:
        """What the form asks for. Where a field is no number or date the rest is judged all the same."""
        occurrences, broken = self._occurrences(room, rooms, is_whole=is_whole)
        pattern = self.pattern()
        skip, instead = chosen_dates() if pattern else ([], {})
        return Wanted(
            self.title.data or "",
            1 if self.people.data is None else self.people.data,
            occurrences,
            self.for_community.data if self.is_for_somebody else self.community.data,
            self.purpose.data or "",
            key=self.key.data or None,
            repeat=pattern,
            skip=skip,
            instead=instead,
            items=chosen_items(),
            needs=[line for line in (self.needs.data or "").splitlines() if line.strip()],
            apart=self.apart.data,
            override=self.override.data or "",
            wait="wait" in request.form,
            on_behalf=self._on_behalf(),
            broken=broken,
        )

    def _on_behalf(self) -> OnBehalf | None:
        if not self.is_for_somebody:
            return None
        said = (self.for_name, self.for_phone, self.for_channel, self.for_email)
        return OnBehalf(*(field.data or "" for field in said))

    def _occurrences(
        self, room: Room, rooms: Mapping[str, Room], *, is_whole: bool
    ) -> tuple[list[WantedOccurrence], list[Violation]]:
        occurrences, broken = [], [] if is_whole else [Violation("form")]
        for at, row in enumerate(self.times):
            chosen = rooms.get(row.form.room.data or room.slug, room)
            try:
                clocks = (row.form.start.data, row.form.end.data)
                starts_at, ends_at = (wall_instant(row.form.date.data, clock, chosen.site.zone) for clock in clocks)
                more = (self.units.data, row.form.people.data, row.form.label.data or "", at, self.whole.data)
                occurrences.append(WantedOccurrence(row.form.room.data or room.slug, starts_at, ends_at, *more))
            except WallTimeError as error:
                broken.append(Violation(error.code, {"hint": formats.clock_text(f"{error.hint:%H:%M}")}, at=at))
            except Refused as refused:
                broken += [replace(violation, at=at) for violation in refused.violations]
        return occurrences, broken


def chosen_dates() -> tuple[list[date], dict[date, Instead]]:
    """What was chosen in the preview for each date: skip it, or another room and time; what is unreadable is taken."""
    skip, instead = [], {}
    for name, said in request.form.items():
        day = _day(name.removeprefix(CHOICE)) if name.startswith(CHOICE) else None
        if day is None:
            continue
        if said == "skip" or (said == "" and "skip_all" in request.form):
            skip.append(day)
        elif said.count("|") == 2:
            slug, *times = said.split("|")
            starts_at, ends_at = (_moment(text) for text in times)
            if starts_at and ends_at:
                instead[day] = Instead(slug, starts_at, ends_at)
    return sorted(skip), instead


def chosen_items() -> list[tuple[str, int]]:
    """Quantities typed beside items; what is no number is a quantity that is refused."""
    found = []
    for name, said in request.form.items():
        if name.startswith(ITEM) and said.strip() not in ("", "0"):
            number = said.strip()
            is_number = number.isascii() and number.isdigit() and len(number) < 7
            found.append((name.removeprefix(ITEM), int(number) if is_number else -1))
    return found


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _is_near(found) else None


def _is_near(day: date) -> bool:
    """A year that calendars here reach; others overflow somewhere."""
    return 2000 <= day.year <= 2200


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo and _is_near(found.date()) else None


def wall_instant(day: date | None, clock: str, zone: ZoneInfo) -> datetime:
    """Raises WallTimeError, and Refused(date) for a day that no calendar here reaches."""
    today = context.today()
    if day is None or not today - FARTHEST < day < today + FARTHEST or not is_clock(clock):
        raise refuse("date", first=formats.day_plain(today), last=formats.day_plain(today + FARTHEST))
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    return instant(datetime.combine(day, datetime.strptime(clock, "%H:%M").time()), zone)  # noqa: DTZ007  # a wall time


def address(room: AnyRoom, period: Period, **more: Any) -> str:
    """Where a room is asked for at some time, by the clock of its site."""
    starts, ends = (at.astimezone(room.site.zone) for at in (period.starts_at, period.ends_at))
    until = "24:00" if ends.date() > starts.date() else f"{ends:%H:%M}"
    times: dict[str, Any] = {"date": starts.date().isoformat(), "start": f"{starts:%H:%M}", "end": until}
    return url_for("asking.ask", slug=room.slug, **times, **more)


def clocks_of(rooms: Sequence[AnyRoom]) -> list[str]:
    """Every wall time at which something may start or end in one of these rooms on some day of the week."""
    found: set[str] = set()
    for room in rooms:
        rules = room.house_rules
        weekly: Any = next((rule.weekly for rule in rules if isinstance(rule, Hours)), {})
        spans = [span for day in weekly.values() for span in day]
        first = min((span[0] for span in spans), default="00:00")
        last = max((span[1] for span in spans), default="24:00")
        found |= _clocks(first, last, step_minutes(rules))
    return sorted(found)


@lru_cache(maxsize=64)
def _clocks(first: str, last: str, step: int) -> frozenset[str]:
    return frozenset(clock_choices(first, last, step))


def items_with_quantities(items: Sequence[Item]) -> list[tuple[Item, str]]:
    """Items with what was typed beside each, for showing the form again; at first what the address says."""
    said = request.form if request.method == "POST" else request.args
    return [(item, said.get(f"{ITEM}{item.slug}", "")) for item in items]
