"""Fixtures: an app on a migrated database of either kind, a furnished centre, and clients."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask

from booking import create_app
from booking.feeds.counting import Counts
from booking.feeds.kept import Bodies
from booking.feeds.limits import Limits
from booking.storage.db import db
from booking.usecases import passwords
from booking.web import page_cache
from tests.support import databases
from tests.support.browser import CHROMIUM, MISSING
from tests.support.clients import ApiClient, WebClient
from tests.support.filled import Filled, filled, leave
from tests.support.world import World, furnished

_cluster: databases.Cluster | None = None


DELIVERED = {"api", "attacks", "cli", "mail", "web"}
"""Folders of tests of what delivers: the floors below are tested on both databases, these on SQLite unless asked."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--everywhere", action="store_true", help="what delivers on PostgreSQL too, as the gate does")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--everywhere"):
        return
    spared = [item for item in items if _is_delivered(item) and _database(item) == "postgresql"]
    if spared:
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in set(spared)]


def _is_delivered(item: pytest.Item) -> bool:
    return item.path.relative_to(Path(__file__).parent).parts[0] in DELIVERED


def _database(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("url") if callspec else None


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
    if CHROMIUM is None:
        terminalreporter.write_line(f"Browser: NOT tested ({MISSING})")
    elif any("e2e" in report.keywords for report in terminalreporter.stats.get("passed", ())):
        terminalreporter.write_line("Browser: tested")


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


@pytest.fixture(scope="module")
def filled_centre(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A centre with one of everything that an address can name, on a file of this module's own."""
    file = tmp_path_factory.mktemp("filled") / "booking.sqlite"
    shutil.copy(sqlite_template, file)
    one = filled(file)
    yield one
    leave(one)


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
    return create_app(
        {
            "SQLALCHEMY_DATABASE_URI": url,
            "DATA": folder,
            "SECRET_KEY": databases.SECRET,
            "BASE_URL": "http://127.0.0.1:8000",
            "UID_HOST": "booking.invalid",
            "TESTING": False,
        }
    )


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each test of this worker finds its database, so that all of them can share one app."""
    return tmp_path_factory.mktemp("sqlite") / "booking.sqlite"


@pytest.fixture
def sqlite_url(sqlite_template: Path, sqlite_file: Path) -> str:
    for left in sqlite_file.parent.iterdir():
        left.unlink()  # with what SQLite keeps beside it; who still has it open goes on in a file without a name
    shutil.copy(sqlite_template, sqlite_file)
    return f"sqlite:///{sqlite_file}"


@pytest.fixture(scope="session")
def renewed(postgresql_template: str) -> Iterator[databases.Renewed]:
    one = databases.Renewed(os.environ["TEST_PG"], postgresql_template)
    yield one
    one.drop()


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest) -> str:
    if "TEST_PG" not in os.environ:
        pytest.skip("PostgreSQL: NOT tested (no initdb found)")
    return request.getfixturevalue("renewed").renew()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A furnished database of each kind."""
    return request.getfixturevalue(f"{request.param}_url")


_apps: dict[str, Flask] = {}
"""One for each kind of database: building one, its templates and its statements costs more than most tests."""


@pytest.fixture
def app(url: str, tmp_path: Path) -> Iterator[Flask]:
    app = _apps.get(url) or _apps.setdefault(url, _app(url, tmp_path))
    was, threads = _state(app), set(threading.enumerate())
    app.config["DATA"] = tmp_path
    app.extensions |= {"page_cache": page_cache.Shelf(), "feed_limits": Limits(), "feed_bodies": Bodies()}
    app.extensions["feed_counts"] = Counts()
    with app.app_context():
        yield app
        is_quiet = _are_over(set(threading.enumerate()) - threads)
        db.session.remove()
        db.engine.dispose()
    _put_back(app, was)
    if not is_quiet:
        del _apps[url]  # whoever is still at work in it must not meet the next test's database


def _are_over(threads: set[threading.Thread]) -> bool:
    """Whether the threads that a test began have come to their end; they get some seconds for it."""
    for thread in threads:
        thread.join(5)
    return not any(thread.is_alive() for thread in threads)


def _state(app: Flask) -> dict[str, dict]:
    """What a test may change of an app."""
    return {"config": dict(app.config), "extensions": dict(app.extensions)}


def _put_back(app: Flask, was: dict[str, dict]) -> None:
    for name, values in was.items():
        place = getattr(app, name)
        place.clear()
        place.update(values)


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
