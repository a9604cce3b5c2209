"""Closures: whom one would hit, and closing with what becomes of each."""

from __future__ import annotations

from booking.api.blueprint import pages
from booking.api.endpoints import Endpoint, endpoint
from booking.api.reading import instant
from booking.api.rooms import alternative_out
from booking.api.schemas_closures import ChoiceIn, ClosureIn, ClosureOut, HitOut, HitsOut
from booking.front import context
from booking.storage.db import reading
from booking.usecases.closing import Choice, ClosureFacts, Hit, Remedy, close, preview_closure


@endpoint(
    pages, Endpoint("/closures/preview", "POST", "Whom a closure would hit; stores nothing", HitsOut, body=ClosureIn)
)
def closure_preview(body: ClosureIn) -> HitsOut:
    return HitsOut([_hit(hit) for hit in preview_closure(reading(), act=context.act(), facts=_facts(body))])


@endpoint(
    pages,
    Endpoint(
        "/closures",
        "POST",
        "Close, with a choice for each occurrence that the preview has shown",
        ClosureOut,
        body=ClosureIn,
        statuses=(201,),
    ),
)
def new_closure(body: ClosureIn) -> ClosureOut:
    choices = {one.occurrence: _choice(one) for one in body.choices}
    return ClosureOut(close(act=context.act(), facts=_facts(body), choices=choices, reason=body.reason or ""))


def _facts(body: ClosureIn) -> ClosureFacts:
    return ClosureFacts(
        instant(body.starts_at, field="starts_at"),
        instant(body.ends_at, field="ends_at"),
        body.name_id,
        body.name_en or "",
        body.room,
        body.site,
        body.provisional,
    )


def _choice(said: ChoiceIn) -> Choice:
    times = [instant(text, field="choices") if text else None for text in (said.starts_at, said.ends_at)]
    return Choice(Remedy(said.remedy), said.room, *times)


def _hit(hit: Hit) -> HitOut:
    one = hit.occurrence
    return HitOut(
        one.booking.code,
        one.title,
        one.uid,
        one.room.slug,
        one.starts_at,
        one.ends_at,
        one.state,
        alternative_out(hit.proposal) if hit.proposal else None,
    )
