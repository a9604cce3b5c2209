"""Logs never hold keys, phone numbers or e-mail addresses: private addresses and faults carry them."""

from __future__ import annotations

import logging
import re

_VALUE = r"(?:'[^']*'|\"[^\"]*\"|[^\s&,;]+)"
_MASKED = (
    (re.compile(r"bk_[\w-]+"), "bk_***"),
    (
        re.compile(r"(?i)(password|passwd|secret|csrf_token)(['\"]?\s*[=:]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&,;]+)"),
        r"\1\2***",
    ),
    (re.compile(r"\+[1-9]\d{7,14}\b"), "+***"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "***@***"),
)
_plain = logging.Formatter()


class MaskSecrets(logging.Filter):
    """Replaces everything of that kind in a record, its traceback included, before anybody writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if (kept := masked(said)) != said:
            record.msg, record.args = kept, None
        if record.exc_info:
            # formatters write exc_text where it is there
            record.exc_text = masked(record.exc_text or _plain.formatException(record.exc_info))
            record.exc_info = None
        return True


def masked(text: str) -> str:
    for pattern, instead in _MASKED:
        text = pattern.sub(instead, text)
    return text


def mask_everything(top: logging.Logger) -> None:
    """This logger and all below it: a filter of a logger does not see the records of its children."""
    known = [one for one in top.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    for one in (top, *(one for one in known if one.name.startswith(f"{top.name}."))):
        if not any(isinstance(known, MaskSecrets) for known in one.filters):
            one.addFilter(MaskSecrets())
