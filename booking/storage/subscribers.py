"""Who reads calendars: fetches counted by app and day, and changes at short notice that apps may not know yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    String,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column, relationship

from booking.domain.feed_names import MINE, community_feed, room_feed
from booking.storage.access import Token
from booking.storage.bookings import Booking, Occurrence
from booking.storage.communities import Community, Membership
from booking.storage.db import Base
from booking.storage.feeds import FeedState
from booking.storage.people import Person
from booking.storage.types import Json, UTCDateTime

READINGS_KEPT = timedelta(days=92)


class Reading(Base):
    """How often an app asked for a public feed (its path without /feeds/ and .ics) on a day. Nobody's addresses."""

    __tablename__ = "feed_reading"

    feed: Mapped[str] = mapped_column(String(100), primary_key=True)
    app: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    fetches: Mapped[int]


class Step(NamedTuple):
    """One of the changes: when, and where it was before, as a Spot in JSON, where it moved."""

    at: datetime
    before: list[Any] | None


class LateChange(Base):
    """Changes of an occurrence that is near; at `due_at` whoever's app has not asked since is told, then it goes.

    `kept`: its steps as JSON, earliest first. `starts_at`: the earliest of its old and new starts.
    """

    __tablename__ = "late_change"
    __table_args__ = (Index("ix_late_change_due", "due_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), unique=True)
    kept: Mapped[list[Any] | None] = mapped_column("before", Json)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)

    occurrence: Mapped[Occurrence] = relationship()

    @property
    def steps(self) -> list[Step]:
        """Each change that is not told yet, earliest first."""
        kept = self.kept or []
        if not kept or not isinstance(kept[0], list):
            # as it was written before steps were kept: the spot alone, or nothing
            return [Step(self.changed_at, kept or None)]
        return [Step(datetime.fromisoformat(at), before) for at, before in kept]

    def add_step(self, at: datetime, before: list[Any] | None) -> None:
        """What comes on top; an app may have asked between the two."""
        earlier = [] if self.changed_at is None else self.steps
        self.kept = [[step.at.isoformat(), step.before] for step in (*earlier, Step(at, before))]
        self.changed_at = at


def note_token_fetches(session: Session, fetches: Mapping[int, tuple[datetime, str]], browser: str) -> None:
    """Token id -> (when, app). A browser that looks does not take the place of the app that is set up."""
    if not fetches:
        return
    table = Token.__table__
    newer = or_(table.c.fetched_at.is_(None), table.c.fetched_at < bindparam("at"))
    # no IN: it cannot go with several rows at once
    no_app = or_(bindparam("app_name", type_=String) != browser, table.c.app == "", table.c.app == browser)
    statement = (
        update(Token)
        .where(table.c.id == bindparam("token_id"), newer, no_app)
        .values(fetched_at=bindparam("at"), app=bindparam("app_name"))
    )
    rows = [{"token_id": token_id, "at": at, "app_name": app} for token_id, (at, app) in sorted(fetches.items())]
    session.connection().execute(statement, rows)


def note_readings(session: Session, counts: Mapping[tuple[str, str], int], day: date) -> None:
    """(feed, app) -> how often since the last batch; what is older than a quarter is forgotten."""
    if not counts:
        return
    rows = [{"feed": feed, "app": app, "day": day, "fetches": n} for (feed, app), n in sorted(counts.items())]
    upsert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = upsert(Reading).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=[Reading.feed, Reading.app, Reading.day],
        set_={"fetches": Reading.fetches + statement.excluded.fetches},
    )
    session.execute(statement)
    session.execute(delete(Reading).where(Reading.day < day - READINGS_KEPT))


def readings_of(session: Session, feed: str, day: date) -> dict[str, int]:
    """App -> how often it asked for a public feed on a day (UTC), most often first."""
    query = select(Reading.app, Reading.fetches).where(Reading.feed == feed, Reading.day == day)
    return {row.app: row.fetches for row in session.execute(query.order_by(Reading.fetches.desc(), Reading.app))}


def changed_at(session: Session, scopes: Collection[str]) -> datetime | None:
    """When anything of these scopes changed last, by the clock that bookings live by."""
    last = session.scalar(select(func.max(FeedState.changed)).where(FeedState.scope.in_(scopes)))
    return None if last is None else datetime.fromtimestamp(last, UTC)


def late_changes(session: Session, now: datetime, *, most: int = 100) -> Sequence[LateChange]:
    """What is due, with its bookings."""
    query = select(LateChange).join(LateChange.occurrence).where(LateChange.due_at <= now)
    whole = contains_eager(LateChange.occurrence).joinedload(Occurrence.booking).joinedload(Booking.community)
    return session.scalars(query.options(whole).order_by(LateChange.due_at, LateChange.id).limit(most)).all()


def late_changes_of(session: Session, occurrence_ids: Collection[int]) -> dict[int, LateChange]:
    """Occurrence id -> what is not told yet."""
    query = select(LateChange).where(LateChange.occurrence_id.in_(occurrence_ids))
    return {one.occurrence_id: one for one in session.scalars(query)}


def subscribers(session: Session, booking: Booking, room_ids: Collection[int]) -> Sequence[Token]:
    """Addresses in use that show a booking in these rooms: its community's (without one its people's), staff's.

    Who may see the community is asked here; whether staff still serve at the room's site is for the caller to ask.
    """
    members = select(Membership.person_id).join(Community, Community.id == Membership.community_id)
    members = members.where(Membership.community_id == booking.community_id, Community.closed_at.is_(None))
    # as `owned_by`: a community owns its bookings, whoever made them
    own = Token.person_id == booking.booked_for if booking.community_id is None else Token.person_id.in_(members)
    shows = [(Token.feed == MINE) & own, Token.feed.in_([room_feed(room_id) for room_id in room_ids])]
    if booking.community_id is not None:
        shows.append((Token.feed == community_feed(booking.community_id)) & Token.person_id.in_(members))
    query = select(Token).join(Person, Person.id == Token.person_id)
    query = query.where(
        Token.kind == "feed",
        Token.revoked_at.is_(None),
        Token.fetched_at.is_not(None),
        Person.closed_at.is_(None),
        or_(*shows),
    )
    return session.scalars(query.order_by(Token.person_id, Token.id)).all()
