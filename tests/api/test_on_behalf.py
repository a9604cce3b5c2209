"""Staff ask for somebody without an account, over the API and on the page."""

from __future__ import annotations

import pytest

from booking.storage.db import reading
from booking.storage.people import person_by_phone
from tests.support.clients import ApiClient, WebClient
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> str:
    """What is stored is tested on both databases below."""
    return sqlite_url


def body(world: World) -> dict:
    times = {"starts_at": world.at(1, "09:00").isoformat(), "ends_at": world.at(1, "10:00").isoformat()}
    who = {"name": "Mimin", "phone": "0840-0000-0077", "channel": "whatsapp"}
    return {"title": "Angklung", "people": 4, "occurrences": [{"room": "musik", **times}], "on_behalf": who}


def test_over_the_api(world: World, api: ApiClient) -> None:
    assert api.as_("cecep").post("/api/v1/bookings", body(world)).status_code == 403
    made = api.as_("dadang").post("/api/v1/bookings", body(world))
    assert (made.status_code, made.json["channel"], made.json["community"]) == (201, "whatsapp", None)
    assert api.as_("dadang").get("/api/v1/bookings?mine=1").json["bookings"] == []


def test_on_the_page(world: World, web: WebClient) -> None:
    form = web.log_in("cecep").get("/rooms/musik/request").text
    assert "for_phone" not in form, "only staff are asked for whom"
    more = {"for_name": "Mimin", "for_phone": "0840-0000-0077", "for_channel": "letter"}
    assert web.request_form("musik", "2026-11-24", "09:00", "10:00", **more).status_code == 403
    officer = WebClient(world).log_in("dadang")
    made = officer.request_form("musik", "2026-11-24", "09:00", "10:00", **more)
    assert made.status_code == 302
    page = officer.get(made.location).text
    assert "https://wa.me/6284000000077?text=" in page
    assert "Dadang · Surat" in page
    assert person_by_phone(reading(), "+6284000000077").name == "Mimin"
