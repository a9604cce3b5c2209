"""Rooms as plain values say what their rows say, and never what they said before."""

from __future__ import annotations

from dataclasses import fields, replace

from booking.storage.db import db, reading
from booking.storage.places import all_rooms, room_by_slug
from booking.storage.plain import PlainRoom, PlainSite, plain_rooms
from booking.usecases import furnishing
from tests.support.world import World


def test_plain_rooms_are_the_rows_in_their_order(world: World) -> None:
    world.room("aula-besar", parts=["rapat", "musik"], rules={"length": {"shortest": 60, "longest": 120}}, floor="2")
    plain, stored = plain_rooms(reading()), all_rooms(reading())
    assert [one.slug for one in plain] == [one.slug for one in stored]
    for one, row in zip(plain, stored, strict=True):
        own = {each.name for each in fields(PlainRoom)} - {"site", "house_rules"}
        assert {name: getattr(one, name) for name in own} == {name: getattr(row, name) for name in own}
        assert list(one.house_rules) == list(row.house_rules)
        of_site = {each.name for each in fields(PlainSite)}
        assert {name: getattr(one.site, name) for name in of_site} == {
            name: getattr(row.site, name) for name in of_site
        }
        assert one.mode(is_composite=False) == row.mode(is_composite=False)


def test_the_same_row_is_the_same_object_until_it_changes(world: World) -> None:
    def rapat() -> PlainRoom:
        return next(one for one in plain_rooms(reading()) if one.slug == "rapat")

    before = rapat()
    assert rapat() is before
    furnishing.save_rules(act=world.act(), slug="rapat", rules={"notice": {"hours": 24}})
    assert [rule.code for rule in rapat().house_rules] == ["notice"]
    site = room_by_slug(reading(), "rapat").site
    facts = furnishing.SiteFacts(site.name, site.short_name, "Asia/Makassar", rules={"grid": {"minutes": 60}})
    db.session.remove()
    furnishing.save_site(act=world.act(), slug="bitc", facts=replace(facts, address=""))
    assert (rapat().site.zone.key, [rule.code for rule in rapat().house_rules]) == ("Asia/Makassar", ["notice", "grid"])
