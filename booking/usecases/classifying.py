"""The city's classifications and who mentors whom: rows that the office edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain.errors import refuse
from booking.domain.events import CommunityEvent
from booking.domain.permissions import Action
from booking.domain.rules.who import Who
from booking.domain.text import clean_line
from booking.storage import feeds
from booking.storage.classifications import Classification, ClassKind, classification, named, of_kind
from booking.storage.communities import Community, Mentorship, mentorship
from booking.storage.places import Room, Site, all_rooms, sites
from booking.storage.transaction import writes
from booking.usecases.act import Act, require
from booking.usecases.belonging import bump, locked_community, note
from booking.usecases.furnishing import bump_everything
from booking.usecases.locking import lock

NAME_LENGTH = 60


def _require(session: Session, act: Act) -> None:
    if act.actor is not None:
        require(session, act, Action.PEOPLE)


@writes
def save_classification(
    session: Session,
    *,
    act: Act,
    row_id: int | None,
    kind: str,
    name_id: str,
    name_en: str = "",
    retired: bool = False,
) -> int:
    """Add a row as the last of its kind, or change one; its kind stays. Raises Refused, Forbidden, NotFound.

    House rules that name a type follow a new name.
    """
    _require(session, act)
    if row_id is None and kind not in set(ClassKind):
        raise refuse("required", field="kind")
    row = _new(session, ClassKind(kind)) if row_id is None else classification(session, row_id)
    name = clean_line(name_id, field="name_id", longest=NAME_LENGTH)
    other = named(session, ClassKind(row.kind), name)
    if other is not None and other.id != row.id:
        raise refuse("slug_known", field="name_id")
    was, row.name_id = row.name_id, name
    row.name_en = clean_line(name_en, field="name_en", longest=NAME_LENGTH, required=False)
    row.retired = retired
    session.add(row)
    session.flush()
    if row.kind == ClassKind.TYPE and was and was != name:
        _rename_in_rules(session, act, was, name)
    if row_id is not None:
        _bump_those_of(session, act, row)
    return row.id


def _bump_those_of(session: Session, act: Act, row: Classification) -> None:
    """The pages of the communities of which it is said show its name."""
    ids = session.scalars(select(Community.id).where(getattr(Community, f"{row.kind}_id") == row.id))
    feeds.bump(session, [feeds.community_scope(one) for one in ids], act.now)


def _new(session: Session, kind: ClassKind) -> Classification:
    last = session.scalar(select(func.max(Classification.position)).where(Classification.kind == kind))
    return Classification(kind=kind, name_id="", position=(last or 0) + 1)


def _rename_in_rules(session: Session, act: Act, was: str, name: str) -> None:
    """A room that is lent to one type of communities stays lent to it. Locked first: nobody's new rules are lost."""
    session.execute(select(Site.id).order_by(Site.id).with_for_update(key_share=True)).all()
    lock(session, session.scalars(select(Room.id)).all(), act.now)
    places: list[Site | Room] = [*sites(session), *all_rooms(session)]
    for place in places:
        rules = _renamed(place.rules, was, name)
        if rules != place.rules:
            place.rules = rules
    bump_everything(session, act)


def _renamed(settings: Mapping[str, Any], was: str, name: str) -> dict[str, Any]:
    said = settings.get(Who.code)
    if not said or not said.get("kinds"):
        return dict(settings)
    kinds = [name if one.casefold() == was.casefold() else one for one in said["kinds"]]
    return {**settings, Who.code: {**said, "kinds": kinds}}


@writes
def move_classification(session: Session, *, act: Act, row_id: int, down: bool) -> None:
    """One place up or down among those that may be chosen. Raises Forbidden, NotFound."""
    _require(session, act)
    row = classification(session, row_id)
    rows = list(of_kind(session, ClassKind(row.kind)))
    if row in rows:
        at = rows.index(row)
        to = min(max(at + (1 if down else -1), 0), len(rows) - 1)
        rows.insert(to, rows.pop(at))
    for position, one in enumerate(rows, 1):
        one.position = position


@dataclass(frozen=True)
class MentorshipFacts:
    """`from_on` and `to_on` are both included; None: not known since when, no end yet."""

    agency: str
    from_on: date | None = None
    to_on: date | None = None


@writes
def save_mentorship(session: Session, *, act: Act, slug: str, mentorship_id: int | None, facts: MentorshipFacts) -> int:
    """Enter or change who mentors a community from when to when. Raises Refused, Forbidden, NotFound."""
    _require(session, act)
    community = locked_community(session, slug)
    agency = clean_line(facts.agency, field="agency", longest=NAME_LENGTH)
    days = (facts.from_on, facts.to_on)
    if any(day and not 2000 <= day.year <= 2200 for day in days):
        raise refuse("date", field="to_on", first="2000", last="2200")
    if facts.from_on and facts.to_on and facts.from_on > facts.to_on:
        raise refuse("end_before_start", field="to_on")
    row = Mentorship(community_id=community.id) if mentorship_id is None else None
    row = row or mentorship(session, mentorship_id or 0, community.id)
    row.agency, row.from_on, row.to_on = agency, *days
    session.add(row)
    session.flush()
    said = {"mentorship": row.id, "days": [day.isoformat() if day else None for day in days]}
    note(session, act, CommunityEvent.MENTORED, community, text=agency, **said)
    bump(session, act, community)
    return row.id


@writes
def remove_mentorship(session: Session, *, act: Act, slug: str, mentorship_id: int) -> None:
    """For what was entered by mistake; what has ended gets its last day instead. Raises Forbidden, NotFound."""
    _require(session, act)
    community = locked_community(session, slug)
    row = mentorship(session, mentorship_id, community.id)
    session.delete(row)
    note(session, act, CommunityEvent.MENTORED, community, text=row.agency, mentorship=row.id, removed=True)
    bump(session, act, community)
