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
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(statement)


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def new_name(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex[:12]}"


class Renewed:
    """One PostgreSQL database for all tests of a worker, put back before each of them as its template is.

    Only rows are put back, so a trigger notes whether anything changed the schema: then it is made from the template
    anew. CREATE and DROP DATABASE wait for the disk, which takes twenty times as long.
    """

    def __init__(self, pattern: str, template: str) -> None:
        self._pattern, self._template, self._name = pattern, template, new_name("test")
        remember(self.url(template))
        self._put_back = _rows_back(self.url(template))
        self._is_made = False

    def url(self, name: str) -> str:
        return self._pattern.format(name)

    def renew(self) -> str:
        """The address of the database, where nobody else is at work any more and everything is as in the template."""
        if not self._is_made or not self._was_put_back():
            self.drop()
            execute(self.url("postgres"), f"CREATE DATABASE {self._name} TEMPLATE {self._template}")
            self._is_made = True
        return self.url(self._name)

    def drop(self) -> None:
        execute(self.url("postgres"), f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    def _was_put_back(self) -> bool:
        with psycopg.connect(_plain(self.url(self._name)), autocommit=True) as connection:
            connection.execute(_ALONE)
            if connection.execute("SELECT EXISTS (SELECT FROM kept.spoiled)").fetchone() != (False,):
                return False
            connection.execute(self._put_back)
            # what a test counts (deadlocks) is its own
            connection.execute("SELECT pg_stat_reset()")
        return True


_ALONE = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_REMEMBER = """
CREATE SCHEMA kept;
CREATE TABLE kept.spoiled (command text);
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', 'of_' || one.tablename, one.tablename);
    END LOOP;
END $$;
CREATE FUNCTION kept.spoil() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO kept.spoiled VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER spoil ON ddl_command_end EXECUTE FUNCTION kept.spoil();
"""


def remember(url: str) -> None:
    """Keep a copy of every row in a schema of its own, and note from now on what changes the schema."""
    execute(url, _REMEMBER)


def _rows_back(url: str) -> str:
    """The statements that put back all rows and counters, without asking triggers and foreign keys."""
    columns = """SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
                 FROM information_schema.columns JOIN pg_tables ON tablename = table_name AND schemaname = table_schema
                 WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY table_name ORDER BY table_name"""
    counters = "SELECT sequencename, coalesce(last_value, start_value), last_value IS NOT NULL FROM pg_sequences"
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        tables, sequences = connection.execute(columns).fetchall(), connection.execute(counters).fetchall()
    said = ["BEGIN", "SET LOCAL session_replication_role = replica"]
    for table, names in tables:
        said.append(f'DELETE FROM public."{table}"')
        said.append(
            f'INSERT INTO public."{table}" ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM kept."of_{table}"'
        )
    said += [f"SELECT setval('public.{name}', {last}, {called})" for name, last, called in sequences]
    return "; ".join([*said, "COMMIT"])
