"""A booking as a few lines to send to friends, in the reader's language. It leads to the room's public page, not to the
booking: that one opens for its owners alone.
"""

from __future__ import annotations

from urllib.parse import quote

from booking.front import context, formats, words
from booking.front.language import ngettext
from booking.storage.bookings import Booking, Occurrence

_MOST_DATES = 5


def whatsapp(booking: Booking, occurrences: list[Occurrence]) -> str:
    """The address that opens WhatsApp with the text; whom it goes to is chosen there. `occurrences`: in their order."""
    return f"https://wa.me/?text={quote(text(booking, occurrences), safe='')}"


def text(booking: Booking, occurrences: list[Occurrence]) -> str:
    """Title, dates, places (each once), state, and where to look."""
    places = list(dict.fromkeys(_place(one) for one in occurrences))
    dates = [formats.period_text(one.period, one.room.site.zone) for one in occurrences[:_MOST_DATES]]
    more = len(occurrences) - len(dates)
    if more:
        dates.append(ngettext("and %(num)s more date", "and %(num)s more dates", more))
    who = booking.community.name if booking.community else booking.person.name
    look = context.link(f"/rooms/{occurrences[0].room.slug}") if occurrences[0].room.is_public else ""
    lines = [f"*{booking.title}*", *dates, *places, f"{words.STATES[booking.state]} · {who}", look]
    return "\n".join(line for line in lines if line)


def _place(one: Occurrence) -> str:
    return ", ".join(part for part in (one.room.name, one.room.site.name, one.room.site.address) if part)
