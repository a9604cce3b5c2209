"""Backup and restore, tokens, the worker, the demo, and the first start of a real centre."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select, text

from booking.cli.backup import backup, restore
from booking.cli.commands import tokens
from booking.cli.demo import PACK, load_demo, nearest_monday
from booking.cli.starting import settle_mail
from booking.cli.worker import start_thread
from booking.front import context
from booking.storage import claims, settings
from booking.storage.bookings import Booking, Occurrence
from booking.storage.db import db, reading
from booking.storage.history import History
from booking.storage.outbox import Outbox
from booking.usecases.lettering import LetterFacts, add_letter
from booking.usecases.setting_up import new_setup_code
from tests.support import databases
from tests.support.clients import WebClient, text_of
from tests.support.letters import pdf
from tests.support.world import JAKARTA, PASSWORD, World


def run(command, *words: str):
    answer = CliRunner().invoke(command, list(words), catch_exceptions=False)
    reading().rollback()
    return answer


def test_restore_drill(world: World, tmp_path: Path) -> None:
    world.approve("dadang", world.ask("cecep", world.time("musik", 2, "19:00", "21:00")))
    letter = LetterFacts("005/GS", date(2026, 11, 20), pdf())
    code = world.ask("cecep", world.time("musik", 9, "19:00", "21:00"))
    add_letter(act=world.act("cecep"), code=code, new=letter, folder=context.letters())
    web = WebClient(world)
    before = web.get("/feeds/rooms/musik.ics").data
    photo = Path(world.app.config["DATA"]) / "photos" / "0-480.jpg"
    photo.parent.mkdir(exist_ok=True)
    photo.write_bytes(b"as it was")
    kept = tmp_path / "kept"
    assert "2 bookings, 2 occurrences" in run(backup, str(kept)).output
    assert run(backup, str(kept)).exit_code == 1, "never over another backup"
    assert {path.stat().st_mode & 0o777 for path in (kept, kept / "files" / "letters")} == {0o700}
    world.ask("cecep", world.time("rapat", 2, "19:00", "20:00"))
    photo.unlink()
    (photo.parent / "1-480.jpg").write_bytes(b"added after")
    shutil.rmtree(context.letters())
    refused = run(restore, str(kept))
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    done = run(restore, str(kept), "--replace")
    assert (done.exit_code, "audit: 0 breaches" in done.output) == (0, True)
    assert reading().scalar(select(func.count(Booking.id))) == 2
    (file,) = context.letters().iterdir()
    assert (file.read_bytes(), "letters are named" in done.output) == (pdf(), False)
    assert web.get("/feeds/rooms/musik.ics").data == before
    assert {file.name: file.read_bytes() for file in photo.parent.iterdir()} == {photo.name: b"as it was"}
    world.ask("euis", world.time("rapat", 2, "19:00", "20:00"))  # and it goes on, guards included


def test_token_is_the_last_line(world: World) -> None:
    answer = run(tokens, "create", "--person", "cecep@example.com")
    secret = answer.output.splitlines()[-1]
    assert re.fullmatch(r"bk_[\w-]{43}", secret)
    api = world.app.test_client()
    assert api.get("/api/v1/bookings", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert run(tokens, "create", "--person", "nobody@example.com").exit_code == 1


def test_the_worker_thread_works_and_ends(world: World) -> None:
    import time

    code = world.ask("cecep", world.time("musik", 1, "09:00", "10:00"))
    world.now = world.at(1, "09:00")
    stop = start_thread(world.app)
    for _ in range(200):
        if reading().scalar(select(Occurrence.state)) == "expired":
            break
        time.sleep(0.05)
        reading().rollback()
    stop.set()
    assert reading().scalar(select(Occurrence.state)) == "expired"
    assert code


@pytest.mark.parametrize(
    ("said", "chosen", "is_demo", "to_files"),
    [
        (None, None, True, True),
        (None, None, False, False),
        ("0", None, True, False),
        ("1", None, False, True),
        ("1", False, True, False),
        ("0", True, False, True),
    ],
)
def test_the_demo_sends_nothing_unless_told_to(
    app: Flask, monkeypatch: pytest.MonkeyPatch, said: str | None, chosen: bool | None, is_demo: bool, to_files: bool
) -> None:
    monkeypatch.setenv("MAIL_TO_FILES", said or "")
    if said is None:
        monkeypatch.delenv("MAIL_TO_FILES")
    app.config["MAIL_TO_FILES"] = said == "1"
    settle_mail(chosen, is_demo=is_demo)
    assert app.config["MAIL_TO_FILES"] is to_files


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        ("2026-11-23", "2026-11-23"),
        ("2026-11-26", "2026-11-23"),
        ("2026-11-27", "2026-11-30"),
        ("2026-11-29", "2026-11-30"),
    ],
)
def test_nearest_monday(day: str, monday: str) -> None:
    assert nearest_monday(date.fromisoformat(day)) == date.fromisoformat(monday)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path):
    """A migrated database with nobody in it."""
    import os

    from tests.conftest import _app

    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        if "TEST_PG" not in os.environ:
            pytest.skip("PostgreSQL: NOT tested (no initdb found)")
        name = databases.new_name("empty")
        databases.execute(os.environ["TEST_PG"].format("postgres"), f"CREATE DATABASE {name}")
        url = os.environ["TEST_PG"].format(name)
    databases.migrate(url, tmp_path)
    app = _app(url, tmp_path)
    app.config["REAL_CLOCK"] = lambda: datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def states() -> dict[str, int]:
    return dict(reading().execute(select(Occurrence.state, func.count()).group_by(Occurrence.state)).all())


def test_the_demo_is_loaded_whole_through_the_use_cases(empty) -> None:
    load_demo()
    wanted = {
        "completed": 9,
        "approved": 34,
        "requested": 7,
        "returned": 1,
        "missed": 1,
        "cancelled": 1,
        "declined": 2,
        "expired": 1,
    }
    assert states() == wanted
    assert reading().scalar(select(func.count(Booking.id))) == len(PACK["bookings"]) == 38
    assert claims.over_units(reading()) == []
    assert context.now() == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    with_history = set(reading().scalars(select(History.booking_id).where(History.booking_id.is_not(None))))
    assert with_history == set(reading().scalars(select(Booking.id)))
    unsent = select(func.count(Outbox.id)).where(Outbox.sent_at.is_(None), Outbox.created_at < context.now())
    assert reading().scalar(unsent) == 0


@pytest.mark.parametrize("empty", ["sqlite"], indirect=True)  # which week it is matters to no database
@pytest.mark.parametrize("chosen", ["2026-12-24", "2027-03-02", "2028-02-29"])
def test_the_demo_fits_every_week(empty, chosen: str) -> None:
    """Holidays keep their dates; what would land on one moves a week further, and the load never stops."""
    load_demo(chosen=date.fromisoformat(chosen))
    assert context.now().astimezone(JAKARTA).isoformat()[:16] == f"{chosen}T08:30"
    assert sum(states().values()) == 56
    assert claims.over_units(reading()) == []


def test_november_was_what_the_facts_say(empty) -> None:
    load_demo()
    realised = (
        reading()
        .scalars(
            select(Occurrence).where(
                Occurrence.state.in_(["completed", "approved"]), Occurrence.starts_at <= context.now()
            )
        )
        .all()
    )
    hours = sum((one.ends_at - one.starts_at for one in realised), timedelta()) / timedelta(hours=1)
    assert (len(realised), hours, sum(one.head_count for one in realised)) == (10, 37.0, 67)


def test_first_start_of_a_real_centre(empty) -> None:
    web = WebClient(World(empty))
    assert web.get("/").headers["Location"] == "/setup"
    new_setup_code(code="ab12-cd34")
    fields = {"code": "wrong", "centre": "Hub", "site": "London Hub", "timezone": "Europe/London", "room": "Attic",
              "name": "Ann", "phone": "+44 7700 900123", "password": PASSWORD}  # fmt: skip
    wrong = web.post("/setup", fields)
    assert (wrong.status_code, "Ini bukan kode" in text_of(wrong)) == (422, True)
    bad_zone = web.post("/setup", {**fields, "code": "ab12-cd34", "timezone": "WIB"})
    assert bad_zone.status_code == 422
    assert reading().scalar(text("SELECT count(*) FROM site")) == 0, "nothing is half stored"
    done = web.post("/setup", {**fields, "code": "ab12-cd34"})
    assert done.headers["Location"] == "/manage"
    assert web.get("/manage/rooms").status_code == 200
    assert "Attic" in web.get("/").text
    assert web.get("/setup").status_code == 404
    assert settings.setting(reading(), settings.SETUP_CODE) is None
