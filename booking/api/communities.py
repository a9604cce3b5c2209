"""One's own communities: for which rooms may be asked."""

from __future__ import annotations

from typing import Literal, cast

from booking.api.blueprint import pages
from booking.api.endpoints import Endpoint, endpoint
from booking.api.schemas_communities import CommunitiesOut, CommunityOut
from booking.front import context, formats
from booking.storage.communities import Community, own_communities
from booking.storage.db import reading


@endpoint(pages, Endpoint("/communities", "GET", "The communities that the key's person belongs to", CommunitiesOut))
def communities() -> CommunitiesOut:
    found = own_communities(reading(), context.person_id() or 0)
    return CommunitiesOut([_out(community, relation) for community, relation in found])


def _out(community: Community, relation: str) -> CommunityOut:
    state = _state(community)
    return CommunityOut(
        community.slug,
        community.name,
        cast("Literal['member', 'contact']", relation),
        state,
        community.type.text(formats.language()) if community.type else None,
        state in ("verified", "waiting"),
    )


def _state(community: Community) -> Literal["verified", "waiting", "declined", "closed"]:
    if community.closed_at is not None:
        return "closed"
    if community.is_waiting:
        return "waiting"
    return "verified" if community.verified_at is not None else "declined"
