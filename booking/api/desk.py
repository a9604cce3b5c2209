"""The inbox: what waits, decisions about many at once, and the last one taken back."""

from __future__ import annotations

from flask import request

from booking.api.blueprint import pages
from booking.api.bookings import booking_out
from booking.api.endpoints import Endpoint, endpoint
from booking.api.errors import violations_out
from booking.api.schemas_bookings import BookingOut
from booking.api.schemas_desk import CardOut, InboxOut, ManyIn, ManyOut, OneOut, ReasonOut, ReasonsOut
from booking.domain.errors import Forbidden
from booking.domain.permissions import Action
from booking.front import context
from booking.front.looking import saw_list
from booking.storage.db import reading
from booking.storage.desk import Card, Filter, cards, queue
from booking.storage.reasons import canned_reasons
from booking.usecases.clearing import clear
from booking.usecases.deciding import Verdict
from booking.usecases.undoing import undo

_FILTERS = {
    "site": ("Slug of a site", False),
    "room": ("Slug of a room", False),
    "community": ("Slug of a community", False),
    "late": ("1: only what was not answered in time", False),
    "page": ("From 1", False),
}


@endpoint(pages, Endpoint("/inbox", "GET", "What waits for a decision, clashes first", InboxOut, query=_FILTERS))
def inbox() -> InboxOut:
    _staff_only()
    site, room, community = (request.args.get(name, "")[:80] for name in ("site", "room", "community"))
    wanted = Filter(site, room, community, late=request.args.get("late") == "1")
    found = queue(reading(), context.viewer(), context.now(), wanted)
    page = found.page(request.args.get("page", 1, int))
    shown = cards(reading(), context.viewer(), found, page.ids, context.now())
    saw_list("requests")
    return InboxOut(len(found.bookings), len(found.clashing), page.number, page.count, [_card(one) for one in shown])


def _staff_only() -> None:
    if not context.viewer().may(Action.SEE_REQUESTS):
        raise Forbidden


def _card(card: Card) -> CardOut:
    booking, first = card.booking, card.waiting[0]
    return CardOut(
        code=booking.code,
        version=booking.version,
        title=booking.title,
        applicant=booking.person.name,
        community=booking.community.slug if booking.community else None,
        people=booking.people,
        room=first.room.slug,
        starts_at=first.starts_at,
        ends_at=first.ends_at,
        waiting=len(card.waiting),
        tiers=sorted({str(one.decided_by_tier) for one in card.waiting}),
        standing=str(card.standing),  # type: ignore[arg-type]  # one of the standings
        is_change=card.is_change,
        over_capacity=card.is_over_capacity,
        against_rules=card.is_barred,
        overridden=card.overridden,
        answer_by=booking.answer_by,
    )


@endpoint(
    pages,
    Endpoint(
        "/inbox/decisions", "POST", "Approve clean requests or decline with one reason, each by itself", ManyOut, ManyIn
    ),
)
def many(body: ManyIn) -> ManyOut:
    cleared = clear(
        act=context.act(),
        versions=body.versions,
        verdict=Verdict(body.verdict),
        reason=body.reason or "",
        canned=body.canned,
    )
    results = [OneOut(one.code, one.is_done, violations_out(one.violations)) for one in cleared]
    return ManyOut(sum(one.done for one in results), results)


@endpoint(
    pages,
    Endpoint("/bookings/<code>/decision", "DELETE", "Take one's own decision back, within 10 seconds", BookingOut),
)
def take_back(code: str) -> BookingOut:
    undo(act=context.act(), code=code)
    return booking_out(code)


@endpoint(pages, Endpoint("/reasons", "GET", "Ready-made reasons of the office", ReasonsOut))
def reasons() -> ReasonsOut:
    _staff_only()
    found = canned_reasons(reading())
    return ReasonsOut([ReasonOut(one.id, one.verdict, one.text_id, one.text_en) for one in found])
