"""Who may do this, and why: the page says what the program does, and whom a deputy stands in for."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from booking.domain.permissions import Action
from booking.storage.db import reading
from booking.storage.people import Person, viewer
from booking.storage.places import site_by_slug
from booking.usecases import joining
from tests.support.clients import WebClient
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> str:
    """The same rows on either database."""
    return sqlite_url


def names_on(web: WebClient, address: str, part: str) -> set[str]:
    page = web.get(address).text
    section = page.partition(f'id="{part}"')[2].partition("</section>")[0]
    return set(re.findall(r"<b>([^<]+)</b>", section))


@pytest.fixture
def deputy(world: World) -> None:
    until = date(2026, 11, 30)
    for who, role, from_on in (("euis", "deputy", date(2026, 11, 20)), ("dewi", "officer", date(2026, 12, 1))):
        more = {"site": "bitc", "from_on": from_on, "to_on": until if role == "deputy" else None}
        joining.grant_role(act=world.act("admin"), login=f"{who}@example.com", role=role, **more)


def test_the_page_names_whom_the_program_lets(web: WebClient, world: World, deputy: None) -> None:
    web.log_in("sumarna")
    today = world.act().today
    everybody = {row.name: viewer(reading(), row.id, today) for row in reading().scalars(select(Person)).all()}
    for slug in ("", "bitc", "ctp"):
        at = site_by_slug(reading(), slug).id if slug else None
        for action in Action:
            may = {name for name, one in everybody.items() if one.may(action, at)}
            place = f"site:{slug}" if slug else ""
            assert names_on(web, f"/manage/permissions?action={action}&place={place}", "who") == may, (action, slug)


def test_it_says_why(web: WebClient, world: World, deputy: None) -> None:
    web.log_in("sumarna")
    said = web.get(f"/manage/permissions?lang=en&person={world.people['euis']}").text
    why = "Deputy of the head, BITC · since 20 November 2026 · until 30 November 2026 · for Sumarna"
    assert why in " ".join(said.split()), re.findall(r"Deputy[^<]*", said)
    said = web.get(f"/manage/permissions?lang=en&person={world.people['dewi']}").text
    assert "Not in force today: Officer, BITC · since 1 December 2026" in " ".join(said.split())
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), community="gerimis-sore")
    found = names_on(web, f"/manage/permissions?action=decide_officer&code={code}", "who")
    assert found == {"Cecep", "Dadang", "Euis", "Sumarna"}
    assert "no booking with this code" in web.get("/manage/permissions?lang=en&code=NIHIL").text
