"""The Python that has khal, vdirsyncer and recurring-ical-events: installed once into the system's temporary folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.oracles.icaljs import NotAsked
from tests.support.once import made_once

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
PROGRAMS = "recurring-ical-events, vdirsyncer, khal"
SECONDS = 180


def python() -> Path:
    """The interpreter of an environment of their own. Raises NotAsked."""
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode() + sys.executable.encode()).hexdigest()
    return _interpreter(made_once(f"ruang-readers-{digest[:16]}", _install, _is_whole))


def _is_whole(folder: Path) -> bool:
    """The number of its files, noted when it was made."""
    note = folder / "files"
    return note.is_file() and _interpreter(folder).exists() and note.read_text() == str(_files(folder))


def _files(folder: Path) -> int:
    return sum(path.suffix in (".py", ".so") for path in folder.rglob("*"))


def _interpreter(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _install(folder: Path) -> None:
    """Run as modules only: the programs' own scripts would name the folder before it was renamed."""
    wanted = ["--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)]
    commands = (
        [sys.executable, "-m", "venv", "--without-pip", str(folder)],
        [sys.executable, "-m", "pip", "--python", str(_interpreter(folder)), "--quiet", "install", *wanted],
    )
    for command in commands:
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failed:
            raise NotAsked("pip could not install them; is there a network?", PROGRAMS) from failed
    (folder / "files").write_text(str(_files(folder)))
