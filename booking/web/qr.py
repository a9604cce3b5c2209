"""QR codes as part of a page."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup


def qr(text: str) -> Markup:
    """A QR code as inline SVG without style attributes."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        svgclass="qr",
        lineclass=None,
        omitsize=True,
        border=2,
        dark="#16213a",
    )
    return Markup(out.getvalue().decode())  # noqa: S704  # nosec B704  # drawn by segno
