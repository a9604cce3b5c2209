"""Who may do what: one table, role + relation -> yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    OFFICER = "officer"
    OPERATOR = "operator"
    HEAD_OF_ADMINISTRATION = "head_of_administration"
    HEAD = "head"
    DEPUTY = "deputy"
    GUARD = "guard"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Action(StrEnum):
    DECIDE_OFFICER = "decide_officer"  # requests of tier officer
    DECIDE_HEAD = "decide_head"  # requests of tier head
    SEE_REQUESTS = "see_requests"  # the inbox, who asks and why
    ATTEND = "attend"  # today's list, check-in, no-show
    CLOSE = "close"  # closures
    FURNISH = "furnish"  # sites, rooms, hours, rules
    PEOPLE = "people"  # persons, communities, reset of passwords
    ROLES = "roles"  # who has which role
    OVERRIDE = "override"  # act for any booking (cancel it)
    ON_BEHALF = "on_behalf"  # ask for somebody who has no account
    EXPLAIN = "explain"  # see who may do what, and why
    AUDIT = "audit"  # who of the staff looked at whose data


_A = Action
TABLE: dict[Role, frozenset[Action]] = {
    Role.OFFICER: frozenset(
        {_A.DECIDE_OFFICER, _A.SEE_REQUESTS, _A.ATTEND, _A.CLOSE, _A.PEOPLE, _A.OVERRIDE, _A.ON_BEHALF}
    ),
    Role.OPERATOR: frozenset({_A.SEE_REQUESTS, _A.ATTEND}),
    Role.HEAD_OF_ADMINISTRATION: frozenset({_A.SEE_REQUESTS, _A.ATTEND, _A.CLOSE, _A.PEOPLE, _A.ON_BEHALF}),
    Role.HEAD: frozenset(
        {_A.DECIDE_OFFICER, _A.DECIDE_HEAD, _A.SEE_REQUESTS, _A.ATTEND, _A.CLOSE, _A.PEOPLE, _A.OVERRIDE, _A.ON_BEHALF}
        | {_A.EXPLAIN}
    ),
    Role.DEPUTY: frozenset({_A.DECIDE_OFFICER, _A.DECIDE_HEAD, _A.SEE_REQUESTS, _A.OVERRIDE}),
    Role.GUARD: frozenset({_A.ATTEND}),
    Role.ADMINISTRATOR: frozenset({_A.FURNISH, _A.CLOSE, _A.PEOPLE, _A.ROLES, _A.SEE_REQUESTS, _A.EXPLAIN, _A.AUDIT}),
    Role.AUDITOR: frozenset({_A.SEE_REQUESTS, _A.EXPLAIN, _A.AUDIT}),
}


def roles_with(action: Action) -> list[Role]:
    """The roles that may do it, in the order of the table."""
    return [role for role, actions in TABLE.items() if action in actions]


@dataclass(frozen=True)
class Grant:
    """A role that is in force now: of a site, of one room (then without a site), or of everything."""

    role: Role
    site_id: int | None = None
    room_id: int | None = None

    def covers(self, site_id: int | None = None, room_id: int | None = None) -> bool:
        """Whether it holds for a room of a site; without a room: for the whole site; with neither: anywhere at all."""
        if site_id is None and room_id is None:
            return True
        if self.room_id is not None:
            return self.room_id == room_id
        return self.site_id in (None, site_id)

    def allows(self, action: Action, site_id: int | None = None, room_id: int | None = None) -> bool:
        """Whether it lets its holder do it there, as `covers` says."""
        return action in TABLE[self.role] and self.covers(site_id, room_id)


@dataclass(frozen=True)
class Viewer:
    """Who asks: the person with the grants and communities in force now. Nobody: `person_id` None.

    `waits`: the account was made by its person and staff have not confirmed it; it may look, and ask for nothing.
    """

    person_id: int | None = None
    grants: frozenset[Grant] = frozenset()
    communities: frozenset[int] = frozenset()
    waits: bool = False

    def may(self, action: Action, site_id: int | None = None, room_id: int | None = None) -> bool:
        """Whether a grant allows it in the room; without a room: at the whole site; with neither: anywhere at all."""
        return any(grant.allows(action, site_id, room_id) for grant in self.grants)

    def serves(self, site_id: int, room_id: int) -> bool:
        """Whether any role of the viewer holds for the room."""
        return any(grant.covers(site_id, room_id) for grant in self.grants)

    def sites(self, action: Action) -> frozenset[int] | None:
        """The sites where the viewer may do it in every room; None means all of them. `rooms` are beside them."""
        found = {grant.site_id for grant in self.grants if grant.allows(action) and grant.room_id is None}
        return None if None in found else frozenset(site for site in found if site is not None)

    def rooms(self, action: Action) -> frozenset[int]:
        """The rooms that were given to the viewer for it one by one, whatever their sites."""
        found = {grant.room_id for grant in self.grants if grant.allows(action)}
        return frozenset(room for room in found if room is not None)

    @property
    def is_staff(self) -> bool:
        return bool(self.grants)

    def owns(self, person_id: int, community_id: int | None) -> bool:
        """A booking belongs to its community where it has one, whoever made it; else to the person."""
        if self.person_id is None:
            return False
        if community_id is not None:
            return community_id in self.communities
        return self.person_id == person_id


NOBODY = Viewer()
