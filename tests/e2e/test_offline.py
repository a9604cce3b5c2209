"""Without a network: own bookings stay readable for whoever wished it, and for nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.browser import log_in

pytestmark = pytest.mark.e2e

READY = """navigator.serviceWorker.controller
    || new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", () => done()))"""
PATHS = """async () => {
    const found = [];
    for (const name of await caches.keys())
        for (const { url } of await (await caches.open(name)).keys()) found.push([name, new URL(url).pathname]);
    return found;
}"""


@pytest.fixture
def phone(browser: Any, base: str) -> Any:
    """A page whose service worker is at work."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(base)
    page.evaluate(READY)
    return page


def own(page: Any) -> set[str]:
    """Paths of the copies of pages that belong to one person."""
    return {path for name, path in page.evaluate(PATHS) if name.startswith("own-")}


def wait_until_kept(page: Any, path: str) -> None:
    soon(page, lambda: path in own(page))


def wait_until_gone(page: Any) -> None:
    soon(page, lambda: own(page) == set())


def soon(page: Any, is_so: Callable[[], bool]) -> None:
    """What the worker does beside the page is done in a moment."""
    for _ in range(600):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("not within half a minute")


def seen(page: Any, base: str) -> str:
    """Cecep's bookings and the first of them, looked at on a device of his own; returns the booking's path."""
    log_in(page, base, "cecep", trusted=True)
    page.goto(f"{base}/mine")
    path = page.get_attribute("main a[href^='/bookings/']", "href").partition("?")[0]
    wait_until_kept(page, "/mine")
    wait_until_kept(page, path)  # kept ahead: nobody has opened it yet
    return path


def test_own_bookings_are_read_without_a_network_and_say_of_when_they_are(phone: Any, base: str) -> None:
    path = seen(phone, base)
    title = phone.inner_text(f"main a[href^='{path}'] >> nth=0")
    assert not phone.is_visible("[data-offline]")
    phone.context.set_offline(True)
    phone.goto(base + path)
    assert title in phone.inner_text("h1")
    assert re.search(r"Keadaan per .+ WIB", phone.inner_text("[role=status]"))
    assert phone.evaluate("getComputedStyle(document.body).backgroundColor") != "rgba(0, 0, 0, 0)"  # styles are there
    phone.goto(f"{base}/mine?lang=id")
    assert title in phone.inner_text("main")
    phone.goto(f"{base}/schedule")
    assert "Tanpa sambungan" in phone.inner_text("h1")
    assert "No connection" in phone.inner_text("[lang=en]")


def test_copies_go_with_the_log_in(phone: Any, base: str) -> None:
    path = seen(phone, base)
    phone.click("header form button:has-text('Keluar')")
    wait_until_gone(phone)
    phone.context.set_offline(True)
    for one in ("/mine", path):
        phone.goto(base + one)
        assert "Tanpa sambungan" in phone.inner_text("h1")


def test_copies_go_when_the_session_has_ended_elsewhere(phone: Any, base: str) -> None:
    seen(phone, base)
    phone.context.clear_cookies()
    phone.goto(f"{base}/schedule")  # whichever page: it is nobody's now
    wait_until_gone(phone)


def test_copies_go_when_their_time_is_over_though_nobody_was_asked(phone: Any, base: str) -> None:
    seen(phone, base)
    phone.evaluate("""async () => {
        for (const name of await caches.keys()) if (name.startsWith("own-")) {
            const cache = await caches.open(name), old = await cache.match("/mine", { ignoreVary: true });
            const headers = new Headers(old.headers), [key, , made] = headers.get("Offline-Copy").split(" ");
            headers.set("Offline-Copy", [key, Date.now() - 1, made].join(" "));
            await cache.put("/mine", new Response(await old.text(), { headers }));
        }
    }""")
    phone.context.set_offline(True)
    phone.goto(f"{base}/mine")
    assert "Tanpa sambungan" in phone.inner_text("h1")
    assert own(phone) == set()


def test_copies_go_when_another_person_logs_in_and_theirs_are_other_ones(phone: Any, base: str) -> None:
    path = seen(phone, base)
    log_in_over(phone, base, "euis")
    phone.goto(f"{base}/mine")
    wait_until_kept(phone, "/mine")
    assert path not in own(phone)
    phone.context.set_offline(True)
    phone.goto(f"{base}/mine")
    assert "Euis" in phone.text_content("header")


def log_in_over(page: Any, base: str, who: str) -> None:
    """The session of before is lost, not ended: no log-out told the browser to forget."""
    page.context.clear_cookies()
    log_in(page, base, who, trusted=True)


def test_nothing_is_kept_of_staff_of_shared_computers_and_of_other_pages(phone: Any, base: str) -> None:
    for who, trusted in (("dadang", True), ("cecep", False)):
        phone.context.clear_cookies()
        log_in(phone, base, who, trusted=trusted)
        for path in ("/mine", "/account/messages", "/communities", "/subscribe"):
            phone.goto(base + path)
        assert own(phone) == set()
    log_in_over(phone, base, "cecep")
    for path in ("/account/messages", "/communities", "/subscribe", "/mine"):
        phone.goto(base + path)
    wait_until_kept(phone, "/mine")
    assert all(one == "/mine" or one.startswith("/bookings/") for one in own(phone))
    shared = {path for name, path in phone.evaluate(PATHS) if not name.startswith("own-")}
    assert all(one == "/offline" or one.startswith("/static/") for one in shared)


def test_a_phone_may_put_it_onto_its_home_screen(phone: Any, base: str) -> None:
    session = phone.context.new_cdp_session(phone)
    assert session.send("Page.getAppManifest")["errors"] == []
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in found] in ([], ["in-incognito"])  # as each page of a test is
