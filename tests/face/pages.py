"""Every page of the url_map that somebody is shown, on a centre with one of everything, served for a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.support.filled import Filled, filled_in, leave
from tests.support.server import beside
from tests.web.matrix import BODIES, OF
from tests.web.test_matrix import LINES, known_values, put_in

VIEWERS = ("nobody", "owner", "officer", "admin")
FRAGMENTS = {"/rooms/<slug>/free"}
"""A line of another page."""


@dataclass(frozen=True)
class Page:
    rule: str
    path: str
    viewer: str

    def __str__(self) -> str:
        return f"{self.rule} as {self.viewer}"


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Filled]]:
    """The address of a server in this process, and what it is filled with."""
    one = filled_in(folder)
    with beside(one.app) as address:
        yield address, one
    leave(one)


def pages(one: Filled) -> list[Page]:
    """Each page for each of four viewers who may see it; and one that is not there."""
    found = [Page("(nothing)", "/nothing-here", "nobody")]
    for (method, rule), answers in sorted(LINES.items(), key=lambda line: line[0][1]):
        if method != "GET" or rule in FRAGMENTS or rule.startswith(("/api/", "/feeds/", "/static/")):
            continue
        name = f"GET {rule}"
        query = urlencode(put_in(BODIES.get(name, {}), known_values(one, name)))
        path = one.address(rule, OF.get(name, "")) + (f"?{query}" if query else "")
        shown = [viewer for viewer in VIEWERS if answers[viewer] == "200"]
        if shown and one.client(shown[0]).get(path).mimetype == "text/html":
            found += [Page(rule, path, viewer) for viewer in shown]
    return found
