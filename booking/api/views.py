"""The endpoints: rooms, what is free, ask, look, decide, cancel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, request

from booking.api.endpoints import Endpoint, document, endpoint
from booking.api.schemas import (
    AvailabilityOut,
    BookingIn,
    BookingOut,
    BookingsOut,
    CancellationIn,
    DecisionIn,
    FreePeriod,
    OccurrenceIn,
    OccurrenceOut,
    RoomOut,
    RoomsOut,
)
from booking.domain.errors import NotFound, Refused, Violation, refuse
from booking.domain.period import Period
from booking.front import context
from booking.storage import places
from booking.storage.availability import houses
from booking.storage.bookings import Booking, booking_by_code, bookings_of
from booking.storage.db import reading
from booking.usecases.cancelling import cancel
from booking.usecases.deciding import Verdict, decide
from booking.usecases.requesting import Wanted, WantedOccurrence, request_booking

PREFIX = "/api/v1"
LONGEST_SPAN = timedelta(days=100)
YEARS = (2000, 2200)

pages = Blueprint("api", __name__, url_prefix=PREFIX)


@endpoint(pages, Endpoint("/openapi.json", "GET", "This document", dict, is_public=True))
def openapi() -> dict[str, Any]:
    return document(PREFIX, context.address().base_url)


@endpoint(pages, Endpoint("/rooms", "GET", "All rooms in use", RoomsOut, is_public=True))
def rooms() -> RoomsOut:
    today = context.today()
    return RoomsOut(
        [
            RoomOut(
                room.slug,
                room.name,
                room.site.slug,
                room.site.timezone,
                room.units,
                room.capacity,
                room.tier,  # type: ignore[arg-type]  # the column is checked by the schema
                room.purpose,
                room.floor,
                room.bookable,
            )
            for room in places.active_rooms(reading(), today)
        ]
    )


@endpoint(
    pages,
    Endpoint(
        "/availability",
        "GET",
        "How many units of a room are free, over time",
        AvailabilityOut,
        query={
            "room": ("slug", True),
            "from": ("RFC 3339 with an offset", True),
            "to": ("RFC 3339 with an offset, at most 100 days later", True),
        },
        is_public=True,
    ),
)
def availability() -> AvailabilityOut:
    room = places.room_by_slug(reading(), request.args.get("room", ""))
    if not room.is_public:
        raise NotFound("room")
    starts_at = _instant(request.args.get("from", "").replace(" ", "+"), field="from")
    ends_at = _instant(request.args.get("to", "").replace(" ", "+"), field="to")
    if starts_at >= ends_at:
        raise refuse("end_before_start", field="to")
    if ends_at - starts_at > LONGEST_SPAN:
        raise refuse("span", field="to", days=LONGEST_SPAN.days)
    span = Period(starts_at, ends_at)
    house = houses(reading(), [room], span, context.now())[room.id]
    opened = house.opening.between(span) if room.bookable else []
    found = [FreePeriod(shut.starts_at, shut.ends_at, 0) for shut in span.minus(opened)]
    for period in opened:
        found += [FreePeriod(free.period.starts_at, free.period.ends_at, free.units) for free in house.free(period)]
    return AvailabilityOut(room.slug, house.units, sorted(found, key=lambda free: free.starts_at))


@endpoint(pages, Endpoint("/bookings", "POST", "Ask for rooms", BookingOut, body=BookingIn, statuses=(201, 200)))
def new_booking(body: BookingIn) -> tuple[BookingOut, int]:
    """201 for a new booking, 200 for the one that the same key made before."""
    occurrences, broken = _occurrences(body.occurrences)
    wanted = Wanted(
        body.title,
        body.people,
        occurrences,
        body.community,
        body.purpose or "",
        key=body.key or request.headers.get("Idempotency-Key"),
        broken=broken,
    )
    made = request_booking(act=context.act(), wanted=wanted)
    return _booking(made.code), 201 if made.is_new else 200


@endpoint(
    pages,
    Endpoint(
        "/bookings", "GET", "Own bookings and those of one's communities", BookingsOut, query={"mine": ("1", False)}
    ),
)
def own_bookings() -> BookingsOut:
    return BookingsOut([_out(booking) for booking in bookings_of(reading(), context.viewer())])


@endpoint(pages, Endpoint("/bookings/<code>", "GET", "One booking", BookingOut))
def booking(code: str) -> BookingOut:
    return _booking(code)


@endpoint(
    pages, Endpoint("/bookings/<code>/decision", "POST", "Approve, decline or return", BookingOut, body=DecisionIn)
)
def decision(code: str, body: DecisionIn) -> BookingOut:
    decide(
        act=context.act(),
        code=code,
        verdict=Verdict(body.verdict),
        reason=body.reason or "",
        version=body.version,
        uids=body.occurrences,
    )
    return _booking(code)


@endpoint(
    pages, Endpoint("/bookings/<code>/cancellation", "POST", "Cancel what is not over", BookingOut, body=CancellationIn)
)
def cancellation(code: str, body: CancellationIn) -> BookingOut:
    cancel(act=context.act(), code=code, reason=body.reason or "", uids=body.occurrences)
    return _booking(code)


def _occurrences(wanted: list[OccurrenceIn]) -> tuple[list[WantedOccurrence], list[Violation]]:
    """The occurrences that can be read, and what is wrong with the times of the others."""
    broken: list[Violation] = []
    read = []
    for at, one in enumerate(wanted):
        times = []
        for field in ("starts_at", "ends_at"):
            try:
                times.append(_instant(getattr(one, field), field=field, at=at))
            except Refused as refused:
                broken += refused.violations
        if len(times) == 2:
            read.append(WantedOccurrence(one.room, times[0], times[1], one.units, one.people, one.label or "", at))
    return read, broken


def _instant(text: str, *, field: str, at: int | None = None) -> datetime:
    """An RFC 3339 instant as UTC. Raises Refused(offset | date)."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Refused([_no_date(field, at)]) from None
    if read.tzinfo is None:
        raise Refused([Violation("offset", {"value": text}, at=at, field=field)])
    if not YEARS[0] <= read.year < YEARS[1]:
        raise Refused([_no_date(field, at)])
    return read.astimezone(UTC)


def _no_date(field: str, at: int | None) -> Violation:
    return Violation("date", {"first": f"{YEARS[0]}-01-01", "last": f"{YEARS[1] - 1}-12-31"}, at=at, field=field)


def _booking(code: str) -> BookingOut:
    return _out(booking_by_code(reading(), code, context.viewer()))


def _out(found: Booking) -> BookingOut:
    occurrences: list[Any] = [
        OccurrenceOut(
            one.uid,
            one.room.slug,
            one.starts_at,
            one.ends_at,
            one.units,
            one.head_count,
            one.state,  # type: ignore[arg-type]  # one of the lifecycle's states
            one.label,
            one.reason,
        )
        for one in found.occurrences
    ]
    return BookingOut(
        found.code,
        found.title,
        found.state,
        found.version,
        found.people,
        found.community.slug if found.community else None,
        found.created_at,
        occurrences,
    )
