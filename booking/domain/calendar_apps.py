"""Calendar apps: which one asks for a feed, how long it takes to ask again, and what follows from that.

What is known of their intervals comes from their makers' help pages and settings; where an app lets people choose,
the longest usual choice stands here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Family(StrEnum):
    """Apps that are set up and hurried in the same way; pages have the words for each."""

    GOOGLE = "google"
    IPHONE = "iphone"
    MAC = "mac"
    OUTLOOK = "outlook"
    ANDROID = "android"
    THUNDERBIRD = "thunderbird"
    SERVER = "server"
    BROWSER = "browser"
    OTHER = "other"


@dataclass(frozen=True)
class App:
    """`needs`: how long it may take to see a change. `at_most`: not asking for longer than that, it is broken."""

    name: str
    family: Family
    needs: timedelta = timedelta(hours=24)
    at_most: timedelta = timedelta(days=3)


_WEEK = timedelta(days=8)
_SLOW = timedelta(hours=48)

# In this order: the first whose words stand in the User-Agent where a word begins ("axios/" is no "ios/"); what follows
# them may be more of a name ("FantasticalMac", "OutlookMobile")
KNOWN: tuple[tuple[str, App], ...] = (
    ("google-calendar-importer", App("Google Calendar", Family.GOOGLE)),
    ("icsx5", App("ICSx5", Family.ANDROID)),
    ("davx5", App("DAVx5", Family.ANDROID)),
    ("thunderbird", App("Thunderbird", Family.THUNDERBIRD, at_most=_WEEK)),
    ("nextcloud", App("Nextcloud", Family.SERVER)),
    ("vdirsyncer", App("vdirsyncer", Family.SERVER, at_most=_WEEK)),
    ("khal/", App("khal", Family.SERVER, at_most=_WEEK)),
    ("pimsync", App("pimsync", Family.SERVER, at_most=_WEEK)),
    ("homeassistant", App("Home Assistant", Family.SERVER)),
    ("home assistant", App("Home Assistant", Family.SERVER)),
    ("evolution", App("GNOME", Family.THUNDERBIRD, at_most=_WEEK)),
    ("gnome", App("GNOME", Family.THUNDERBIRD, at_most=_WEEK)),
    ("akonadi", App("KDE", Family.THUNDERBIRD, at_most=_WEEK)),
    ("fantastical", App("Fantastical", Family.OTHER)),
    ("busycal", App("BusyCal", Family.OTHER, at_most=_WEEK)),
    ("outlook", App("Outlook", Family.OUTLOOK)),
    ("exchange/", App("Outlook", Family.OUTLOOK)),
    ("microsoft exchange", App("Outlook", Family.OUTLOOK)),
    ("microsoft office", App("Outlook", Family.OUTLOOK)),
    ("macos/", App("Mac", Family.MAC, needs=_SLOW, at_most=_WEEK)),
    ("mac os x/", App("Mac", Family.MAC, needs=_SLOW, at_most=_WEEK)),
    ("mac+os+x/", App("Mac", Family.MAC, needs=_SLOW, at_most=_WEEK)),
    ("calendaragent", App("Mac", Family.MAC, needs=_SLOW, at_most=_WEEK)),
    ("ipados/", App("iPad", Family.IPHONE, at_most=_WEEK)),
    ("ios/", App("iPhone", Family.IPHONE, at_most=_WEEK)),
    ("dataaccessd", App("iPhone", Family.IPHONE, at_most=_WEEK)),
    ("mozilla/", App("Browser", Family.BROWSER, needs=_SLOW, at_most=_WEEK)),
)
LONGEST_NEED = _SLOW
IN_USE = timedelta(days=14)
"""What has not asked for longer is read by nobody any more."""
READS_WITHIN = timedelta(seconds=2)
"""A change counts as seen by who asks that much later. It bears the time at which its transaction began, in whole
seconds, and calendars show it from its end on.
"""

_PRODUCT = re.compile(r"[A-Za-z][\w.+ -]*")
_PATTERNS = [(words, re.compile(rf"(?<![a-z0-9]){re.escape(words)}"), app) for words, app in KNOWN]
_BY_NAME = {app.name: app for _, app in KNOWN}


def app_of(user_agent: str) -> App:
    """The app behind a User-Agent; of an unknown one its first product, without version and oddities."""
    said = user_agent[:300].lower()
    for words, pattern, app in _PATTERNS:
        # each fetch comes by here: most words are ruled out the fast way
        if words in said and pattern.search(said):
            return app
    found = _PRODUCT.match(user_agent[:60].strip())
    return app_named(found[0].strip()[:40] if found else "")


def app_named(name: str) -> App:
    """The app by the name that is kept of it; conservative about what is not known."""
    return _BY_NAME.get(name) or App(name, Family.OTHER, needs=_SLOW, at_most=_WEEK)


def is_known(app: App) -> bool:
    """Whether it is in the table: what is not may call itself anything."""
    return app.name in _BY_NAME


class Health(StrEnum):
    """How a subscription stands, worst first."""

    NEVER = "never"
    SILENT = "silent"
    BEHIND = "behind"
    CURRENT = "current"


def has_seen(fetched_at: datetime | None, changed_at: datetime | None) -> bool:
    """Whether who asked then knows of a change; both by one clock."""
    if changed_at is None:
        return fetched_at is not None
    return fetched_at is not None and fetched_at >= changed_at + READS_WITHIN


def health(app: App, fetched_at: datetime | None, changed_at: datetime | None, now: datetime) -> Health:
    """`changed_at`: when anything that the calendar shows changed last. A browser that looked has set up nothing."""
    if fetched_at is None or app.family is Family.BROWSER:
        return Health.NEVER
    if now - fetched_at > app.at_most:
        return Health.SILENT
    return Health.CURRENT if has_seen(fetched_at, changed_at) else Health.BEHIND
