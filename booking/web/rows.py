"""The rows of a day: each room with what one needs to know of it before its hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from markupsafe import Markup

from booking.front.language import _, ngettext
from booking.web.board import Board, Lane, escape


def room_rows(board: Board, day: date, tiers: Mapping[str, str]) -> Markup:
    """`tiers`: who decides, as markup. A template would spend as long on the rows as all else takes."""
    floor, at = _("Floor %(floor)s"), day.isoformat()
    sizes = {lane.room_day.room.capacity for lane in board.lanes}
    people = {size: escape(ngettext("%(num)s person", "%(num)s people", size)) for size in sizes if size}
    rows = [_row(lane, at, floor, people, tiers) for lane in board.lanes]
    return Markup("".join(rows))  # noqa: S704  # nosec B704


def _row(lane: Lane, at: str, floor: str, people: Mapping[int, str], tiers: Mapping[str, str]) -> str:
    room = lane.room_day.room
    facts = [escape(room.site.short_name)]
    if room.floor:
        facts.append(escape(floor % {"floor": room.floor}))
    if room.capacity:
        facts.append(people[room.capacity])
    note = f' <span class="nb">· {escape(lane.note)}</span>' if lane.note else ""
    return (
        f'<section class="row"><header>'
        f'<h3><a href="/rooms/{escape(room.slug)}?date={at}">{escape(room.name)}</a></h3>'
        f"<p>{' · '.join(facts)}</p><p>{tiers[room.tier]}{note}</p></header>"
        f'<div class="time">{lane.body}</div></section>'
    )
