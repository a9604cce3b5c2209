"""What takes something away asks once more, without a script, and says afterwards what was done."""

from __future__ import annotations

import re

from booking.usecases.memberships import add_member
from tests.support.clients import WebClient, text_of
from tests.support.world import World


def asked_about(page: str, action: str) -> bool:
    """Whether the form lies folded behind a summary."""
    return (
        re.search(rf'<details class="sure">(?:(?!</details>).)*action="{re.escape(action)}"', page, re.DOTALL)
        is not None
    )


def test_a_closure(web: WebClient, world: World) -> None:
    world.close(world.at(3, "00:00"), world.at(4, "00:00"), site="bitc")
    web.log_in("dadang")
    page = web.get("/manage/closures").text
    (action,) = re.findall(r'action="(/manage/closures/\d+/remove)"', page)
    assert asked_about(page, action)
    said = web.post(action, follow_redirects=True).text
    assert "Dihapus: Tutup." in re.search(r'role="status">(.*?)</p>', said, re.DOTALL)[1]
    assert action not in said


def test_a_member_and_the_last_contact(web: WebClient, world: World) -> None:
    add_member(act=world.act(), slug="gerimis-sore", login="dewi@example.com", relation="member")
    web.log_in("dadang")
    path = "/manage/communities/gerimis-sore"
    cecep, dewi = (f"{path}/members/{world.people[who]}" for who in ("cecep", "dewi"))
    page = web.get(path).text
    assert asked_about(page, f"{cecep}/remove")
    answer = web.post(f"{cecep}/remove")
    assert answer.status_code == 422
    assert "Tidak ada orang lain" in text_of(answer)
    assert web.post(f"{dewi}/contact").status_code == 302
    assert "Dewi" in re.search(r'role="status">(.*?)</p>', web.get(path).text, re.DOTALL)[1]
    assert web.post(f"{cecep}/remove").status_code == 302
    assert "Cecep" in re.search(r'role="status">(.*?)</p>', web.get(path).text, re.DOTALL)[1]


def test_a_profile_and_a_role(web: WebClient, world: World) -> None:
    web.log_in("admin")
    days = {"first_on": "2027-02-08", "last_on": "2027-02-09", "*:mon": "08:00-15:00"}
    web.post("/manage/profiles/new", {"name_id": "Ramadan", "percent": "100", **days})
    for path, step in (("/manage/profiles", "remove"), ("/manage/roles", "end")):
        page = web.get(path).text
        actions = re.findall(rf'action="({path}/\d+/{step})"', page)
        assert actions
        assert all(asked_about(page, action) for action in actions)
        assert actions[0] not in web.post(actions[0], follow_redirects=True).text
