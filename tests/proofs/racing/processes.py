"""Starting the processes, keeping them in step, and hearing how it goes while they run."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from booking import create_app
from booking.storage import transaction
from booking.storage.db import db
from tests.proofs.racing.deck import CARDS, Deck
from tests.proofs.racing.duels import Board, Dueller
from tests.proofs.racing.racer import PATIENCE
from tests.proofs.racing.tally import Attempt, News, Report
from tests.support.databases import SECRET
from tests.support.world import World

PROCESSES = 8
HEARD_EVERY = 8
"""Turns after which a process tells what it did."""
TOLD_EVERY = 5.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True)
class Course:
    """What is run: on which database, how many turns of all processes, from which seed, with which cards."""

    url: str
    data: Path
    rounds: int
    seed: int = 7
    cards: Sequence[str] = CARDS


def run(course: Course, world: World, *, tell: Callable[[Report], None] | None = None) -> Report:
    """Race, and report. `tell` hears of it every few seconds. Raises RuntimeError when a process is lost."""
    context = multiprocessing.get_context("fork")
    barrier, heard = context.Barrier(PROCESSES), context.Queue()
    board, people = Board(context, PROCESSES // 2), dict(world.people)
    processes = [
        context.Process(target=_work, args=(course, number, people, barrier, board, heard), daemon=True)
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    try:
        report = _listened(heard, tell)
        for process in processes:
            process.join(30)
        return report
    finally:
        for process in processes:
            process.kill()


def _listened(heard: Any, tell: Callable[[Report], None] | None) -> Report:
    report, told_at = Report(PROCESSES), time.monotonic()
    while len(report.ledgers) < PROCESSES:
        try:
            news = heard.get(timeout=2 * PATIENCE)
        except queue.Empty:
            raise RuntimeError("a process is not heard of any more") from None
        if news.trouble:
            raise RuntimeError(news.trouble)
        report.hear(news)
        if tell and time.monotonic() - told_at > TOLD_EVERY:
            tell(report)
            told_at = time.monotonic()
    return report


def _work(course: Course, number: int, people: dict[str, int], barrier: Any, board: Board, heard: Any) -> None:
    """What one process does. Whoever cannot go on ends it for all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends what is interrupted
    try:
        _race(course, number, people, barrier, board, heard)
    except Exception:
        barrier.abort()
        heard.put(News(trouble=f"process {number} could not go on:\n{traceback.format_exc()}"))


def _race(course: Course, number: int, people: dict[str, int], barrier: Any, board: Board, heard: Any) -> None:
    app = create_app({"SQLALCHEMY_DATABASE_URI": course.url, "DATA": course.data, "SECRET_KEY": SECRET})
    with app.app_context():
        world = World(app, people=people)
        racer, deck = Dueller(world, number, course.seed, barrier, board), Deck(world, course.seed, course.cards)
        done: list[Attempt] = []
        parent = os.getppid()
        while deck.dealt < course.rounds:
            if os.getppid() != parent:
                return  # nobody listens any more
            done += racer.play(deck.deal(course.rounds - deck.dealt))
            if len(done) >= HEARD_EVERY:
                heard.put(News(done))
                done = []
        db.session.remove()
        db.engine.dispose()
    heard.put(News(done, racer.ledger, transaction.retries))
