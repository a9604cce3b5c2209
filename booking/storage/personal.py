"""What is stored about persons: every column that holds something of them, by kind, and how it is blanked.

One table for all who must agree: the page that lists what is stored, the copy a person takes along, and erasing. A test
holds that each column of the schema that can hold words stands either in `KINDS` or in `NOBODYS`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from booking.domain.events import PrivacyEvent
from booking.storage.access import (
    Identity,
    LoginSession,
    MailKey,
    RecoveryCode,
    ResetCode,
    SecondFactor,
    Token,
)
from booking.storage.bookings import Booking, Change, Need, Occurrence
from booking.storage.communities import Community, Membership
from booking.storage.feeds import Piece
from booking.storage.history import History, HistoryText
from booking.storage.letters import Letter
from booking.storage.looks import Look
from booking.storage.mail_links import MailLink
from booking.storage.offers import Offer
from booking.storage.outbox import Outbox
from booking.storage.people import Person, RoleGrant

BLANK = "-"
"""Stands where a name or a title was."""

KINDS: Mapping[str, frozenset[str]] = {
    "account": frozenset(
        {f"person.{name}" for name in ("name", "phone", "email", "new_email", "password", "language", "muted")}
    ),
    "consent": frozenset(),
    "devices": frozenset(
        {
            *("login_session.hash", "login_session.device", "reset_code.hash", "mail_link.hash", "throttle.key"),
            *("mail_key.hash", "mail_key.email", "second_factor.sealed", "recovery_code.hash"),
            *("identity.issuer", "identity.subject"),
        }
    ),
    "addresses": frozenset({f"token.{name}" for name in ("kind", "feed", "hash", "label", "app")}),
    "communities": frozenset({"membership.relation", "invite.hash"}),
    "roles": frozenset({"role.role"}),
    "bookings": frozenset(
        {
            *(f"booking.{name}" for name in ("channel", "title", "purpose", "funding", "pattern", "key", "body_hash")),
            *("need.text", "need.note", "occurrence.label", "occurrence.reason", "occurrence.base"),
            *("change.label", "change.reason", "change.base", "offer.note"),
            *("letter.number", "letter.file", "letter.sha256"),
        }
    ),
    "calendars": frozenset({"piece.body"}),
    "messages": frozenset({"outbox.facts", "outbox.error"}),
    "history": frozenset({"history_text.text"}),
    "views": frozenset({"look.key", "look.what"}),
}
"""Kind -> table.column."""

NOBODYS = frozenset(
    {
        *("booking.code", "canned_reason.text_en", "canned_reason.text_id", "canned_reason.verdict"),
        *("change.overridden", "change.state", "classification.kind", "classification.name_en"),
        *("classification.name_id", "closure.name_en", "closure.name_id", "community.about"),
        *("community.declined_reason", "community.name", "community.slug", "feed_reading.app", "feed_reading.feed"),
        *("feed_state.scope", "former_slug.kind", "former_slug.slug", "history.event", "history.facts"),
        *("imported.recurrence", "imported.uid", "item.about", "item.condition", "item.slug", "late_change.before"),
        *("mentorship.agency", "need.answer", "occurrence.overridden", "occurrence.skipped_because"),
        *("occurrence.state", "occurrence.tier", "occurrence.uid", "occurrence.wall_ends", "occurrence.wall_starts"),
        *("photo.alt_en", "photo.alt_id", "photo.digest", "room.conduct_en", "room.conduct_id"),
        *("offer.kind", "offer.state", "outbox.kind", "piece.language", "piece.level", "piece.writer"),
        *("privacy_text.text_en", "privacy_text.text_id"),
        *("profile.name_en", "profile.name_id", "profile.rules", "resource.kind", "resource.name", "room.about"),
        *("room.feed_level", "room.floor", "room.not_provided", "room.purpose", "room.rules", "room.slug", "room.tier"),
        *("setting.key", "setting.value", "site.address", "site.name", "site.rules", "site.short_name", "site.slug"),
        *("site.timezone", "waitlist.state"),
    }
)
"""Words about rooms, rules and communities, and the program's own. History keeps ids, codes, times and numbers."""

WORDS_OF_BOOKINGS = (
    *(Booking.title, Booking.purpose, Need.text, Need.note, Occurrence.label, Occurrence.reason),
    Letter.number,
)
WORDS_OF_CHANGES = (Change.label, Change.reason, Offer.note, HistoryText.text)


@dataclass(frozen=True)
class Erased:
    """Whose words go: the person, and the bookings that are theirs alone (not those of a community)."""

    person_id: int
    bookings: frozenset[int]


def own_bookings(session: Session, person_id: int) -> frozenset[int]:
    """Those that belong to the person and to no community."""
    query = select(Booking.id).where(Booking.community_id.is_(None), Booking.booked_for == person_id)
    return frozenset(session.scalars(query))


