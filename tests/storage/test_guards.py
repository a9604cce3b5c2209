"""The last guard stands in the MIGRATED schema, refuses by itself, and the audit sees what is planted behind it."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from booking.cli import migrating
from booking.cli.commands import audit
from booking.domain.series import Every, Pattern
from booking.storage.bookings import Booking
from booking.storage.classifications import classifications
from booking.storage.communities import community_by_slug, mentored_on
from booking.storage.db import HEAD, Base, db, reading
from booking.storage.outbox import Outbox
from booking.storage.places import room_by_slug
from booking.usecases.changing import change_booking
from booking.usecases.classifying import MentorshipFacts, save_mentorship
from booking.usecases.intents import Edit
from booking.usecases.inviting import new_invite
from tests.support.world import World
from tests.usecases.test_requesting import booking

GUARDS = {
    "sqlite": {
        "claim_guard_insert",
        "claim_guard_update",
        "occurrence_longest_insert",
        "occurrence_longest_update",
        "history_no_update",
        "history_no_delete",
    },
    "postgresql": {
        "claim_no_overlap",
        "claim_longest",
        "occurrence_longest",
        "history_no_change",
        "history_no_truncate",
    },
}


def wanted_of(url: str) -> set[str]:
    return GUARDS["sqlite" if url.startswith("sqlite") else "postgresql"]


def fingerprint(url: str) -> set[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        if url.startswith("sqlite"):
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = """SELECT conname FROM pg_constraint WHERE conrelid IN ('claim'::regclass, 'occurrence'::regclass)
                       AND contype IN ('x', 'c') UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"""
        found = {row[0] for row in connection.execute(text(query))}
    engine.dispose()
    return found


def test_guards_are_in_the_migrated_schema(world: World, url: str) -> None:
    assert wanted_of(url) <= fingerprint(url)


def test_exclusion_covers_active_exclusive_claims(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.connect() as connection:
        query = text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'claim_no_overlap'")
        said = connection.execute(query).scalar()
    engine.dispose()
    assert "EXCLUDE USING gist (resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&)" in said
    assert "WHERE ((active AND exclusive))" in said


def insert(world: World, room: str, starts: str, ends: str, units: int = 1) -> None:
    """A claim put into the database behind the program's back."""
    resource = room_by_slug(reading(), room)
    values = {"r": resource.id, "x": resource.exclusive, "u": units, "s": world.at(1, starts), "e": world.at(1, ends)}
    if db.engine.dialect.name == "sqlite":
        values |= {key: int(values[key].timestamp() * 1_000_000) for key in ("s", "e")}
    statement = text(
        "INSERT INTO claim (resource_id, exclusive, occurrence_id, units, active, starts_at, ends_at) "
        "SELECT :r, :x, min(id), :u, true, :s, :e FROM occurrence"
    )
    with db.engine.connect() as connection:
        connection.execute(statement, values)


@pytest.fixture
def taken(world: World) -> World:
    world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"))
    world.ask("euis", world.time("meja", 1, "10:00", "12:00"), people=20)
    return world


@pytest.mark.parametrize(
    ("starts", "ends"), [("11:00", "13:00"), ("09:00", "10:30"), ("10:30", "11:00"), ("08:00", "14:00")]
)
def test_overlap_is_refused_by_the_schema_alone(taken: World, starts: str, ends: str) -> None:
    with pytest.raises(DBAPIError):
        insert(taken, "rapat", starts, ends)


def test_touching_claims_are_let_in(taken: World) -> None:
    insert(taken, "rapat", "12:00", "13:00")
    insert(taken, "rapat", "09:00", "10:00")


def test_pool_is_guarded_on_sqlite_and_audited_on_both(taken: World) -> None:
    insert(taken, "meja", "11:00", "13:00", units=4)
    if db.engine.dialect.name == "sqlite":
        with pytest.raises(DBAPIError, match="claim_over_units"):
            insert(taken, "meja", "11:30", "12:30", units=1)
        with db.engine.connect() as connection:
            connection.execute(text("DROP TRIGGER claim_guard_insert"))
    insert(taken, "meja", "11:30", "12:30", units=3)
    answer = CliRunner().invoke(audit, obj=None)
    assert answer.exit_code == 1
    assert "3 too many" in answer.output


def test_audit_finds_an_overlap_planted_behind_the_guard(taken: World) -> None:
    assert CliRunner().invoke(audit).output == "0 breaches\n"
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER claim_guard_insert"))
        else:
            connection.execute(text("ALTER TABLE claim DROP CONSTRAINT claim_no_overlap"))
    insert(taken, "rapat", "11:00", "13:00")
    answer = CliRunner().invoke(audit)
    assert (answer.exit_code, answer.output.splitlines()[-1]) == (1, "1 breaches")


def test_longest_claim_and_occurrence_are_schema_facts(taken: World) -> None:
    far = "ends_at + 200000000000" if db.engine.dialect.name == "sqlite" else "ends_at + interval '2 days'"
    with pytest.raises(DBAPIError, match="claim_longest"), db.engine.connect() as connection:
        connection.execute(text(f"UPDATE claim SET ends_at = {far}"))
    with pytest.raises(DBAPIError, match="occurrence_longest"), db.engine.connect() as connection:
        connection.execute(text(f"UPDATE occurrence SET ends_at = {far}"))


@pytest.mark.parametrize("statement", ["UPDATE history SET event = 'x'", "DELETE FROM history"])
def test_history_is_append_only(taken: World, statement: str) -> None:
    with pytest.raises(DBAPIError, match="history_append_only"), db.engine.connect() as connection:
        connection.execute(text(statement))


