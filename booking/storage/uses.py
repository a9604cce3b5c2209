"""What a community or a person has already, for rules that share a room out: quotas, distance, waiting requests."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.domain.lifecycle import STANDING, State
from booking.domain.period import Period
from booking.domain.rules.ask import Asker, Use
from booking.storage.bookings import Booking, Occurrence, touching
from booking.storage.communities import Community
from booking.storage.people import Person
from booking.storage.places import Resource

_COUNTED = STANDING | {State.RETURNED}


def uses_of(
    session: Session,
    asker: Asker,
    room_ids: Collection[int],
    span: Period,
    *,
    booking_id: int | None = None,
    without: Collection[int] = (),
) -> list[Use]:
    """Standing occurrences of the asker's community or of the person in a span, and undecided ones at any time.

    Those of `booking_id` are marked as not another booking's; the occurrences `without` are about to change.
    """
    holder = Booking.booked_for == asker.person_id
    if asker.community_id is not None:
        holder = or_(holder, Booking.community_id == asker.community_id)
    query = (
        select(
            Occurrence.starts_at,
            Occurrence.ends_at,
            Occurrence.room_id,
            Booking.booked_for,
            Booking.community_id,
            Occurrence.state,
            Occurrence.booking_id,
            Resource.site_id,
        )
        .join(Resource, Resource.id == Occurrence.room_id)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(holder, Occurrence.room_id.in_(room_ids), Occurrence.state.in_(_COUNTED))
        .where(
            or_(
                Occurrence.state == State.REQUESTED,
                touching(span),
            )
        )
    )
    if without:
        query = query.where(Occurrence.id.not_in(without))
    return [
        Use(
            Period(row.starts_at, row.ends_at),
            row.room_id,
            row.booked_for,
            row.community_id,
            row.state == State.REQUESTED,
            row.site_id,
            row.booking_id != booking_id,
        )
        for row in session.execute(query)
    ]


def lock_holder(session: Session, asker: Asker) -> None:
    """Who asks at the same time for the same community waits here, so that a quota is counted by one at a time."""
    if asker.community_id is not None:
        query = select(Community.id).where(Community.id == asker.community_id)
        session.execute(query.with_for_update(key_share=True))
    query = select(Person.id).where(Person.id == asker.person_id)
    session.execute(query.with_for_update(key_share=True))
