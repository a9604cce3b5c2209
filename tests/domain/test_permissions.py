"""Roles, sites and relations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.approval import Tier, may_decide, waits
from booking.domain.permissions import NOBODY, TABLE, Action, Grant, Role, Viewer


def viewer(role: Role, site: int | None = None) -> Viewer:
    return Viewer(1, frozenset({Grant(role, site)}))


@pytest.mark.parametrize(
    ("role", "site", "tier", "expected"),
    [
        (Role.OFFICER, 1, Tier.OFFICER, True),
        (Role.OFFICER, 1, Tier.AUTOMATIC, True),
        (Role.OFFICER, 2, Tier.OFFICER, False),
        (Role.OFFICER, 1, Tier.HEAD, False),
        (Role.HEAD, None, Tier.HEAD, True),
        (Role.HEAD, None, Tier.OFFICER, True),
        (Role.DEPUTY, None, Tier.HEAD, True),
        (Role.GUARD, None, Tier.OFFICER, False),
        (Role.ADMINISTRATOR, None, Tier.OFFICER, False),
    ],
)
def test_who_decides(role: Role, site: int | None, tier: Tier, expected: bool) -> None:
    assert may_decide(viewer(role, site), tier, 1, 11) is expected


def test_nobody_may_nothing_and_every_role_is_in_the_table() -> None:
    assert not any(NOBODY.may(action) for action in Action)
    assert not NOBODY.owns(1, None)
    assert set(TABLE) == set(Role)


def test_a_community_owns_its_bookings() -> None:
    member = Viewer(7, communities=frozenset({3}))
    assert member.owns(1, 3)
    assert member.owns(7, None)
    assert not member.owns(1, 4)
    assert not member.owns(1, None)
    assert not member.owns(7, 4), "who has left a community has left its bookings"


def test_sites_of_an_action() -> None:
    assert viewer(Role.OFFICER, 2).sites(Action.SEE_REQUESTS) == {2}
    assert viewer(Role.HEAD).sites(Action.SEE_REQUESTS) is None
    assert viewer(Role.GUARD).sites(Action.SEE_REQUESTS) == frozenset()


PLACES = {11: 1, 12: 1, 21: 2}
"""Room -> site."""
SOME_GRANTS = st.frozensets(
    st.builds(Grant, st.sampled_from(Role))
    | st.builds(Grant, st.sampled_from(Role), st.sampled_from([1, 2]))
    | st.builds(Grant, st.sampled_from(Role), st.none(), st.sampled_from([*PLACES])),
    max_size=4,
)


@given(SOME_GRANTS, st.sampled_from(Action))
def test_a_role_holds_where_it_was_given_and_nowhere_else(grants: frozenset[Grant], action: Action) -> None:
    some, given_for = Viewer(1, grants), [one for one in grants if action in TABLE[one.role]]
    for room, site in PLACES.items():
        wanted = any((one.site_id, one.room_id) in {(None, None), (site, None), (None, room)} for one in given_for)
        assert some.may(action, site, room) is wanted
        sites = some.sites(action)
        assert wanted is (sites is None or site in sites or room in some.rooms(action)), "lists say the same"
    for site in (1, 2):
        whole = any(one.room_id is None and one.site_id in (None, site) for one in given_for)
        assert some.may(action, site) is whole, "no number of rooms is a site"
    assert some.may(action) is bool(given_for)


def test_automatic_ones_wait_for_the_others() -> None:
    assert waits([Tier.AUTOMATIC, Tier.HEAD])
    assert not waits([Tier.AUTOMATIC, Tier.AUTOMATIC])
