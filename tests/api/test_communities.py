"""Own communities over the API; every answer is held against the OpenAPI document."""

from __future__ import annotations

from booking.usecases.communities import CommunityFacts, decline_community, register_community
from tests.support.clients import ApiClient
from tests.support.world import World


def test_own_communities_and_whether_they_may_ask(api: ApiClient, world: World) -> None:
    for name in ("Angin Segar", "Bulan Sabit"):
        register_community(act=world.act("cecep"), facts=CommunityFacts(name))
    decline_community(act=world.act("dadang"), slug="bulan-sabit", reason="Kurang jelas.")
    found = api.as_("cecep").get("/api/v1/communities").json["communities"]
    assert [(one["slug"], one["relation"], one["state"], one["may_ask"]) for one in found] == [
        ("angin-segar", "contact", "waiting", True),
        ("bulan-sabit", "contact", "declined", False),
        ("gerimis-sore", "contact", "verified", True),
    ]
    assert api.as_("dewi").get("/api/v1/communities").json == {"communities": []}
    assert api.get("/api/v1/communities").status_code == 401
