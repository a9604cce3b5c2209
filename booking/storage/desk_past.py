"""What an officer has answered: requests that wait for their applicants now, and what was decided lately."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from booking.domain.lifecycle import State
from booking.domain.permissions import Action, Viewer
from booking.storage.bookings import WHOLE, Booking, Occurrence
from booking.storage.offers import Offer, OfferKind, OfferState
from booking.storage.places import Resource

LOOKED_BACK = timedelta(days=14)
MOST = 50


def with_applicants(session: Session, viewer: Viewer, now: datetime, *, most: int = MOST) -> Sequence[Booking]:
    """Requests returned for changes, or with a proposal that is not answered yet; the soonest first."""
    sites = viewer.sites(Action.SEE_REQUESTS)
    first = select(func.min(Occurrence.starts_at)).where(Occurrence.booking_id == Booking.id).scalar_subquery()
    query = _whole(_at(sites, _with_applicant(now))).order_by(first, Booking.id).limit(most)
    return session.scalars(query).unique().all()


def count_with_applicants(session: Session, viewer: Viewer, now: datetime) -> int:
    """How many `with_applicants` has without its limit."""
    query = (
        select(func.count()).select_from(Booking).where(_at(viewer.sites(Action.SEE_REQUESTS), _with_applicant(now)))
    )
    return session.scalar(query) or 0


def decided_lately(session: Session, viewer: Viewer, now: datetime, *, most: int = MOST) -> Sequence[Booking]:
    """Bookings of which anything was approved or declined in the last two weeks, the latest first."""
    last = select(func.max(Occurrence.decided_at)).where(Occurrence.booking_id == Booking.id).scalar_subquery()
    is_late = and_(
        Occurrence.decided_at > now - LOOKED_BACK, Occurrence.state.not_in([State.REQUESTED, State.RETURNED])
    )
    query = _whole(_at(viewer.sites(Action.SEE_REQUESTS), is_late)).order_by(last.desc(), Booking.id).limit(most)
    return session.scalars(query).unique().all()


def _with_applicant(now: datetime) -> ColumnElement[bool]:
    is_proposed = exists().where(
        Offer.occurrence_id == Occurrence.id,
        Offer.kind == OfferKind.COUNTER,
        Offer.state == OfferState.OPEN,
        Offer.expires_at > now,
    )
    return or_(Occurrence.state == State.RETURNED, and_(Occurrence.state == State.REQUESTED, is_proposed))


def _at(sites: Collection[int] | None, wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """Bookings with an occurrence of which this is true at any of the sites; None: at all of them."""
    found = select(Occurrence.booking_id).where(wanted)
    if sites is not None:
        found = found.join(Resource, Resource.id == Occurrence.room_id).where(Resource.site_id.in_(sites))
    return Booking.id.in_(found)


def _whole(wanted: ColumnElement[bool]) -> Select[Any]:
    return select(Booking).where(wanted).options(*WHOLE)
