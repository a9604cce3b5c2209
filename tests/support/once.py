"""What is fetched once and kept in the system's temporary folder: other people's programs, for all runs to come."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def made_once(name: str, make: Callable[[Path], None], is_whole: Callable[[Path], bool]) -> Path:
    """The folder of this name. It is made whole before it gets its name: two may want it at once."""
    folder = Path(tempfile.gettempdir()) / name
    if not is_whole(folder):
        shutil.rmtree(folder, ignore_errors=True)  # temporary folders are swept by age, file by file
        with tempfile.TemporaryDirectory(prefix=name[:14]) as made:
            whole = Path(made) / "whole"
            whole.mkdir()
            make(whole)
            with suppress(OSError):
                whole.rename(folder)
    return folder
