"""How rooms are allotted, for everybody: true figures, rules as sentences, nobody's name, few statements."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.domain.approval import Tier
from booking.domain.figures import spread
from booking.domain.rules import RULES
from booking.front.rules_told import SENTENCES
from booking.storage.allotment import allotted
from booking.storage.db import reading
from booking.usecases import furnishing
from booking.usecases.wanted import PRIVATELY
from tests.support.clients import WebClient
from tests.support.world import World
from tests.web.test_costs import statements_of


def answered(world: World, number: int, hours: int, *, declined: int = 0) -> None:
    """So many requests of a private person for the music room, each answered after so many hours."""
    start = world.now
    for day in range(number):
        world.now = start + timedelta(minutes=day)
        asked = world.time("musik", 10 + day, "09:00", "10:00")
        code = world.ask("cecep", asked, title=f"Rahasia {day}", community=PRIVATELY)
        world.now += timedelta(hours=hours)
        (world.decline if day < declined else world.approve)("dadang", code)
    world.now = start + timedelta(days=2)


def test_figures_are_those_of_the_bookings(world: World) -> None:
    answered(world, 6, hours=3, declined=2)
    world.ask("cecep", world.time("rapat", 10, "09:00", "10:00"), community=PRIVATELY)
    found = allotted(reading(), world.now)
    group = found["short"][Tier.OFFICER]
    assert dict(group.outcomes) == {"asked": 6, "approved": 4, "declined": 2, "expired": 0, "overridden": 0}
    assert spread(group.answer).most == timedelta(hours=3)
    assert found["long"][Tier.AUTOMATIC].outcomes["approved"] == 1
    later = allotted(reading(), world.now + timedelta(days=100))
    assert (Tier.OFFICER in later["short"], later["long"][Tier.OFFICER].outcomes["asked"]) == (False, 6)


@pytest.mark.parametrize("number", [4, 6])
def test_few_are_not_told_and_nobody_is_named(web: WebClient, world: World, number: int) -> None:
    answered(world, number, hours=3, declined=1)
    page = web.get("/allotment?lang=en").text
    assert ("nine of ten" in page) == (number == 6)
    for word in ("Rahasia", "Cecep", "Dadang", "Gerimis"):
        assert word not in page


def test_rules_and_their_changes_stand_there(web: WebClient, world: World) -> None:
    prayer = {"latitude": -6.9, "longitude": 107.54}
    rules = {"hours": {"weekly": {"mon": [["08:00", "20:00"]], "tue": [["08:00", "20:00"]]}}, "notice": {"hours": 72}}
    furnishing.save_rules(act=world.act("admin"), slug="musik", rules=rules)
    furnishing.save_rules(act=world.act("admin"), slug="musik", rules={"hours": rules["hours"], "prayer": prayer})
    page = web.get("/allotment?lang=en").text
    assert "Open: Monday to Tuesday 08:00-20:00." in page
    assert "No longer: Notice." in page
    assert "Ask at the latest 3 days before." in page
    assert "Prayer times are shown in the schedule." in page
    assert SENTENCES.keys() == RULES.keys()


def test_it_is_counted_once_an_hour(web: WebClient, world: World) -> None:
    web.get("/allotment")
    many = statements_of(lambda: web.get("/allotment"))
    world.now += timedelta(hours=1)
    assert statements_of(lambda: web.get("/allotment")) > many
    assert statements_of(lambda: web.get("/allotment")) == many
