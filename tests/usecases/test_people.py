"""Accounts: registering, logging in, waiting after failures, roles and what they may not be used for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.storage import access
from booking.storage.access import LoginSession
from booking.storage.db import reading
from booking.storage.people import Person, RoleGrant, viewer
from booking.storage.settings import Centre
from booking.usecases import furnishing, joining, passwords, signing_in
from booking.usecases.furnishing import SiteFacts
from booking.usecases.joining import NewPerson
from booking.usecases.setting_up import set_up
from tests.support.world import PASSWORD, World


def log_in(world: World, login: str = "cecep@example.com", password: str = PASSWORD, network: str = "10.0.0.1"):
    return signing_in.log_in(login=login, password=password, network=network, trusted=False, now=world.now)


def refusal(call) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    return [one.code for one in caught.value.violations]


def test_log_in_with_phone_or_email(world: World) -> None:
    for login in ("cecep@example.com", " CECEP@example.com", "0840-0000-0001", "+62 840 0000 0001"):
        assert log_in(world, login).person_id == world.people["cecep"]


def test_wrong_and_unknown_are_told_alike(world: World) -> None:
    assert refusal(lambda: log_in(world, password="salah sekali")) == ["wrong_login"]
    assert refusal(lambda: log_in(world, "nobody@example.com")) == ["wrong_login"]
    assert refusal(lambda: log_in(world, "a\0b@c.id")) == ["wrong_login"]


def test_few_of_many_tries_are_evaluated(world: World) -> None:
    told = [refusal(lambda: log_in(world, password="salah sekali"))[0] for _ in range(50)]
    assert told.count("wrong_login") <= 10
    assert refusal(lambda: log_in(world)) == ["throttled"], "the right password waits too"
    world.now += timedelta(hours=2)
    assert log_in(world)


def test_success_gives_the_network_its_try_back(world: World) -> None:
    for _ in range(60):
        log_in(world)
        world.now += timedelta(seconds=5)


def test_all_that_is_wrong_with_a_new_person(world: World) -> None:
    new = NewPerson(" ", "12", "x", "short")
    assert refusal(lambda: joining.register(act=world.act(), new=new)) == [
        "required",
        "phone",
        "email",
        "password_short",
    ]
    known = NewPerson("Lain", "+6284000000001", "cecep@example.com", PASSWORD)
    assert refusal(lambda: joining.register(act=world.act(), new=known)) == ["phone_known", "email_known"]


@pytest.mark.parametrize("password", ["password123", "Bismillah 1234", "aaaaaaaaaaaa", "1234567890"])
def test_passwords_that_everybody_tries(world: World, password: str) -> None:
    new = NewPerson("Baru", "0812 0000 0001", password=password)
    assert refusal(lambda: joining.register(act=world.act(), new=new)) == ["password_common"]


def test_single_names_and_no_email_are_fine(world: World) -> None:
    person_id = joining.register(act=world.act(), new=NewPerson("Suharto", "0812 0000 0001", password=PASSWORD))
    assert reading().get(Person, person_id).email is None


def test_reset_code_works_once_and_ends_sessions(world: World) -> None:
    signed_in = log_in(world)
    code = joining.reset_password(act=world.act("dadang"), person_id=signed_in.person_id, real_now=world.now)
    signing_in.set_password(act=world.act(), code=code, password="anggrek bulan biru", now=world.now)
    assert access.login_session(reading(), signed_in.secret) is None
    assert log_in(world, password="anggrek bulan biru")
    with pytest.raises(NotFound):
        signing_in.set_password(act=world.act(), code=code, password="anggrek bulan hijau", now=world.now)


def test_nobody_slips_in_while_the_old_password_is_checked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check takes long; whoever changes the password meanwhile means to log everybody out."""
    check, person_id = passwords.is_right, world.people["cecep"]

    def slow(stored: str | None, password: str) -> bool:
        fits = check(stored, password)
        code = joining.reset_password(act=world.act("dadang"), person_id=person_id, real_now=world.now)
        signing_in.set_password(act=world.act(), code=code, password="anggrek bulan biru", now=world.now)
        return fits

    assert log_in(world)
    monkeypatch.setattr(passwords, "is_right", slow)
    assert refusal(lambda: log_in(world)) == ["wrong_login"]
    assert reading().scalars(select(LoginSession)).all() == []


