"""What else a room's calendar may show: when it is shut, and on which hours it is open. By choice of the room.

None of these events ever changes: what is said differently is another event with another UID, so SEQUENCE stays 0. They
do not name the room (the calendar does), so that a new name changes none of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.domain.period import Period
from booking.ical import words
from booking.ical.lines import cleaned, stamp, text_line, time_line, value_line
from booking.ical.vevent import Address

_BEGIN, _END = b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n"


@dataclass(frozen=True)
class Shut:
    """A closure; `key` tells it from every other one, also from one of the same id that was removed."""

    key: str
    period: Period
    names: dict[str, str]
    is_provisional: bool
    since: datetime


def shut_event(shut: Shut, zone: ZoneInfo, language: str, address: Address) -> bytes:
    """Whole days as DATEs, anything else as times. OPAQUE: the room cannot be had."""
    period = shut.period
    starts, ends = (at.astimezone(zone) for at in (period.starts_at, period.ends_at))
    if starts.time() == ends.time() == time():
        times = _days(starts.date(), ends.date())
    else:
        times = time_line("DTSTART", period.starts_at, zone) + time_line("DTEND", period.ends_at, zone)
    name = words.CLOSED_PROVISIONALLY if shut.is_provisional else words.CLOSED
    said = (shut.key, period.starts_at.isoformat(), period.ends_at.isoformat(), zone.key, *shut.names.values())
    summary = f"{name[language]}: {shut.names[language]}"
    status = "TENTATIVE" if shut.is_provisional else "CONFIRMED"
    return _event(summary, times, shut.since, _uid("closed", said, address), status, "OPAQUE")


def open_event(
    room_id: int, day: date, opened: Sequence[Period], zone: ZoneInfo, since: datetime, language: str, address: Address
) -> bytes:
    """The hours of a day as a line above it (DATE, TRANSPARENT): beside bookings, never across them."""
    hours = [tuple(_clock(at, day, zone, language) for at in (one.starts_at, one.ends_at)) for one in opened]
    is_whole = [(starts, ends) for starts, ends in hours] == [_WHOLE[language]]
    times = words.ALL_DAY[language] if is_whole else ", ".join(f"{starts}-{ends}" for starts, ends in hours)
    said = (str(room_id), day.isoformat(), *(f"{starts}-{ends}" for starts, ends in hours))
    lines = _days(day, day + timedelta(days=1))
    uid = _uid("open", said, address)
    return _event(f"{words.OPEN[language]} {times}", lines, since, uid, "CONFIRMED", "TRANSPARENT")


_WHOLE = {"id": ("00.00", "24.00"), "en": ("00:00", "24:00")}


def _clock(at: datetime, day: date, zone: ZoneInfo, language: str) -> str:
    """A wall time; the midnight that ends the day is 24.00."""
    there = at.astimezone(zone)
    said = "24:00" if there.date() > day and there.time() == time() else f"{there:%H:%M}"
    return said.replace(":", ".") if language == "id" else said


def _days(first: date, after: date) -> bytes:
    first_line = value_line("DTSTART;VALUE=DATE", f"{first:%Y%m%d}")
    return first_line + value_line("DTEND;VALUE=DATE", f"{after:%Y%m%d}")


def _event(summary: str, times: bytes, since: datetime, uid: str, status: str, transp: str) -> bytes:
    stamped = stamp(since.astimezone(UTC))
    return b"".join(
        [
            *(_BEGIN, text_line("SUMMARY", cleaned(summary)), times, value_line("DTSTAMP", stamped)),
            *(text_line("UID", uid), value_line("SEQUENCE", "0"), value_line("LAST-MODIFIED", stamped)),
            *(value_line("STATUS", status), value_line("TRANSP", transp), _END),
        ]
    )


def _uid(kind: str, said: Sequence[str], address: Address) -> str:
    return f"{kind}-{hashlib.sha256('|'.join(said).encode()).hexdigest()[:32]}@{address.uid_host}"
