"""Twenty clean requests and two that clash, cleared in a real browser: clicks are counted, and the keyboard alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from booking import create_app
from booking.storage.db import db
from booking.web import page_cache
from tests.support import databases
from tests.support.browser import log_in
from tests.support.server import beside
from tests.support.world import PASSWORD, World, furnished

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Callable[[], None]]]:
    """A server over 22 requests of the weeks to come, and what puts them back."""
    folder = tmp_path_factory.mktemp("waiting")
    file, kept = folder / "booking.sqlite", folder / "kept"
    url = f"sqlite:///{file}"
    databases.migrate(url, folder)
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": folder, "SECRET_KEY": databases.SECRET})

    def let_go() -> None:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        for left in folder.glob(f"{file.name}-*"):
            left.unlink()

    def put_back() -> None:
        let_go()
        shutil.copy(kept, file)
        app.extensions["page_cache"] = page_cache.Shelf()

    with app.app_context():
        fill(furnished(app))
    let_go()
    shutil.copy(file, kept)
    with beside(app) as address:
        yield address, put_back
    let_go()


@pytest.fixture
def base(browser, waiting: tuple[str, Callable[[], None]]) -> str:
    """Each test finds all 22."""
    address, put_back = waiting
    put_back()
    return address


def fill(world: World) -> None:
    world.now = datetime.now(UTC)
    first = (world.now.date() - date(2026, 11, 23)).days + 2
    for number in range(20):
        world.ask("cecep", world.time("musik", first + number, "09:00", "11:00"), title=f"Latihan {number}")
    for who in ("euis", "dewi"):
        world.ask(who, world.time("musik", first, "15:00", "17:00"), title=f"Gladi {who}")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_twenty_clean_ones_in_at_most_five_clicks(browser, base: str, script: bool) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=script).new_page()
    log_in(page, base, "dadang", PASSWORD)
    page.goto(f"{base}/inbox")
    assert "22 permohonan perlu keputusan. 2 di antaranya bentrok." in page.inner_text("main")
    clicks = [
        "text=Tandai 20 yang bersih",
        "text=Setujui yang ditandai >> nth=-1",
        "text=Setujui 20 permohonan >> nth=-1",
    ]
    for click in clicks:
        page.click(click)
    assert len(clicks) <= 5
    assert "20 permohonan disetujui." in page.inner_text("main")
    assert "2 permohonan perlu keputusan." in page.inner_text("main")


def test_the_keyboard_alone_clears_and_takes_back(browser, base: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    log_in(page, base, "dadang", PASSWORD)
    page.goto(f"{base}/inbox")
    page.focus(".group:not(.clash) li a")
    for key in ("x", "j", "x", "k"):
        page.keyboard.press(key)
    assert page.locator("[data-desk] input:checked").count() == 2
    with page.expect_navigation():
        page.keyboard.press("a")
    assert "1 permohonan disetujui." in page.inner_text("main")
    page.focus(".group li a")
    with page.expect_navigation():
        page.keyboard.press("z")
    assert "22 permohonan perlu keputusan." in page.inner_text("main")
    page.focus(".group:not(.clash) li a")
    page.keyboard.press("x")
    assert "1 dipilih semuanya kosong" in page.inner_text("[data-bar]")
    with page.expect_navigation():
        page.keyboard.press("t")
    assert "Tolak 1 permohonan?" in page.inner_text("main")
    page.go_back()
    page.focus(".group:not(.clash) li a")
    with page.expect_navigation():
        page.keyboard.press("u")
    assert page.locator("#propose").count() == 1


def test_the_chosen_request_stands_beside_the_list_and_is_decided_there(browser, base: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    log_in(page, base, "dadang", PASSWORD)
    page.goto(f"{base}/inbox")
    page.wait_for_selector("aside h2:has-text('Gladi euis')")
    page.focus(".group:not(.clash) li a")
    page.wait_for_selector("aside h2:has-text('Latihan 0')")
    page.keyboard.press("k")
    page.wait_for_selector("aside h2:has-text('Gladi dewi')")
    assert "1 permohonan lain" in page.inner_text("aside")  # the consequence, before the button
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.tagName === 'ASIDE'")
    with page.expect_navigation():
        page.press("aside button[value=approve]", "Enter")
    assert "Gladi euis" in page.inner_text("main")  # who loses by it comes next
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{base}/inbox")
    with page.expect_navigation():
        page.click(".group li a >> nth=0")
    assert page.locator("[data-pane]").count() == 1
