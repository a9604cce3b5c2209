"""Ask, preview, look, decide, change, cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request

from booking.api.blueprint import pages
from booking.api.endpoints import Endpoint, endpoint
from booking.api.errors import violations_out
from booking.api.reading import day, instant, pattern, wanted
from booking.api.rooms import alternatives_out
from booking.api.schemas_bookings import (
    BookingIn,
    BookingOut,
    BookingsOut,
    CancellationIn,
    ChangedDate,
    ChangeDecisionIn,
    ChangedOut,
    ChangeIn,
    ChangeOut,
    DecisionIn,
    ItemTaken,
    NeedOut,
    OccurrenceOut,
    PreviewDate,
    PreviewOut,
    ResumeIn,
    SpotOut,
)
from booking.api.schemas_offers import OfferOut
from booking.front import context
from booking.front.looking import saw_booking
from booking.storage.bookings import Booking, Change, Occurrence, booking_by_code, bookings_of
from booking.storage.db import reading
from booking.storage.offers import Offer, live_offers, positions
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking, preview_change
from booking.usecases.deciding import Verdict, decide
from booking.usecases.deciding_changes import decide_changes, withdraw_changes
from booking.usecases.intents import Changed, Edit, Place, Scope, told_of
from booking.usecases.previewing import Row, preview_request
from booking.usecases.requesting import request_booking
from booking.usecases.resuming import resume


@dataclass(frozen=True)
class _Beside:
    """What stands beside occurrences, by their ids: live offers and numbers in line."""

    offers: Mapping[int, Offer]
    positions: Mapping[int, int]


@endpoint(pages, Endpoint("/bookings", "POST", "Ask for rooms", BookingOut, body=BookingIn, statuses=(201, 200)))
def new_booking(body: BookingIn) -> tuple[BookingOut, int]:
    """201 for a new booking, 200 for the one that the same key made before."""
    made = request_booking(act=context.act(), wanted=wanted(body, body.key or request.headers.get("Idempotency-Key")))
    return booking_out(made.code), 201 if made.is_new else 200


@endpoint(
    pages,
    Endpoint(
        "/bookings/preview", "POST", "What would come of a request, date by date; stores nothing", PreviewOut, BookingIn
    ),
)
def booking_preview(body: BookingIn) -> PreviewOut:
    found = preview_request(reading(), act=context.act(), wanted=wanted(body, body.key))
    return PreviewOut([_row(row) for row in found.rows], violations_out(found.broken))


def _row(row: Row) -> PreviewDate:
    return PreviewDate(
        row.day.isoformat(),
        row.room.slug,
        row.period.starts_at,
        row.period.ends_at,
        row.is_skipped,
        str(row.finding),  # type: ignore[arg-type]  # one of the findings
        violations_out(row.violations),
        alternatives_out(row.alternatives),
    )


@endpoint(
    pages,
    Endpoint(
        "/bookings", "GET", "Own bookings and those of one's communities", BookingsOut, query={"mine": ("1", False)}
    ),
)
def own_bookings() -> BookingsOut:
    found = bookings_of(reading(), context.viewer())
    beside = _beside(found)
    return BookingsOut([_out(booking, beside) for booking in found])


@endpoint(pages, Endpoint("/bookings/<code>", "GET", "One booking", BookingOut))
def booking(code: str) -> BookingOut:
    return booking_out(code)


@endpoint(
    pages,
    Endpoint(
        "/bookings/<code>",
        "PATCH",
        "Change one occurrence, this and the following, or all; before and after of each date",
        ChangedOut,
        body=ChangeIn,
    ),
)
def change(code: str, body: ChangeIn) -> ChangedOut:
    edit = Edit(
        instant(body.starts_at, field="starts_at") if body.starts_at else None,
        instant(body.ends_at, field="ends_at") if body.ends_at else None,
        body.room,
        body.units,
        body.people,
        body.label,
        body.title,
        body.purpose,
        pattern(body.repeat) if body.repeat else None,
    )
    about: dict[str, Any] = {
        "act": context.act(),
        "code": code,
        "scope": Scope(body.scope),
        "uid": body.occurrence,
        "edit": edit,
        "skip": {day(one, field="skip") for one in body.skip},
        "setting_aside": body.override,
    }
    if body.preview:
        intents, broken = preview_change(reading(), **about)
        changed = [told_of(intent) for intent in intents]
    else:
        changed, broken = change_booking(**about, reason=body.reason or "", version=body.version), []
    dates = [_changed(one) for one in changed]
    found = booking_by_code(reading(), code, context.viewer())
    return ChangedOut(found.code, found.state, found.version, dates, violations_out(broken))


def _changed(one: Changed) -> ChangedDate:
    outcome: Any = str(one.outcome)
    return ChangedDate(_day(one.day), one.uid, outcome, _spot(one.before), _spot(one.after))


def _day(of: date | None) -> str | None:
    return of.isoformat() if of else None


def _spot(place: Place | None) -> SpotOut | None:
    if place is None:
        return None
    period = place.period
    return SpotOut(place.room, period.starts_at, period.ends_at, place.units, place.people, place.label)


@endpoint(
    pages,
    Endpoint("/bookings/<code>/resumption", "POST", "Ask for skipped dates after all", BookingOut, body=ResumeIn),
)
def resumption(code: str, body: ResumeIn) -> BookingOut:
    resume(act=context.act(), code=code, uids=body.occurrences)
    return booking_out(code)


@endpoint(
    pages, Endpoint("/bookings/<code>/decision", "POST", "Approve, decline or return", BookingOut, body=DecisionIn)
)
def decision(code: str, body: DecisionIn) -> BookingOut:
    decide(
        act=context.act(),
        code=code,
        verdict=Verdict(body.verdict),
        reason=body.reason or "",
        canned=body.canned,
        version=body.version,
        uids=body.occurrences,
        answers={one.need: (one.answer, one.note or "") for one in body.needs},
        setting_aside=body.override,
    )
    return booking_out(code)


@endpoint(
    pages,
    Endpoint(
        "/bookings/<code>/changes/decision",
        "POST",
        "Approve or decline what approved occurrences shall become",
        BookingOut,
        body=ChangeDecisionIn,
    ),
)
def change_decision(code: str, body: ChangeDecisionIn) -> BookingOut:
    decide_changes(
        act=context.act(),
        code=code,
        is_approved=body.verdict == "approve",
        reason=body.reason or "",
        version=body.version,
        uids=body.occurrences,
    )
    return booking_out(code)


@endpoint(
    pages, Endpoint("/bookings/<code>/changes/withdrawal", "POST", "Take open changes back; all stays", BookingOut)
)
def change_withdrawal(code: str) -> BookingOut:
    withdraw_changes(act=context.act(), code=code)
    return booking_out(code)


@endpoint(
    pages, Endpoint("/bookings/<code>/cancellation", "POST", "Cancel what is not over", BookingOut, body=CancellationIn)
)
def cancellation(code: str, body: CancellationIn) -> BookingOut:
    cancel(act=context.act(), code=code, reason=body.reason or "", uids=body.occurrences)
    return booking_out(code)


def booking_out(code: str) -> BookingOut:
    """One booking as this viewer sees it. Raises NotFound."""
    found = booking_by_code(reading(), code, context.viewer())
    saw_booking("booking", found)
    return _out(found, _beside([found]))


def _beside(found: Sequence[Booking]) -> _Beside:
    all_of_them = [one for booking in found for one in booking.occurrences]
    return _Beside(live_offers(reading(), all_of_them, context.now()), positions(reading(), all_of_them))


def _out(found: Booking, beside: _Beside) -> BookingOut:
    return BookingOut(
        code=found.code,
        title=found.title,
        state=found.state,
        version=found.version,
        people=found.people,
        community=found.community.slug if found.community else None,
        channel=found.channel,
        created_at=found.created_at,
        repeat=found.pattern,
        needs=[NeedOut(need.id, need.text, need.answer, need.note) for need in found.needs],  # type: ignore[arg-type]  # the column is checked
        occurrences=[_occurrence(one, beside) for one in found.occurrences],
    )


def _occurrence(one: Occurrence, beside: _Beside) -> OccurrenceOut:
    return OccurrenceOut(
        uid=one.uid,
        room=one.room.slug,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        units=one.units,
        people=one.head_count,
        state=one.state,  # type: ignore[arg-type]  # one of the lifecycle's states
        label=one.label,
        reason=one.reason,
        date=_day(one.series_day),
        items=[ItemTaken(item.item.slug, item.quantity) for item in one.items],
        change=_change(one.change),
        overridden=one.overridden or [],
        skipped_because=(one.skipped_because or {}).get("codes", []),
        offer=_offer(beside.offers.get(one.id)),
        waitlist=beside.positions.get(one.id),
    )


def _offer(offer: Offer | None) -> OfferOut | None:
    if offer is None:
        return None
    kind: Any = offer.kind
    return OfferOut(kind, offer.room.slug, offer.starts_at, offer.ends_at, offer.units, offer.expires_at, offer.note)


def _change(change: Change | None) -> ChangeOut | None:
    return ChangeOut(change.room.slug, change.starts_at, change.ends_at, change.units) if change else None
