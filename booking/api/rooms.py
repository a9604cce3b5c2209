"""Rooms and items, what is free, and why a time is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request

from booking.api.blueprint import PREFIX, pages
from booking.api.endpoints import Endpoint, document, endpoint
from booking.api.errors import violations_out
from booking.api.reading import instant
from booking.api.schemas import (
    AlternativeOut,
    AvailabilityOut,
    FreePeriod,
    ItemOut,
    ItemsOut,
    RoomOut,
    RoomsOut,
    RulesIn,
    RulesOut,
    TrialOut,
    WhyOut,
)
from booking.domain.errors import Forbidden, NotFound, refuse
from booking.domain.period import Period
from booking.domain.permissions import Action
from booking.front import context
from booking.storage import places, plain
from booking.storage.availability import houses
from booking.storage.db import reading
from booking.storage.places import Room
from booking.usecases.furnishing import save_rules
from booking.usecases.previewing import why
from booking.usecases.proposing import Alternative
from booking.usecases.trying import try_rules
from booking.usecases.wanted import WantedOccurrence

LONGEST_SPAN = timedelta(days=100)


@endpoint(pages, Endpoint("/openapi.json", "GET", "This document", dict, is_public=True))
def openapi() -> dict[str, Any]:
    return document(PREFIX, context.address().base_url)


@endpoint(pages, Endpoint("/rooms", "GET", "All rooms in use", RoomsOut, is_public=True))
def rooms() -> RoomsOut:
    composites = set(places.room_leaves(reading()))
    return RoomsOut([_room(room, room.id in composites) for room in plain.active_rooms(reading(), context.today())])


def _room(room: plain.AnyRoom, is_composite: bool) -> RoomOut:
    return RoomOut(
        slug=room.slug,
        name=room.name,
        site=room.site.slug,
        timezone=room.site.timezone,
        mode=str(room.mode(is_composite=is_composite)),  # type: ignore[arg-type]  # one of the modes
        units=room.units,
        capacity=room.capacity,
        tier=room.tier,  # type: ignore[arg-type]  # the column is checked by the schema
        purpose=room.purpose,
        floor=room.floor,
        bookable=room.bookable,
    )


@endpoint(pages, Endpoint("/items", "GET", "Equipment, licences and operators", ItemsOut, is_public=True))
def items() -> ItemsOut:
    slugs = {room.id: room.slug for room in places.all_rooms(reading())}
    return ItemsOut(
        [
            ItemOut(
                item.slug,
                item.name,
                item.site.slug,
                slugs[item.room_id] if item.room_id else None,
                item.units,
                item.condition,  # type: ignore[arg-type]  # the column is checked by the schema
            )
            for item in places.items(reading())
        ]
    )


_SPAN = {
    "room": ("slug", True),
    "from": ("RFC 3339 with an offset", True),
    "to": ("RFC 3339 with an offset, at most 100 days later", True),
}


@endpoint(
    pages,
    Endpoint(
        "/availability",
        "GET",
        "How many units of a room are free, over time",
        AvailabilityOut,
        query=_SPAN,
        is_public=True,
    ),
)
def availability() -> AvailabilityOut:
    room = _public_room()
    span = Period(*_times("from", "to"))
    if span.length > LONGEST_SPAN:
        raise refuse("span", field="to", days=LONGEST_SPAN.days)
    house = houses(reading(), [room], span, context.now())[room.id]
    opened = house.opening.between(span) if room.bookable else []
    found = [FreePeriod(shut.starts_at, shut.ends_at, 0) for shut in span.minus(opened)]
    for period in opened:
        found += [FreePeriod(free.period.starts_at, free.period.ends_at, free.units) for free in house.free(period)]
    return AvailabilityOut(room.slug, house.units, sorted(found, key=lambda free: free.starts_at))


def _public_room() -> Room:
    room = places.room_by_slug(reading(), request.args.get("room", ""))
    if not room.is_public:
        raise NotFound("room")
    return room


def _times(first: str, last: str) -> tuple[Any, Any]:
    """Two instants of the query; a "+" that came as a blank is read all the same. Raises Refused."""
    starts_at, ends_at = (instant(request.args.get(name, "").replace(" ", "+"), field=name) for name in (first, last))
    if starts_at >= ends_at:
        raise refuse("end_before_start", field=last)
    return starts_at, ends_at


@endpoint(
    pages,
    Endpoint(
        "/why",
        "GET",
        "Why a time cannot be had, and what would do; with a key for whoever asks, without for anybody",
        WhyOut,
        query={
            "room": ("slug", True),
            "starts_at": ("RFC 3339 with an offset", True),
            "ends_at": ("RFC 3339 with an offset", True),
            "people": ("how many; 1 when left out", False),
            "community": ('slug; left out: the person\'s only one; "-": for the person alone', False),
        },
        is_public=True,
    ),
)
def why_not() -> WhyOut:
    room = places.room_by_slug(reading(), request.args.get("room", ""))
    starts_at, ends_at = _times("starts_at", "ends_at")
    found = why(
        reading(),
        act=context.act(),
        occurrence=WantedOccurrence(room.slug, starts_at, ends_at),
        room=room,
        people_count=_number("people"),
        community=request.args.get("community"),
    )
    return WhyOut(str(found.finding), violations_out(found.violations), alternatives_out(found.alternatives))  # type: ignore[arg-type]  # one of the findings


def _number(name: str) -> int:
    text = request.args.get(name, "1")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise refuse("people", field=name, people=text[:20], most=100_000)
    return int(text)


def alternatives_out(found: Any) -> list[AlternativeOut]:
    return [alternative_out(one) for one in found]


def alternative_out(one: Alternative) -> AlternativeOut:
    return AlternativeOut(str(one.kind), one.room.slug, one.period.starts_at, one.period.ends_at)  # type: ignore[arg-type]  # one of the kinds


@endpoint(pages, Endpoint("/rooms/<slug>/rules", "GET", "The house rules of a room", RulesOut, is_public=True))
def rules(slug: str) -> RulesOut:
    return _rules(_known(slug))


@endpoint(pages, Endpoint("/rooms/<slug>/rules", "PUT", "Give a room other house rules", RulesOut, body=RulesIn))
def new_rules(slug: str, body: RulesIn) -> RulesOut:
    save_rules(act=context.act(), slug=_known(slug).slug, rules=body.rules)
    reading().expire_all()
    return _rules(places.room_by_slug(reading(), slug))


@endpoint(
    pages,
    Endpoint(
        "/rooms/<slug>/rules/trial", "POST", "Try rules against the last 90 days; changes nothing", TrialOut, RulesIn
    ),
)
def trial(slug: str, body: RulesIn) -> TrialOut:
    found = try_rules(reading(), act=context.act(), room=_known(slug), settings=body.rules)
    return TrialOut(found.asked, found.refused, found.by_code)


def _known(slug: str) -> Room:
    room = places.room_by_slug(reading(), slug)
    if not room.is_public and not context.viewer().may(Action.SEE_REQUESTS, room.site_id, room.id):
        raise NotFound("room") if not context.viewer().is_staff else Forbidden
    return room


def _rules(room: Room) -> RulesOut:
    merged = {code: said for code, said in {**room.site.rules, **room.rules}.items() if said is not None}
    return RulesOut(room.slug, dict(room.rules), merged)
