"""VTIMEZONE texts (RFC 5545 3.6.5), the same bytes in every process.

icalendar's `add_missing_timezones()` differs between processes and is wrong for zones with daylight saving. Here the
rule that is in force now, the POSIX TZ footer of the zone's file (RFC 9636 3.3), is written in its canonical form.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files

_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_NAME = r"(<[^>]+>|[A-Za-z]+)"
_OFFSET = r"([+-]?\d+(?::\d+)*)"
_FOOTER = re.compile(rf"{_NAME}{_OFFSET}(?:{_NAME}{_OFFSET}?,([^,]+),([^,]+))?")


@cache
def vtimezone(zone: str) -> bytes:
    """The VTIMEZONE of an IANA zone. Raises ValueError for a zone whose rule cannot be written."""
    rule = files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes().rstrip(b"\n").rpartition(b"\n")[2].decode()
    match = _FOOTER.fullmatch(rule)
    if not match:
        raise ValueError(f"no rule for {zone}: {rule!r}")
    name, offset, summer, summer_offset, begins, ends = match.groups()
    standard = -_seconds(offset)
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    if not summer:
        lines += _block("STANDARD", "19700101T000000", "", standard, standard, name)
    else:
        daylight = -_seconds(summer_offset) if summer_offset else standard + 3600
        on, off = _onset(begins), _onset(ends)
        lines += _block("DAYLIGHT", on.first, on.rule, standard, daylight, summer)
        lines += _block("STANDARD", off.first, off.rule, daylight, standard, name)
    return "\r\n".join([*lines, "END:VTIMEZONE", ""]).encode()


def _block(kind: str, first: str, rule: str, before: int, after: int, name: str) -> list[str]:
    """Properties in the order in which icalendar writes them, so that a joined calendar equals its output."""
    lines = [f"BEGIN:{kind}", f"DTSTART:{first}", *([f"RRULE:{rule}"] if rule else []), f"TZNAME:{name.strip('<>')}"]
    return [*lines, f"TZOFFSETFROM:{_signed(before)}", f"TZOFFSETTO:{_signed(after)}", f"END:{kind}"]


@dataclass(frozen=True)
class _Onset:
    first: str
    rule: str


def _onset(rule: str) -> _Onset:
    """Mm.w.d/time: weekday d of week w (5: the last) of month m, at a wall time that may lie days before or after."""
    match = re.fullmatch(r"M(\d+)\.(\d)\.(\d)(?:/([+-]?\d+(?::\d+)*))?", rule)
    if not match:
        raise ValueError(f"cannot write the rule {rule!r}")
    month, week, weekday = (int(part) for part in match.groups()[:3])
    shift, clock = divmod(_seconds(match.group(4) or "2"), 86_400)
    day = _nth(1970, month, week, weekday) + timedelta(days=shift)
    first = datetime(day.year, day.month, day.day) + timedelta(seconds=clock)  # noqa: DTZ001  # wall time
    name = _DAYS[(weekday + shift) % 7]
    if not shift:
        by = f"BYDAY={week if week < 5 else -1}{name};BYMONTH={month}"
    else:
        length = monthrange(1971, month)[1]
        last = min(7 * week, length) if week < 5 else length
        days = ",".join(str(number + shift) for number in range(last - 6, last + 1))
        by = f"BYDAY={name};BYMONTHDAY={days};BYMONTH={month}"
    return _Onset(f"{first:%Y%m%dT%H%M%S}", f"FREQ=YEARLY;{by}")


def _nth(year: int, month: int, week: int, weekday: int) -> date:
    first = date(year, month, 1)
    day = 1 + (weekday - first.isoweekday()) % 7 + 7 * (week - 1)
    while day > monthrange(year, month)[1]:
        day -= 7
    return date(year, month, day)


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    return sign * sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))


def _signed(seconds: int) -> str:
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}{minutes:02d}"
