"""What is good once is good once, however many try it at the same moment; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pyotp
import pytest

from booking.domain.errors import NotFound, Refused
from booking.storage import access
from booking.storage.db import db, reading
from booking.usecases import own_account, proving, second_factor, signing_in
from booking.usecases.sealing import Seal
from tests.support.world import PASSWORD, World

SEAL = Seal(["a key for tests alone, of 32 bytes or more"])
HERE = {"network": "198.51.100.7"}


def at_once(world: World, tries: list[Callable[[], object]]) -> list[object]:
    """What each of them came to, begun together in threads of their own."""
    told: list[object] = []
    start = threading.Barrier(len(tries))

    def run(one: Callable[[], object]) -> None:
        with world.app.app_context():
            start.wait(30)
            try:
                told.append(one())
            except (Refused, NotFound) as error:
                told.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(one,)) for one in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    reading().rollback()
    return told


def set_up(world: World) -> tuple[pyotp.TOTP, list[str]]:
    act, now = world.act("dadang"), world.now
    second_factor.begin(act=act, password=PASSWORD, seal=SEAL, real_now=now, **HERE)
    totp = pyotp.TOTP(second_factor.secret_to_show(reading(), world.people["dadang"], SEAL))
    reading().rollback()
    codes = second_factor.confirm(act=act, code=totp.at(now), secret="", seal=SEAL, real_now=now, **HERE)
    return totp, codes


def half(world: World) -> str:
    more = {"password": PASSWORD, "trusted": False, "now": world.now, **HERE}
    made = signing_in.log_in(login="dadang@example.com", **more)
    assert made.is_half
    return made.secret


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_one_code_lets_one_of_many_in(world: World, kind: str) -> None:
    totp, codes = set_up(world)
    later = second_factor.STEP
    world.now = world.now.replace(second=later)
    code = totp.at(world.now) if kind == "app" else codes[0]
    secrets = [half(world) for _ in range(4)]
    shown = {"code": code, "device": "", "seal": SEAL, "now": world.now, **HERE}
    told = at_once(world, [lambda one=one: second_factor.pass_with(secret=one, **shown) for one in secrets])
    assert sum(isinstance(one, signing_in.SignedIn) for one in told) == 1
    assert len(access.sessions_of(reading(), world.people["dadang"], world.now)) == 1
    assert len(told) == 4


def test_a_link_proves_an_address_once(world: World) -> None:
    facts = {"person_id": world.people["cecep"], "email": "cecep@example.com"}
    secret = proving.new_mail_key(**facts, real_now=world.now)
    use = {"act": world.act(), "secret": secret, "real_now": world.now}
    told = at_once(world, [lambda: proving.prove(**use)] * 4)
    assert sorted(map(str, told)) == ["False", "False", "False", "True"]


def test_a_number_that_another_has_is_refused_and_one_written_otherwise_is_the_same(world: World) -> None:
    more = {"password": PASSWORD, "real_now": world.now, **HERE}
    with pytest.raises(Refused) as told:
        own_account.change_phone(act=world.act("cecep"), phone="0840 0000 0004", **more)
    assert [one.code for one in told.value.violations] == ["phone_known"]
    own_account.change_phone(act=world.act("cecep"), phone="+62 840-7777-0001", **more)
    login = {"login": "084077770001", "password": PASSWORD, "trusted": False, "now": world.now, **HERE}
    assert signing_in.log_in(**login).person_id == world.people["cecep"]
