"""Asking for a room in a real browser: clicks are counted, in New York and without JavaScript; drafts come and go."""

from __future__ import annotations

import pytest

from tests.support.browser import log_in

pytestmark = pytest.mark.e2e


def test_from_a_free_hour_to_the_sent_request_in_four_clicks(browser, base: str) -> None:
    """The browser's own zone is New York's; every time stays the site's."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="America/New_York").new_page()
    log_in(page, base, "cecep")
    page.goto(f"{base}/rooms/studio-dubbing?date=2026-11-27")
    cell = page.locator("#d2026-11-27 a.free").first
    assert cell.get_attribute("aria-label") == "Kosong: 08.00-09.00 WIB"
    cell.click()
    page.wait_for_selector("[data-state]:has-text('Jum 27 Nov, 08.00-09.00 WIB masih kosong')")
    page.select_option("#ask-end", "10:00")
    page.wait_for_selector("[data-state]:has-text('08.00-10.00 WIB masih kosong')")
    assert page.locator(".week .chosen").count() == 2
    assert page.input_value("#ask-date") == "2026-11-27"
    page.fill("#ask-name", "Rekaman uji")
    page.fill("#ask-people", "3")
    page.click("#ask button.big")
    assert "Jumat, 27 November 2026, 08.00-10.00 WIB" in page.inner_text("main")
    assert page.evaluate("Object.keys(localStorage).length") == 0, "what was sent is no draft any more"


def test_twelve_weeks_with_two_clashes_without_javascript(browser, base: str) -> None:
    desk = browser.new_context(java_script_enabled=False).new_page()
    log_in(desk, base, "euis")
    for day in ("2026-12-09", "2026-12-30"):
        desk.goto(f"{base}/rooms/ruang-rapat-saluyu/request?date={day}&start=08:00&end=09:00&title=Rapat&people=4")
        desk.click("button.big")
        assert "Disetujui" in desk.inner_text("main")
    page = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False).new_page()
    log_in(page, base, "cecep")
    page.goto(f"{base}/rooms/ruang-rapat-saluyu/request?date=2026-12-02&start=08:00&end=09:00&title=Rutin&people=4")
    page.click("summary:has-text('Ulangi')")
    page.select_option("#every", "week")
    page.fill("#count", "12")
    page.click("button.big")
    assert page.locator(".dates li").count() == 12
    assert page.locator(".dates .v-free > p:first-child").count() == 10
    page.select_option("[name='choice-2026-12-09']", "skip")
    other = page.locator("[name='choice-2026-12-30'] option:not([value='']):not([value=skip])").first
    page.select_option("[name='choice-2026-12-30']", other.get_attribute("value"))
    page.click("button[name=send]")
    text = page.inner_text("main")
    assert page.locator(".occurrences .badge.approved").count() == 11
    assert page.locator(".occurrences .badge.skipped").count() == 1
    assert "Setiap pekan: Rabu, 12 kali" in text


def test_a_draft_is_offered_back_to_the_one_who_typed_it(browser, base: str) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    log_in(page, base, "cecep")
    address = f"{base}/rooms/studio-podcast-foto/request?date=2026-11-27"
    page.goto(address)
    page.fill("#title", "Siniar setengah jadi")
    page.click("button[name=more]")
    page.fill("#purpose", "Baris satu\nBaris dua")
    page.goto(address)
    assert "Siniar setengah jadi" in page.inner_text("[data-offer]")
    page.click("[data-offer] button:has-text('Lanjutkan')")
    assert page.input_value("#title") == "Siniar setengah jadi"
    assert page.input_value("#purpose") == "Baris satu\nBaris dua"
    assert page.locator("fieldset.times").count() == 2, "with all its times"
    page.context.set_offline(True)
    page.click("button.big")
    assert "Tidak ada sambungan" in page.inner_text("[data-state]")
    page.context.set_offline(False)
    page.context.clear_cookies()
    log_in(page, base, "euis")
    page.goto(address)
    assert not page.is_visible("[data-offer]")
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.context.clear_cookies()
    log_in(page, base, "dadang")
    page.goto(address)
    typed = "one => { one.value = '0840-0000-0055'; one.dispatchEvent(new Event('input', { bubbles: true })); }"
    page.fill("#title", "Titipan")
    page.locator("[name=for_phone]").evaluate(typed)
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert ("Titipan" in kept, "0840-0000-0055" in kept) == (True, False), "nothing of whom the office asks for"
    page.fill("#title", "Punya Euis")
    assert page.evaluate("Object.keys(localStorage).length") == 1
    page.click("form[action='/logout'] button")
    assert page.evaluate("Object.keys(localStorage).length") == 0
