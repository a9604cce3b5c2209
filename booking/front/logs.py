"""Logs never hold keys: addresses of private calendars and of new passwords carry them in the path."""

from __future__ import annotations

import logging
import re

_SECRET = re.compile(r"bk_[\w-]+")


class MaskSecrets(logging.Filter):
    """Replaces every secret in a record before anybody writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if "bk_" in said:
            record.msg, record.args = _SECRET.sub("bk_***", said), None
        return True
