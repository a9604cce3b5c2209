"""Screens in a real browser: they turn their pages, speak both languages, and outlive the network."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

# whether each line that is shown lies wholly in its list
FITS = """() => [...document.querySelectorAll('.screen:not([hidden]) .list')].every((list) =>
  [...list.querySelectorAll('li:not([hidden])')].every((line) =>
    line.getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom + 1))"""
LINES = "() => [...document.querySelectorAll('.screen:not([hidden]) li:not([hidden])')].map((line) => line.innerText)"


def test_a_door_keeps_its_last_state_when_the_network_is_gone(browser, base: str) -> None:
    page = browser.new_context(viewport={"width": 800, "height": 480}).new_page()
    page.clock.install()
    page.goto(f"{base}/display/studio-dubbing")
    page.wait_for_load_state("networkidle")
    said = page.inner_text(".sign")
    assert not page.is_visible("#lost")
    page.route("**/*part=1", lambda route: route.abort())
    page.clock.fast_forward(16_000)
    page.wait_for_selector("#lost:visible")
    assert page.inner_text("#lost").startswith("Tidak ada sambungan sejak 08.")
    assert page.inner_text(".sign") == said
    page.unroute("**/*part=1")
    page.clock.fast_forward(16_000)
    page.wait_for_selector("#lost", state="hidden")


def test_the_lobby_turns_its_pages_in_both_languages(browser, base: str) -> None:
    page = browser.new_context(viewport={"width": 800, "height": 380}).new_page()
    page.clock.install()
    page.goto(f"{base}/display")
    page.wait_for_load_state("networkidle")
    seen: dict[str, list[str]] = {}
    count = int(page.inner_text(".screen:not([hidden]) [data-page]").rpartition("/")[2])
    assert count > 1
    for _ in range(2 * count):
        assert page.evaluate(FITS)
        seen.setdefault(page.get_attribute(".screen:not([hidden])", "lang"), []).extend(page.evaluate(LINES))
        page.clock.fast_forward(12_000)
    assert list(seen) == ["id", "en"]
    assert len(seen["id"]) == len(seen["en"]) == page.locator(".screen[lang=id] li").count()
