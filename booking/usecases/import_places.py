"""Which room a calendar file means by what it writes: never guessed, only recognised, or asked."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from booking.storage.places import Room

MOST_ASKED = 100
_MOST_SUGGESTED = 3
_LIKENESS = 0.7
_SHORTEST = 4
_LONGEST = 60


def key(text: str) -> str:
    """What is left of a name without case, blanks, punctuation and marks on letters."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in spread if sign.isalnum())[:_LONGEST]


@dataclass(frozen=True)
class Spelling:
    """A place of the file that is no room's name, with rooms whose names resemble it."""

    text: str
    suggested: Sequence[Room]


@dataclass
class Places:
    """Rooms by everything that names one of them and no other."""

    rooms: Sequence[Room]
    _by_key: dict[str, Room | None] = field(default_factory=dict)
    _asked: dict[str, Spelling] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for room in self.rooms:
            site = room.site
            names = (room.name, room.slug, *(f"{room.name}, {one}" for one in (site.name, site.short_name, site.slug)))
            for one in dict.fromkeys(filter(None, map(key, names))):
                # a name that two rooms share names neither
                self._by_key[one] = None if self._by_key.get(one, room) is not room else room

    def named(self, text: str) -> Room | None:
        return self._by_key.get(key(text))

    def found(self, place: str, title: str) -> tuple[Room | None, str]:
        """The room by the place, its part before the first comma, or the tail of the title; and what is left of that.

        "Latihan · Aula" is how our own calendars write a title.
        """
        rest, dot, tail = title.rpartition(" · ")
        by_tail = self.named(tail) if dot else None
        room = self.named(place) or self.named(place.partition(",")[0]) or (None if key(place) else by_tail)
        return room, rest if room is not None and by_tail is room and rest else title

    def ask(self, text: str) -> Spelling:
        """What to ask about a place that names no room; the same spelling is asked about once."""
        wanted = key(text)
        if wanted not in self._asked:
            likely = self._likely(wanted) if len(self._asked) < MOST_ASKED else []
            rooms = dict.fromkeys(room for one in likely if (room := self._by_key[one]) is not None)
            self._asked[wanted] = Spelling(text, tuple(rooms)[:_MOST_SUGGESTED])
        return self._asked[wanted]

    def _likely(self, wanted: str) -> list[str]:
        """Names that differ by some letters, that are a part of what is written, or of which that is a part."""
        close = get_close_matches(wanted, list(self._by_key), n=9, cutoff=_LIKENESS)
        if len(wanted) < _SHORTEST:
            return close
        return close + [one for one in self._by_key if len(one) >= _SHORTEST and (one in wanted or wanted in one)]

    @property
    def asked(self) -> list[Spelling]:
        return [one for text, one in self._asked.items() if text]
