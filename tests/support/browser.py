"""Debian's chromium, driven: by the tests in tests/e2e, by the proof of the face, and for the pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from booking.cli.demo import PACK

CHROMIUM = shutil.which("chromium")
MISSING = "no chromium here (Debian: apt install chromium)"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def launched(*more: str) -> Iterator[Any]:
    """Playwright's browser. Raises RuntimeError where there is no chromium."""
    if CHROMIUM is None:
        raise RuntimeError(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *more])
        yield browser
        browser.close()


def log_in(page: Any, base: str, who: str, password: str = PACK["password"], *, trusted: bool = False) -> None:
    """As the person whose e-mail address begins with `who`; leaves the page where the log-in leads."""
    page.goto(f"{base}/login")
    page.fill("[name=login]", f"{who}@example.com")
    page.fill("[name=password]", password)
    page.set_checked("[name=trusted]", trusted)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")


LOOKS = ((360, "light"), (1280, "dark"))


def looked_at(page: Any, base: str, paths: Sequence[str]) -> list[str]:
    """Which of the paths run over in one of the looks: each is loaded once and then made wide."""
    over = []
    for path in paths:
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto(base + path)
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 740})
            page.emulate_media(color_scheme=scheme)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                over.append(f"{path} at {width}")
    return over


def complaints(page: Any) -> list[str]:
    """A list that grows by whatever the console complains of from now on."""
    heard: list[str] = []
    page.on("console", lambda one: heard.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard
