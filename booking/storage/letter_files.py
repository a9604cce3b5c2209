"""The files of letters: in a folder of the data folder, outside of everything that is served, under random names."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{32}\.pdf")


def keep(folder: Path, data: bytes) -> tuple[str, str]:
    """Write a file that only this program's user reads, down to the disk; returns its name and the SHA-256."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{secrets.token_hex(16)}.pdf"
    with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return name, hashlib.sha256(data).hexdigest()


def read(folder: Path, name: str, sha256: str) -> bytes | None:
    """Its bytes; None where it is gone or not what was stored."""
    if not _NAME.fullmatch(name):
        return None
    try:
        data = (folder / name).read_bytes()
    except FileNotFoundError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def drop(folder: Path, name: str) -> None:
    if _NAME.fullmatch(name):
        (folder / name).unlink(missing_ok=True)


def strays(folder: Path, known: Collection[str], older_than: float) -> Iterator[str]:
    """Files written before a moment (seconds since 1970) of which no letter knows: their request was never stored."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name) and path.name not in known and path.stat().st_mtime < older_than:
            yield path.name
