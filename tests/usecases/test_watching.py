"""Whatever changes rules, rooms, roles or the centre's words stands in the history: who, when, before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from booking.storage import closures, people, profiles, reasons, settings
from booking.storage.classifications import Classification
from booking.storage.db import Base, reading
from booking.storage.history import History
from booking.storage.places import Room
from booking.storage.transaction import writes
from booking.storage.watching import WATCHED
from booking.usecases import furnishing, joining
from booking.usecases.classifying import move_classification, save_classification
from booking.usecases.closing import ClosureFacts, close, reopen
from booking.usecases.furnishing import RoomFacts, SiteFacts
from booking.usecases.furnishing_items import ItemFacts, save_item
from booking.usecases.furnishing_profiles import ProfileFacts, remove_profile, save_profile
from booking.usecases.furnishing_reasons import remove_reason, save_reason
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> str:
    """What a flush notes does not depend on the database."""
    return sqlite_url


def last_id(model: type[Base]) -> int:
    return reading().scalar(select(func.max(model.id)))


def steps_since(number: int) -> list[History]:
    reading().expire_all()
    return list(reading().scalars(select(History).where(History.id > number).order_by(History.id)))


WEEK = {"hours": {"weekly": {"mon": [["09:00", "15:00"]]}}}


def everything(world: World) -> list[tuple[str, Callable[[], object]]]:
    """Each use case that changes the house, with the event that must come of it; in an order in which each can be."""
    act = world.act("admin")
    said = settings.centre(reading())
    site = SiteFacts("Gedung Tiga", "Tiga", "Asia/Jakarta")
    room = RoomFacts(site="bitc", name="Ruang Gambar")
    item = ItemFacts(site="bitc", name="Kamera", stock=2)
    shut = ClosureFacts(world.at(9, "08:00"), world.at(9, "09:00"), "Cuci lantai")
    ramadan = ProfileFacts("Ramadan", date(2027, 2, 8), date(2027, 3, 9))
    role = {"login": "dewi@example.com", "role": "operator", "site": "bitc", "from_on": None, "to_on": None}
    row = {"kind": "type", "name_id": "Sanggar"}
    return [
        ("centre_changed", lambda: furnishing.save_centre(act=act, said=replace(said, welcome="Punten"))),
        ("site_entered", lambda: furnishing.save_site(act=act, slug=None, facts=site)),
        ("site_changed", lambda: furnishing.save_site(act=act, slug="tiga", facts=replace(site, rules=WEEK))),
        ("room_entered", lambda: furnishing.save_room(act=act, slug=None, facts=room)),
        ("room_changed", lambda: furnishing.save_room(act=act, slug="ruang-gambar", facts=replace(room, tier="head"))),
        (
            "part_entered",
            lambda: furnishing.save_room(
                act=act, slug="ruang-gambar", facts=replace(room, tier="head", parts=["rapat"])
            ),
        ),
        ("part_removed", lambda: furnishing.save_room(act=act, slug="ruang-gambar", facts=replace(room, tier="head"))),
        ("room_changed", lambda: furnishing.save_rules(act=act, slug="ruang-gambar", rules=WEEK)),
        ("item_entered", lambda: save_item(act=act, slug=None, facts=item)),
        ("item_changed", lambda: save_item(act=act, slug="kamera", facts=replace(item, stock=3))),
        ("closure_entered", lambda: close(act=act, facts=shut)),
        ("closure_removed", lambda: reopen(act=act, closure_id=last_id(closures.Closure))),
        ("profile_entered", lambda: save_profile(act=act, profile_id=None, facts=ramadan)),
        (
            "profile_changed",
            lambda: save_profile(
                act=act, profile_id=last_id(profiles.HoursProfile), facts=replace(ramadan, percent=50)
            ),
        ),
        ("profile_removed", lambda: remove_profile(act=act, profile_id=last_id(profiles.HoursProfile))),
        ("reason_entered", lambda: save_reason(act=act, reason_id=None, verdict="decline", text_id="Penuh")),
        (
            "reason_changed",
            lambda: save_reason(
                act=act, reason_id=last_id(reasons.CannedReason), verdict="decline", text_id="Sudah penuh"
            ),
        ),
        ("reason_removed", lambda: remove_reason(act=act, reason_id=last_id(reasons.CannedReason))),
        ("class_entered", lambda: save_classification(act=act, row_id=None, **row)),
        ("class_entered", lambda: save_classification(act=act, row_id=None, **{**row, "name_id": "Klub"})),
        ("class_changed", lambda: move_classification(act=act, row_id=last_id(Classification), down=False)),
        ("role_entered", lambda: joining.grant_role(act=act, **role)),
        ("role_removed", lambda: joining.end_role(act=act, grant_id=last_id(people.RoleGrant))),
    ]


def test_every_change_of_the_house_is_written_down(world: World) -> None:
    seen = set()
    for event, do in everything(world):
        before = last_id(History) or 0
        do()
        steps = steps_since(before)
        assert event in [one.event for one in steps], f"{event}: {[one.event for one in steps]}"
        assert {one.actor_id for one in steps} == {world.people["admin"]}, event
        assert all(one.at == world.now and one.facts["changes"] for one in steps), event
        seen.add(event.partition("_")[0])
    assert seen == set(WATCHED.values()), "a kind of thing that nobody tries"


def test_before_and_after_of_rules(world: World) -> None:
    number = last_id(History) or 0
    furnishing.save_rules(act=world.act("admin"), slug="musik", rules={"notice": {"hours": 72}})
    (step,) = steps_since(number)
    was, now = step.facts["changes"]["rules"]
    assert ("hours" in was, now) == (True, {"notice": {"hours": 72}})
    furnishing.save_rules(act=world.act("admin"), slug="musik", rules={"notice": {"hours": 72}})
    assert len(steps_since(number)) == 1, "what stays as it is is no change"


def test_nobody_changes_the_house_unnamed(world: World) -> None:
    @writes
    def quietly(session) -> None:
        session.scalar(select(Room).where(Room.slug == "musik")).tier = "automatic"

    with pytest.raises(LookupError):
        quietly()
    reading().expire_all()
    assert reading().scalar(select(Room.tier).where(Room.slug == "musik")) == "officer"
