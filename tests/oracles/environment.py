"""The Python that has khal, vdirsyncer and recurring-ical-events: installed once into the system's temporary folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.oracles.icaljs import NotAsked

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
PROGRAMS = "recurring-ical-events, vdirsyncer, khal"
SECONDS = 180


def python() -> Path:
    """The interpreter; its environment is whole before it gets its name: two may want it at once. Raises NotAsked."""
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode() + sys.executable.encode()).hexdigest()
    folder = Path(tempfile.gettempdir()) / f"ruang-readers-{digest[:16]}"
    if not _is_whole(folder):
        shutil.rmtree(folder, ignore_errors=True)  # temporary folders are swept by age, file by file
        with tempfile.TemporaryDirectory(prefix="ruang-readers-") as made:
            whole = Path(made) / "whole"
            _install(whole)
            with suppress(OSError):
                whole.rename(folder)
    return _interpreter(folder)


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
