"""Who is erased is found nowhere; what the office counts, and what belongs to communities, stays."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import LargeBinary, String, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.feed_names import MINE
from booking.storage import personal
from booking.storage.access import MailKey, RecoveryCode, SecondFactor
from booking.storage.bookings import Booking, Occurrence
from booking.storage.db import Base, db, reading
from booking.storage.history import History
from booking.storage.letters import Letter
from booking.storage.offers import WAITS, Waiting
from booking.storage.people import Person, person_by_login
from booking.storage.types import Json
from booking.usecases import joining, second_factor
from booking.usecases.changing import change_booking
from booking.usecases.communities import CommunityFacts, change_community
from booking.usecases.erasing import erase, erase_myself, stands
from booking.usecases.intents import Edit
from booking.usecases.joining import grant_role
from booking.usecases.lettering import LetterFacts, add_letter
from booking.usecases.memberships import add_member
from booking.usecases.proving import change_email, new_mail_key
from booking.usecases.sealing import Seal
from booking.usecases.signing_in import new_reset_code, open_session
from booking.usecases.subscribing import new_api_token, new_feed_token
from booking.usecases.wanted import PRIVATELY, OnBehalf
from tests.support.databases import SECRET
from tests.support.letters import pdf
from tests.support.world import PASSWORD, World

NAME, EMAIL, NEW_EMAIL = "Cecep Purwadinata", "purwadinata@example.com", "cp.baru@example.org"
PHONE = ("+628400000991", "628400000991", "08400000991", "0840-0000-991", "0840 0000 991")


SAID = (NAME, EMAIL, NEW_EMAIL, *PHONE)


def columns() -> Iterable:
    """Every column of the schema that can hold words or bytes."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, (String, Text, LargeBinary, type(Json), JSONB)) or column.type is Json:
                yield column


def places(said: str) -> set[str]:
    """table.column of everything that holds some words, in any case of letters."""
    found = set()
    with db.engine.connect() as connection:
        for column in columns():
            for (value,) in connection.execute(select(column).where(column.is_not(None))):
                text = value.decode() if isinstance(value, bytes) else str(value)
                # a calendar folds its lines
                if said.lower() in text.replace("\r\n ", "").lower():
                    found.add(f"{column.table.name}.{column.name}")
    return found


@pytest.fixture
def known(world: World, tmp_path: Path) -> int:
    """A person who has used everything, with a contact beside them in their community."""
    facts = {"name": NAME, "phone": PHONE[0], "email": EMAIL, "closed": False, "real_now": world.now}
    joining.change_person(act=world.act("admin"), person_id=world.people["cecep"], **facts)
    add_member(act=world.act(), slug="gerimis-sore", login="euis@example.com", relation="contact")
    own = {"community": PRIVATELY, "purpose": f"Hubungi {NAME} di {PHONE[3]}", "needs": [f"Kabel untuk {NAME}"]}
    first = world.ask("cecep", world.time("musik", 2, "19:00", "21:00", label=NAME), title=f"Latihan {NAME}", **own)
    world.approve("dadang", first)
    change_booking(
        act=world.act("cecep"), code=first, edit=Edit(starts_at=world.at(3, "10:00"), ends_at=world.at(3, "11:00"))
    )
    over = world.ask("cecep", world.time("musik", 4, "08:00", "10:00"), title=f"Rapat {NAME}", **own)
    world.decline("dadang", over, reason=f"Telepon {PHONE[2]} tidak diangkat, {NAME}.")
    group = world.ask(
        "cecep", world.time("musik", 5, "19:00", "21:00"), title="Latihan angklung", purpose=f"Surel {EMAIL}"
    )
    world.approve("dadang", group)
    person_id = world.people["cecep"]
    open_session(person_id=person_id, trusted=True, now=world.now)
    new_reset_code(person_id=person_id, now=world.now)
    new_api_token(person_id=person_id, label=NAME, real_now=world.now)
    new_feed_token(act=world.act("cecep"), feed=MINE, label=f"HP {NAME}", real_now=world.now)
    _more(world, own, tmp_path)
    grant_role(act=world.act(), login=EMAIL, role="guard", site="bitc", from_on=None, to_on=None)
    return person_id


def _more(world: World, own: dict, folder: Path) -> None:
    """A letter, a place in line, a request that the office typed, an address to be proved, a second factor."""
    lettered = world.ask("cecep", world.time("musik", 6, "19:00", "21:00"), title=f"Surat {NAME}", **own)
    new = LetterFacts(f"005/{NAME}/2026", world.act().today, pdf())
    add_letter(act=world.act("cecep"), code=lettered, new=new, folder=folder)
    for who in ("dewi", "cecep"):
        world.ask(who, world.time("rapat", 2, "10:00", "12:00"), wait=True, **(own if who == "cecep" else {}))
    typed = OnBehalf(NAME, PHONE[3], "phone")
    world.ask("dadang", world.time("musik", 7, "09:00", "10:00"), title=f"Titipan {NAME}", on_behalf=typed)
    about = CommunityFacts("Gerimis Sore", about=f"Hubungi {PHONE[3]}")
    change_community(act=world.act("cecep"), slug="gerimis-sore", facts=about)
    act, shown = world.act("cecep"), {"password": PASSWORD, "network": "10.0.0.1", "real_now": world.now}
    change_email(act=act, email=NEW_EMAIL, **shown)
    new_mail_key(person_id=act.actor, email=NEW_EMAIL, real_now=world.now)
    seal = Seal([SECRET])
    second_factor.begin(act=act, seal=seal, **shown)
    code = pyotp.TOTP(second_factor.secret_to_show(reading(), act.actor, seal)).at(world.now)
    here = {"network": "10.0.0.1", "real_now": world.now, "secret": "", "seal": seal}
    second_factor.confirm(act=act, code=code, **here)


