"""A due message as a mail: text and HTML that say the same, and invitations where the reader wants them."""

from __future__ import annotations

import re
from datetime import timedelta
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from flask import current_app

from booking.domain.events import AccountNotice
from booking.domain.messages import KINDS
from booking.front import context
from booking.front.letters import Letter, letter_of
from booking.ical.invitation import Party
from booking.mail.invitations import Invitation, invitations_of
from booking.storage.db import reading
from booking.storage.people import person_by_id
from booking.usecases.deciding_by_mail import new_link
from booking.usecases.proving import new_mail_key
from booking.usecases.sending import Due, Moot
from booking.usecases.signing_in import new_reset_code

LATE = timedelta(days=14)
"""What could not be said for so long is not said any more: the person had no address, or the server was away."""
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def write(due: Due) -> EmailMessage:
    """The mail of a leased message. Raises Moot where it is not wanted or not true any more."""
    person = person_by_id(reading(), due.person_id)
    if context.now() - due.created_at > LATE:
        raise Moot("late")
    # a new address has yet to be proved, and the one before learns that it is the one before
    to = str(due.facts.get("to") or person.email or "")
    if not to or person.closed_at is not None:
        raise Moot("no address")
    letter = letter_of(due)
    # only now that it is known to be sent
    if key_url := _key_url(due):
        letter = letter_of(due, key_url=key_url)
    sender = sender_of(str(current_app.config["MAIL_FROM"]))
    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(letter.subject)
    message["From"] = MailAddress(display_name=sender.name, addr_spec=sender.email)
    message["To"] = MailAddress(display_name=one_line(person.name), addr_spec=to)
    message["Date"] = format_datetime(context.real_now())
    _identify(message, due)
    _fill(message, letter)
    attendee = Party(one_line(person.name), to, letter.language)
    _invite(message, invitations_of(due, person, sender, attendee))
    # last: what is set before the content goes with it
    message["Content-Language"] = letter.language
    return message


def _identify(message: EmailMessage, due: Due) -> None:
    """The same Message-ID however often it is sent; mails of one booking belong together (RFC 5322 3.6.4)."""
    host = current_app.config["UID_HOST"]
    message["Message-ID"] = f"<outbox-{due.id}@{host}>"
    if due.booking_id is not None:
        message["References"] = f"<booking-{due.booking_id}@{host}>"
    # RFC 3834: no machine shall answer
    message["Auto-Submitted"] = "auto-generated"
    if KINDS[due.kind].mutable:
        message["List-Unsubscribe"] = f"<{context.link('/account/messages')}>"


def _fill(message: EmailMessage, letter: Letter) -> None:
    """Quoted-printable, so that every server can carry it."""
    text, html = (
        current_app.jinja_env.get_template(f"mail/letter.{kind}").render(letter=letter) for kind in ("txt", "html")
    )
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")


def _invite(message: EmailMessage, found: list[Invitation]) -> None:
    """The first beside the text, where calendars look for it (RFC 6047 2.4); one object for each further date.

    Several events of different UIDs may not share an object with a METHOD (RFC 5546 3.2.2).
    """
    for number, one in enumerate(found, 1):
        params = {"method": str(one.method), "charset": "utf-8"}
        if number == 1:
            message.add_alternative(one.body, maintype="text", subtype="calendar", params=params)
        else:
            name = f"{number}.ics"
            message.add_attachment(one.body, maintype="text", subtype="calendar", params=params, filename=name)


def _key_url(due: Due) -> str:
    """The address that is a key, made for this mail alone; nothing where its kind has none."""
    now, key = context.real_now(), ""
    if due.kind == AccountNotice.VERIFY_EMAIL:
        key = f"verify/{new_mail_key(person_id=due.person_id, email=due.facts['to'], real_now=now)}"
    elif due.kind == AccountNotice.RESET:
        key = f"reset/{new_reset_code(person_id=due.person_id, now=now, is_mailed=True)}"
    elif due.booking_id is not None and KINDS[due.kind].staff:
        key = f"decide/{new_link(person_id=due.person_id, booking_id=due.booking_id, real_now=now)}"
    return context.link(f"/{key}") if key else ""


def sender_of(said: str) -> Party:
    """MAIL_FROM as it stands; without a name in it the centre's."""
    name, email = parseaddr(said)
    return Party(one_line(name or context.centre().name), email)


def one_line(text: str) -> str:
    """Text was cleaned when it was stored; cleaned again here, no header breaks on it."""
    return _UNSAFE.sub(" ", text).strip()
