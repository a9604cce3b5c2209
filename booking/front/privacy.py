"""What is stored about persons, in words: of each kind of `storage.personal` what, why, until when, and who sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _l

from booking.domain.retention import Retention
from booking.front.language import ngettext


@dataclass(frozen=True)
class Kind:
    """Texts in the reader's language; in `kept` the centre's numbers have names (see `kinds`)."""

    what: Any
    why: Any
    kept: Any
    seen: Any


KINDS: dict[str, Kind] = {
    "account": Kind(
        _l("Name, phone number, e-mail address if you gave one, language, and the password in a form nobody can read"),
        _l("To know who asks, to answer you, and to let nobody else in."),
        _l("Until you erase your account."),
        _l("You, staff, and the contacts of your communities."),
    ),
    "consent": Kind(
        _l("Which version of the centre's text about privacy you accepted, and when"),
        _l("To know that you could read it, and to ask you again only when it changes."),
        _l("Until you erase your account; that the version was accepted stays in the history without your name."),
        _l("You alone; administrators see how many accepted it."),
    ),
    "devices": Kind(
        _l(
            "Devices that are logged in (browser and system), one-time codes, failed log-ins, the sealed secret of a "
            "second factor, and log-ins elsewhere that you have connected"
        ),
        _l("To keep you logged in and strangers out."),
        _l("Until you log out or they run out, 90 days at most; what has run out goes after %(sessions)s."),
        _l("You alone."),
    ),
    "addresses": Kind(
        _l("Calendar addresses and keys: their label, which app asked for them and when"),
        _l("To show which phone has your calendar and to tell you what it missed."),
        _l("Until you erase your account; revoked ones stop at once and go after %(tokens)s."),
        _l("You alone."),
    ),
    "communities": Kind(
        _l("Communities to which you belong, and whether you answer for them"),
        _l("The centre lends to communities; members manage their bookings."),
        _l("Until you leave."),
        _l("Members of the community and staff."),
    ),
    "roles": Kind(
        _l("Roles that you have at the centre"),
        _l("To know who may decide what."),
        _l("As long as the role is yours; that it was is kept in the history."),
        _l("You and those who give roles."),
    ),
    "bookings": Kind(
        _l("What you asked for: title, purpose, people, needs, times, and the answers"),
        _l("To lend rooms, and to show later that nobody was favoured."),
        _l(
            "Your words until %(words)s after the last date, or until you erase your account. "
            "Times, rooms, numbers and titles of communities are kept for counting."
        ),
        _l("You, your community and staff. The public sees no person, and of a room as much as it shows."),
    ),
    "calendars": Kind(
        _l("Your bookings as calendar entries"),
        _l("So that calendars on phones are quick and right."),
        _l("91 days after the date."),
        _l("Whoever may see the booking."),
    ),
    "messages": Kind(
        _l("Messages to you: what they were about, when they were sent"),
        _l("To answer you, and to know whether an answer arrived."),
        _l("Until %(messages)s after they were sent, when the booking is over."),
        _l("You and staff."),
    ),
    "history": Kind(
        _l("Every step of a booking: who, when, what, and the reasons given"),
        _l("A public office must be able to show how it decided."),
        _l("Steps are never erased; the words in them go %(words)s after the last date, or with your account."),
        _l("You, your community and staff."),
    ),
    "views": Kind(
        _l("Who of the staff looked at your data, what and on which day"),
        _l("So that nobody looks without a reason."),
        _l("%(views)s."),
        _l("You, administrators and auditors."),
    ),
}

DUE: Mapping[str, Any] = {
    "words": _l("Bookings whose words would be blanked"),
    "messages": _l("Messages"),
    "sessions": _l("Ended log-ins"),
    "links": _l("Used links of mails"),
    "codes": _l("Used one-time codes"),
    "tokens": _l("Revoked calendar addresses and keys"),
    "reasons": _l("Reasons for erasing somebody"),
    "throttle": _l("Marks of failed log-ins"),
    "views": _l("Notes on who looked at whose data"),
}
"""Kinds of `storage.retention.due`."""


def kinds(said: Retention) -> dict[str, Kind]:
    """Kind -> what is said of it, with the centre's own numbers."""
    numbers = {"words": months(said.words_months)}
    numbers |= {name: days(getattr(said, f"{name}_days")) for name in ("messages", "sessions", "tokens", "views")}
    return {word: replace(kind, kept=str(kind.kept) % numbers) for word, kind in KINDS.items()}


def months(number: int) -> str:
    return ngettext("%(num)s month", "%(num)s months", number)


def days(number: int) -> str:
    return ngettext("%(num)s day", "%(num)s days", number)
