"""Proposals of the office and the waitlist."""

from __future__ import annotations

from flask import request

from booking.api.blueprint import pages
from booking.api.bookings import booking_out
from booking.api.endpoints import Endpoint, endpoint
from booking.api.reading import instant
from booking.api.schemas_bookings import BookingOut
from booking.api.schemas_offers import OfferAnswerIn, OfferIn, PlaceInLine, WaitlistOut
from booking.front import context
from booking.storage.bookings import booking_by_code
from booking.storage.db import reading
from booking.storage.offers import positions, waits_of
from booking.usecases.offering import Proposal, accept_offer, propose, refuse_offer, withdraw_offer
from booking.usecases.waitlist import leave_waitlist

_WHICH = {"occurrence": ("the uid of one occurrence; without it the only one that could be meant", False)}


@endpoint(
    pages,
    Endpoint("/bookings/<code>/offer", "POST", "Propose another time or room, and hold it", BookingOut, body=OfferIn),
)
def new_offer(code: str, body: OfferIn) -> BookingOut:
    said = Proposal(
        body.room,
        instant(body.starts_at, field="starts_at") if body.starts_at else None,
        instant(body.ends_at, field="ends_at") if body.ends_at else None,
        body.units,
        instant(body.until, field="until") if body.until else None,
        body.note or "",
    )
    propose(act=context.act(), code=code, uid=body.occurrence, proposal=said, version=body.version)
    return booking_out(code)


@endpoint(
    pages,
    Endpoint("/bookings/<code>/offer", "DELETE", "Take a proposal back", BookingOut, query=_WHICH),
)
def offer_withdrawal(code: str) -> BookingOut:
    withdraw_offer(act=context.act(), code=code, uid=request.args.get("occurrence"))
    return booking_out(code)


@endpoint(
    pages,
    Endpoint(
        "/bookings/<code>/offer/accept",
        "POST",
        "Say yes: a proposal is approved, a turn of the waitlist approved or requested",
        BookingOut,
        body=OfferAnswerIn,
    ),
)
def offer_acceptance(code: str, body: OfferAnswerIn) -> BookingOut:
    accept_offer(act=context.act(), code=code, uid=body.occurrence)
    return booking_out(code)


@endpoint(
    pages,
    Endpoint(
        "/bookings/<code>/offer/refuse", "POST", "Say no: the place is free again", BookingOut, body=OfferAnswerIn
    ),
)
def offer_refusal(code: str, body: OfferAnswerIn) -> BookingOut:
    refuse_offer(act=context.act(), code=code, uid=body.occurrence, reason=body.reason or "")
    return booking_out(code)


@endpoint(pages, Endpoint("/bookings/<code>/waitlist", "GET", "Where a booking stands in line", WaitlistOut))
def waitlist(code: str) -> WaitlistOut:
    found = booking_by_code(reading(), code, context.viewer())
    waits = waits_of(reading(), [one.id for one in found.occurrences])
    line = positions(reading(), waits)
    return WaitlistOut(
        [
            PlaceInLine(one.uid, one.room.slug, one.starts_at, one.ends_at, line[one.id], waits[one.id].state)  # type: ignore[arg-type]  # the column is checked
            for one in found.occurrences
            if one.id in waits
        ]
    )


@endpoint(
    pages,
    Endpoint(
        "/bookings/<code>/waitlist",
        "DELETE",
        "Leave the waitlist with one occurrence, or with all of the booking",
        BookingOut,
        query={"occurrence": ("the uid of one occurrence; without it all that wait", False)},
    ),
)
def waitlist_leave(code: str) -> BookingOut:
    leave_waitlist(act=context.act(), code=code, uid=request.args.get("occurrence"))
    return booking_out(code)
