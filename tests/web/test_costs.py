"""What a page weighs and asks of the database."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from sqlalchemy import event

from booking.domain.series import Every, Pattern
from booking.storage.db import db, reading
from booking.usecases.previewing import Preview, preview_request
from booking.usecases.wanted import Wanted
from tests.support.clients import WebClient
from tests.support.world import NOW, World


def test_weight_of_the_first_load(web: WebClient, world: World) -> None:
    for number in range(17):
        name = f"Ruang Serbaguna dan Laboratorium Kriya, Desain dan Animasi Terpadu {number} Lantai {number % 4}"
        world.room(f"ruang-{number}", name=name, capacity=10 + number, floor=str(number % 4))
        world.ask("cecep", world.time(f"ruang-{number}", 1, f"{8 + number % 9:02d}:00", f"{10 + number % 9:02d}:30"))
    for path in (
        "/?date=2026-11-24",
        "/schedule?date=2026-11-24",
        "/schedule?view=week&date=2026-11-24",
        "/schedule?view=month&date=2026-11-24",
        "/search?date=2026-11-24&start=10:00",
        "/rooms/musik",
        "/rooms/musik/week",
    ):
        page = web.get(path).text
        assert not re.search(
            r'\sstyle="|<script(?![^>]*src=)|//cdn|https?://(?!127\.0\.0\.1|adu\.example|www\.w3)', page
        )
        assets = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
        weights = {one: len(web.get(one, headers={"Accept-Encoding": "gzip"}).data) for one in assets}
        html = len(gzip.compress(page.encode(), 6))
        assert html <= 12 * 1024
        assert sum(weight for name, weight in weights.items() if ".js" in name) <= 8 * 1024, weights
        assert html + sum(weights.values()) <= 35 * 1024, weights


def statements_of(call: Callable[[], object]) -> int:
    said: list[str] = []
    listen = lambda _c, _cu, statement, *_: said.append(statement)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    call()
    event.remove(db.engine, "before_cursor_execute", listen)
    return len(said)


@pytest.mark.parametrize(
    "path", ["/schedule?date=2026-11-24", "/?date=2026-11-24", "/search?date=2026-11-24&start=09:00"]
)
def test_the_day_takes_as_many_queries_with_3_rooms_as_with_30(web: WebClient, world: World, path: str) -> None:
    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))

    def queries() -> int:
        world.app.extensions["page_cache"].clear()
        return statements_of(lambda: web.get(path))

    queries()
    few = queries()
    for number in range(24):
        world.room(f"ruang-{number}", tier="automatic")
        world.ask("cecep", world.time(f"ruang-{number}", 1, "09:00", "10:00"))
    assert queries() == few
    assert NOW


def test_a_preview_takes_as_many_queries_with_1_taken_date_as_with_10(world: World) -> None:
    wanted = Wanted("Latihan", 2, [world.time("rapat", 1, "09:00", "10:00")], repeat=Pattern(Every.WEEK, count=10))

    def previewed() -> Preview:
        return preview_request(reading(), act=world.act("euis"), wanted=wanted)

    world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    one = statements_of(previewed)
    world.ask("cecep", *(world.time("rapat", 1 + 7 * week, "09:00", "10:00") for week in range(1, 10)))
    assert all(row.alternatives for row in previewed().rows)
    assert statements_of(previewed) == one <= 20


def test_static_files_survive_ranges_and_conditions(web: WebClient) -> None:
    path = re.search(r'href="(/static/app.css[^"]+)"', web.get("/").text)[1]
    part = web.get(path, headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip"})
    assert (part.status_code, part.headers.get("Content-Encoding")) == (206, None)
    tag = web.get(path, headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    assert web.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": tag}).status_code == 304
    assert "immutable" in web.get(path).headers["Cache-Control"]
