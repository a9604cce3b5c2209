"""Decide with the link of a mail: for one person, one booking as it was, once, within 72 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, NotFound
from booking.storage import access, mail_links
from booking.storage.bookings import Booking
from booking.storage.mail_links import MailLink
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.deciding import Verdict, decide

LASTS = timedelta(hours=72)


class Standing(StrEnum):
    OPEN = "open"
    OVER = "over"  # used, or too old
    CHANGED = "changed"  # the booking is not what it was when the mail was written


@dataclass(frozen=True)
class Found:
    """What a link leads to."""

    standing: Standing
    person_id: int
    code: str


@writes
def new_link(session: Session, *, person_id: int, booking_id: int, real_now: datetime) -> str:
    """The secret of a new link, which is not kept. Raises NotFound."""
    version = mail_links.version_of(session, booking_id)
    secret = access.new_secret()
    session.add(
        MailLink(
            hash=access.digest(secret),
            person_id=person_id,
            booking_id=booking_id,
            version=version,
            created_at=real_now,
            expires_at=real_now + LASTS,
        )
    )
    return secret


def look_up(session: Session, secret: str, real_now: datetime) -> Found:
    """Only reads: whoever looks, a scanner of mails too, uses nothing up. Raises NotFound."""
    link = mail_links.mail_link(session, access.digest(secret))
    if link is None:
        raise NotFound("link")
    booking = session.get(Booking, link.booking_id)
    if booking is None:
        raise NotFound("link")
    return Found(_standing(link, booking, real_now), link.person_id, booking.code)


def _standing(link: MailLink, booking: Booking, real_now: datetime) -> Standing:
    if link.used_at is not None or link.expires_at <= real_now:
        return Standing.OVER
    return Standing.OPEN if link.version == booking.version else Standing.CHANGED


@writes
def decide_by_link(
    session: Session, *, act: Act, secret: str, verdict: Verdict, reason: str, real_now: datetime
) -> Found:
    """Decide as the link's person and use the link up; a refusal leaves it as it was.

    Where the link is over or the booking has changed nothing is done, and the answer says so. Raises Refused as
    `decide` does, NotFound for no such link and where its person may not decide any more.
    """
    link = mail_links.mail_link(session, access.digest(secret), for_update=True)
    if link is None:
        raise NotFound("link")
    found = look_up(session, secret, real_now)
    if found.standing is not Standing.OPEN:
        return found
    version = link.version
    try:
        decide(act=act.by(found.person_id), code=found.code, verdict=verdict, reason=reason, version=version)
    except Forbidden:
        raise NotFound("link") from None
    link.used_at = real_now
    return found
