"""How to use it, in short steps: for whoever borrows, for whoever decides. `./run pictures` draws what it shows."""

from __future__ import annotations

from flask import Blueprint, render_template

pages = Blueprint("guides", __name__)


@pages.get("/help")
def applicants() -> str:
    """From a free time to the own calendar."""
    return render_template("guides/applicants.html")


@pages.get("/help/officers")
def officers() -> str:
    """From the inbox to the rules of a room; there is nothing secret in it, so whoever asks may read it."""
    return render_template("guides/officers.html")
