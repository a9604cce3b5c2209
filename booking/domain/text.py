"""Text that people typed: cleaned or refused before it is stored."""

from __future__ import annotations

import re
import unicodedata

from booking.domain.errors import refuse

TITLE_LENGTH = 200
NOTE_LENGTH = 2000

# bidi embeddings, overrides and isolates, zero-width marks, BOM: invisible, and they reorder what others read
_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A), 0xFEFF]
)
_BREAKS = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029", " "))


def is_storable(value: str) -> bool:
    """Whether a database can be asked for it at all: no NUL, no lone surrogate."""
    return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)


def clean_line(value: str, *, field: str, longest: int = TITLE_LENGTH, required: bool = True) -> str:
    """One line in NFC. Raises Refused(text | too_long | required)."""
    return _checked(" ".join(value.translate(_INVISIBLE).translate(_BREAKS).split()), field, longest, required)


def clean_text(value: str, *, field: str, longest: int = NOTE_LENGTH, required: bool = False) -> str:
    """Several lines in NFC, line ends as \\n. Raises Refused(text | too_long | required)."""
    return _checked("\n".join(value.replace("\t", " ").splitlines()).strip(), field, longest, required)


def _checked(value: str, field: str, longest: int, required: bool) -> str:
    value = unicodedata.normalize("NFC", value.translate(_INVISIBLE)).strip()
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign != "\n" for sign in value):
        raise refuse("text", field=field)
    if len(value) > longest:
        raise refuse("too_long", field=field, length=len(value), longest=longest)
    if required and not value:
        raise refuse("required", field=field)
    return value


def titled(title: str, label: str | None) -> str:
    """How a time is called that has a name of its own; one that says the title already stands alone."""
    if not label or label.startswith(title):
        return label or title
    return f"{title}: {label}"


def slug_of(name: str) -> str:
    """A name as it stands in addresses: ascii, lower case, hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    # "new" is the address of the empty form
    return f"x-{slug}".rstrip("-") if slug in ("", "new") else slug
