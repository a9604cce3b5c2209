"""Counting: what was attempted, how it ended, how long it took, and whether another process really wanted the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.proofs.racing.ledger import Ledger
from tests.proofs.racing.places import Want

KINDS = (
    *("single", "pool", "composite", "items", "several", "approve"),
    *("change", "change series", "cancel", "series", "duel"),
)


@dataclass(frozen=True)
class Attempt:
    """One use case called in step with the others.

    `why`: the codes of a refusal, or the crash; `by_guard`: only the schema saw what stood in the way.
    """

    process: int
    turn: int
    kind: str
    wants: Sequence[Want]
    began: int
    done: int
    outcome: str
    why: str = ""
    by_guard: bool = False
    retries: int = 0

    @property
    def spent(self) -> float:
        """Milliseconds."""
        return (self.done - self.began) / 1e6


@dataclass
class Tally:
    """The attempts of one kind, or all."""

    outcomes: Counter[str] = field(default_factory=Counter)
    contested: int = 0
    retries: int = 0
    spent: list[float] = field(default_factory=list)

    @property
    def attempts(self) -> int:
        return len(self.spent)

    def add(self, one: Attempt, *, is_contested: bool) -> None:
        self.outcomes[one.outcome] += 1
        self.contested += is_contested
        self.retries += one.retries
        self.spent.append(one.spent)

    def percentile(self, share: float) -> float:
        return sorted(self.spent)[int(self.attempts * share)] if self.spent else 0.0

    def cells(self) -> list[str]:
        counts = (self.attempts, self.contested, *(self.outcomes[one] for one in ("accepted", "refused", "busy")))
        return [f"{n:,}" for n in (*counts, self.retries)] + [f"{self.percentile(share):.0f}" for share in (0.5, 0.99)]


@dataclass(frozen=True)
class News:
    """What a process did since it was heard of last; at its end also what it was told, or why it cannot go on."""

    attempts: Sequence[Attempt] = ()
    ledger: Ledger | None = None
    retries: int = 0
    trouble: str = ""


@dataclass
class Report:
    """What the processes of one race tell; attempts of one turn are held against each other when all are there."""

    processes: int
    kinds: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    total: Tally = field(default_factory=Tally)
    why: Counter[str] = field(default_factory=Counter)
    by_guard: int = 0
    crashes: Counter[str] = field(default_factory=Counter)
    ledgers: list[Ledger] = field(default_factory=list)
    retries: int = 0
    _open: dict[int, list[Attempt]] = field(default_factory=lambda: defaultdict(list))

    def hear(self, news: News) -> None:
        for one in news.attempts:
            self._add(one)
        if news.ledger is not None:
            self.ledgers.append(news.ledger)
            self.retries += news.retries

    def _add(self, one: Attempt) -> None:
        turn = self._open[one.turn]
        turn.append(one)
        if len(turn) == self.processes:
            for each in self._open.pop(one.turn):
                self._count(each, is_contested=any(competes(each, other) for other in turn))

    def _count(self, one: Attempt, *, is_contested: bool) -> None:
        for tally in (self.kinds[one.kind], self.total):
            tally.add(one, is_contested=is_contested)
        self.by_guard += one.by_guard
        if one.outcome == "refused":
            self.why[one.why] += 1
        elif one.outcome == "crashed":
            self.crashes[f"{one.kind}: {one.why}"] += 1

    @property
    def share_contested(self) -> float:
        return self.total.contested / max(self.total.attempts, 1)

    @property
    def line(self) -> str:
        outcomes = self.total.outcomes
        return (
            f"attempts {self.total.attempts:,}, contested {self.total.contested:,} ({self.share_contested:.0%}), "
            f"accepted {outcomes['accepted']:,}, refused {outcomes['refused']:,}, busy {outcomes['busy']:,}, "
            f"retries {self.retries or self.total.retries:,}, "
            f"p50 {self.total.percentile(0.5):.0f} ms, p99 {self.total.percentile(0.99):.0f} ms"
        )

    def __str__(self) -> str:
        heads = ("kind", "attempts", "contested", "accepted", "refused", "busy", "retries", "p50 ms", "p99 ms")
        rows = [heads, *((kind, *tally.cells()) for kind, tally in self.kinds.items() if tally.attempts)]
        table = ["  " + row[0].ljust(14) + "".join(cell.rjust(10) for cell in row[1:]) for row in rows]
        why = ", ".join(f"{codes} {count:,}" for codes, count in self.why.most_common())
        return "\n".join([self.line, *table, f"  refused for: {why or 'nothing'}"])


def competes(one: Attempt, other: Attempt) -> bool:
    """Whether another process wanted an overlapping time of a place or item of this attempt while it lasted."""
    if one.process == other.process or one.began >= other.done or other.began >= one.done:
        return False
    theirs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for place, starts, ends in other.wants:
        theirs[place].append((starts, ends))
    return any(
        starts < their_end and their_start < ends
        for place, starts, ends in one.wants
        for their_start, their_end in theirs.get(place, ())
    )
