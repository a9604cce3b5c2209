"""What all processes do in each turn, dealt from one seed so that they need not tell each other."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.proofs.racing.places import AUTOMATIC
from tests.support.world import NOW, World

CARDS = (
    *("single", "pool", "composite", "items"),
    "several",
    *("approve", "approve"),
    *("change", "change"),
    *("back", "back"),
    "duel",
    "series",
)
IN_VOLLEYS = frozenset({"single", "pool", "composite", "items"})
VOLLEY = 3
"""So many turns of these are played without a stop, each in a window of its own: whoever comes last keeps nobody
waiting, and 100,000 attempts take minutes instead of hours. Three quarters and more of all attempts meet a rival."""
FAMILIES_OF = {
    "single": ("exclusive",),
    "pool": ("pool",),
    "composite": ("joined", "hall"),
    "items": ("pair", "pool"),
    "several": ("exclusive",),
    "approve": ("officer",),
    "change": AUTOMATIC,
    "duel": ("exclusive",),
}
SERIES_IN = ("exclusive", "joined", "pool", "officer", "hall")
LANES = ("22:00", "00:00", "02:00", "04:00")
WINDOWS = ("06:00", "10:00", "14:00", "18:00")
WINDOW = timedelta(hours=4)
AHEAD = 20
"""Days between now and what is wanted: so long a booking stays young enough to be changed."""
DAYS = 50
"""Dates of a series."""


@dataclass(frozen=True)
class Turn:
    """One turn. `base` is where its window begins, for a series its lane on the first of its days.

    `back`: the turn to whose window all return, some to give it back, the others to have it; `day` which of its days.
    """

    number: int
    card: str
    family: str
    now: datetime
    base: datetime
    back: Turn | None = None
    day: int = 0
    only_series: bool = False


class Deck:
    """Deals turn after turn. Time moves on with them, so that there is something free in each.

    Windows of ordinary turns lie in the daytime, series at night in lanes, so that a series meets who is sent to meet
    it and does not stand in everybody's way for 50 days.
    """

    def __init__(self, world: World, seed: int, cards: Sequence[str] = CARDS) -> None:
        self.world, self.cards = world, cards
        self.dice = random.Random(seed)
        self.hand: list[str] = []
        self.dealt = self.windows = self.series = 0
        self.past: deque[Turn] = deque(maxlen=12)

    def deal(self, most: int = VOLLEY) -> list[Turn]:
        """The turns until all wait for each other again, at most so many."""
        if not self.hand:
            self.hand = self.dice.sample(self.cards, len(self.cards))
        card = self.hand.pop()
        return [self._turn(card) for _ in range(min(VOLLEY if card in IN_VOLLEYS else 1, most))]

    def _turn(self, card: str) -> Turn:
        day = self.windows // len(WINDOWS)
        now = NOW + timedelta(days=day)
        if card == "back" and not self.past:
            card = "single"
        if card == "back":
            turn = self._back(now)
        elif card == "series":
            turn = self._series(now, AHEAD + day + 1)
        else:
            base = self.world.at(AHEAD + day, WINDOWS[self.windows % len(WINDOWS)])
            turn = Turn(self.dealt, card, self.dice.choice(FAMILIES_OF[card]), now, base)
            self.windows += 1
        if card not in ("back", "duel", "several") and turn.family != "officer":
            self.past.append(turn)
        self.dealt += 1
        return turn

    def _back(self, now: datetime) -> Turn:
        back = self.dice.choice(self.past)
        return Turn(self.dealt, "back", back.family, now, back.base, back, self.dice.randrange(DAYS))

    def _series(self, now: datetime, first: int) -> Turn:
        """Each lane of a family is used again only when the series that were dealt it last are over."""
        family = SERIES_IN[self.series % len(SERIES_IN)]
        base = self.world.at(first, LANES[self.series // len(SERIES_IN) % len(LANES)])
        self.series += 1
        return Turn(self.dealt, "series", family, now, base, only_series=self.dice.random() < 0.25)
