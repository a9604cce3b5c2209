"""Sites, rooms, hours, closures and what the centre says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.approval import Tier
from booking.domain.errors import Refused, Violation, refuse
from booking.domain.permissions import Action
from booking.domain.rules import Settings, parse
from booking.domain.rules.base import SettingError
from booking.domain.text import clean_line, clean_text
from booking.ical.timezones import vtimezone
from booking.storage import claims, feeds, settings
from booking.storage.access import Token
from booking.storage.bookings import Occurrence
from booking.storage.communities import Community
from booking.storage.places import (
    Resource,
    Room,
    RoomPart,
    Site,
    everything_below,
    room_by_slug,
    rooms_by_slug,
    site_by_slug,
)
from booking.storage.settings import Centre
from booking.storage.transaction import writes
from booking.usecases.act import Act, require, require_everywhere
from booking.usecases.locking import lock
from booking.usecases.recording import show_anew
from booking.usecases.renaming import change_slug, free_slug

MOST_POSITION = 10_000
REGISTRATION = ("open", "confirmed", "closed")
MOST_ANSWER_DAYS = 30

# What a new site says for all its rooms; a rule without settings does not apply.
NEW_SITE_RULES: Mapping[str, Mapping[str, Any]] = {
    "hours": {"weekly": {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}},
    "notice": {"hours": 24},
    "length": {"shortest": 60, "longest": 480},
    "grid": {"minutes": 30},
    "horizon": {"days": 183},
}


@dataclass(frozen=True)
class SiteFacts:
    """A site as staff enter it. `answer_days`: working days within which requests are answered; 0 promises nothing.

    `slug`: as it shall stand in addresses; empty: as it is, or from the name.
    """

    name: str
    short_name: str
    timezone: str
    address: str = ""
    position: int = 0
    rules: Settings = field(default_factory=lambda: NEW_SITE_RULES)
    answer_days: int = 2
    slug: str = ""


@dataclass(frozen=True)
class RoomFacts:
    """A room as staff enter it. `parts` are slugs of the rooms it consists of.

    `rules` is the JSON of its rules: what it does not speak of its site may say, null ends that. `slug`: as it shall
    stand in addresses; empty: as it is, or from the name.
    """

    site: str
    name: str
    units: int = 1
    capacity: int = 0
    tier: str = Tier.OFFICER
    purpose: str = ""
    floor: str = ""
    about: str = ""
    not_provided: str = ""
    feed_level: str = "title"
    is_public: bool = True
    bookable: bool = True
    setup_minutes: int = 0
    teardown_minutes: int = 0
    active_from: date | None = None
    active_to: date | None = None
    position: int = 0
    parts: Sequence[str] = ()
    open_area: bool = False
    rules: Settings = field(default_factory=dict)
    release_minutes: int | None = None
    feed_closures: bool = False
    feed_hours: bool = False
    conduct_id: str = ""
    conduct_en: str = ""
    slug: str = ""


def allowed(session: Session, act: Act, action: Action, site_id: int | None = None, room_id: int | None = None) -> None:
    """The program itself (first start, demo) may; persons need the right."""
    if act.actor is not None:
        require(session, act, action, site_id, room_id)


def allowed_everywhere(session: Session, act: Act, action: Action) -> None:
    """What concerns every site may only be done by who may do it at every site."""
    if act.actor is not None:
        require_everywhere(session, act, action)


@writes
def save_centre(session: Session, *, act: Act, said: Centre) -> None:
    allowed_everywhere(session, act, Action.FURNISH)
    zone, checked = settings.centre(session).timezone, _checked_centre(said)
    settings.put_centre(session, checked)
    # the zone of calendars without events: of those of persons and communities, too
    bump_everything(session, act, _private_scopes(session) if checked.timezone != zone else ())


def _checked_centre(said: Centre) -> Centre:
    """Raises Refused for what would break every page: a zone, a calling code, an address that is none."""
    _check_zone(said.timezone)
    if not re.fullmatch(r"[1-9][0-9]{0,2}", said.country_code, re.ASCII):
        raise refuse("country_code", field="country_code")
    if said.complaint_url and not re.match(r"(https?://|mailto:|tel:)[^\s]+$", said.complaint_url):
        raise refuse("address", field="complaint_url")
    channels = [
        {name: clean_line(row[name], field="channels", longest=60) for name in ("code", "id", "en")}
        for row in said.channels
    ]
    if not 0 <= said.letter_months <= 600:
        raise refuse("range", field="letter_months", least=0, most=600)
    codes = [row["code"] for row in channels]
    if len(set(codes)) < len(codes) or not all(re.fullmatch(r"[a-z0-9-]{1,20}", code) for code in codes):
        raise refuse("channels", field="channels")
    if said.registration not in REGISTRATION:
        raise refuse("registration", field="registration")
    lines: dict[str, Any] = {
        name: clean_line(getattr(said, name), field=name, required=name == "name")
        for name in ("name", "welcome", "notice_id", "notice_en", "complaint_url", "contact")
    }
    return replace(said, channels=channels, **lines)


@writes
def save_site(session: Session, *, act: Act, slug: str | None, facts: SiteFacts, new_slug: str | None = None) -> str:
    """Enter or change a site; returns its slug. Raises Refused, Forbidden, NotFound."""
    allowed_everywhere(session, act, Action.FURNISH)
    _check_position(facts.position)
    if not 0 <= facts.answer_days <= MOST_ANSWER_DAYS:
        raise refuse("range", field="answer_days", least=0, most=MOST_ANSWER_DAYS)
    if wrong := wrong_rules(facts.rules):
        raise Refused([wrong])
    name = clean_line(facts.name, field="name")
    short_name = clean_line(facts.short_name or facts.name, field="short_name", longest=60)
    _check_zone(facts.timezone)
    if slug is None:
        site = Site(slug=free_slug(session, Site, new_slug or facts.slug or short_name, "short_name"))
        session.add(site)
    else:
        site = site_by_slug(session, slug)
        change_slug(session, site, facts.slug)
    seen_as = (site.name, site.timezone)
    site.name, site.short_name, site.timezone, site.position = name, short_name, facts.timezone, facts.position
    site.address = clean_line(facts.address, field="address", longest=300, required=False)
    site.rules, site.answer_days = stored(facts.rules), facts.answer_days
    session.flush()
    if slug is not None and seen_as != (site.name, site.timezone):
        rooms = select(Resource.id).where(Resource.site_id == site.id).scalar_subquery()
        show_anew(session, act, Occurrence.room_id.in_(rooms))
    bump_everything(session, act)
    return site.slug


def _check_zone(name: str) -> None:
    """Raises Refused(timezone) for a zone that is unknown or that no calendar could be told of."""
    try:
        ZoneInfo(name)
        vtimezone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise refuse("timezone", field="timezone", timezone=name[:60]) from error


@writes
def save_room(session: Session, *, act: Act, slug: str | None, facts: RoomFacts, new_slug: str | None = None) -> str:
    """Enter or change a room; returns its slug. Raises Refused, Forbidden, NotFound."""
    site, known = site_by_slug(session, facts.site), room_by_slug(session, slug) if slug else None
    _check_may_furnish(session, act, known, site, facts)
    name = clean_line(facts.name, field="name")
    _check_room(facts)
    if known is None:
        room = Room(slug=free_slug(session, Room, new_slug or facts.slug or name, "name"))
        session.add(room)
        touched: set[str] = set()
    else:
        room = known
        lock(session, [room.id, *(part.id for part in rooms_by_slug(session, facts.parts).values())], act.now)
        touched = feeds.room_scopes(session, [room.id])
        change_slug(session, room, facts.slug)
        if facts.units != room.units:
            _check_units(session, act, room, facts.units)
    seen_as = _as_seen(room)
    _fill(room, site, name, facts)
    session.flush()
    _set_parts(session, act, room, facts.parts)
    if known is not None and seen_as != _as_seen(room):
        show_anew(session, act, Occurrence.room_id == room.id)
    # a part that left a composite shows less from now on, so those from before count too
    feeds.bump(session, touched | feeds.room_scopes(session, [room.id]), act.now)
    return room.slug


def _check_may_furnish(session: Session, act: Act, room: Room | None, site: Site, facts: RoomFacts) -> None:
    """What a room is joined of concerns the other rooms: that, new ones and moving one are for the site's own.

    Raises Forbidden.
    """
    if room is not None:
        allowed(session, act, Action.FURNISH, room.site_id, room.id)
    parts = select(Room.slug).join(RoomPart, RoomPart.part_id == Room.id)
    had = set(session.scalars(parts.where(RoomPart.room_id == room.id))) if room is not None else set()
    if room is None or room.site_id != site.id or had != set(facts.parts):
        allowed(session, act, Action.FURNISH, site.id)


def _as_seen(room: Room) -> tuple[object, ...]:
    """What calendars show of a room; a hidden one keeps its name to itself where it makes another one busy."""
    return (room.name, room.site, room.feed_level, room.is_public)


def _check_units(session: Session, act: Act, room: Room, units: int) -> None:
    """Raises Refused where bookings from now on use more, or a joined room has taken all the units there were."""
    claims.retire_ended(session, room.id, act.now)
    most = claims.most_used(session, room.id, act.now)
    if most > units:
        raise refuse("units_in_use", field="units", most=most)
    composite = select(RoomPart.room_id).where(RoomPart.part_id == room.id).limit(1)
    if most and session.scalar(composite):
        raise refuse("parts_in_use", field="units")


def _check_room(facts: RoomFacts) -> None:
    broken = []
    for name, value, least, most in (
        ("units", facts.units, 1, 10_000),
        ("capacity", facts.capacity, 0, 100_000),
        ("setup_minutes", facts.setup_minutes, 0, 240),
        ("teardown_minutes", facts.teardown_minutes, 0, 240),
        ("position", facts.position, -MOST_POSITION, MOST_POSITION),
        ("release_minutes", facts.release_minutes, 5, 240),
    ):
        if value is not None and not least <= value <= most:
            broken.append(Violation("range", {"least": least, "most": most}, field=name))
    if facts.tier not in set(Tier):
        broken.append(Violation("required", field="tier"))
    if any(day and not 2000 <= day.year <= 2200 for day in (facts.active_from, facts.active_to)):
        broken.append(Violation("date", {"first": "2000", "last": "2200"}, field="active_to"))
    if facts.active_from and facts.active_to and facts.active_from > facts.active_to:
        broken.append(Violation("end_before_start", field="active_to"))
    if wrong := wrong_rules(facts.rules):
        broken.append(wrong)
    if broken:
        raise Refused(broken)


@writes
def save_rules(session: Session, *, act: Act, slug: str, rules: Settings) -> None:
    """Give a room other house rules; what stands stays. Raises Refused(setting), Forbidden, NotFound."""
    room = room_by_slug(session, slug)
    allowed(session, act, Action.FURNISH, room.site_id, room.id)
    if wrong := wrong_rules(rules):
        raise Refused([wrong])
    room.rules = stored(rules)
    session.flush()
    feeds.bump(session, feeds.room_scopes(session, [room.id]), act.now)


def wrong_rules(settings: Settings) -> Violation | None:
    """What is wrong with the JSON of some rules: unknown names, types, bounds."""
    try:
        parse(settings)
    except SettingError as error:
        return Violation("setting", {"rule": error.rule, "setting": error.setting, "why": error.why}, field="rules")
    return None


def stored(settings: Settings) -> dict[str, Any]:
    """Settings as they are kept."""
    return {code: None if values is None else dict(values) for code, values in settings.items()}


def _check_position(position: int) -> None:
    if abs(position) > MOST_POSITION:
        raise refuse("range", field="position", least=-MOST_POSITION, most=MOST_POSITION)


def _fill(room: Room, site: Site, name: str, facts: RoomFacts) -> None:
    room.site, room.name, room.units, room.exclusive = site, name, facts.units, facts.units == 1
    for field_name in ("purpose", "floor"):
        cleaned = clean_line(getattr(facts, field_name), field=field_name, longest=40, required=False)
        setattr(room, field_name, cleaned)
    for field_name in ("about", "not_provided", "conduct_id", "conduct_en"):
        setattr(room, field_name, clean_text(getattr(facts, field_name), field=field_name))
    room.rules = stored(facts.rules)
    for field_name in ("capacity", "tier", "feed_level", "is_public", "bookable", "setup_minutes", "open_area"):
        setattr(room, field_name, getattr(facts, field_name))
    for field_name in ("teardown_minutes", "active_from", "active_to", "position", "release_minutes"):
        setattr(room, field_name, getattr(facts, field_name))
    for field_name in ("feed_closures", "feed_hours"):
        setattr(room, field_name, getattr(facts, field_name))


def _set_parts(session: Session, act: Act, room: Room, slugs: Sequence[str]) -> None:
    """Raises Refused(unknown_room | contains_itself | parts_in_use)."""
    parts = rooms_by_slug(session, slugs)
    if unknown := set(slugs) - set(parts):
        raise refuse("unknown_room", field="parts", room=min(unknown)[:80])
    wanted = {part.id for part in parts.values()}
    had = set(session.scalars(select(RoomPart.part_id).where(RoomPart.room_id == room.id)))
    if wanted == had:
        return
    if room.id in everything_below(session, wanted):
        raise refuse("contains_itself", field="parts")
    # what is approved already lies on the places there were: moving the walls under it would lose it
    if claims.is_taken_ahead(session, wanted | had | {room.id}, act.now):
        raise refuse("parts_in_use", field="parts")
    for left in session.scalars(
        select(RoomPart).where(RoomPart.room_id == room.id, RoomPart.part_id.in_(had - wanted))
    ):
        session.delete(left)
    for part_id in wanted - had:
        session.add(RoomPart(room_id=room.id, part_id=part_id))
    session.flush()


def bump_everything(session: Session, act: Act, more: Iterable[str] = ()) -> None:
    """What every public calendar shows has changed (the centre's name, a closure); and `more` scopes."""
    ids = session.scalars(select(Room.id)).all()
    feeds.bump(session, {*feeds.room_scopes(session, ids), *more}, act.now)


def _private_scopes(session: Session) -> Iterator[str]:
    """Of everybody who has a calendar of their own, and of all communities."""
    yield from map(feeds.person_scope, session.scalars(select(Token.person_id).where(Token.kind == "feed").distinct()))
    yield from map(feeds.community_scope, session.scalars(select(Community.id)))
