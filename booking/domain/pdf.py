"""Whether a file is a PDF and nothing else besides: told from its bytes, whatever it is called."""

from __future__ import annotations

import re

from booking.domain.errors import refuse

MOST_BYTES = 5 * 1024 * 1024
_HEAD = re.compile(rb"%PDF-(1\.[0-7]|2\.0)[\r\n \t]")
_TAIL = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_TAIL_BYTES = 2048
# a cross-reference table, or the object that holds one as a stream
_TABLE = re.compile(rb"\s*(xref\b|[0-9]+\s+[0-9]+\s+obj\b)")
# the end of a zip directory lies within this much of its end (APPNOTE 4.3.16: a comment of at most 65,535)
_ZIP_END, _ZIP_BYTES = b"PK\x05\x06", 22 + 65_535
# what runs, opens or carries something when somebody looks at it (ISO 32000-1, 12.6.4, 7.11.4)
_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)\b")
_MARKUP = re.compile(rb"<(script|html|svg|\?xml|!doctype)", re.IGNORECASE)


def check_pdf(data: bytes) -> None:
    """Raises Refused(letter_size | letter_not_pdf | letter_active). Linear in the size of the file."""
    if len(data) > MOST_BYTES:
        raise refuse("letter_size", field="letter", most=MOST_BYTES // 1024 // 1024)
    tail = _TAIL.search(data, max(len(data) - _TAIL_BYTES, 0))
    if not _HEAD.match(data) or tail is None or not _TABLE.match(data, int(tail[1])):
        raise refuse("letter_not_pdf", field="letter")
    if data.find(_ZIP_END, max(len(data) - _ZIP_BYTES, 0)) >= 0 or _MARKUP.search(data, 0, 1024):
        raise refuse("letter_not_pdf", field="letter")
    if _ACTIVE.search(data):
        raise refuse("letter_active", field="letter")
