"""Backup and restore. Never copy the file of a live database: acknowledged rows are lost that way."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Engine, func, inspect, select

from booking.front import context
from booking.storage import claims
from booking.storage.bookings import Booking, Occurrence
from booking.storage.db import HEAD, db, reading
from booking.storage.folders import KEPT, LETTERS
from booking.storage.letters import Letter

SQLITE_FILE, DUMP_FILE, ABOUT_FILE = "booking.sqlite", "booking.dump", "backup.json"
FILES = "files"
"""The folder of a backup in which those of `storage.folders.KEPT` lie."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def backup(folder: Path) -> None:
    """Write a consistent copy of the database, with the files beside it, into FOLDER while everything runs."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty")
    _copy_files(_data(), folder / FILES)
    # counted before, so that what is booked meanwhile can only make the copy hold more
    about = {"at": context.real_now().isoformat(), "migration": HEAD, "database": db.engine.dialect.name, **_counts()}
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(db.engine.url.database))) as live:
            live.execute("VACUUM INTO ?", (str(folder / SQLITE_FILE),))
    else:
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={folder / DUMP_FILE}", _libpq(db.engine))
    # once more: what a row names was there by then, whether it came or went meanwhile
    _copy_files(_data(), folder / FILES)
    (folder / ABOUT_FILE).write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    click.echo(f"{about['bookings']} bookings, {about['occurrences']} occurrences in {folder}")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also when the database holds bookings: they are lost.")
@with_appcontext
def restore(folder: Path, replace: bool) -> None:
    """Put a backup back into the configured database and audit it. Stop the server first."""
    about = json.loads((folder / ABOUT_FILE).read_text("utf-8"))
    if about["database"] != db.engine.dialect.name:
        raise click.ClickException(f"this is a backup of {about['database']}")
    if inspect(db.engine).has_table("booking") and _counts()["bookings"] and not replace:
        raise click.ClickException("the database holds bookings; add --replace to lose them")
    db.session.remove()
    if db.engine.dialect.name == "sqlite":
        _restore_sqlite(folder / SQLITE_FILE)
    else:
        words = ["--clean", "--if-exists", "--no-owner", "--single-transaction", f"--dbname={_libpq(db.engine)}"]
        _run("pg_restore", *words, str(folder / DUMP_FILE))
    _copy_files(folder / FILES, _data(), replace=True)
    _say_missing_letters()
    found = _counts()
    click.echo(f"{found['bookings']} bookings, {found['occurrences']} occurrences restored")
    breaches = claims.over_units(reading())
    click.echo(f"audit: {len(breaches)} breaches")
    if breaches or any(found[what] < about[what] for what in found):
        click.echo("what came back is not what the backup says it holds", err=True)
        sys.exit(1)


def _data() -> Path:
    return Path(current_app.config["DATA"])


def _copy_files(source: Path, target: Path, *, replace: bool = False) -> None:
    """All kept folders; what is there already stays, as the name of a file tells its content. `replace`: nothing else.

    A file that goes while it is copied is left out: no row names it any more.
    """
    for name in KEPT:
        if replace:
            shutil.rmtree(target / name, ignore_errors=True)
        (target / name).mkdir(mode=0o700 if name == LETTERS else 0o755, parents=True, exist_ok=True)
        there = {file.name for file in (target / name).iterdir()}
        for file in (source / name).glob("[!.]*"):
            if file.name not in there:
                with suppress(FileNotFoundError):
                    shutil.copy2(file, target / name / file.name)


def _say_missing_letters() -> None:
    """A letter whose time ended while the copy was made has a name and no file: said, and no reason to stop."""
    named = reading().scalars(select(Letter.file).where(Letter.file.is_not(None)))
    missing = sum(not (context.letters() / name).is_file() for name in named if name)
    if missing:
        click.echo(f"{missing} letters are named but their files are not in the backup", err=True)


def _restore_sqlite(file: Path) -> None:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as kept:
        if kept.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise click.ClickException(f"{file} is damaged")
        with closing(sqlite3.connect(str(db.engine.url.database))) as live:
            kept.backup(live)
            live.execute("PRAGMA journal_mode=WAL")


def _counts() -> dict[str, int]:
    session = reading()
    return {
        "bookings": session.scalar(select(func.count(Booking.id))) or 0,
        "occurrences": session.scalar(select(func.count(Occurrence.id))) or 0,
    }


def _libpq(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _run(program: str, *words: str) -> None:
    """Run a program of PostgreSQL's client; its own words are the error."""
    found = shutil.which(program)
    if found is None:
        raise click.ClickException(f"{program} is not installed (Debian: apt install postgresql-client)")
    done = subprocess.run([found, *words], capture_output=True, text=True, check=False)  # noqa: S603  # nosec B603  # our own words
    if done.returncode != 0:
        raise click.ClickException(done.stderr.strip())