def test_head_is_what_the_database_and_the_migrations_say(world: World) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migrating.FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    assert migrating.version() == HEAD


def test_models_and_migrations_agree(world: World) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, Base.metadata)
    assert found == []


def test_down_and_up_again(world: World, url: str) -> None:
    from flask_migrate import downgrade, upgrade

    migrating.prepare(world.app)
    db.session.remove()
    downgrade(directory=str(migrating.FOLDER), revision="base")
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
    upgrade(directory=str(migrating.FOLDER))
    assert wanted_of(url) <= fingerprint(url)


def test_what_a_series_says_survives_down_and_up_again(world: World) -> None:
    from flask_migrate import downgrade, upgrade

    code = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), repeat=Pattern(Every.WEEK, count=3))
    uid = booking(code).occurrences[1].uid
    change_booking(act=world.act("cecep"), code=code, uid=uid, edit=Edit(starts_at=world.at(8, "14:00")))
    before = [one.base for one in booking(code).occurrences]
    assert [base is None for base in before] == [True, False, True]
    pattern = booking(code).pattern
    migrating.prepare(world.app)
    db.session.remove()
    downgrade(directory=str(migrating.FOLDER), revision="0002")
    with db.engine.connect() as connection:
        older = connection.execute(select(Booking.pattern).where(Booking.code == code)).scalar_one()
    assert older["repeat"] == pattern
    upgrade(directory=str(migrating.FOLDER))
    assert [one.base for one in booking(code).occurrences] == before
    assert booking(code).pattern == pattern


def revision_before(revision: str) -> str:
    """The revision that one follows."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migrating.FOLDER))
    return ScriptDirectory.from_config(config).get_revision(revision).down_revision


def test_what_is_said_of_communities_becomes_rows_and_words_again(world: World) -> None:
    from flask_migrate import downgrade, upgrade

    migrating.prepare(world.app)
    db.session.remove()
    downgrade(directory=str(migrating.FOLDER), revision=revision_before("0008"))
    said = text(
        "INSERT INTO community (slug, name, kind, helix, cluster, mentor, district) VALUES "
        "('a', 'A', 'UMKM', 'bisnis', 'kriya', 'UPTD', ''), ('b', 'B', 'UMKM', '', 'musik', '', 'Baros')"
    )
    words = text("SELECT slug, kind, helix, cluster, mentor, district FROM community WHERE slug IN ('a', 'b')")
    with db.engine.connect() as connection:
        connection.execute(said)
        before = sorted(tuple(row) for row in connection.execute(words))
    db.engine.dispose()
    upgrade(directory=str(migrating.FOLDER))
    rows = {(one.kind, one.name_id) for some in classifications(reading()).values() for one in some}
    assert rows == {
        ("type", "UMKM"),
        ("helix", "bisnis"),
        ("cluster", "kriya"),
        ("cluster", "musik"),
        ("district", "Baros"),
    }
    one, other = (community_by_slug(reading(), slug) for slug in "ab")
    assert (one.kind, one.cluster.name_id, one.district, other.helix) == ("UMKM", "kriya", None, None)
    assert mentored_on(reading(), date(2020, 1, 1)) == {one.id: ["UPTD"]}
    db.session.remove()
    downgrade(directory=str(migrating.FOLDER), revision=revision_before("0008"))
    with db.engine.connect() as connection:
        assert sorted(tuple(row) for row in connection.execute(words)) == before
    db.engine.dispose()
    upgrade(directory=str(migrating.FOLDER))


def test_of_several_mentors_the_one_who_still_mentors_goes_down(world: World) -> None:
    from flask_migrate import downgrade, upgrade

    for agency, to_on in (("UPTD", None), ("Disdagkoperin", date(2026, 6, 30))):
        facts = MentorshipFacts(agency, date(2026, 1, 1), to_on)
        save_mentorship(act=world.act(), slug="gerimis-sore", mentorship_id=None, facts=facts)
    new_invite(act=world.act("cecep"), slug="gerimis-sore")
    migrating.prepare(world.app)
    db.session.remove()
    downgrade(directory=str(migrating.FOLDER), revision=revision_before("0008"))
    with db.engine.connect() as connection:
        query = text("SELECT mentor FROM community WHERE slug = 'gerimis-sore'")
        assert connection.execute(query).scalar_one() == "UPTD"
    upgrade(directory=str(migrating.FOLDER))


@pytest.mark.parametrize(
    ("revision", "kinds"), [("0008", ["community_registered", "contact_made"]), ("0006", ["late_change"])]
)
def test_no_message_goes_down_that_is_not_known_there(world: World, revision: str, kinds: list[str]) -> None:
    from flask_migrate import downgrade, upgrade

    world.ask("cecep", world.time("musik", 1, "10:00", "12:00"))
    with db.engine.begin() as connection:
        for kind in ("digest", *kinds):
            said = {"kind": kind, "person_id": world.people["cecep"], "booking_id": None, "facts": {}}
            connection.execute(
                Outbox.__table__.insert(), {**said, "created_at": world.now, "due_at": world.now, "tries": 0}
            )
    migrating.prepare(world.app)
    db.session.remove()
    downgrade(directory=str(migrating.FOLDER), revision=revision_before(revision))
    with db.engine.connect() as connection:
        left = set(connection.execute(text("SELECT kind FROM outbox")).scalars())
    assert left == {"digest", "requested", "new_request"}
    db.engine.dispose()
    upgrade(directory=str(migrating.FOLDER))
