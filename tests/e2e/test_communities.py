"""From an invitation link to a sent request on a phone: taps are counted, fields that are typed into included."""

from __future__ import annotations

import pytest

from tests.support.browser import log_in
from tests.support.world import PASSWORD

pytestmark = pytest.mark.e2e
MOST_TAPS = 12


class Thumb:
    """Every tap counts, one into a field too; typing does not."""

    def __init__(self, page) -> None:  # playwright's page
        self.page, self.taps = page, 0

    def tap(self, what: str) -> None:
        self.page.click(what)
        self.taps += 1

    def type_into(self, field: str, text: str) -> None:
        self.tap(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)


@pytest.fixture
def link(browser, base: str) -> str:
    """As a contact makes and copies it."""
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    log_in(page, base, "cecep")
    page.goto(f"{base}/communities/gerimis-sore")
    page.fill("#most", "5")
    page.click("text=Buat tautan")
    return page.input_value("#address")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_newcomer_asks_for_a_room_in_at_most_twelve_taps(browser, link: str, script: bool) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=script).new_page()
    thumb = Thumb(page)
    page.goto(link)
    thumb.taps += 1
    assert "Gerimis Sore" in page.inner_text("h1")
    thumb.type_into("#name", "Asep")
    thumb.type_into("#phone", f"0812 0000 01{script:02d}")
    thumb.type_into("#password", PASSWORD)
    thumb.tap("text=Daftar dan bergabung")
    assert "Selamat bergabung di Gerimis Sore" in page.inner_text("[role=status]")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    thumb.tap("main >> text=Cari ruang")
    thumb.tap("nav.strip a >> nth=4")
    thumb.tap("section.row:has-text('Ruang Latihan Musik') .chips a >> nth=0")
    assert page.input_value("#community") == "gerimis-sore"
    thumb.type_into("#title", f"Latihan anggota baru {script}")
    thumb.type_into("#people", "4")
    thumb.tap("form.card button.main")
    assert "Permohonan Anda sudah masuk" in page.inner_text("main")
    assert "Gerimis Sore" in page.inner_text("dl.about")
    assert thumb.taps <= MOST_TAPS, thumb.taps
