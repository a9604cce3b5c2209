"""Fixtures: an app on a migrated database of either kind, a furnished centre, and clients."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy.pool import NullPool

from booking import create_app
from booking.storage.db import db, engine_options
from booking.usecases import passwords
from tests.support import databases
from tests.support.clients import ApiClient, WebClient
from tests.support.world import World, furnished

_cluster: databases.Cluster | None = None


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts one PostgreSQL for all workers; they find it through the environment."""
    global _cluster
    programs = databases.find_programs()
    if hasattr(config, "workerinput") or "TEST_PG" in os.environ or programs is None:
        return
    _cluster = databases.Cluster(programs)
    os.environ["TEST_PG"] = _cluster.url("{}")


def pytest_unconfigure(config: pytest.Config) -> None:
    if _cluster is not None:
        _cluster.stop()
        os.environ.pop("TEST_PG", None)


def pytest_terminal_summary(terminalreporter) -> None:
    if "TEST_PG" not in os.environ:
        terminalreporter.write_line("PostgreSQL: NOT tested (no initdb found; Debian: apt install postgresql)")
    else:
        terminalreporter.write_line("PostgreSQL: tested")


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """argon2 as weak as it goes: the strength is the library's, the time would be ours."""
    strong = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield
    passwords._hasher = strong


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated and furnished SQLite file."""
    folder = tmp_path_factory.mktemp("template")
    url = f"sqlite:///{folder / 'booking.sqlite'}"
    databases.migrate(url, folder)
    _furnish(url, folder)
    return folder / "booking.sqlite"


@pytest.fixture(scope="session")
def postgresql_template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated and furnished database, one for each worker."""
    name = databases.new_name("template")
    databases.execute(os.environ["TEST_PG"].format("postgres"), f"CREATE DATABASE {name}")
    url = os.environ["TEST_PG"].format(name)
    folder = tmp_path_factory.mktemp("pg")
    databases.migrate(url, folder)
    _furnish(url, folder)
    return name


_furnished_people: dict[str, int] = {}


def _furnish(url: str, folder: Path) -> None:
    app = _app(url, folder)
    with app.app_context():
        _furnished_people.update(furnished(app).people)
        db.session.remove()
        db.engine.dispose()


def _app(url: str, folder: Path) -> Flask:
    options = engine_options(url)
    if url.startswith("postgresql"):
        # a template cannot be copied, nor a database dropped, while a connection lingers
        options = {key: value for key, value in options.items() if not key.startswith(("pool", "max_"))} | {
            "poolclass": NullPool
        }
    return create_app(
        {
            "SQLALCHEMY_DATABASE_URI": url,
            "SQLALCHEMY_ENGINE_OPTIONS": options,
            "DATA": folder,
            "SECRET_KEY": databases.SECRET,
            "BASE_URL": "http://127.0.0.1:8000",
            "UID_HOST": "booking.invalid",
            "TESTING": False,
        }
    )


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "booking.sqlite")
    return f"sqlite:///{tmp_path / 'booking.sqlite'}"


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if "TEST_PG" not in os.environ:
        pytest.skip("PostgreSQL: NOT tested (no initdb found)")
    template = request.getfixturevalue("postgresql_template")
    name = databases.new_name("test")
    admin = os.environ["TEST_PG"].format("postgres")
    databases.execute(admin, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield os.environ["TEST_PG"].format(name)
    databases.execute(admin, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A furnished database of each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def app(url: str, tmp_path: Path) -> Iterator[Flask]:
    app = _app(url, tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def world(app: Flask) -> World:
    """The furnished centre; its clock is the app's."""
    world = World(app, people=dict(_furnished_people))
    app.config["CLOCK"] = lambda: world.now
    app.config["REAL_CLOCK"] = lambda: world.now
    return world


@pytest.fixture
def web(world: World) -> WebClient:
    """A browser that nobody has logged in with."""
    return WebClient(world)


@pytest.fixture
def api(world: World) -> ApiClient:
    """A client of the API without a key; every answer is held against the OpenAPI document."""
    return ApiClient(world)
