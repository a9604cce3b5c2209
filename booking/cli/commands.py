"""The commands of `flask` and so of ./run: audit, backup, restore, token, worker, start, and those of people.py."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

from booking.cli import backup, migrating, people, retention, starting, worker
from booking.front import context
from booking.storage import claims
from booking.storage.db import reading
from booking.storage.people import person_by_login
from booking.usecases.subscribing import new_api_token

tokens = AppGroup("token", help="Keys to the API.")


def init_app(app: Flask) -> None:
    groups = (people.admins, people.persons, people.roles, tokens)
    groups = (people.admins, people.persons, people.roles, tokens)
    single = (audit, backup.backup, backup.restore, retention.run_retention, worker.run_worker, starting.start)
    for command in (*groups, *single):
        app.cli.add_command(command)
    app.cli.add_command(LazyWords("words", help="Bring the Indonesian catalogue up to date (for developers)."))
    if "flask_migrate" in sys.modules:
        # `flask db ...` has loaded it; the web process never does (345 ms)
        migrating.prepare(app)


class LazyWords(click.Command):
    """Loads the extraction of messages only when it is asked for."""

    def invoke(self, ctx: click.Context) -> object:
        from booking.cli.catalogue import words

        return words.invoke(ctx)


@click.command()
@with_appcontext
def audit() -> None:
    """Sweep all claims: more units taken than there are must never be. Exit 1 on any breach."""
    breaches = claims.over_units(reading())
    for resource_id, period, over in breaches:
        click.echo(f"resource {resource_id}: {over} too many, {period.starts_at:%F %R}-{period.ends_at:%F %R} UTC")
    click.echo(f"{len(breaches)} breaches")
    sys.exit(1 if breaches else 0)


@tokens.command("create")
@click.option("--person", required=True, help="E-mail address or phone number.")
@click.option("--label", default="command line")
def create_token(person: str, label: str) -> None:
    """Make a key to the API with everything this person may do; the last line is the key alone."""
    found = person_by_login(reading(), person)
    if found is None:
        raise click.ClickException("Nobody has this e-mail address or phone number.")
    secret = new_api_token(person_id=found.id, label=label, real_now=context.real_now())
    click.echo(f"A key for {found.name} at {context.link('/api/v1')}, shown only now:")
    click.echo(secret)
