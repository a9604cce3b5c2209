"""The main job in a real browser against the real demo: `./run test tests/e2e`. Needs Debian's chromium."""

from __future__ import annotations

import pytest

from booking.cli.demo import PACK
from tests.support.browser import complaints, log_in, looked_at

pytestmark = pytest.mark.e2e

PUBLIC = [
    "/",
    "/schedule",
    "/schedule?view=week",
    "/schedule?view=month",
    "/schedule?view=agenda",
    "/rooms/studio-dubbing",
    "/rooms/studio-dubbing/week",
    "/login",
    "/register",
    "/forgot",
    "/privacy",
    "/offline",
    "/help",
    "/subscribe/all",
    "/display",
    "/display/studio-dubbing",
    "/search?start=10:00&people=20",
]
STAFF = [
    "/account",
    "/account/second",
    "/account/data",
    "/account/messages",
    "/allotment",
    "/communities",
    "/communities/new",
    "/communities/kujang-lima",
    "/help/officers",
    "/inbox",
    "/mine",
    "/subscribe",
    "/manage",
    "/manage/rooms/studio-dubbing",
    "/manage/closures",
    "/manage/people",
    "/manage/roles",
    "/manage/permissions",
    "/manage/calendar",
    "/manage/history",
    "/manage/rooms/studio-dubbing/photos",
    "/manage/communities",
    "/manage/communities/warta-contoh",
    "/manage/classes",
]


def test_ask_approve_cancel_on_a_phone_without_javascript(browser, base: str) -> None:
    phone = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = phone.new_page()
    page.goto(f"{base}/?for=studio")
    page.click("nav.strip a >> nth=4")
    page.click("section.row:has-text('Studio Podcast') .chips a >> nth=0")
    page.fill("#login", "cecep@example.com")
    page.fill("#password", PACK["password"])
    page.click("button.big")
    page.fill("#title", "Siniar uji")
    page.fill("#people", "14")
    page.click("button.big")
    assert "paling banyak 6 orang" in page.inner_text("#refusals")
    assert page.input_value("#title") == "Siniar uji"
    page.fill("#people", "4")
    page.click("button.big")
    assert "Permohonan Anda sudah masuk" in page.inner_text("main")
    mine = page.url
    desk = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    log_in(desk, base, "dadang")
    desk.goto(f"{base}/inbox")
    desk.click("a:has-text('Siniar uji')")
    desk.click("aside:has(h2:has-text('Siniar uji')) button[value=approve]")
    assert desk.inner_text("[role=status]").strip() == "Disetujui."
    page.goto(mine.partition("?")[0])
    assert "Disetujui" in page.inner_text("main")
    page.click("summary:has-text('Batalkan')")
    page.click("button.danger")
    assert "Jamnya kosong kembali" in page.inner_text("main")


def test_times_are_the_sites_wherever_the_browser_is(browser, base: str) -> None:
    texts = []
    for zone in ("Asia/Jakarta", "America/New_York"):
        page = browser.new_context(timezone_id=zone).new_page()
        page.goto(f"{base}/schedule")
        texts.append(page.inner_text(".board"))
    assert texts[0] == texts[1]


def test_no_page_runs_over_or_complains(browser, base: str) -> None:
    page = browser.new_context().new_page()
    heard = complaints(page)
    assert looked_at(page, base, PUBLIC) == []
    log_in(page, base, "admin")
    assert looked_at(page, base, STAFF) == []
    assert heard == []
