"""axe-core and Lighthouse, as package-lock.json names them: installed once into the system's temporary folder."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.support.once import made_once

HERE = Path(__file__).resolve().parent
PARTS = ("package.json", "package-lock.json")
SECONDS = 600


def modules() -> Path:
    """The folder node_modules. Raises RuntimeError with a sentence."""
    digest = hashlib.sha256(b"".join((HERE / part).read_bytes() for part in PARTS)).hexdigest()
    return made_once(f"ruang-face-{digest[:16]}", _install, _is_whole) / "node_modules"


def _is_whole(folder: Path) -> bool:
    """The number of its scripts, noted when it was made."""
    note = folder / "files"
    return note.is_file() and note.read_text() == str(_files(folder))


def _files(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.js"))


def _install(folder: Path) -> None:
    for part in PARTS:
        shutil.copy(HERE / part, folder)
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts")
    command = [program("npm"), "ci", *quiet, "--prefix", str(folder)]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failed:
        raise RuntimeError("npm could not install axe-core and Lighthouse; is there a network?") from failed
    (folder / "files").write_text(str(_files(folder)))


def program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise RuntimeError(f"no {name} found; Debian: apt install nodejs npm")
    return found
