"""The help: its pictures are there, are those that `./run pictures` draws, and stay light."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

from booking.usecases.setting_up import begin_demo
from tests.face.pictures import HELP, HERE, PICTURES, README, Picture
from tests.support.clients import WebClient
from tests.support.world import World

MOST = 600 * 1024
"""Bytes of all pictures together: everybody who clones this carries them."""


@pytest.fixture
def url(sqlite_url: str) -> str:
    """The database does not matter here."""
    return sqlite_url


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_every_picture_is_there_in_its_size(picture: Picture) -> None:
    width, height, scale = picture.size
    for file in picture.files().values():
        begun = file.read_bytes()[:30]
        assert (begun[:4], begun[8:16]) == (b"RIFF", b"WEBPVP8X"), file
        drawn = [int.from_bytes(begun[at : at + 3], "little") + 1 for at in (24, 27)]
        assert drawn == [width * scale, height * scale], file


def test_there_is_no_other_picture_and_all_of_them_are_light() -> None:
    found = {*HELP.iterdir(), *README.iterdir()}
    assert found == {file for picture in PICTURES for file in picture.files().values()}
    assert sum(file.stat().st_size for file in found) <= MOST


def test_each_is_shown_and_each_step_has_one() -> None:
    templates = "".join(path.read_text("utf-8") for path in (HERE / "templates/guides").glob("*.html"))
    assert set(re.findall(r'step\("(\w+)"', templates)) == {one.name for one in PICTURES if one.folder == HELP}
    shown = re.findall(r"\(docs/pictures/(\w+)\.webp\)", (HERE / "README.md").read_text("utf-8"))
    assert set(shown) == {one.name for one in PICTURES if one.folder == README}


@pytest.mark.parametrize("path", sorted({path for one in PICTURES for path in (one.path, one.follow) if path}))
def test_pictures_are_drawn_of_pages_that_exist(app: Flask, path: str) -> None:
    address = f"{path}X1" if path.endswith("/") and path != "/" else path
    try:
        app.url_map.bind("localhost").match(address)
    except NotFound:
        pytest.fail(f"{path}: no such page; mend tests/face/pictures.py")


@pytest.mark.parametrize("path", ["/help", "/help/officers"])
def test_the_help_speaks_both_languages_and_its_links_lead_somewhere(web: WebClient, app: Flask, path: str) -> None:
    adapter = app.url_map.bind("localhost")
    for language in ("id", "en"):
        page = web.get(f"{path}?lang={language}").text
        pictures = re.findall(r'<img src="([^"]+)"[^>]*loading="lazy"', page)
        assert len(pictures) == 5
        for one in pictures:
            assert f"-{language}.webp" in one
            assert web.get(one).status_code == 200
        for link in set(re.findall(r'<a [^>]*href="(/[^"?#]*)', page)):
            adapter.match(link)


def test_the_demo_leads_through_the_main_job_until_its_hint_is_closed(web: WebClient, world: World) -> None:
    assert 'id="hint"' not in web.get("/").text
    said = {"password": "x", "people": [], "guide": {"asks": "Cecep", "decides": "Dadang"}}
    begin_demo(now=world.now, real_now=world.now, said=said)
    world.app.extensions["page_cache"].clear()
    for _ in range(2):  # drawn, then kept
        assert "ajukan sebagai Cecep, setujui sebagai Dadang" in web.get("/").text
    web.client.set_cookie("hint", "seen")
    assert 'id="hint"' not in web.get("/").text
