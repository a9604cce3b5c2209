"""The content lines of somebody else's iCalendar file (RFC 5545 3.1), bounded before anything is done with them.

icalendar takes some seconds for a file of 1 MiB that is made to be slow. Here only the lines that an import reads are
taken apart at all, in time that grows with the size of the file and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from booking.domain.errors import refuse

MOST_BYTES = 1024 * 1024
MOST_LINES = 40_000
MOST_EVENTS = 500
MOST_DEPTH = 4

_READ = {
    "VEVENT": frozenset(
        [
            "UID",
            "SUMMARY",
            "LOCATION",
            "STATUS",
            "SEQUENCE",
            "DTSTART",
            "DTEND",
            "DURATION",
            "RRULE",
            "RDATE",
            "EXRULE",
            "EXDATE",
            "RECURRENCE-ID",
        ]
    ),
    "VTIMEZONE": frozenset(("TZID", "X-LIC-LOCATION")),
    "VCALENDAR": frozenset(("METHOD",)),
}
_PART = r'(?:"[^"]*+"|[^";:,]*+)'
_LINE = re.compile(rf"([A-Za-z0-9-]++)((?:;[A-Za-z0-9-]++={_PART}(?:,{_PART})*+)*+):(.*)", re.DOTALL)
_PARAMETER = re.compile(rf";([A-Za-z0-9-]++)=({_PART})")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True)
class Line:
    """One property: parameters by their names in capitals (the first value of each), the value as it stands."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class Part:
    """A component with those of its properties that an import reads; what lies inside it is left out."""

    name: str
    lines: list[Line] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def all(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]


def parts(data: bytes) -> list[Part]:
    """The calendars, time zones and events of a file, each after those it lies in.

    Raises Refused(import_size | import_encoding | import_characters | import_not_calendar | import_lines |
    import_depth | import_broken | import_events).
    """
    stack: list[Part] = []
    found: list[Part] = []
    for raw in _lines(_text(data)):
        name = _name(raw)
        if name == "BEGIN":
            stack.append(Part(raw[6:].strip().upper()))
            _check(stack, found)
        elif name == "END":
            if not stack or stack.pop().name != raw[4:].strip().upper():
                raise refuse("import_broken")
        elif stack and name in _READ.get(stack[-1].name, ()):
            stack[-1].lines.append(_parsed(raw))
    if stack:
        raise refuse("import_broken")
    return found


def _check(stack: list[Part], found: list[Part]) -> None:
    """Whether one more component may be; what an import reads is kept."""
    if len(stack) > MOST_DEPTH:
        raise refuse("import_depth")
    if stack[0].name != "VCALENDAR":
        raise refuse("import_not_calendar")
    if stack[-1].name in _READ:
        found.append(stack[-1])
        if sum(part.name == "VEVENT" for part in found[-MOST_EVENTS - 1 :]) > MOST_EVENTS:
            raise refuse("import_events", most=MOST_EVENTS)
        if len(found) > MOST_LINES // 10:
            raise refuse("import_lines", most=MOST_LINES)


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise refuse("import_size", most=MOST_BYTES // 1024)
    if not data.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].upper() == b"BEGIN:VCALENDAR":
        raise refuse("import_not_calendar")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("import_encoding") from None
    if "\0" in text:
        raise refuse("import_characters")
    return text


def _lines(text: str) -> Iterator[str]:
    """The logical lines, unfolded."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = re.sub(r"\n[ \t]", "", text).split("\n")
    if len(lines) > MOST_LINES:
        raise refuse("import_lines", most=MOST_LINES)
    return (line for line in lines if line.strip())


def _name(raw: str) -> str:
    match = _NAME.match(raw)
    return match[0].upper() if match else ""


def _parsed(raw: str) -> Line:
    match = _LINE.fullmatch(raw)
    if match is None:
        raise refuse("import_broken")
    name, parameters, value = match.groups()
    said = {key.upper(): one.strip('"') for key, one in _PARAMETER.findall(parameters)}
    return Line(name.upper(), said, value.strip())


def plain(value: str) -> str:
    """A value of type TEXT without its escapes (3.3.11)."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
