"""What is stored about persons, in words: of each kind of `storage.personal` what, why, until when, and who sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Kind:
    """Texts in the reader's language."""

    what: Any
    why: Any
    kept: Any
    seen: Any


_AS_LONG_AS_ACCOUNT = _l("Until you erase your account.")

KINDS: dict[str, Kind] = {
    "account": Kind(
        _l("Name, phone number, e-mail address if you gave one, language, and the password in a form nobody can read"),
        _l("To know who asks, to answer you, and to let nobody else in."),
        _AS_LONG_AS_ACCOUNT,
        _l("You, staff, and the contacts of your communities."),
    ),
    "devices": Kind(
        _l(
            "Devices that are logged in (browser and system), one-time codes, failed log-ins, the sealed secret of a "
            "second factor, and log-ins elsewhere that you have connected"
        ),
        _l("To keep you logged in and strangers out."),
        _l("Devices until you log out, 90 days at most; the rest until you remove it."),
        _l("You alone."),
    ),
    "addresses": Kind(
        _l("Calendar addresses and keys: their label, which app asked for them and when"),
        _l("To show which phone has your calendar and to tell you what it missed."),
        _l("Until you erase your account; revoked ones stop at once."),
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
        _l("Titles and other words until you erase your account; times, rooms and numbers are kept for counting."),
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
        _AS_LONG_AS_ACCOUNT,
        _l("You and staff."),
    ),
    "history": Kind(
        _l("Every step of a booking: who, when, what, and the reasons given"),
        _l("A public office must be able to show how it decided."),
        _l("Steps are never erased; your words in them are, with your account."),
        _l("You, your community and staff."),
    ),
}
