"""axe-core and Lighthouse, as package-lock.json names them: installed once into the system's temporary folder."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
PARTS = ("package.json", "package-lock.json")
SECONDS = 600


def modules() -> Path:
    """The folder node_modules, whole before it gets its name. Raises RuntimeError with a sentence."""
    digest = hashlib.sha256(b"".join((HERE / part).read_bytes() for part in PARTS)).hexdigest()
    folder = Path(tempfile.gettempdir()) / f"ruang-face-{digest[:16]}"
    if not _is_whole(folder):
        shutil.rmtree(folder, ignore_errors=True)  # temporary folders are swept by age, file by file
        with tempfile.TemporaryDirectory(prefix="ruang-face-") as made:
            whole = Path(made) / "whole"
            whole.mkdir()
            for part in PARTS:
                shutil.copy(HERE / part, whole)
            _install(whole)
            with suppress(OSError):
                whole.rename(folder)
    return folder / "node_modules"


def _is_whole(folder: Path) -> bool:
    """The number of its scripts, noted when it was made."""
    note = folder / "files"
    return note.is_file() and note.read_text() == str(_files(folder))


def _files(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.js"))


def _install(folder: Path) -> None:
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
