"""A person's copy of everything stored about them (UU 27/2022, article 13): as plain data, and as a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.ical import words
from booking.ical.calendar import Head, joined
from booking.ical.vevent import Address, vevent
from booking.storage import personal
from booking.storage.access import Identity, LoginSession, Token
from booking.storage.bookings import WHOLE, Booking
from booking.storage.communities import own_communities
from booking.storage.history import History
from booking.storage.looks import looks_at
from booking.storage.outbox import Outbox
from booking.storage.people import RoleGrant, person_by_id

FORMAT = "ruang-person-1"
"""Raise it when a name in the copy changes its meaning."""


def copy_of(session: Session, person_id: int) -> dict[str, Any]:
    """Everything about one person, ready for JSON: instants in ISO 8601 (UTC), days as YYYY-MM-DD. No keys, no hashes.

    Raises NotFound.
    """
    person = person_by_id(session, person_id)
    return {
        "format": FORMAT,
        "person": _said(
            person,
            *("name", "phone", "email", "email_verified_at", "new_email", "language"),
            *("created_at", "waits_since", "closed_at", "muted", "invitations"),
        ),
        "consent": _said(person, "accepted_version", "accepted_at"),
        "communities": [
            {"slug": community.slug, "name": community.name, "relation": relation}
            for community, relation in own_communities(session, person_id)
        ],
        "roles": [
            _said(one, "role", "site_id", "room_id", "from_on", "to_on") for one in _of(session, RoleGrant, person_id)
        ],
        "devices": [
            _said(one, "device", "trusted", "created_at", "seen_at", "expires_at")
            for one in _of(session, LoginSession, person_id)
        ],
        "log_ins_elsewhere": [
            _said(one, "issuer", "subject", "created_at") for one in _of(session, Identity, person_id)
        ],
        "addresses": [
            _said(one, "kind", "feed", "label", "app", "created_at", "fetched_at", "revoked_at")
            for one in _of(session, Token, person_id)
        ],
        "bookings": [_booking(one) for one in bookings_of(session, person_id)],
        "messages": [
            _said(one, "kind", "created_at", "due_at", "sent_at", "facts") for one in _of(session, Outbox, person_id)
        ],
        "history": [
            _said(one, "at", "event", "booking_id", "community_id", "facts") for one in _steps(session, person_id)
        ],
        "views": [
            {"viewer": one.viewer.name if one.viewer else None, **_said(one, "what", "day", "times", "last_at")}
            for one in looks_at(session, person_id, most=None)
        ],
    }


def calendar_of(session: Session, person_id: int, language: str, address: Address) -> bytes:
    """The same bookings as an iCalendar object, one event for each date, those called off too."""
    dates = [one for booking in bookings_of(session, person_id) for one in booking.occurrences]
    zones = tuple(sorted({one.room.site.timezone for one in dates})) or ("UTC",)
    head = Head(words.MINE[language], zones, f"{address.base_url}/mine")
    return joined(head, [vevent(one, "full", language, address) for one in dates])


def bookings_of(session: Session, person_id: int) -> Sequence[Booking]:
    """What is about the person (see `personal.asked_by`), in the order in which it was asked for."""
    query = select(Booking).where(personal.asked_by(person_id))
    return session.scalars(query.options(*WHOLE).order_by(Booking.id)).unique().all()


def _of(session: Session, table: Any, person_id: int) -> Sequence[Any]:
    return session.scalars(select(table).where(table.person_id == person_id).order_by(table.id)).all()


def _steps(session: Session, person_id: int) -> Sequence[History]:
    return session.scalars(select(History).where(History.actor_id == person_id).order_by(History.id)).all()


def _booking(one: Booking) -> dict[str, Any]:
    return {
        **_said(one, "code", "title", "purpose", "people", "funding", "created_at"),
        "state": str(one.state),
        "community": one.community.slug if one.community else None,
        "needs": [_said(need, "text", "answer", "note") for need in one.needs],
        "occurrences": [
            {
                **_said(at, "uid", "starts_at", "ends_at", "units", "people", "label", "state", "reason"),
                "room": at.room.slug,
            }
            for at in one.occurrences
        ],
    }


def _said(row: Any, *names: str) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value
