"""From looking for a room to the sent request in a real browser: clicks are counted, mouse and keyboard both."""

from __future__ import annotations

import pytest

from tests.support.browser import log_in

pytestmark = pytest.mark.e2e

ROOMS = ("Ruang Pelatihan 1", "Ruang Pelatihan 2", "Working Space")


class Counted:
    """A page that counts what a person taps, choices in a select included; typing is no tap."""

    def __init__(self, page) -> None:
        self.page, self.taps = page, 0

    def click(self, what: str) -> None:
        self.page.click(what)
        self.taps += 1

    def choose(self, what: str, value: str) -> None:
        self.page.select_option(what, value)
        self.taps += 1


def send(page: Counted, title: str) -> str:
    page.page.fill("#title", title)
    page.page.fill("#people", "2")
    page.click("button.big >> nth=0")
    return page.page.inner_text("main")


def cell(room: str, kind: str = "free") -> str:
    return f"section.row:has(h3 a:text-is('{room}')) a.{kind}"


@pytest.fixture
def desk(browser, base: str):
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    log_in(page, base, "cecep")
    page.goto(f"{base}/?date=2026-12-02")
    return page


def test_five_taps_from_a_search_on_a_phone_without_javascript(browser, base: str) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False).new_page()
    log_in(page, base, "cecep")
    page.goto(f"{base}/?date=2026-12-02")
    counted = Counted(page)
    counted.choose("#start", "15:00")
    counted.choose("#end", "17:00")
    counted.click("form.search button")
    counted.click("li:has-text('Ruang Rapat Saluyu') a.button")
    assert "Rabu, 2 Desember 2026, 15.00-17.00 WIB" in send(counted, "Uji cari")
    assert "/bookings/" in page.url
    assert counted.taps <= 5


def test_four_taps_from_the_grid_with_several_rooms(desk) -> None:
    first = desk.locator(cell(ROOMS[0]))
    first.nth(1).hover()
    desk.mouse.down()
    first.nth(3).hover()
    desk.mouse.up()
    counted = Counted(desk)
    counted.taps += 1  # the drag
    counted.click(cell(ROOMS[1], "could") + " >> nth=0")
    assert desk.inner_text("[data-live]") == f"2 ruang, 09.00-12.00 WIB: {ROOMS[0]}, {ROOMS[1]}"
    counted.click(".choice .main")
    assert [desk.input_value(f"[name=times-{row}-room]") for row in (0, 1)] == [
        "ruang-pelatihan-1",
        "ruang-pelatihan-2",
    ]
    said = send(counted, "Uji seret")
    assert all(room in said for room in ROOMS[:2])
    assert counted.taps <= 4


def test_the_keyboard_alone_chooses_stretches_adds_and_asks(desk) -> None:
    # another day: the rooms of the other tests are taken then
    desk.goto(desk.url.replace("2026-12-02", "2026-12-09"))
    desk.focus(cell(ROOMS[1]) + " >> nth=0")
    live = desk.locator("[data-live]")
    for key, told in [
        ("ArrowRight", ""),
        ("Shift+ArrowRight", f"{ROOMS[1]}, 09.00-11.00 WIB"),
        ("Shift+ArrowRight", f"{ROOMS[1]}, 09.00-12.00 WIB"),
        ("Shift+ArrowLeft", f"{ROOMS[1]}, 09.00-11.00 WIB"),
        ("ArrowUp", f"{ROOMS[1]}, 09.00-11.00 WIB"),
        ("Space", f"2 ruang, 09.00-11.00 WIB: {ROOMS[1]}, {ROOMS[0]}"),
        ("Space", f"{ROOMS[1]}, 09.00-11.00 WIB"),
        ("Space", f"2 ruang, 09.00-11.00 WIB: {ROOMS[1]}, {ROOMS[0]}"),
    ]:
        desk.keyboard.press(key)
        assert live.inner_text() == told, key
    desk.keyboard.press("?")
    assert desk.is_visible("dialog[open]")
    desk.keyboard.press("Escape")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/rooms/ruang-pelatihan-2/request?also=ruang-pelatihan-1&date=2026-12-09&start=09:00&end=11:00")


def test_one_tab_stop_a_room_and_escape_forgets(desk) -> None:
    stops = desk.evaluate(
        "[...document.querySelectorAll('.lane')].map(l => l.querySelectorAll('a.free[tabindex=\"0\"]').length)"
    )
    assert max(stops) == 1
    desk.click(cell(ROOMS[2]) + " >> nth=2")
    assert desk.is_visible(".choice")
    desk.keyboard.press("Escape")
    assert not desk.is_visible(".choice")
