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
from booking.storage import access, places
from booking.storage.db import reading
from booking.storage.looks import Seen
from booking.storage.people import Person, grants, person_by_login
from booking.usecases import erasing, exporting, joining, looking, second_factor, signing_in

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
    """number, person, role, site:<name> or room:<name> (* is everywhere), from, to."""
    sites = {one.id: one.slug for one in places.sites(reading())}
    rooms = {one.id: one.slug for one in places.all_rooms(reading())}
    for one in grants(reading()):
        where = f"site:{sites[one.site_id]}" if one.site_id else f"room:{rooms[one.room_id]}" if one.room_id else "*"
        words = (one.id, one.person.name, one.role, where, one.from_on or "-", one.to_on or "-")
        click.echo("\t".join(map(str, words)))


@roles.command("grant")
@_person
@click.argument("role", type=click.Choice([str(role) for role in Role]))
@click.option("--site", help="Its name in addresses; without it and --room everywhere.")
@click.option("--room", help="The name in addresses of one room.")
@click.option("--from", "from_on", type=_DAY, help="First day.")
@click.option("--to", "to_on", type=_DAY, help="Last day.")
def grant(login: str, role: str, from_on: datetime | None, to_on: datetime | None, **where: str | None) -> None:
    """Give a person a role: everywhere, at a site, or in one room."""
    with _refusing():
        days = {"from_on": _day(from_on), "to_on": _day(to_on)}
        joining.grant_role(act=context.act(), login=login, role=role, site=where["site"], room=where["room"], **days)
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
    person_id = _found(login).id
    copy = exporting.copy_of(reading(), person_id)
    looking.note_looks(seen=[Seen(None, person_id, "copy", context.today(), context.now())])
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


@persons.command("no-second-factor")
@_person
@click.option("--reason", required=True, help="It stands in the history.")
def no_second_factor(login: str, reason: str) -> None:
    """For an administrator who lost the phone and the recovery codes: the password alone lets them in."""
    person = _found(login)
    if not access.has_second_factor(reading(), person.id):
        raise click.ClickException("This person has no second factor.")
    with _refusing():
        second_factor.take_away(act=context.act(), person_id=person.id, reason=reason)
    click.echo("Removed.")


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
    """With a closed account too: what is stored about them is stored still."""
    found = person_by_login(reading(), login, closed_too=True)
    if found is None:
        raise click.ClickException("Nobody has this e-mail address or phone number.")
    return found
