"""The search for a free room as an address says it. Whatever is wrong in an address becomes what is nearest to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import request

from booking.domain.rules.basics import MOST_PEOPLE
from booking.front import context
from booking.storage.places import Item
from booking.storage.plain import AnyRoom
from booking.usecases.searching import Sought
from booking.web.forms import day_from, labelled
from booking.web.request_form import clocks_of

USUAL = 60
"""So many minutes are looked for where no end is said that comes after the start."""


@dataclass(frozen=True)
class Query:
    """What is looked for. `start` is empty where any time will do, else a wall time, and `end` a later one."""

    day: date
    start: str
    end: str
    people: int | None
    purpose: str
    site: str
    item: str

    @property
    def fields(self) -> dict[str, str]:
        """As the parameters of an address, those that say something."""
        said = {
            "date": self.day.isoformat(),
            "start": self.start,
            "end": self.end,
            "people": str(self.people or ""),
            "for": self.purpose,
            "site": self.site,
            "item": self.item,
        }
        return {name: value for name, value in said.items() if value}

    @property
    def asking(self) -> dict[str, str]:
        """What the form of a request takes over."""
        items = {f"item-{self.item}": "1"} if self.item else {}
        return items | ({"people": str(self.people)} if self.people else {})

    @property
    def sought(self) -> Sought:
        starts, ends = (_wall(self.day, clock) for clock in (self.start, self.end))
        return Sought(starts, ends, self.people or 1, [self.item] if self.item else [])

    def suits(self, room: AnyRoom) -> bool:
        """Whether a room is looked at at all."""
        in_use = (room.active_from or self.day) <= self.day <= (room.active_to or self.day)
        return in_use and self.purpose in ("", room.purpose) and self.site in ("", room.site.slug)


@dataclass(frozen=True)
class Choices:
    """What the selects of the form offer: value and text of each."""

    clocks: list[tuple[str, str]]
    purposes: list[tuple[str, str]]
    sites: list[tuple[str, str]]
    equipment: list[tuple[str, str]]


def choices(rooms: Sequence[AnyRoom], language: str, items: Sequence[Item] = ()) -> Choices:
    served = {room.purpose for room in rooms}
    purposes = [one for one in context.centre().purposes if one["code"] in served]
    return Choices(
        labelled(clocks_of(rooms)),
        [(one["code"], one.get(language) or one["id"]) for one in purposes],
        list({room.site.slug: room.site.name for room in rooms}.items()),
        [(item.slug, item.name) for item in items],
    )


def query_from(offered: Choices) -> Query:
    """Of the request's address."""
    said: Mapping[str, str] = request.args
    people = said.get("people", "").strip()
    clocks = [value for value, _text in offered.clocks]
    start = _of(said.get("start"), clocks[:-1])
    return Query(
        day_from(said.get("date"), context.today()),
        start,
        _end(start, said.get("end", ""), clocks) if start else "",
        min(int(people), MOST_PEOPLE) or None if people.isascii() and people.isdigit() and len(people) < 10 else None,
        _of(said.get("for"), [value for value, _text in offered.purposes]),
        _of(said.get("site"), [value for value, _text in offered.sites]),
        _of(said.get("item"), [value for value, _text in offered.equipment]),
    )


def _of(said: str | None, known: Sequence[str]) -> str:
    return said if said and said in known else ""


def _end(start: str, said: str, clocks: Sequence[str]) -> str:
    """The end that was said if it comes after the start, else the usual while later."""
    if said in clocks and said > start:
        return said
    hour, minute = map(int, start.split(":"))
    until = hour * 60 + minute + USUAL
    usual = f"{until // 60:02d}:{until % 60:02d}"
    return next((clock for clock in clocks if clock >= usual), clocks[-1])


def _wall(day: date, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)