def test_old_code_and_code_of_staff(world: World) -> None:
    code = joining.reset_password(act=world.act("dadang"), person_id=world.people["dewi"], real_now=world.now)
    with pytest.raises(NotFound):
        signing_in.set_password(act=world.act(), code=code, password=PASSWORD, now=world.now + timedelta(hours=25))
    with pytest.raises(Forbidden):  # no officer takes over the administrator
        joining.reset_password(act=world.act("dadang"), person_id=world.people["admin"], real_now=world.now)
    with pytest.raises(Forbidden):
        joining.reset_password(act=world.act("cecep"), person_id=world.people["dewi"], real_now=world.now)


def test_closed_account_is_out_at_once(world: World) -> None:
    log_in(world)
    change = dict(name="Cecep", phone="0840-0000-0001", email="", closed=True, real_now=world.now)
    joining.change_person(act=world.act("dadang"), person_id=world.people["cecep"], **change)
    assert reading().scalars(select(LoginSession)).all() == []
    assert viewer(reading(), world.people["cecep"], world.act().today).person_id is None
    assert refusal(lambda: log_in(world, "0840-0000-0001")) == ["wrong_login"]


def test_the_last_administrator_stays(world: World) -> None:
    grant = reading().scalars(select(RoleGrant).where(RoleGrant.role == "administrator")).one()
    assert refusal(lambda: joining.end_role(act=world.act("admin"), grant_id=grant.id)) == ["last_administrator"]
    change = dict(name="Admin", phone="0840-0000-0008", email="", closed=True, real_now=world.now)
    close = lambda: joining.change_person(act=world.act("admin"), person_id=world.people["admin"], **change)  # noqa: E731
    assert refusal(close) == ["last_administrator"]


def grant(world: World, who: str, role: str, site: str | None, login: str = "dewi@example.com", **dates) -> None:
    dates = {"from_on": None, "to_on": None, **dates}
    joining.grant_role(act=world.act(who), login=login, role=role, site=site, **dates)


def test_an_administrator_of_one_site_gives_no_roles_elsewhere(world: World) -> None:
    grant(world, "admin", "administrator", "ctp")
    grant(world, "dewi", "officer", "ctp", "cecep@example.com")
    for site in (None, "bitc"):
        with pytest.raises(Forbidden):
            grant(world, "dewi", "administrator", site)
    with pytest.raises(Forbidden):
        furnishing.save_centre(act=world.act("dewi"), said=Centre(name="x"))


def test_an_administrator_of_one_site_takes_over_nobody_above(world: World) -> None:
    grant(world, "admin", "administrator", "ctp")
    for above in ("admin", "sumarna", "dadang"):
        with pytest.raises(Forbidden):
            joining.reset_password(act=world.act("dewi"), person_id=world.people[above], real_now=world.now)
    joining.reset_password(act=world.act("dewi"), person_id=world.people["entin"], real_now=world.now)


def test_a_deputy_decides_only_in_the_dates(world: World) -> None:
    today = world.act().today
    grant(world, "admin", "deputy", None, from_on=today, to_on=today)
    code = world.ask("cecep", world.time("aula", 3, "10:00", "12:00"))
    later = replace(world.act("dewi"), today=today + timedelta(days=1))
    from booking.usecases.deciding import Verdict, decide

    with pytest.raises(NotFound):
        decide(act=later, code=code, verdict=Verdict.APPROVE)
    world.approve("dewi", code)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"timezone": "Asia/Jakrta"}, "timezone"),
        ({"timezone": "WIB"}, "timezone"),
        ({"country_code": "+62"}, "country_code"),
        ({"complaint_url": "javascript:alert(1)"}, "complaint_url"),
        ({"name": "a\0b"}, "name"),
    ],
)
def test_the_centre_refuses_what_would_break_every_page(world: World, said: dict, field: str) -> None:
    centre = replace(Centre(name="Contoh", timezone="Asia/Jakarta"), **said)
    with pytest.raises(Refused) as caught:
        furnishing.save_centre(act=world.act("admin"), said=centre)
    assert caught.value.violations[0].field == field


def test_another_country_reads_its_own_numbers(world: World) -> None:
    furnishing.save_centre(act=world.act("admin"), said=Centre(name="Hub", timezone="Europe/London", country_code="44"))
    joining.register(act=world.act(), new=NewPerson("Ann", "07700 900123", password=PASSWORD))
    assert log_in(world, "07700900123")
    assert log_in(world, "+44 7700 900123")


def test_setting_up_is_guarded_and_whole(world: World) -> None:
    new = NewPerson("Kepala", "0812 0000 0001", password=PASSWORD)
    facts = dict(centre=Centre(name="Baru", timezone="Asia/Jakarta"), administrator=new, room="Aula")
    with pytest.raises(NotFound):  # somebody has an account already
        set_up(act=world.act(), code="x", site=SiteFacts("Gedung", "Gedung", "Asia/Jakarta"), **facts)
