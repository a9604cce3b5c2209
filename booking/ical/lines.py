"""Content lines of RFC 5545, folded. icalendar takes ten times as long; a test holds the bytes against its own."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from icalendar import Event

_MOST = 74
"""Octets of a line without its break, as icalendar writes them; RFC 5545 3.1 allows one more."""
_SAMPLE = datetime(2000, 1, 1, tzinfo=UTC)
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def cleaned(text: str) -> str:
    """Text was cleaned when it was stored; cleaned again here, a feed never breaks on a character."""
    return unicodedata.normalize("NFC", _UNSAFE.sub("", text))


def text_line(name: str, text: str) -> bytes:
    """A property of type TEXT (3.3.11), CRLF at the end.

    The two signs `\\N` stay what they are (C:\\Nada); icalendar would make a line break of them.
    """
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")
    return value_line(name, text)


def value_line(name: str, value: str) -> bytes:
    """A property whose value stands as it is, without line breaks in it."""
    return _folded(f"{name}:{value}".encode()) + b"\r\n"


def _folded(line: bytes) -> bytes:
    """Cut between two characters, never behind a sign that speaks for the next one."""
    pieces = []
    while len(line) > _MOST:
        end = _MOST
        while line[end] & 0b1100_0000 == 0b1000_0000:  # in the middle of a character
            end -= 1
        if line[end - 1] in b"\\^":
            end -= 1
        pieces.append(line[:end])
        line = line[end:]
    return b"\r\n ".join([*pieces, line])


def time_line(name: str, at: datetime, zone: ZoneInfo) -> bytes:
    """An instant in the site's zone; in UTC where that wall time comes twice and would be read as the first."""
    there = at.astimezone(zone)
    if there.fold:
        return value_line(name, stamp(at))
    parameter, mark = _named(zone)
    return value_line(name + parameter, _digits(there) + mark)


def stamp(at: datetime) -> str:
    """An instant in UTC, in whole seconds."""
    return f"{_digits(at.astimezone(UTC))}Z"


def _digits(at: datetime) -> str:
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}"


@cache
def _named(zone: ZoneInfo) -> tuple[str, str]:
    """What names a zone before and behind a time (`;TZID=Asia/Jakarta` and nothing, nothing and Z), by icalendar."""
    event = Event()
    event.add("dtstart", _SAMPLE.replace(tzinfo=zone))
    line = next(one for one in event.to_ical().decode().splitlines() if one.startswith("DTSTART"))
    before, behind = line.removeprefix("DTSTART").split(f":{_digits(_SAMPLE)}")
    return before, behind
