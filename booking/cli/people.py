"""Persons and roles from the command line: the first administrator, roles, a person's copy, erasing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import click
from flask.cli import AppGroup

from booking.domain.errors import Refused
from booking.domain.permissions import Role
from booking.front import context, language
from booking.front.refusals import sentence
from booking.storage.db import reading
from booking.storage.people import Person, grants, person_by_login
from booking.usecases import erasing, exporting, joining, signing_in

admins = AppGroup("admin", help="Administrators.")
persons = AppGroup("person", help="What is stored about a person: a copy of it, or its end.")
roles = AppGroup("role", help="Who may do what.")
_person = click.argument("login", metavar="E-MAIL-OR-PHONE")
_DAY = click.DateTime(["%Y-%m-%d"])


@admins.command("create")
@click.option("--name", required=True)
@click.option("--phone", required=True)
@click.option("--email", default="")
def create_admin(name: str, phone: str, email: str) -> None:
    """A new person who administers everything; the last line is where they set a password once, within 24 hours."""
    with _refusing():
        new = joining.NewPerson(name, phone, email)
        person_id = joining.register(act=context.act(), new=new)
        given = {"site": None, "from_on": None, "to_on": None}
        joining.grant_role(act=context.act(), login=phone, role=Role.ADMINISTRATOR, **given)
        secret = signing_in.new_reset_code(person_id=person_id, now=context.real_now())
    click.echo(f"{name} is administrator now. They set a password here:")
    click.echo(context.link(f"/reset/{secret}"))


@roles.command("list")
def list_roles() -> None:
    """number, person, role, site (* is every site), from, to."""
    for one in grants(reading()):
        words = (one.id, one.person.name, one.role, one.site_id or "*", one.from_on or "-", one.to_on or "-")
        click.echo("\t".join(map(str, words)))


@roles.command("grant")
@_person
@click.argument("role", type=click.Choice([str(role) for role in Role]))
@click.option("--site", help="Its name in addresses; without it everywhere.")
@click.option("--from", "from_on", type=_DAY, help="First day.")
@click.option("--to", "to_on", type=_DAY, help="Last day.")
def grant(login: str, role: str, site: str | None, from_on: datetime | None, to_on: datetime | None) -> None:
    """Give a person a role."""
    with _refusing():
        joining.grant_role(
            act=context.act(), login=login, role=role, site=site, from_on=_day(from_on), to_on=_day(to_on)
        )
    click.echo("Given.")


@roles.command("revoke")
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """Take a role back, by its number in `role list`. The last administrator stays."""
    with _refusing():
        joining.end_role(act=context.act(), grant_id=number)
    click.echo("Taken back.")


@persons.command("export")
@_person
def export(login: str) -> None:
    """Everything that is stored about a person, as JSON."""
    copy = exporting.copy_of(reading(), _found(login).id)
    click.echo(json.dumps(copy, ensure_ascii=False, indent=2))


@persons.command("erase")
@_person
@click.option("--reason", default="")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def erase(login: str, reason: str, *, yes: bool) -> None:
    """Blank everything about a person. It cannot be taken back."""
    person = _found(login)
    ahead = erasing.stands(reading(), person.id, context.now())
    click.echo(f"Own bookings that will be cancelled: {', '.join(ahead.cancelled) or 'none'}")
    if not yes:
        click.confirm("Erase this person for good?", abort=True)
    with _refusing():
        erasing.erase(act=context.act(), person_id=person.id, reason=reason)
    click.echo("Erased.")


@contextmanager
def _refusing() -> Iterator[None]:
    """What stands in the way is told in sentences, and nothing is done."""
    try:
        with language.speaking("en"):
            yield
    except Refused as refused:
        with language.speaking("en"):
            said = [sentence(one, context.zone()) for one in refused.violations]
        raise click.ClickException("\n".join(said)) from refused


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


def _found(login: str) -> Person:
    found = person_by_login(reading(), login)
    if found is None:
        raise click.ClickException("Nobody has this e-mail address or phone number.")
    return found
