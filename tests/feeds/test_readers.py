"""Programs that others wrote read what was planned out of the feeds; the long one is ./run prove readers."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.oracles import environment, icaljs, readers
from tests.proofs.readers import ALTERATIONS, Report
from tests.support import once
from tests.support.clients import WebClient
from tests.support.feeds import addresses, filled
from tests.support.lint import problems
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> str:
    """What stands in the bytes does not depend on the database; tests/feeds/test_tags.py runs on both."""
    return sqlite_url


def heard(report: Report) -> Report:
    if report.silent:
        pytest.skip("; ".join(report.silent))
    return report


@pytest.mark.parametrize("language", ["id", "en"])
def test_three_programs_read_sixty_occurrences_as_planned(web: WebClient, world: World, language: str) -> None:
    made = filled(world, 60)
    assert {one.fate for _, one in made.plan} >= {"requested", "returned", "declined", "cancelled", "expired", "missed"}
    report = Report()
    for name, path in addresses(world).items():
        if wanted := made.wanted(name, language):
            body = web.get(f"{path}?lang={language}").data
            assert problems(body, world.now) == [], name
            report.compare(name, wanted, body, readers.IN_MEMORY)
    assert report.wrong == []
    assert len(report.agreed) == 11
    heard(report)


def test_control_an_altered_feed_is_noticed_by_each(web: WebClient, world: World) -> None:
    made, report = filled(world, 30), Report()
    body = web.get(addresses(world)["my"]).data
    report.compare("my", made.wanted("my"), body, readers.IN_MEMORY)
    report.control(made.wanted("my"), body, readers.IN_MEMORY)
    assert report.wrong == []
    assert len(report.agreed) == 1 + len(ALTERATIONS)
    heard(report)


def test_control_one_who_reads_nothing_and_one_who_reads_twice_are_noticed() -> None:
    event = ("2027-01-01T00:00:00Z", "2027-01-01T01:00:00Z", "Rapat", "CONFIRMED")
    report = Report()
    report.compare("a", [event], b"", {"nothing": lambda _: [], "twice": lambda _: [event] * 2})
    assert len(report.wrong) == 2
    report = Report()
    report.control(
        [event],
        b"BEGIN:VEVENT\r\nSUMMARY:a\r\nDTSTART:20270101T000000Z\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\n",
        {"deaf": lambda _: [event]},
    )
    assert len(report.wrong) == len(ALTERATIONS)


def test_who_cannot_be_asked_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    def fails(*words: object, **more: object) -> None:
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(environment, "_is_whole", lambda _folder: False)
    monkeypatch.setattr(once.shutil, "rmtree", lambda *_, **__: None)
    monkeypatch.setattr(environment.subprocess, "run", fails)
    report = Report()
    report.compare("a", [], b"", {"ical.js": readers.by_icaljs, "recurring-ical-events": readers.by_recurring})
    assert report.silent == [
        "ical.js: NOT asked (no node found; Debian: apt install nodejs npm)",
        "recurring-ical-events, vdirsyncer, khal: NOT asked (pip could not install them; is there a network?)",
    ]
    assert icaljs.NotAsked("x").args == ("ical.js: NOT asked (x)",)


def test_a_title_with_a_backslash_and_a_large_n_arrives(web: WebClient, world: World) -> None:
    world.approve("dadang", world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="C:\\Nada"))
    (event,) = readers.by_vobject(web.get("/feeds/rooms/musik.ics").data)
    assert event[2] == "C:\\Nada · Ruang Latihan Musik"