def asked_by(person_id: int) -> ColumnElement[bool]:
    """Bookings that are about the person: those they answer for, and those they made for a community they belong to.

    Not what they typed as staff, or for a community that they have left: those are others' by now.
    """
    belongs = select(Membership.community_id).where(Membership.person_id == person_id)
    made = and_(Booking.created_by == person_id, Booking.community_id.in_(belongs))
    return or_(Booking.booked_for == person_id, made)


def counts(session: Session, person_id: int) -> dict[str, int]:
    """Kind -> how many rows of it there are about a person."""
    mine = own_bookings(session, person_id)
    asked = {
        "account": (Person, Person.id == person_id),
        "consent": (History, (History.actor_id == person_id) & (History.event == PrivacyEvent.ACCEPTED)),
        "devices": (LoginSession, LoginSession.person_id == person_id),
        "addresses": (Token, Token.person_id == person_id),
        "communities": (Membership, Membership.person_id == person_id),
        "roles": (RoleGrant, RoleGrant.person_id == person_id),
        "bookings": (Booking, asked_by(person_id)),
        "calendars": (Occurrence, Occurrence.booking_id.in_(mine)),
        "messages": (Outbox, Outbox.person_id == person_id),
        "history": (History, History.actor_id == person_id),
        "views": (Look, Look.person_id == person_id),
    }
    return {
        kind: session.scalar(select(func.count()).select_from(table).where(where)) or 0
        for kind, (table, where) in asked.items()
    }


def forget_keys(session: Session, person_id: int) -> None:
    """Everything with which the person got in, all roles, and who looked at them."""
    keys = (LoginSession, ResetCode, MailLink, MailKey, SecondFactor, RecoveryCode, Identity, Token)
    for table in (*keys, RoleGrant, Membership, Look):
        session.execute(delete(table).where(table.person_id == person_id))


def forget_words(session: Session, whose: Erased) -> None:
    """The words of the person's own bookings, what the person wrote elsewhere, and what was written to them."""
    forget_texts(session, whose.bookings)
    forget_titles(session, whose.bookings)
    session.execute(update(Booking).where(Booking.id.in_(whose.bookings)).values(funding="", pattern=None))
    session.execute(update(Booking).where(Booking.created_by == whose.person_id).values(key=None, body_hash=None))
    # the worker drops files that no letter names
    session.execute(
        update(Letter).where(Letter.booking_id.in_(whose.bookings)).values(number=BLANK, file=None, sha256="")
    )
    steps = select(History.id).where(History.actor_id == whose.person_id)
    session.execute(delete(HistoryText).where(HistoryText.history_id.in_(steps)))
    session.execute(delete(Outbox).where(Outbox.person_id == whose.person_id))


def forget_texts(session: Session, bookings: Collection[int]) -> None:
    """What bookings were for, what was needed, all reasons and notes, what calendars and messages said. Titles stay."""
    session.execute(update(Booking).where(Booking.id.in_(bookings)).values(purpose="", key=None, body_hash=None))
    session.execute(update(Need).where(Need.booking_id.in_(bookings)).values(text=BLANK, note=""))
    inside = select(Occurrence.id).where(Occurrence.booking_id.in_(bookings))
    session.execute(update(Occurrence).where(Occurrence.booking_id.in_(bookings)).values(reason=None))
    session.execute(update(Change).where(Change.occurrence_id.in_(inside)).values(reason=None))
    session.execute(update(Offer).where(Offer.occurrence_id.in_(inside)).values(note=""))
    steps = select(History.id).where(History.booking_id.in_(bookings))
    session.execute(delete(HistoryText).where(HistoryText.history_id.in_(steps)))
    for about in (Outbox, MailLink):
        session.execute(delete(about).where(about.booking_id.in_(bookings)))
    session.execute(delete(Piece).where(Piece.occurrence_id.in_(inside)))


def forget_titles(session: Session, bookings: Collection[int]) -> None:
    """How bookings and their times were called, in what was asked for and in what they were to become."""
    session.execute(update(Booking).where(Booking.id.in_(bookings)).values(title=BLANK))
    gone = {"label": None, "base": None}
    session.execute(update(Occurrence).where(Occurrence.booking_id.in_(bookings)).values(gone))
    inside = select(Occurrence.id).where(Occurrence.booking_id.in_(bookings))
    session.execute(update(Change).where(Change.occurrence_id.in_(inside)).values(gone))


def forget_bytes(session: Session, person_id: int) -> None:
    """What calendars were told of bookings the person answered for; it is written anew without their name."""
    theirs = select(Booking.id).where(or_(Booking.booked_for == person_id, Booking.created_by == person_id))
    inside = select(Occurrence.id).where(Occurrence.booking_id.in_(theirs))
    session.execute(delete(Piece).where(Piece.occurrence_id.in_(inside)))


def forget_literally(session: Session, said: Collection[str]) -> None:
    """Where somebody else typed a phone number or an e-mail address into free text, it is taken out of it."""
    for column in (*WORDS_OF_BOOKINGS, *WORDS_OF_CHANGES, Community.about, Community.declined_reason):
        for text in said:
            found = column.contains(text, autoescape=True)
            session.execute(update(column.class_).where(found).values({column.key: func.replace(column, text, BLANK)}))
