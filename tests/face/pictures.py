"""The pictures of the README and of the help, drawn from the demo: `./run pictures [NAME ...]`.

Pages are found by their paths and fields by their names, so that a new look needs a new run and nothing else.
WebP as chromium writes it; tests/web/test_help.py holds names, sizes and weights.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from booking.cli.demo import PACK
from tests.support import server
from tests.support.browser import launched, log_in

HERE = Path(__file__).resolve().parent.parent.parent
HELP = HERE / "static" / "help"
README = HERE / "docs" / "pictures"
LOCALES = {"id": "id-ID", "en": "en-GB"}
PHONE = (360, 560, 1.5)
DESKTOP = (1280, 800, 1.0)
"""Width and height in CSS pixels, and how many pixels each has."""

TIDY = """() => {
    document.activeElement.blur();
    document.querySelectorAll(".demo").forEach((one) => one.remove());
    scrollTo(0, 0);
}"""
"""What is the demo's own is no part of the help."""


@dataclass(frozen=True)
class Picture:
    """`who` opens `path`, then the first link in `within` that begins with `follow`; then `fields` are filled."""

    name: str
    path: str
    who: str | None = None
    follow: str = ""
    within: str = "main"
    fields: tuple[tuple[str, str], ...] = ()
    size: tuple[int, int, float] = PHONE
    folder: Path = HELP

    def files(self) -> dict[str, Path]:
        """Language -> file: the help speaks both, the README shows the centre's own."""
        if self.folder == README:
            return {"id": README / f"{self.name}.webp"}
        return {language: HELP / f"{self.name}-{language}.webp" for language in LOCALES}


ROOM = "/rooms/studio-podcast-foto"
ASKED = (("title", "Siniar Cimahi Bercerita"), ("people", "4"))
PICTURES = (
    Picture("find", "/"),
    Picture("request", ROOM, "cecep", f"{ROOM}/request", fields=ASKED),
    Picture("mine", "/mine", "cecep"),
    Picture("booking", "/mine", "cecep", "/bookings/", "main article:has(.badge.approved)"),
    Picture("calendar", "/subscribe", "cecep"),
    Picture("inbox", "/inbox", "dadang"),
    Picture("decide", "/inbox", "dadang", "/inbox/"),
    Picture("today", "/today", "dadang"),
    Picture("close", "/manage/closures", "dadang"),
    Picture("manage", "/manage", "admin"),
    Picture("home", "/", size=DESKTOP, folder=README),
    Picture("desk", "/inbox", "dadang", size=DESKTOP, folder=README),
)


def draw(browser: Any, base: str, picture: Picture, language: str, file: Path) -> None:
    width, height, scale = picture.size
    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, service_workers="block", locale=LOCALES[language])
    context.add_cookies([{"name": "lang", "value": language, "url": base}])
    page = context.new_page()
    if picture.who:
        log_in(page, base, picture.who)
    page.goto(base + picture.path)
    if picture.follow:
        # the address is enough: the link itself may be drawn for wide screens only
        page.goto(base + page.get_attribute(f"{picture.within} a[href^='{picture.follow}']", "href"))
    for name, value in picture.fields:
        page.fill(f"main [name='{name}']", value)
    page.evaluate(TIDY)
    page.wait_for_load_state("networkidle")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
    said = {"format": "webp", "quality": 50, "clip": clip}
    shot = context.new_cdp_session(page).send("Page.captureScreenshot", said)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(base64.b64decode(shot["data"]))
    print(f"{file.relative_to(HERE)}: {file.stat().st_size / 1024:.0f} KB", flush=True)
    context.close()


def main(chosen: list[str]) -> int:
    unknown = set(chosen) - {picture.name for picture in PICTURES}
    if unknown:
        print("No such picture:", *sorted(unknown), file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, launched("--hide-scrollbars") as browser:
        port, data = server.free_port(), Path(folder)
        url = f"sqlite:///{data / 'booking.sqlite'}"
        running = server.start(url, data, port, "demo", "--date", PACK["anchor"])
        try:
            for picture in PICTURES:
                for language, file in picture.files().items():
                    if not chosen or picture.name in chosen:
                        draw(browser, f"http://127.0.0.1:{port}", picture, language, file)
        finally:
            server.kill(running)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
