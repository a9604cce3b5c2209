"""Four programs that others wrote read a calendar: the same events out of each, or somebody is wrong.

An event is (start, end, title, status): times in UTC as 2027-03-21T01:30:00Z, status as RFC 5545 names it.
"""

from __future__ import annotations

import json
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from tests.oracles import environment, icaljs

Event = tuple[str, str, str, str]
Reader = Callable[[bytes], list[Event]]

HERE = Path(__file__).resolve().parent
SPAN = (date(2000, 1, 1), date(2100, 1, 1))
"""Programs that look for events in a span are given this one."""
SECONDS = 240


def by_icaljs(calendar: bytes) -> list[Event]:
    """Raises NotAsked."""
    return [(start, end, title, status) for start, end, title, status in icaljs.events(calendar)]


def by_vobject(calendar: bytes) -> list[Event]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own business
        import vobject

        found = vobject.readOne(calendar.decode("utf-8"))
        events = found.contents.get("vevent", [])
    return [(_utc(one.dtstart.value), _utc(one.dtend.value), one.summary.value, one.status.value) for one in events]


def by_recurring(calendar: bytes) -> list[Event]:
    """recurring-ical-events. Raises NotAsked."""
    return all_by_recurring([calendar])[0]


def all_by_recurring(calendars: Sequence[bytes]) -> list[list[Event]]:
    """Several calendars in one go. Raises NotAsked."""
    command = [environment.python(), HERE / "recurring.py", *map(str, SPAN)]
    done = subprocess.run(command, input=_as_json(calendars), capture_output=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"recurring-ical-events failed: {done.stderr.decode()}")
    found = json.loads(done.stdout)
    return [[(start, end, title, status) for start, end, title, status in events] for events in found]


def _as_json(calendars: Sequence[bytes]) -> bytes:
    return json.dumps([calendar.decode() for calendar in calendars]).encode()


IN_MEMORY: Mapping[str, Reader] = {
    "ical.js": by_icaljs,
    "vobject": by_vobject,
    "recurring-ical-events": by_recurring,
}


def _utc(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"no zone: {at}")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_VDIRSYNCER = """
[general]
status_path = "{folder}/status"

[pair feed]
a = "far"
b = "near"
collections = null
conflict_resolution = "a wins"

[storage far]
type = "http"
url = "{url}"

[storage near]
type = "filesystem"
path = "{folder}/events"
fileext = ".ics"
"""
_KHAL = """
[calendars]
[[feed]]
path = {folder}/events
readonly = True

[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M:%S
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M:%S
longdatetimeformat = %Y-%m-%d %H:%M:%S

[sqlite]
path = {folder}/khal.db
"""
_FIELDS = ("start-long-full", "end-long-full", "title", "status")


def by_khal(url: str, folder: Path) -> list[Event]:
    """vdirsyncer fetches the feed into an empty folder, khal lists what lies there. Raises NotAsked."""
    (folder / "events").mkdir(parents=True)
    for name, text in (("vdirsyncer", _VDIRSYNCER), ("khal", _KHAL)):
        (folder / name).write_text(text.format(folder=folder, url=url), "utf-8")
    _run("vdirsyncer", "-c", folder / "vdirsyncer", "discover")
    _run("vdirsyncer", "-c", folder / "vdirsyncer", "sync")
    fields = [word for name in _FIELDS for word in ("--json", name)]
    # day by day, without the days it says nothing of
    said = _run("khal", "-c", folder / "khal", "list", "--once", *fields, *map(str, SPAN))
    days = [json.loads(line) for line in said.splitlines() if line.strip()]
    return [tuple(_of_khal(one)) for day in days for one in day]


def _of_khal(said: Mapping[str, str]) -> Iterable[str]:
    start, end, title, status = (said[name] for name in _FIELDS)
    return (f"{start.replace(' ', 'T')}Z", f"{end.replace(' ', 'T')}Z", title, status)


def _run(program: str, *words: object) -> str:
    command = [str(environment.python()), "-m", program, *map(str, words)]
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, input=b"")
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stderr.decode()}")
    return done.stdout.decode("utf-8")


def differences(wanted: Collection[Event], found: Collection[Event]) -> list[str]:
    """Events that are missing or too many, each as a line; empty when both are the same, however ordered."""
    missing, extra = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    lines = [f"missing {times}x {' | '.join(one)}" for one, times in sorted(missing.items())]
    return lines + [f"too much {times}x {' | '.join(one)}" for one, times in sorted(extra.items())]
