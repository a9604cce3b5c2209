"""What a browser says of itself (User-Agent) as two words of a short list: nothing else of it is kept."""

from __future__ import annotations

BROWSERS = (
    # what pretends to be another stands before it
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """ "browser/system"; what is not known is empty: "Chrome/Android", "/Linux", "/"."""
    return f"{_first(BROWSERS, user_agent)}/{_first(SYSTEMS, user_agent)}"


def _first(known: tuple[tuple[str, str], ...], said: str) -> str:
    return next((word for sign, word in known if sign in said), "")
