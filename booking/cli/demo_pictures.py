"""Pictures for the rooms of the demo: plain drawings, so that nobody takes them for a place that exists."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from math import sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SIZE, KEPT = (960, 640), (720, 480)
DARK, GREEN, LIGHT, AMBER, PAPER, SKY = "#08403c", "#0b5f59", "#1f8a80", "#f2a93b", "#faf7f1", "#dcefec"
Drawing = Callable[["ImageDraw"], None]


def drawn(name: str) -> bytes:
    """One of `DRAWINGS` as PNG."""
    from PIL import Image
    from PIL.ImageDraw import Draw

    image = Image.new("RGB", SIZE, SKY)
    DRAWINGS[name](Draw(image))
    file = BytesIO()
    # as large as the page shows it on a sharp screen: the demo should start soon
    image.resize(KEPT).save(file, "PNG")
    return file.getvalue()


def _floor(draw: ImageDraw, colour: str = "#c9b48f") -> None:
    draw.rectangle((0, 500, 960, 640), fill=colour)
    draw.line((0, 500, 960, 500), fill=DARK, width=4)


def _window(draw: ImageDraw, left: int, top: int) -> None:
    draw.rectangle((left, top, left + 160, top + 190), fill="#bfe0f2", outline=DARK, width=6)
    draw.line((left + 80, top, left + 80, top + 190), fill=DARK, width=6)
    draw.line((left, top + 95, left + 160, top + 95), fill=DARK, width=6)


def _seat(draw: ImageDraw, left: int, top: int) -> None:
    draw.rounded_rectangle((left, top, left + 60, top + 70), 14, fill=GREEN)
    draw.line((left + 30, top + 70, left + 30, top + 110), fill=DARK, width=8)


def waves(draw: ImageDraw) -> None:
    """Sound as bars."""
    draw.rectangle((0, 0, *SIZE), fill=DARK)
    for at in range(30):
        half = 40 + abs(sin(at * 0.7) * sin(at * 0.21)) * 220
        colour = AMBER if 12 <= at <= 16 else LIGHT
        draw.rounded_rectangle((38 + at * 30, 320 - half, 54 + at * 30, 320 + half), 8, fill=colour)


def booth(draw: ImageDraw) -> None:
    """A microphone before a pane of glass."""
    _floor(draw, "#7d6a55")
    draw.rectangle((90, 70, 870, 500), fill=GREEN)
    for at in range(13):
        draw.rectangle((90 + at * 60, 70, 120 + at * 60, 500), fill=DARK)
    draw.rectangle((250, 120, 710, 380), fill="#bfe0f2", outline=PAPER, width=10)
    draw.line((480, 300, 480, 590), fill="#16213a", width=14)
    draw.rounded_rectangle((435, 170, 525, 330), 45, fill=AMBER, outline="#16213a", width=8)
    draw.ellipse((380, 575, 580, 615), fill="#16213a")


def desks(draw: ImageDraw) -> None:
    """Desks with screens under windows."""
    _floor(draw)
    for left in (80, 400, 720):
        _window(draw, left, 70)
        draw.rounded_rectangle((left - 20, 300, left + 130, 405), 10, fill="#16213a")
        draw.rectangle((left - 8, 312, left + 118, 393), fill=LIGHT)
        draw.rectangle((left - 60, 420, left + 190, 444), fill="#9a6b3f")
        draw.line((left - 40, 444, left - 40, 570), fill="#16213a", width=10)
        draw.line((left + 170, 444, left + 170, 570), fill="#16213a", width=10)
        _seat(draw, left + 30, 470)


def meeting(draw: ImageDraw) -> None:
    """A table with seats around it."""
    _floor(draw)
    _window(draw, 110, 80)
    draw.rectangle((420, 80, 850, 300), fill=PAPER, outline=DARK, width=8)
    draw.line((470, 240, 560, 180, 640, 210, 780, 130), fill=AMBER, width=12)
    for left in range(170, 760, 110):
        _seat(draw, left, 350)
    draw.rounded_rectangle((120, 430, 840, 480), 20, fill="#9a6b3f")
    draw.polygon([(430, 480), (530, 480), (570, 600), (390, 600)], fill="#7d5330")


def stage(draw: ImageDraw) -> None:
    """A stage with a curtain, and rows of seats."""
    draw.rectangle((0, 0, *SIZE), fill=DARK)
    draw.rectangle((120, 60, 840, 340), fill=PAPER)
    draw.polygon([(400, 60), (560, 60), (680, 340), (280, 340)], fill="#fbe6b8")
    for left in (60, 780):
        for at in range(4):
            draw.rectangle((left + at * 30, 40, left + 22 + at * 30, 360), fill="#b8380a")
    draw.rectangle((40, 340, 920, 390), fill="#9a6b3f")
    for row in range(3):
        for at in range(10 + row):
            left = 480 - (10 + row) * 42 + at * 84
            draw.rounded_rectangle((left, 430 + row * 75, left + 66, 490 + row * 75), 16, fill=(GREEN, LIGHT)[row % 2])


def music(draw: ImageDraw) -> None:
    """Drums and an amplifier."""
    _floor(draw, "#6b3f2a")
    draw.rectangle((60, 60, 900, 500), fill="#e7d6b4")
    for at in range(8):
        draw.polygon([(60 + at * 105, 60), (165 + at * 105, 60), (112 + at * 105, 150)], fill="#d2bd92")
    draw.rounded_rectangle((120, 300, 300, 540), 12, fill="#16213a")
    for top in (325, 430):
        draw.ellipse((160, top, 260, top + 95), fill="#55606f")
    draw.ellipse((460, 360, 660, 560), fill=AMBER, outline="#16213a", width=12)
    for left in (410, 610):
        draw.rounded_rectangle((left, 310, left + 110, 390), 20, fill=GREEN, outline="#16213a", width=8)
    for left, top in ((340, 240), (680, 220)):
        draw.ellipse((left, top, left + 150, top + 34), fill="#d8a52b", outline="#16213a", width=5)
        draw.line((left + 75, top + 30, left + 75, 580), fill="#16213a", width=7)


DRAWINGS: dict[str, Drawing] = {one.__name__: one for one in (waves, booth, desks, meeting, stage, music)}