def test_nothing_of_the_person_is_found_anywhere(world: World, known: int, caplog) -> None:
    before = {column for said in SAID for column in places(said)}
    assert {"person.name", "booking.title", "need.text", "piece.body", "history_text.text", "token.label"} <= before
    assert {"person.new_email", "mail_key.email", "letter.number", "community.about", "outbox.facts"} <= before
    caplog.set_level(logging.DEBUG)
    erase_myself(act=world.act("cecep"), password=PASSWORD, network="127.0.0.1", real_now=world.now)
    assert {said: places(said) for said in SAID if places(said)} == {}
    assert not any(said in caplog.text for said in SAID)
    for table in (SecondFactor, RecoveryCode, MailKey):
        assert reading().scalars(select(table)).all() == []
    assert reading().scalars(select(Letter.file)).all() == [None], "the worker drops what no letter names"
    assert reading().scalars(select(Waiting).where(WAITS)).all() == [], "nobody's turn comes"


def test_nothing_is_left_in_the_file_either(world: World, known: int) -> None:
    """SQLite leaves what was deleted in its pages, unless it is told to blank them."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL: what was deleted goes with VACUUM, which runs by itself")
    erase(act=world.act("cecep"), person_id=known)
    db.session.remove()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = Path(db.engine.url.database).parent
    kept = b"".join(file.read_bytes() for file in folder.iterdir())
    assert b"booking" in kept
    assert not any(said.encode() in kept for said in SAID)


@pytest.mark.parametrize("left_out", ["forget_words", "forget_bytes", "forget_literally", "forget_keys"])
def test_each_step_of_it_is_needed(world: World, known: int, left_out: str, monkeypatch) -> None:
    """Control: without one of the blankings the search finds something. Long after, when no calendar shows it."""
    world.now += timedelta(days=120)
    monkeypatch.setattr(personal, left_out, lambda *_: None)
    erase(act=world.act("cecep"), person_id=known)
    assert any(places(said) for said in SAID)


def test_what_is_counted_and_what_is_a_community_s_stays(world: World, known: int) -> None:
    session = reading()
    counted = select(func.count(), func.sum(Booking.people)).select_from(Booking)
    before = session.execute(counted).one()
    steps = session.scalar(select(func.count()).select_from(History))
    assert len(stands(session, known, world.now).cancelled) == 4
    erase(act=world.act("cecep"), person_id=known)
    assert reading().execute(counted).one() == before
    assert reading().scalar(select(func.count()).select_from(History)) > steps
    group = reading().scalar(select(Booking).where(Booking.title == "Latihan angklung"))
    assert group.booked_for == world.people["euis"]
    assert {one.state for one in group.occurrences} == {"approved"}
    states = select(Occurrence.state).join(Booking).where(Booking.booked_for == known)
    assert set(reading().scalars(states)) == {"cancelled", "declined"}


def test_the_number_and_the_address_may_be_used_again(world: World, known: int) -> None:
    erase(act=world.act("cecep"), person_id=known)
    assert person_by_login(reading(), EMAIL) is None
    new = joining.NewPerson("Cecep Baru", PHONE[0], EMAIL, PASSWORD)
    assert joining.register(act=world.act(), new=new) != known


def test_whoever_is_needed_hands_over_first(world: World) -> None:
    with pytest.raises(Refused) as refused:
        erase(act=world.act("cecep"), person_id=world.people["cecep"])
    assert [one.code for one in refused.value.violations] == ["last_contact_of"]
    with pytest.raises(Refused, match="last_administrator"):
        erase(act=world.act("admin"), person_id=world.people["admin"])
    assert reading().get(Person, world.people["admin"]).email == "admin@example.com"


def test_only_the_person_and_who_may_change_the_entry(world: World, known: int) -> None:
    for who in ("euis", "ujang"):
        with pytest.raises(Forbidden):
            erase(act=world.act(who), person_id=known, reason="Diminta.")
    with pytest.raises(Refused, match="wrong_password"):
        erase_myself(act=world.act("cecep"), password="salah sekali", network="127.0.0.1", real_now=world.now)
    with pytest.raises(Refused, match="reason_required"):
        erase(act=world.act("admin"), person_id=known)
    erase(act=world.act("admin"), person_id=known, reason="Diminta lewat surat.")
    with pytest.raises(NotFound):
        joining.change_person(
            act=world.act("admin"),
            person_id=known,
            name="X",
            phone=PHONE[0],
            email="",
            closed=False,
            real_now=world.now,
        )


def test_every_column_of_words_is_somebody_s_or_nobody_s() -> None:
    named = {f"{column.table.name}.{column.name}" for column in columns()}
    listed = frozenset().union(*personal.KINDS.values())
    assert not listed & personal.NOBODYS
    assert listed | personal.NOBODYS == named
    assert sum(map(len, personal.KINDS.values())) == len(listed)
