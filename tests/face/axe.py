"""axe-core on every page, narrow and wide, light and dark; and how far what is on it jumps while it loads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.face.installed import modules
from tests.face.pages import Page
from tests.support.filled import Filled

WIDTHS = {360: 740, 1280: 800}
SCHEMES = ("light", "dark")
_RUN = """() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations.map((one) => [
    one.id,
    one.nodes.map((node) => node.target.join(" ") + ": " + (node.any[0] ?? node.all[0] ?? node.none[0])?.message),
]))"""
_SHIFT = """() => new Promise((done) => {
    let sum = 0;
    const add = (list) => list.forEach((entry) => { if (!entry.hadRecentInput) sum += entry.value });
    const observer = new PerformanceObserver((list) => add(list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    setTimeout(() => { add(observer.takeRecords()); done(sum) }, 100);
})"""


@dataclass(frozen=True)
class Judged:
    """`violations` of axe-core: rule, where and why; `shift`: cumulative layout shift, without unit."""

    page: Page
    width: int
    scheme: str
    violations: list[tuple[str, list[str]]]
    shift: float
    overflow: int


def judged(browser: Any, base: str, one: Filled, pages: Sequence[Page]) -> Iterator[Judged]:
    script = (modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    for width, height in WIDTHS.items():
        for viewer in dict.fromkeys(page.viewer for page in pages):
            context = browser.new_context(
                viewport={"width": width, "height": height}, service_workers="block", reduced_motion="reduce"
            )
            if viewer in one.cookies:
                context.add_cookies([{"name": "login", "value": one.cookies[viewer], "url": base}])
            tab = context.new_page()
            for page in pages:
                if page.viewer == viewer:
                    yield from _judge(tab, base, page, width, script)
            context.close()


def _judge(tab: Any, base: str, page: Page, width: int, script: str) -> Iterator[Judged]:
    tab.emulate_media(color_scheme="light", reduced_motion="reduce")
    tab.goto(base + page.path)
    shift = tab.evaluate(_SHIFT)
    overflow = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
    tab.evaluate(script)
    for scheme in SCHEMES:
        tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        yield Judged(page, width, scheme, [(rule, where) for rule, where in tab.evaluate(_RUN)], shift, overflow)
