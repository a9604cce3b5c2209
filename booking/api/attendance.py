"""Today's list, and who came, who did not, who left and how many they were."""

from __future__ import annotations

from typing import Any

from flask import request

from booking.api.blueprint import pages
from booking.api.endpoints import Endpoint, endpoint
from booking.api.reading import day
from booking.api.schemas_attendance import CalledVisitOut, HeadCountIn, NothingIn, PeopleIn, TodayOut, VisitOut
from booking.domain.errors import Forbidden, NotFound
from booking.domain.permissions import Action
from booking.front import context
from booking.front.looking import saw_list
from booking.storage.attendance import day_of, sites_of, visit
from booking.storage.bookings import Occurrence
from booking.storage.db import reading
from booking.storage.places import site_by_slug
from booking.usecases.attending import arrive, complete, end_early, mark_missed

_OF = "/bookings/<code>/occurrences/<uid>"


@endpoint(
    pages,
    Endpoint(
        "/today",
        "GET",
        "What takes place on a day at the sites where one attends",
        TodayOut,
        query={"site": ("The slug of one site", False), "date": ("YYYY-MM-DD; left out: today", False)},
    ),
)
def today() -> TodayOut:
    """Raises Forbidden, NotFound."""
    viewer, slug = context.viewer(), request.args.get("site")
    sites = sites_of(reading(), viewer)
    if not viewer.may(Action.ATTEND) or (slug and site_by_slug(reading(), slug) not in sites):
        raise Forbidden
    said = request.args.get("date")
    chosen = day(said, field="date") if said else context.today()
    there = [site for site in sites if slug in (None, "", site.slug)]
    saw_list("today")
    return TodayOut(chosen.isoformat(), [_called(one) for one in day_of(reading(), viewer, there, chosen)])


@endpoint(
    pages,
    Endpoint(f"{_OF}/arrive", "POST", "They are here, from 30 minutes before the start", VisitOut, body=PeopleIn),
)
def arrival(code: str, uid: str, body: PeopleIn) -> VisitOut:
    arrive(act=context.act(), code=code, uid=uid, people=body.people)
    return _visit(code, uid)


@endpoint(pages, Endpoint(f"{_OF}/missed", "POST", "Nobody came; the rest is free", VisitOut, body=NothingIn))
def no_show(code: str, uid: str, body: NothingIn) -> VisitOut:
    del body  # only read, so that what does not belong there is refused
    mark_missed(act=context.act(), code=code, uid=uid)
    return _visit(code, uid)


@endpoint(pages, Endpoint(f"{_OF}/end", "POST", "They leave early; the rest is free", VisitOut, body=PeopleIn))
def end(code: str, uid: str, body: PeopleIn) -> VisitOut:
    end_early(act=context.act(), code=code, uid=uid, people=body.people)
    return _visit(code, uid)


@endpoint(
    pages,
    Endpoint(f"{_OF}/people", "POST", "How many really came, until 14 days after the end", VisitOut, body=HeadCountIn),
)
def head_count(code: str, uid: str, body: HeadCountIn) -> VisitOut:
    complete(act=context.act(), code=code, uid=uid, people=body.people)
    return _visit(code, uid)


def _visit(code: str, uid: str) -> VisitOut:
    found = visit(reading(), context.viewer(), code, uid)
    if found is None:
        raise NotFound("occurrence")
    return VisitOut(**_said(found))


def _called(one: Occurrence) -> CalledVisitOut:
    person = one.booking.person
    return CalledVisitOut(**_said(one), person=person.name, phone=person.phone)


def _said(one: Occurrence) -> dict[str, Any]:
    return {
        "code": one.booking.code,
        "uid": one.uid,
        "room": one.room.slug,
        "site": one.room.site.slug,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "state": one.state,
        "title": one.title,
        "community": one.booking.community.slug if one.booking.community else None,
        "units": one.units,
        "people": one.head_count,
        "arrived_at": one.arrived_at,
        "actual_people": one.actual_people,
        "setup_minutes": one.setup_minutes,
        "teardown_minutes": one.teardown_minutes,
    }
