"""The background worker: what time alone does. One loop: a process (`flask worker`) or a thread."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from multiprocessing.util import Finalize
from typing import Protocol, TypeVar

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from booking import mail
from booking.domain.errors import Busy
from booking.feeds import counting
from booking.front import context, looking
from booking.storage.attendance import no_shows
from booking.storage.db import db, reading
from booking.storage.due import changes_overdue, overdue
from booking.storage.feeds import everything_version
from booking.storage.offers import in_vain, run_out
from booking.storage.outbox import any_sendable
from booking.storage.subscribers import late_changes
from booking.usecases.act import Act
from booking.usecases.attending import release_no_shows
from booking.usecases.bridging import tell_late_changes
from booking.usecases.expiring import close_changes, close_overdue, note_worker
from booking.usecases.lettering import drop_old_letters, drop_strays, old_letters
from booking.usecases.looking import note_looks
from booking.usecases.offering import expire_offers
from booking.usecases.refreshing import are_pieces_missing, are_pieces_old, drop_old_pieces, write_missing_pieces
from booking.usecases.reminding import remind
from booking.usecases.resuming import any_free_again, tell_free_again
from booking.usecases.retaining import drop_due, is_any_due
from booking.usecases.sending import Away, send_due
from booking.usecases.subscribing import note_fetches
from booking.usecases.waitlist import end_waits, give_turns, rooms_with_turns

PAUSE = 10.0
"""Seconds between two rounds."""
MAIL_PAUSE = timedelta(minutes=1)
"""How long a server that takes no mail is left alone."""
COUNTS_PAUSE = 60.0
"""Seconds between two batches of counted fetches and noted looks; a crash loses as much."""

log = logging.getLogger(__name__)
T = TypeVar("T")


def work_once() -> int:
    """One round: lapse, complete, say that the worker lives. Returns how many occurrences were closed."""
    act, closed = context.act(), 0
    while no_shows(reading(), act.now, most=1) and release_no_shows(act=act):
        pass
    while changes_overdue(reading(), act.now, most=1) and close_changes(act=act):
        pass
    # looked for with the reader: a round with nothing to do takes the writer's turn for its sign of life only
    while overdue(reading(), act.now, most=1) and (found := close_overdue(act=act)):
        closed += found
    _end_offers(act)
    _tell_of_skipped_dates(act)
    remind(reading(), act=act)
    while late_changes(reading(), act.now, most=1) and tell_late_changes(act=act, real_now=context.real_now()):
        pass
    note_worker(real_now=context.real_now())
    while are_pieces_missing(act=act) and write_missing_pieces(act=act):
        pass
    _let_letters_go(act)
    if are_pieces_old(act=act):
        drop_old_pieces(act=act)  # the rest with the next rounds
    _let_go(act)
    return closed


def _let_letters_go(act: Act) -> None:
    """Files whose time is over; once an hour those of requests that were never stored."""
    folder = context.letters()
    while old_letters(reading(), act.now) and drop_old_letters(act=act, folder=folder):
        pass
    hour = context.real_now().replace(minute=0, second=0, microsecond=0)
    if current_app.extensions.get("strays_looked_at") != hour:
        drop_strays(real_now=context.real_now(), folder=folder)
        current_app.extensions["strays_looked_at"] = hour


def _end_offers(act: Act) -> None:
    """Offers that have run out, waiting in vain, and turns that no ended claim of their own room has brought."""
    while run_out(reading(), act.now, most=1) and expire_offers(act=act):
        pass
    while in_vain(reading(), act.now, most=1) and end_waits(act=act):
        pass
    for room_id in rooms_with_turns(reading(), act):
        give_turns(act=act, room_id=room_id)


def _tell_of_skipped_dates(act: Act) -> None:
    """Only after something changed, and once an hour: what stands in the way of a date moves with the clock too."""
    seen = (*everything_version(db.engine), act.now.replace(minute=0, second=0, microsecond=0))
    if current_app.extensions.get("skipped_looked_at") == seen:
        return
    if any_free_again(reading(), act):
        tell_free_again(act=act)
    current_app.extensions["skipped_looked_at"] = seen


def _let_go(act: Act) -> None:
    """What is kept no longer: once an hour, and then a batch a round until nothing is due."""
    hour = act.now.replace(minute=0, second=0, microsecond=0)
    if current_app.extensions.get("retention_looked_at") == hour:
        return
    if is_any_due(act=act, real_now=context.real_now()):
        drop_due(act=act, real_now=context.real_now())
        return
    current_app.extensions["retention_looked_at"] = hour


def send_mail() -> int:
    """Everything that is due, batch by batch; returns how many messages left. Without a way to send they wait."""
    app = current_app
    open_post = mail.post_of(app.config)
    until = app.extensions.get("mail_away_until")
    if open_post is None or (until is not None and context.real_now() < until):
        return 0
    sent = 0
    try:
        while any_sendable(reading(), context.now(), context.real_now()):
            found = send_due(act=context.act(), real_now=context.real_now(), write=mail.write, open_post=open_post)
            sent += found
            if not found:
                break  # what failed has a later date, what others send is theirs
    except Away as error:
        log.warning("no mail can be sent just now: %s", error)
        app.extensions["mail_away_until"] = context.real_now() + MAIL_PAUSE
    return sent


class Noted(Protocol[T]):
    """What this process keeps in memory until it is written."""

    def take(self) -> list[T]: ...

    def put_back(self, _batch: Sequence[T], /) -> None: ...


def _written(noted: Noted[T], write: Callable[[Sequence[T]], None]) -> int:
    """All of it in one batch; what cannot be written goes with the next one."""
    found = noted.take()
    if not found:
        return 0
    try:
        write(found)
    except Exception:  # whatever stood in the way, they go with the next batch
        noted.put_back(found)
        raise
    return len(found)


def write_counts() -> int:
    """What this process has counted of its feeds."""
    return _written(counting.counts(current_app), lambda found: note_fetches(fetches=found))


def write_looks() -> int:
    """Who looked at whose data, as this process has noted it."""
    return _written(looking.looks(current_app), lambda found: note_looks(seen=found))


def write_collected() -> int:
    """Both; what stands in the way of one does not keep the other."""
    try:
        return write_counts()
    finally:
        write_looks()


def work(app: Flask, stop: threading.Event, once: Callable[[], int] = work_once, pause: float = PAUSE) -> None:
    """Rounds until `stop` is set. A failing round is logged and tried again; it never ends the worker."""
    while not stop.is_set():
        try:
            with app.app_context():
                once()
        except Busy:
            log.warning("the database is busy; next round in %s s", pause)
        except Exception:  # the loop must outlive whatever one round meets
            log.exception("a round of the worker failed")
        stop.wait(pause)


def start_thread(app: Flask) -> threading.Event:
    """The worker beside the server, in one process; the event ends it."""
    stop = threading.Event()
    threading.Thread(target=work, args=(app, stop), name="worker", daemon=True).start()
    start_mail_thread(app, stop)
    return stop


def start_mail_thread(app: Flask, stop: threading.Event) -> None:
    """Mail has a thread of its own: a server that hangs must not keep requests from lapsing in time."""
    threading.Thread(target=work, args=(app, stop, send_mail), name="mail", daemon=True).start()


def start_counting(app: Flask) -> threading.Event:
    """In every process that serves, however many there are: each writes what it has counted and noted itself."""

    def begin_anew() -> None:
        """Threads do not come along into a fork (of a server that loads first), and counts stay where they are."""
        app.extensions.pop("feed_counts", None)
        app.extensions.pop("looks", None)
        _start_counting(app)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin_anew)
    return _start_counting(app)


def _start_counting(app: Flask) -> threading.Event:
    stop = threading.Event()
    args = (app, stop, write_collected, COUNTS_PAUSE)
    threading.Thread(target=work, args=args, name="counts", daemon=True).start()
    # not atexit: a server's process that was forked ends in peace without it
    Finalize(None, _last_words, args=(app, stop), exitpriority=10)
    return stop


def _last_words(app: Flask, stop: threading.Event) -> None:
    """What was counted since the last batch. The process ends all the same where that cannot be written."""
    stop.set()
    try:
        with app.app_context():
            write_collected()
    except Exception:
        log.exception("the last counts could not be written")


@click.command("worker")
@with_appcontext
def run_worker() -> None:
    """Run the background worker until it is told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # Flask's own way
    db.session.remove()
    start_mail_thread(app, stop)
    work(app, stop)
