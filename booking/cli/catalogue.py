"""The Indonesian catalogue: every message of the code, the templates and WTForms, translated and compiled."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from babel.messages import Message
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent.parent.parent
PO = HERE / "booking" / "translations" / "id" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "N_": None, "ngettext": (1, 2)}
MOVING = re.compile(r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team)[^\n]*\n')


@click.command("words")
def words() -> None:
    """Bring the Indonesian catalogue up to date and compile it; lists what has no translation yet. For developers."""
    catalogue = merged()
    PO.write_bytes(as_po(catalogue))
    PO.with_suffix(".mo").write_bytes(compiled())
    missing = untranslated(catalogue)
    for text in missing:
        click.echo(text)
    click.echo(f"{len(catalogue)} messages, {len(missing)} without translation")
    sys.exit(1 if missing else 0)


def wanted() -> Iterator[Message]:
    """Every message that a reader may see."""
    for method, pattern, folder in (("python", "**.py", "booking"), ("jinja2", "**.html", "templates")):
        found = extract_from_dir(str(HERE / folder), [(pattern, method)], {}, KEYWORDS, directory_filter=None)
        for _file, _line, text, _comments, _context in found:
            yield Message(text)
    import wtforms

    with (Path(wtforms.__file__).parent / "locale" / "wtforms.pot").open("rb") as file:
        yield from (Message(message.id) for message in read_po(file) if message.id)


def merged() -> Catalog:
    """The wanted messages with the translations there are."""
    known = {_key(message): message.string for message in current() if message.id}
    catalogue = _catalogue()
    for message in wanted():
        string = known.get(_key(message)) or ""
        single = str(string[0] or "") if isinstance(string, tuple | list) else string
        catalogue.add(message.id, (single,) if isinstance(message.id, tuple | list) else single)
    return catalogue


def current() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="id")


def untranslated(catalogue: Catalog) -> list[str]:
    return sorted(
        _key(message) for message in catalogue if message.id and (not any(message.string or ()) or message.fuzzy)
    )


def _catalogue() -> Catalog:
    catalogue = Catalog(locale="id", project="Ruang", version="1", fuzzy=False, header_comment="# Bahasa Indonesia")
    # Babel's own rule for Indonesian has two forms; the language has one
    catalogue.__dict__.update(_num_plurals=1, _plural_expr="0")  # Babel offers no other way
    return catalogue


def _key(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, tuple | list) else message.id)


def as_po(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalogue, sort_output=True, no_location=True, width=0)
    return MOVING.sub("", out.getvalue().decode()).encode()


def compiled() -> bytes:
    """The .mo of what the .po says."""
    out, catalogue = io.BytesIO(), current()
    # no date of today in it: the same .po gives the same .mo
    catalogue.creation_date = catalogue.revision_date = datetime(2000, 1, 1, tzinfo=UTC)
    write_mo(out, catalogue)
    return out.getvalue()
