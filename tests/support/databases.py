"""Migrated databases for tests: SQLite files copied from a template, PostgreSQL databases created from one."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg

from booking import create_app

SECRET = "test secret of more than thirty-two bytes"


def migrate(url: str, data: Path) -> None:
    """Run all migrations, as ./run does."""
    from booking.cli import migrating

    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": data, "SECRET_KEY": SECRET})
    with app.app_context():
        migrating.to_head()
        from booking.storage.db import db

        db.session.remove()
        db.engine.dispose()


class Cluster:
    """A PostgreSQL of our own on a Unix socket; as root it runs as another user."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="pgtest"))
        self.user = _other_user()
        if self.user:
            shutil.chown(self.folder, self.user)
        self.data = self.folder / "data"
        self._run("initdb", "-A", "trust", "-N", "-E", "UTF8", "--locale=C", "-U", "postgres", "-D", str(self.data))
        options = (
            f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=200 -c synchronous_commit=on"
        )
        self._run("pg_ctl", "-w", "-D", str(self.data), "-o", options, "-l", str(self.folder / "log"), "start")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), *words]
        user = self.user
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd=self.folder, timeout=60)


def _other_user() -> str | None:
    """Who runs PostgreSQL when we are root (it refuses to)."""
    if os.geteuid() != 0:
        return None
    return next(name for name in ("postgres", "nobody") if _exists(name))


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def find_programs() -> Path | None:
    """The folder of PostgreSQL's programs: PGBIN, PATH, Debian's folders."""
    folders = [os.environ.get("PGBIN"), str(Path(shutil.which("initdb") or "").parent)]
    folders += sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    return next((Path(one) for one in folders if one and (Path(one) / "initdb").exists()), None)


def execute(url: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)


def new_name(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex[:12]}"
