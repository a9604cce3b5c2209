"""How long it takes with N bookings in twenty rooms: python -m tests.proofs.bench [--sizes 2000,200000].

Each figure stands beside a Flask hello measured in between, called as pages are (werkzeug's client, no network), and
beside the same figure at the smallest size; all sizes take turns, so that a noisy minute meets them all. Goals are
told, never asserted: the exit code is 0 when everything was measured. What writes comes after all that reads.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.proofs import generator
from tests.proofs.bench_calls import (
    COLD,
    DISK,
    FREE,
    ONE,
    OTHER,
    READS,
    SERIES,
    UNCHANGED,
    WARM,
    WRITES,
    Browser,
    Calls,
    Once,
    timed,
)
from tests.proofs.bench_load import memory, mixed
from tests.proofs.generator import Made
from tests.support import databases

P50, P99 = "p50", "p99"
MIXED, MEMORY = "mixed writes", "memory of the server's worker"
EVERYTHING = (*READS, *(f"{what}, {share}" for what in WRITES for share in (P50, P99)), MIXED, MEMORY)


@dataclass(frozen=True)
class Effort:
    """How often things are done: best of `rounds` medians of `calls`; best of `tries` with `turns` for each writer."""

    rounds: int = 10
    calls: int = 5
    requests: int = 200
    series: int = 100
    turns: int = 25
    tries: int = 3
    pages: int = 400


USUAL = Effort()


@dataclass(frozen=True)
class Figure:
    """One measured number. `hello` is the hello (ms) of the same minutes; None where a ratio would say nothing."""

    value: float
    unit: str = "ms"
    hello: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many hellos it takes; for a rate, one write."""
        if self.hello is None:
            return None
        return (self.value if self.unit == "ms" else 1000 / self.value) / self.hello

    def __str__(self) -> str:
        said = f"{_short(self.value)} {self.unit}"
        return said if self.ratio is None else f"{said} (x{_short(self.ratio)})"


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


@dataclass(frozen=True)
class Goal:
    """Something to hold a row against; `only` one kind of database where that is named."""

    said: str
    is_met: Callable[[Sequence[Figure]], bool]
    only: str = ""


@dataclass
class Row:
    """One thing, on one database, at each size."""

    kind: str
    what: str
    figures: list[Figure] = field(default_factory=list)

    @property
    def growth(self) -> float | None:
        """How much longer it takes at the largest size than at the smallest, in hellos where there are some."""
        first, last = self.figures[0], self.figures[-1]
        if len(self.figures) < 2:
            return None
        if first.ratio and last.ratio:
            return last.ratio / first.ratio
        return last.value / first.value

    def verdicts(self) -> list[str]:
        told = [goal for goal in GOALS.get(self.what, ()) if goal.only in ("", self.kind)]
        found = [f"{goal.said}: {'met' if goal.is_met(self.figures) else 'MISSED'}" for goal in told]
        if self.what in READS and self.growth is not None:
            found.append(f"growth <= 1.3: {'met' if self.growth <= 1.3 else 'MISSED'}")
        return found


def at_most(limit: float) -> Callable[[Sequence[Figure]], bool]:
    return lambda figures: figures[-1].value <= limit


def at_least(limit: float) -> Callable[[Sequence[Figure]], bool]:
    return lambda figures: figures[-1].value >= limit


def hellos(limit: float) -> Callable[[Sequence[Figure]], bool]:
    return lambda figures: all(figure.ratio is not None and figure.ratio <= limit for figure in figures)


GOALS: Mapping[str, Sequence[Goal]] = {
    COLD: [Goal("<= 30 hellos", hellos(30), "sqlite")],
    WARM: [Goal("<= 3 hellos", hellos(3), "sqlite")],
    UNCHANGED: [Goal("<= 3 hellos", hellos(3), "sqlite")],
    FREE: [Goal("<= 5 ms", at_most(5))],
    OTHER: [Goal("<= 20 ms", at_most(20))],
    f"{SERIES}, {P99}": [Goal("<= 500 ms", at_most(500))],
    MIXED: [Goal(">= 200/s", at_least(200), "sqlite"), Goal(">= 150/s", at_least(150), "postgresql")],
    MEMORY: [Goal("<= 120 MB", at_most(120))],
}


# Timing


