"""Sending what the outbox holds: leased in one transaction, sent outside of any, marked in another.

Whatever ends a worker in between, the row is leased until a moment and sent again after it, under the same Message-ID.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Protocol

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.domain.errors import NotFound
from booking.domain.events import Event
from booking.domain.permissions import Action
from booking.storage import outbox
from booking.storage.bookings import Booking
from booking.storage.outbox import IS_WAITING, Outbox
from booking.storage.transaction import writes
from booking.usecases.act import Act, require
from booking.usecases.recording import record

BATCH = 20
LEASE = timedelta(minutes=10)
LONGEST_BATCH = 120.0
"""Seconds after which no further message of a batch is begun: far less than the lease."""
MOST_TRIES = 10
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Due:
    """A leased message. `tries` counts the one that begins with this lease."""

    id: int
    kind: str
    person_id: int
    booking_id: int | None
    facts: dict[str, Any]
    created_at: datetime
    tries: int = 1


class Moot(Exception):
    """The message is not sent because it is not wanted or not true any more; `why` is a word for it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Undelivered(Exception):
    """One message was not taken. `for_good`: trying again is no use; `ends`: the connection is gone with it."""

    def __init__(self, code: str, *, for_good: bool = False, ends: bool = False) -> None:
        super().__init__(code)
        self.code, self.for_good, self.ends = code, for_good, ends


class Away(Exception):
    """Nobody takes any mail just now, which is no message's fault: none of them has been tried."""


class Post(Protocol):
    def send(self, message: EmailMessage) -> None:
        """Hand over one message. Raises Undelivered, Away."""


Write = Callable[[Due], EmailMessage]
OpenPost = Callable[[], AbstractContextManager[Post]]


def send_due(*, act: Act, real_now: datetime, write: Write, open_post: OpenPost) -> int:
    """Send up to a batch over one connection; returns how many were handed over. Raises Away."""
    ahead = deque(lease(act=act, real_now=real_now))
    if not ahead:
        return 0
    sent, until = 0, time.monotonic() + LONGEST_BATCH
    try:
        with open_post() as post:
            while ahead and time.monotonic() < until:
                due = ahead.popleft()
                try:
                    message = _written(act, due, write)
                    if message is None:
                        continue
                    post.send(message)
                except Away:
                    ahead.appendleft(due)
                    raise
                except Undelivered as error:
                    set_back(act=act, due=due, code=error.code, for_good=error.for_good)
                    if error.ends:
                        break
                    continue
                mark_sent(act=act, outbox_id=due.id)
                sent += 1
    finally:
        release(ids=[due.id for due in ahead])
    return sent


def _written(act: Act, due: Due, write: Write) -> EmailMessage | None:
    """The message; None where it is dropped. Raises Undelivered for one that cannot be written."""
    try:
        return write(due)
    except Moot as moot:
        mark_sent(act=act, outbox_id=due.id, why=moot.why)
        return None
    except Exception as error:
        # one message that cannot be written must not stop the others; its words stay out of the log
        log.error("message %s (%s) cannot be written: %s", due.id, due.kind, type(error).__name__)  # noqa: TRY400
        raise Undelivered(f"unwritable: {type(error).__name__}") from error


@writes
def lease(session: Session, *, act: Act, real_now: datetime, most: int = BATCH) -> list[Due]:
    """Take due messages; nobody else gets them until the lease ends. One that has used up its tries is set aside."""
    found = []
    for row in outbox.sendable(session, act.now, real_now, most=most):
        if row.tries >= MOST_TRIES:
            row.dead_at, row.leased_until, row.error = act.now, None, row.error or "the sender ended each time"
            continue
        row.tries, row.leased_until = row.tries + 1, real_now + LEASE
        found.append(Due(row.id, row.kind, row.person_id, row.booking_id, row.facts, row.created_at, row.tries))
    return found


@writes
def mark_sent(session: Session, *, act: Act, outbox_id: int, why: str | None = None) -> None:
    """It is on its way; or, with a reason, it is not sent at all and done with."""
    values = {"sent_at": act.now, "leased_until": None, "error": why and f"not sent: {why}"}
    session.execute(update(Outbox).where(Outbox.id == outbox_id, Outbox.sent_at.is_(None)).values(values))


@writes
def set_back(session: Session, *, act: Act, due: Due, code: str, for_good: bool = False) -> None:
    """Try again later; or, after too many tries or where it is no use, set it aside for somebody to look at."""
    is_over = for_good or due.tries >= MOST_TRIES
    values: dict[str, Any] = {"leased_until": None, "error": code[:200]}
    values |= {"dead_at": act.now} if is_over else {"due_at": act.now + pause_after(due.tries)}
    session.execute(update(Outbox).where(Outbox.id == due.id, IS_WAITING).values(values))
    log.warning("message %s (%s) not delivered, try %s: %s", due.id, due.kind, due.tries, code)


def pause_after(tries: int) -> timedelta:
    """1, 2, 4 ... minutes and at most 6 hours, give or take a fifth, so that what failed together comes apart."""
    pause: timedelta = SHORTEST_PAUSE * 2 ** (tries - 1) * random.uniform(0.8, 1.2)  # noqa: S311  # nosec B311  # jitter
    return min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)


@writes
def release(session: Session, *, ids: Sequence[int]) -> None:
    """Give back what was leased and not tried."""
    if ids:
        query = update(Outbox).where(Outbox.id.in_(ids), IS_WAITING)
        session.execute(query.values(leased_until=None, tries=Outbox.tries - 1))


@writes
def requeue(session: Session, *, act: Act, outbox_id: int) -> None:
    """Try a message again that was set aside. Raises Forbidden, NotFound."""
    require(session, act, Action.PEOPLE)
    row = outbox.message(session, outbox_id, for_update=True)
    if row.dead_at is None or row.told_at is not None:
        raise NotFound("message")
    row.dead_at, row.error, row.tries, row.due_at, row.leased_until = None, None, 0, act.now, None


@writes
def mark_told(session: Session, *, act: Act, outbox_id: int) -> None:
    """Somebody of the office told the person otherwise; the history says who. Raises Forbidden, NotFound."""
    require(session, act, Action.PEOPLE)
    row = outbox.message(session, outbox_id)
    booking = None
    if row.booking_id is not None:
        booking = session.get(Booking, row.booking_id, with_for_update={"key_share": True})
    row = outbox.message(session, outbox_id, for_update=True)
    session.refresh(row)
    if row.sent_at is not None or row.told_at is not None or row.due_at > act.now:
        raise NotFound("message")
    row.told_at, row.leased_until = act.now, None
    if booking is not None:
        record(session, act, Event.TOLD, booking, [], was=booking.state, more={"kind": row.kind})


def as_due(row: Outbox) -> Due:
    """A row as the letter reads it, for whoever only looks."""
    return replace(Due(row.id, row.kind, row.person_id, row.booking_id, row.facts, row.created_at), tries=row.tries)
