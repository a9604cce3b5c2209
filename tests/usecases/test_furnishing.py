"""Rooms and sites: what may change under bookings that stand, and whom a change reaches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from booking.domain.errors import Forbidden, Refused
from booking.storage import feeds, polling
from booking.storage.bookings import Occurrence
from booking.storage.db import reading
from booking.storage.feeds import Piece
from booking.storage.places import room_by_slug, site_by_slug
from booking.usecases import closing, furnishing, joining
from booking.usecases.closing import ClosureFacts
from booking.usecases.communities import CommunityFacts, change_community
from booking.usecases.furnishing import RoomFacts, SiteFacts
from booking.usecases.refreshing import write_missing_pieces
from tests.support.world import ALL_WEEK, World

FACTS = RoomFacts(site="bitc", name="Working Space", units=24, capacity=24, tier="automatic", rules={"hours": ALL_WEEK})


def save(world: World, slug: str, who: str = "admin", **changed) -> None:
    furnishing.save_room(act=world.act(who), slug=slug, facts=replace(FACTS, **changed))


def refusal(call) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    return [one.code for one in caught.value.violations]


def test_units_never_fall_below_what_is_approved(world: World) -> None:
    world.ask("cecep", world.time("meja", 1, "09:00", "12:00"), people=15)
    assert refusal(lambda: save(world, "meja", units=14)) == ["units_in_use"]
    assert refusal(lambda: save(world, "meja", units=1)) == ["units_in_use"]
    save(world, "meja", units=15)
    world.now = world.at(2, "08:00")
    save(world, "meja", units=1)  # what has been is no hindrance


def test_walls_do_not_move_under_bookings(world: World) -> None:
    code = world.ask("cecep", world.time("plx", 2, "09:00", "12:00"))
    world.approve("entin", code)
    joined = dict(site="ctp", name="Pelatihan 1+2", units=1, tier="officer")
    assert refusal(lambda: save(world, "plx", parts=("pl1",), **joined)) == ["parts_in_use"]
    world.now = world.at(3, "08:00")
    save(world, "plx", parts=("pl1",), **joined)


def test_a_room_is_no_part_of_itself_however_far(world: World) -> None:
    world.room("dalam", parts=("musik",))
    world.room("luar", parts=("dalam",))
    for part in ("luar", "dalam", "musik"):
        assert refusal(lambda part=part: save(world, "musik", units=1, parts=(part,))) == ["contains_itself"]


def test_unknown_rules_and_numbers_out_of_range(world: World) -> None:
    codes = refusal(lambda: save(world, "meja", rules={"nope": {}}, setup_minutes=300, capacity=-1, position=10**9))
    assert codes == ["range", "range", "range", "setting"]


def test_only_who_may_furnish(world: World) -> None:
    for who in ("cecep", "dadang", "sumarna"):
        with pytest.raises(Forbidden):
            save(world, "meja", who)
    with pytest.raises(Forbidden):
        closing.close(
            act=world.act("dadang"),
            facts=ClosureFacts(world.at(1, "00:00"), world.at(2, "00:00"), "Tutup"),
        )


def versions(world: World) -> dict[str, str]:
    room = room_by_slug(reading(), "rapat")
    scopes = {"room": feeds.room_scope(room.id), "site": feeds.site_scope(room.site_id), "all": feeds.ALL}
    found = {
        name: polling.scope_version(polling.by(reading().connection()), scope).tag for name, scope in scopes.items()
    }
    return found | {"mine": polling.person_version(polling.by(reading().connection()), world.people["cecep"]).tag}


def rename_room(world: World) -> None:
    save(world, "rapat", name="Ruang Saluyu", units=1, capacity=12)


def rename_site(world: World) -> None:
    site = site_by_slug(reading(), "bitc")
    furnishing.save_site(act=world.act(), slug="bitc", facts=SiteFacts("Nama Baru", "BITC", site.timezone))


def move_site(world: World) -> None:
    facts = SiteFacts("Gedung BITC", "BITC", "Asia/Makassar")
    furnishing.save_site(act=world.act(), slug="bitc", facts=facts)


def rename_community(world: World) -> None:
    change_community(act=world.act(), slug="gerimis-sore", facts=CommunityFacts("Hujan Sore"))


def rename_person(world: World) -> None:
    change = dict(name="Cecep Baru", phone="0840-0000-0001", email="", closed=False, real_now=world.now)
    joining.change_person(act=world.act("dadang"), person_id=world.people["cecep"], **change)


@pytest.mark.parametrize("change", [rename_room, rename_site, move_site, rename_community, rename_person])
def test_what_calendars_show_reaches_them_all(world: World, change) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "12:00"))
    before, old = versions(world), reading().scalars(select(Occurrence)).one()
    sequence, changed_at = old.sequence, old.changed_at
    change(world)
    after, new = versions(world), reading().scalars(select(Occurrence)).one()
    assert [name for name in before if before[name] == after[name]] == []
    assert (new.sequence, new.changed_at > changed_at) == (sequence + 1, True)
    assert reading().scalars(select(Piece)).all() == []
    assert write_missing_pieces(act=world.act()) == 1
    assert {piece.level for piece in reading().scalars(select(Piece))} == {"full", "title"}
    assert write_missing_pieces(act=world.act()) == 0


def test_a_part_that_leaves_is_told(world: World) -> None:
    part = feeds.room_scope(room_by_slug(reading(), "pl2").id)
    before = polling.scope_version(polling.by(reading().connection()), part).tag
    save(world, "plx", site="ctp", name="Pelatihan 1+2", units=1, parts=("pl1",))
    assert polling.scope_version(polling.by(reading().connection()), part).tag != before