def hello_app() -> Flask:
    """The least that Flask can do."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    return app


def straight_hello() -> float:
    """A hello without the client, for those who count that way."""
    app, builder = hello_app(), EnvironBuilder()
    environ = builder.get_environ()
    builder.close()
    return statistics.median(
        timed(lambda: run_wsgi_app(app.wsgi_app, environ.copy(), buffered=True)) for _ in range(500)
    )


class Stopwatch:
    """Lets several databases take turns, with hellos in between. One figure for each of them."""

    def __init__(self, effort: Effort) -> None:
        self.effort, self._hello = effort, Browser(hello_app())
        self.hello(200)

    def hello(self, calls: int = 40) -> float:
        return statistics.median(timed(lambda: self._hello.get("/")) for _ in range(calls))

    def best(self, calls_of: Sequence[Once]) -> list[Figure]:
        """The best of several medians, of the calls as of the hellos; the first call warms up."""
        best, hello = [once(0) for once in calls_of], self.hello()
        for turn in range(self.effort.rounds):
            numbers = range(1 + turn * self.effort.calls, 1 + (turn + 1) * self.effort.calls)
            for at, once in enumerate(calls_of):
                best[at] = min(best[at], statistics.median(map(once, numbers)))
            hello = min(hello, self.hello())
        return [Figure(value, hello=hello) for value in best]

    def spread(self, calls_of: Sequence[Once], calls: int) -> dict[str, list[Figure]]:
        """p50 and p99 of all calls but the first."""
        spent: list[list[float]] = [[] for _ in calls_of]
        hello = self.hello()
        for number in range(calls + 1):
            for times, once in zip(spent, calls_of, strict=True):
                times.append(once(number))
            hello = hello if number % 20 else min(hello, self.hello())
        shares = {P50: 0.5, P99: 0.99}
        return {
            name: [Figure(quantile(times[1:], share), hello=hello) for times in spent] for name, share in shares.items()
        }


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]


def measure(all_made: Sequence[Made], effort: Effort) -> dict[str, list[Figure]]:
    """Everything on some databases of one kind that differ in size; one figure for each of them."""
    watch, calls = Stopwatch(effort), [Calls(made, made.app()) for made in all_made]
    reads, writes = [one.reads() for one in calls], [one.writes() for one in calls]
    found = {what: watch.best([one[what] for one in reads]) for what in reads[0]}
    for what, count in {DISK: effort.requests, ONE: effort.requests, SERIES: effort.series}.items():
        spread = watch.spread([one[what] for one in writes], count)
        found |= {f"{what}, {share}": figures for share, figures in spread.items()}
    hello = watch.hello(200)
    for one in calls:
        one.close()
    turns = [range(at * (effort.turns + 1), (at + 1) * (effort.turns + 1)) for at in range(effort.tries)]
    rates = [[mixed(made, some) for made in all_made] for some in turns]
    found[MIXED] = [Figure(max(of_one), "/s", hello) for of_one in zip(*rates, strict=True)]
    found[MEMORY] = [Figure(memory(one, effort.pages), "MB") for one in calls]
    return found


# Running and telling


@dataclass
class Report:
    """Rows in the order they were measured, and what was counted."""

    sizes: Sequence[int]
    rows: list[Row] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        heads = ["database", "what", *(f"{size:,} bookings" for size in self.sizes), "growth", "goals"]
        lines = [heads, ["---"] * len(heads)]
        for row in self.rows:
            growth = "" if row.growth is None else f"x{row.growth:.2f}"
            lines.append([row.kind, row.what, *map(str, row.figures), growth, ", ".join(row.verdicts())])
        return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", self._hellos(), *self.counts])

    def _hellos(self) -> str:
        hellos = [one.hello for row in self.rows for one in row.figures if one.hello is not None]
        return (
            f"A hello (x1) took {min(hellos):.3f} to {max(hellos):.3f} ms through werkzeug's client, as pages here do; "
            f"without the client {straight_hello():.3f} ms."
        )


def run(
    sizes: Sequence[int],
    kinds: Sequence[str],
    folder: Path,
    *,
    effort: Effort = USUAL,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Fill the databases of each kind, then measure them together."""
    report = Report(sizes)
    for kind in kinds:
        with databases_of(kind, folder, sizes) as urls:
            all_made = []
            for size, url in urls.items():
                began = time.monotonic()
                made = generator.generate(url, folder / f"{kind}-{size}", size)
                tell(f"{kind}, {size:,} bookings: filled in {time.monotonic() - began:.0f} s")
                all_made.append(made)
                report.counts.append(_counted(kind, made))
            began = time.monotonic()
            report.rows += [Row(kind, what, figures) for what, figures in measure(all_made, effort).items()]
            tell(f"{kind}: measured in {time.monotonic() - began:.0f} s")
    return report


def _counted(kind: str, made: Made) -> str:
    found = ", ".join(f"{name} {number:,}" for name, number in made.counts.items())
    return f"Counted on {kind}: {found}."


@contextmanager
def databases_of(kind: str, folder: Path, sizes: Sequence[int]) -> Iterator[dict[int, str]]:
    """Addresses of empty databases, one for each size; a PostgreSQL of our own ends with the block."""
    for size in sizes:
        (folder / f"{kind}-{size}").mkdir(parents=True)
    if kind == "sqlite":
        yield {size: f"sqlite:///{folder / f'{kind}-{size}' / 'booking.sqlite'}" for size in sizes}
        return
    programs = databases.find_programs()
    if programs is None:
        raise SystemExit("PostgreSQL: no initdb found (Debian: apt install postgresql)")
    cluster = SafeCluster(programs)
    try:
        for size in sizes:
            databases.execute(cluster.url("postgres"), f"CREATE DATABASE bench_{size}")
        yield {size: cluster.url(f"bench_{size}") for size in sizes}
    finally:
        cluster.stop()


class SafeCluster(databases.Cluster):
    """As a centre runs it: what is committed is on the disk."""

    def _run(self, program: str, *words: str) -> None:
        super()._run(program, *(word.replace("fsync=off", "fsync=on") for word in words))


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="2000,200000", help="how many bookings, the smallest first")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--data", type=Path, help="a folder for the SQLite files (else a temporary one)")
    parser.add_argument("--keep", action="store_true", help="leave the SQLite files there")
    said = parser.parse_args(argv)
    # whoever ends it from outside leaves no server behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    if said.data:
        said.data.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench", dir=said.data))
    try:
        report = run(
            sorted(map(int, said.sizes.split(","))),
            said.databases.split(","),
            folder,
            tell=lambda line: print(line, file=sys.stderr, flush=True),
        )
    finally:
        if not said.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(report, *([f"SQLite files: {folder}"] if said.keep else []), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
