"""What there is to look after, in groups, for the overview and for the row of links above each page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from booking.domain.permissions import Action, Viewer


@dataclass(frozen=True)
class Entry:
    """A page for those who may do one of the actions; `about` says what one finds there."""

    path: str
    icon: str
    label: Any
    about: Any
    actions: tuple[Action, ...]


_A = Action
MENU: tuple[tuple[Any, tuple[Entry, ...]], ...] = (
    (
        _l("The place"),
        (
            Entry("centre", "info", _l("Centre"), _l("Name, welcome, notice, complaints, time zone"), (_A.FURNISH,)),
            Entry("sites", "building-2", _l("Sites"), _l("Addresses, rules for all their rooms"), (_A.FURNISH,)),
            Entry("rooms", "house", _l("Rooms and hours"), _l("Who may ask, when, for how long"), (_A.FURNISH,)),
            Entry("items", "laptop", _l("Items"), _l("What can be lent, with its stock"), (_A.FURNISH,)),
        ),
    ),
    (
        _l("When it is open"),
        (
            Entry(
                "calendar",
                "calendar-days",
                _l("Opening calendar"),
                _l("A month of a room: open, short, closed, and why"),
                (_A.FURNISH, _A.CLOSE),
            ),
            Entry("profiles", "clock", _l("Profiles"), _l("Other hours for some weeks, as in Ramadan"), (_A.FURNISH,)),
            Entry("closures", "ban", _l("Closures"), _l("Holidays and repairs, with whom they hit"), (_A.CLOSE,)),
        ),
    ),
    (
        _l("People and communities"),
        (
            Entry("people", "user", _l("People"), _l("Contact details, new passwords"), (_A.PEOPLE,)),
            Entry("communities", "users", _l("Communities"), _l("Verify, members, mentorship"), (_A.PEOPLE,)),
            Entry("roles", "key-round", _l("Roles"), _l("Who may decide, close, look after what"), (_A.ROLES,)),
            Entry("permissions", "search", _l("Who may do what"), _l("Every role in words, and why"), (_A.EXPLAIN,)),
            Entry("privacy", "info", _l("Privacy"), _l("How long data is kept, the text about it"), (_A.FURNISH,)),
            Entry("privacy/views", "user", _l("Who looked"), _l("Who of the staff looked at whose data"), (_A.AUDIT,)),
            Entry("classes", "layout-grid", _l("Classifications"), _l("Types, clusters, districts"), (_A.PEOPLE,)),
        ),
    ),
    (
        _l("The office"),
        (
            Entry(
                "messages", "message-circle", _l("Messages"), _l("What waits, what failed, whom to call"), (_A.PEOPLE,)
            ),
            Entry(
                "reasons", "pencil", _l("Reasons"), _l("Ready-made sentences for answers"), (_A.OVERRIDE, _A.FURNISH)
            ),
            Entry(
                "import",
                "calendar-plus",
                _l("Import"),
                _l("Bring in a calendar file, with a dry run first"),
                (_A.OVERRIDE, _A.FURNISH, _A.CLOSE),
            ),
            Entry("history", "hourglass", _l("History"), _l("Who did what and when"), (_A.SEE_REQUESTS,)),
        ),
    ),
)


def menu(viewer: Viewer) -> list[tuple[Any, list[Entry]]]:
    """The groups with what the viewer may do; groups of nothing are left out."""
    groups = [(label, [one for one in entries if any(map(viewer.may, one.actions))]) for label, entries in MENU]
    return [(label, entries) for label, entries in groups if entries]
