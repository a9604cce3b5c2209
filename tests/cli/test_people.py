"""The first administrator, roles, a person's copy and a person's end from the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from booking.cli.people import admins, persons, roles
from booking.domain.permissions import Action
from booking.storage import people
from booking.storage.db import reading
from booking.usecases import joining
from tests.support.clients import WebClient
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


def run(command, *words: str):
    answer = CliRunner().invoke(command, list(words))
    reading().rollback()
    return answer


def test_an_administrator_sets_the_password_at_the_address_in_the_last_line(world: World) -> None:
    made = run(admins, "create", "--name", "Teteh Contoh", "--phone", "0840-0000-0990")
    path = made.output.splitlines()[-1].removeprefix("http://127.0.0.1:8000")
    web = WebClient(world)
    assert web.post(path, {"password": "sandi baru sekali"}).status_code == 302
    person = people.person_by_login(reading(), "0840-0000-0990")
    assert people.viewer(reading(), person.id, world.now.date()).sites(Action.ROLES) is None
    again = run(admins, "create", "--name", "Teteh Contoh", "--phone", "0840-0000-0990")
    assert (again.exit_code, "account with this phone number" in again.output) == (1, True)


def test_roles_are_given_listed_and_taken_back(world: World) -> None:
    assert run(roles, "grant", "dewi@example.com", "guard", "--site", "bitc", "--to", "2026-12-31").exit_code == 0
    number = next(line.split("\t")[0] for line in run(roles, "list").output.splitlines() if "Dewi" in line)
    assert run(roles, "revoke", number).exit_code == 0
    assert "Dewi" not in run(roles, "list").output
    assert run(roles, "grant", "dewi@example.com", "operator", "--room", "musik").exit_code == 0
    assert "Dewi\toperator\troom:musik\t-\t-" in run(roles, "list").output
    assert run(roles, "grant", "dewi@example.com", "guard", "--room", "musik", "--site", "bitc").exit_code == 1
    last = next(line.split("\t")[0] for line in run(roles, "list").output.splitlines() if "administrator" in line)
    refused = run(roles, "revoke", last)
    assert (refused.exit_code, "At least one administrator must stay" in refused.output) == (1, True)


def test_a_copy_holds_what_there_is_and_erasing_ends_it(world: World) -> None:
    code = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"), title="Latihan biola", needs=["Kabel"])
    copy = json.loads(run(persons, "export", "dewi@example.com").output)
    assert copy["person"]["email"] == "dewi@example.com"
    (booking,) = copy["bookings"]
    assert (booking["code"], booking["title"], booking["needs"][0]["text"]) == (code, "Latihan biola", "Kabel")
    assert booking["occurrences"][0]["starts_at"] == "2026-11-25T12:00:00+00:00"
    done = run(persons, "erase", "dewi@example.com", "--yes")
    assert (done.exit_code, code in done.output) == (0, True)
    assert run(persons, "export", "dewi@example.com").exit_code == 1
    closed = {"name": "Euis", "phone": "0840-0000-0002", "email": "euis@example.com", "closed": True}
    joining.change_person(act=world.act("admin"), person_id=world.people["euis"], real_now=world.now, **closed)
    assert run(persons, "erase", "euis@example.com", "--yes").output.endswith("Erased.\n"), "a closed one too"
    refused = run(persons, "erase", "cecep@example.com", "--yes")
    assert (refused.exit_code, "Nobody else answers for Gerimis Sore" in refused.output) == (1, True)


def test_an_administrator_who_lost_the_phone_is_let_in_from_the_command_line(world: World) -> None:
    from booking.storage.access import has_second_factor
    from tests.usecases.test_accounts import set_up

    person_id = world.people["dadang"]
    set_up(world)
    assert has_second_factor(reading(), person_id)
    said = run(persons, "no-second-factor", "dadang@example.com", "--reason", "HP hilang.")
    assert said.output == "Removed.\n"
    assert not has_second_factor(reading(), person_id)
    assert run(persons, "no-second-factor", "dadang@example.com", "--reason", "HP hilang.").exit_code == 1
