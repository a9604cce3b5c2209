"""The icons of the home screen, drawn from static/icon.svg: `python -m tests.face.icons`, after a change of it."""

from __future__ import annotations

from pathlib import Path

from tests.support.browser import launched

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
PAPER = "#faf7f1"
ICONS = {
    # name -> pixels, share of the width that the sign takes
    # Android cuts to a circle of 80 per cent (w3.org/TR/appmanifest, 1.11.2), the corners of the sign must be within
    "icon-192": (192, 0.66),
    "icon-512": (512, 0.66),
    "maskable-192": (192, 0.5),
    "maskable-512": (512, 0.5),
}


def main() -> None:
    sign = (STATIC / "icon.svg").read_text("utf-8")
    with launched() as browser:
        for name, (pixels, share) in ICONS.items():
            page = browser.new_page(viewport={"width": pixels, "height": pixels})
            page.set_content(
                f"<style>body {{ margin: 0; display: grid; place-items: center; height: 100vh; background: {PAPER}"
                f" }} svg {{ width: {share:.0%} }}</style>{sign}"
            )
            page.screenshot(path=STATIC / "icons" / f"{name}.png")


if __name__ == "__main__":
    main()
