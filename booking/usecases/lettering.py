"""Letters that go with a request: a PDF with number and date, added while the request is undecided."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, NotFound, Refused, Violation, refuse
from booking.domain.events import Event
from booking.domain.lifecycle import OPEN
from booking.domain.pdf import check_pdf
from booking.domain.permissions import Viewer
from booking.domain.text import clean_line
from booking.storage import letter_files
from booking.storage.bookings import Booking, booking_by_code, may_act_for, may_override
from booking.storage.db import reading
from booking.storage.letters import Letter, kept_too_long, letter, letters_of
from booking.storage.settings import centre
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of
from booking.usecases.recording import record

MOST_LETTERS = 5
MONTH = timedelta(days=30.4375)
STRAY_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class LetterFacts:
    number: str
    dated_on: date | None
    data: bytes


def check_letter(new: LetterFacts, today: date) -> None:
    """Raises Refused with everything that is wrong with it."""
    broken: list[Violation] = []
    try:
        clean_line(new.number, field="letter_number", longest=80)
    except Refused as refused:
        broken += refused.violations
    if new.dated_on is None:
        broken.append(Violation("required", field="letter_date"))
    elif not date(2000, 1, 1) <= new.dated_on <= today:
        broken.append(Violation("letter_date", field="letter_date"))
    try:
        check_pdf(new.data)
    except Refused as refused:
        broken += refused.violations
    if broken:
        raise Refused(broken)


def answers_for(booking: Booking, viewer: Viewer) -> bool:
    """Its people, and staff who may act for it."""
    return may_act_for(booking, viewer) or may_override(booking, viewer)


def may_add(booking: Booking, viewer: Viewer) -> bool:
    """Whoever answers for the booking, while any of it is undecided."""
    is_open = any(one.state in OPEN for one in booking.occurrences)
    return is_open and answers_for(booking, viewer)


def add_letter(*, act: Act, code: str, new: LetterFacts, folder: Path) -> None:
    """Keep a letter with a request. Raises Refused, Forbidden, NotFound.

    The file is on the disk before the row that names it; one whose row is refused goes again.
    """
    check_letter(new, act.today)
    name, sha256 = letter_files.keep(folder, new.data)
    try:
        _store(act=act, code=code, new=new, file=name, sha256=sha256)
    except BaseException:
        letter_files.drop(folder, name)
        raise


@writes
def _store(session: Session, *, act: Act, code: str, new: LetterFacts, file: str, sha256: str) -> None:
    viewer = viewer_of(session, act)
    booking = booking_by_code(session, code, viewer)
    session.refresh(booking, with_for_update={"key_share": True, "of": Booking})
    if not answers_for(booking, viewer):
        raise Forbidden
    if not may_add(booking, viewer):
        raise refuse("state", state=booking.state)
    if len(letters_of(session, booking.id)) >= MOST_LETTERS:
        raise refuse("letters", field="letter", most=MOST_LETTERS)
    number, dated_on = clean_line(new.number, field="letter_number", longest=80), new.dated_on
    session.add(
        Letter(
            booking_id=booking.id,
            number=number,
            dated_on=dated_on,
            file=file,
            sha256=sha256,
            size=len(new.data),
            added_by=act.actor,
            added_at=act.now,
        )
    )
    _note(session, act, Event.LETTER_ADDED, booking, number, dated_on, sha256)


def _note(
    session: Session, act: Act, event: Event, booking: Booking, number: str, dated_on: date | None, sha256: str
) -> None:
    """The number is somebody's words, which the history keeps apart: they can be erased."""
    facts = {"dated_on": str(dated_on), "sha256": sha256}
    record(session, act, event, booking, [], was=booking.state, text=number, more=facts, has_ties=False)


def letter_bytes(session: Session, *, viewer: Viewer, code: str, letter_id: int, folder: Path) -> tuple[Letter, bytes]:
    """For the booking's people and staff who may see the request. Raises NotFound for everybody and everything else."""
    booking = booking_by_code(session, code, viewer)
    found = letter(session, letter_id)
    data = letter_files.read(folder, found.file or "", found.sha256) if found.booking_id == booking.id else None
    if data is None:
        raise NotFound("letter")
    return found, data


def old_letters(session: Session, now: datetime) -> Collection[Letter]:
    """Those whose time to be kept is over; none where the centre keeps them for ever (0 months)."""
    months = centre(session).letter_months
    return kept_too_long(session, now - months * MONTH) if months else ()


@writes
def _let_go(session: Session, *, act: Act) -> list[str]:
    """Number and date stay, in the row and in the history."""
    names = []
    for one in old_letters(session, act.now):
        names.append(one.file or "")
        one.file = None
        _note(session, act, Event.LETTER_DROPPED, one.booking, one.number, one.dated_on, one.sha256)
    return names


def drop_old_letters(*, act: Act, folder: Path) -> int:
    """Delete up to 100 files whose time is over, after it is written down; returns how many."""
    names = _let_go(act=act)
    for name in names:
        letter_files.drop(folder, name)
    return len(names)


def drop_strays(*, real_now: datetime, folder: Path) -> None:
    """Files of requests that were never stored: the program ended in between."""
    known = {one for one in reading().scalars(select(Letter.file)) if one}
    for name in letter_files.strays(folder, known, (real_now - STRAY_AFTER).timestamp()):
        letter_files.drop(folder, name)
