"""Every page that somebody is shown, in both languages: light, whole in itself, and built so that all can read it."""

from __future__ import annotations

import gzip
from html.parser import HTMLParser

import pytest

from tests.face.pages import Page, pages
from tests.support.filled import Filled

KB = 1024
MOST = {"html": 12 * KB, "css": 10 * KB, "js": 8 * KB, "all": 35 * KB}
"""Of one page's first load, gzip; `all` is what it costs whoever comes for the first time."""
OWN_LAYOUT = {"/offline", "/display", "/display/<slug>"}
"""Pages without the menu, and so without a link over it."""
IN_TURNS = {"/display"}
"""Shows itself in one language after the other, each with its heading."""


@pytest.fixture(scope="module")
def centre(filled_centre: Filled) -> Filled:
    return filled_centre


class Seen(HTMLParser):
    """What a page is made of; `first` are the files that its first view needs, by kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language, self.headings, self.ids, self.skip, self.faults = "", 0, [], False, []
        self.first: dict[str, set[str]] = {"css": set(), "js": set(), "img": set()}
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.language = said.get("lang", "") if tag == "html" else self.language
        self.headings += tag == "h1"
        self.skip = self.skip or (tag == "a" and said.get("href") == "#main")
        self._in_script = tag == "script"
        self.ids += [said["id"]] if "id" in said else []
        self.faults += [name for name in said if name == "style" or name.startswith("on")]
        self._file(tag, said)

    def _file(self, tag: str, said: dict[str, str]) -> None:
        address = said.get("src", "") if tag in ("script", "img", "iframe") else ""
        if tag == "link" and said.get("rel") in ("stylesheet", "icon", "manifest"):
            address = said["href"]
        if tag == "use":
            address = said["href"].partition("#")[0]
        if not address or address.startswith("data:"):
            return
        if not address.startswith("/") or address.startswith("//"):
            self.faults.append(address)
        kind = {"script": "js"}.get(tag, "css" if said.get("rel") == "stylesheet" else "img")
        if said.get("loading") != "lazy":
            self.first[kind].add(address)

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.faults.append(f"script in the page: {data[:40]}")
        self._in_script = False


def looked_at(centre: Filled) -> list[tuple[Page, str, str]]:
    """Page, language, text."""
    found = []
    for page in pages(centre):
        client = centre.client(page.viewer)
        for language in ("id", "en"):
            client.set_cookie("lang", language)
            answer = client.get(page.path)
            if answer.mimetype == "text/html":
                found.append((page, language, answer.text))
    return found


def test_every_page_is_light_and_well_built(centre: Filled) -> None:
    """One test, since each page is drawn but once: what is wrong is listed with the page it is wrong with."""
    weights: dict[str, int] = {}
    wrong = []
    for page, language, text in looked_at(centre):
        seen = Seen(text)
        faults = [*seen.faults, *(one for one in set(seen.ids) if seen.ids.count(one) > 1)]
        if seen.language != language:
            faults.append(f"says that it speaks {seen.language}")
        if seen.headings != 1 and page.rule not in IN_TURNS:
            faults.append(f"{seen.headings} first headings")
        if not seen.skip and page.rule not in OWN_LAYOUT:
            faults.append("no link to the content")
        if page.viewer == "nobody":
            faults += too_heavy(centre, text, seen, weights)
        wrong += [f"{page} in {language}: {fault}" for fault in faults]
    assert wrong == [], "\n".join(wrong)
    assert len(weights) >= 5


def too_heavy(centre: Filled, text: str, seen: Seen, weights: dict[str, int]) -> list[str]:
    """What is over the limit; `weights` remembers the files, which pages share."""
    for address in {one for files in seen.first.values() for one in files} - weights.keys():
        answer = centre.client("nobody").get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, address
        weights[address] = len(answer.data)
    found = {kind: sum(weights[one] for one in files) for kind, files in seen.first.items()}
    found["html"] = len(gzip.compress(text.encode(), 6))
    found["all"] = sum(found.values())
    return [f"{kind} {found[kind]} bytes" for kind in MOST if found[kind] > MOST[kind]]
