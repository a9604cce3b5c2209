"""Lighthouse as on a middling phone, and the first paint on a slow line."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from tests.face.installed import modules, program
from tests.support.browser import CHROMIUM

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
_FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
"""400 kbit/s and 400 ms, in bytes a second."""
SLOWER_PROCESSOR = 6


def scores(url: str, cookie: str = "") -> tuple[dict[str, int], list[str]]:
    """Points of 100 for each category, and the audits that cost points. Raises RuntimeError."""
    command = [program("node"), str(modules() / "lighthouse" / "cli" / "index.js"), url, "--quiet", "--output=json"]
    command += [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={_FLAGS}"]
    if cookie:
        command.append("--extra-headers=" + json.dumps({"Cookie": cookie}))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        environment = {"CHROME_PATH": str(CHROMIUM), "PATH": str(Path(program("node")).parent), "HOME": folder}
        command.append(f"--output-path={out}")
        done = subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False)
        if done.returncode or not out.exists():
            raise RuntimeError(f"Lighthouse failed on {url}: {done.stderr.decode()[-500:]}")
        report = json.loads(out.read_text("utf-8"))
    found = {name: round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES}
    return found, sorted(set(_lost(report)))


def _lost(report: dict[str, Any]) -> list[str]:
    return [
        part["id"]
        for category in report["categories"].values()
        for part in category["auditRefs"]
        if part["weight"] and (report["audits"][part["id"]]["score"] or 0) < 0.9
        if report["audits"][part["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")
    ]


def first_paint(browser: Any, url: str, *, times: int = 5) -> float:
    """Milliseconds until something is to be read, the middle of several loads with nothing kept."""
    seen = []
    for _ in range(times):
        context = browser.new_context(viewport={"width": 360, "height": 740})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
        page.goto(url)
        seen.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        context.close()
    return median(seen)
