"""Asks ical.js how it reads calendars and expands rules; installs it into a folder under the system's temporary one."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from tests.support.once import made_once

HERE = Path(__file__).resolve().parent
PARTS = ("package.json", "expand.mjs", "events.mjs", "read.mjs")


class Question(TypedDict):
    """As `expand.mjs` reads it."""

    dtstart: str
    rrule: str
    most: int
    exdates: NotRequired[list[str]]
    tzid: NotRequired[str]
    vtimezone: NotRequired[str]


class Answer(TypedDict):
    """As `expand.mjs` writes it; after an `error` there are no `starts`."""

    starts: list[str]
    instants: NotRequired[list[str]]
    error: NotRequired[str]


class NotAsked(Exception):
    """A program cannot be had here; the text is a sentence for whoever reads the report."""

    def __init__(self, reason: str, program: str = "ical.js") -> None:
        super().__init__(f"{program}: NOT asked ({reason})")


class Shown(TypedDict):
    """One event as ical.js would show it; instants in UTC as 2027-03-21T01:30:00."""

    start: str
    end: str
    summary: str
    status: str


def ask(questions: Sequence[Question]) -> list[Answer]:
    """An answer to each question, in order. Raises NotAsked."""
    answers: list[Answer] = json.loads(_run("expand.mjs", json.dumps(questions).encode()))
    return answers


def read(calendars: Sequence[bytes]) -> list[list[Shown]]:
    """What each calendar shows, rules expanded and overrides applied. Raises NotAsked."""
    shown: list[list[Shown]] = json.loads(_run("read.mjs", json.dumps([body.decode() for body in calendars]).encode()))
    return shown


def events(calendar: bytes) -> list[list[str]]:
    """[start, end, title, status] of each event, in UTC. Raises NotAsked, or RuntimeError for what it cannot read."""
    found: list[list[str]] = json.loads(_run("events.mjs", calendar))
    return found


def _run(script: str, given: bytes) -> bytes:
    command = [_program("node"), str(installed() / script)]
    done = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"{script} failed: {done.stderr.decode()}")
    return done.stdout


def installed() -> Path:
    """The folder with ical.js. Raises NotAsked."""
    digest = hashlib.sha256(b"".join((HERE / part).read_bytes() for part in PARTS)).hexdigest()
    return made_once(f"ruang-oracles-{digest[:16]}", _install, _is_whole)


def _is_whole(folder: Path) -> bool:
    return all((folder / part).exists() for part in (*PARTS, "node_modules/ical.js/dist/ical.js"))


def _install(folder: Path) -> None:
    for part in PARTS:
        shutil.copy(HERE / part, folder)
    quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
    command = [_program("npm"), "install", *quiet, "--prefix", str(folder)]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failed:
        raise NotAsked("npm could not install it; is there a network?") from failed


def _program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise NotAsked(f"no {name} found; Debian: apt install nodejs npm")
    return found
