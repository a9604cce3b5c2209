"""What a calendar app's poll is decided by: who may have the feed, and its version. One short statement a question.

Asked past the ORM on one connection: thousands of apps ask every hour, and nearly all of them are told 304.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from booking.domain.errors import NotFound
from booking.domain.permissions import Grant, Role
from booking.domain.text import is_storable
from booking.storage.db import db
from booking.storage.settings import CENTRE, Centre


@dataclass(frozen=True)
class Version:
    """The state of one or several scopes together: `tag` differs whenever any of them changed."""

    tag: str
    changed_at: datetime | None


@dataclass(frozen=True)
class Place:
    """A room, a site or everything, as its public calendar is served."""

    id: int
    level: str
    version: Version


@dataclass(frozen=True)
class Holder:
    """Whose token it is and of which feed; `is_over`: revoked, or the account is closed."""

    token_id: int
    person_id: int
    feed: str
    is_over: bool


@dataclass(frozen=True)
class Membership:
    """A community of a member."""

    slug: str
    name: str
    version: Version


@dataclass(frozen=True)
class StaffRoom:
    """A room in which somebody has a role now, with all their roles."""

    slug: str
    site_id: int
    grants: frozenset[Grant]
    version: Version


class Moved(Exception):
    """This has another slug now."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


Ask = Callable[..., Sequence[Any]]
"""Asks one statement with its values (a ? for each) and gives the rows."""


@contextmanager
def asking() -> Iterator[Ask]:
    """One connection for the statements of one poll. Raises what the database raises, by SQLAlchemy's names."""
    with db.engine.connect() as connection:
        yield by(connection)


def by(connection: Connection) -> Ask:
    marked = _marks(connection.dialect.paramstyle)
    return lambda sql, *values: connection.exec_driver_sql(marked(sql), values).all()


@contextmanager
def asking_quickly() -> Iterator[Ask]:
    """The same past SQLAlchemy, which takes four times as long as the database. Raises the driver's own errors."""
    connection = db.engine.raw_connection()
    marked, cursor = _marks(db.engine.dialect.paramstyle), connection.cursor()

    def ask(sql: str, *values: Any) -> Sequence[Any]:
        cursor.execute(marked(sql), values)
        return cursor.fetchall()

    try:
        yield ask
    finally:
        connection.close()


def quick_errors() -> type[Exception]:
    """What `asking_quickly` raises where the database cannot be asked."""
    return cast("type[Exception]", db.engine.dialect.loaded_dbapi.Error)


def _marks(paramstyle: str) -> Callable[[str], str]:
    return (lambda sql: sql) if paramstyle == "qmark" else _with_percents


@cache
def _with_percents(sql: str) -> str:
    return sql.replace("?", "%s")


def scope_version(ask: Ask, scope: str) -> Version:
    """One indexed row."""
    return _version(scope, ask("SELECT scope, version, changed FROM feed_state WHERE scope = ?", scope))


def _version(salt: str, rows: Iterable[Sequence[Any]]) -> Version:
    """Of rows (scope, version, changed); scopes that never changed have None."""
    found = sorted({tuple(row) for row in rows}, key=str)
    changed = max((row[2] for row in found if row[2] is not None), default=None)
    tag = ",".join(f"{scope}={version}-{at}" for scope, version, at in found)
    return Version(f"{salt};{tag}", None if changed is None else datetime.fromtimestamp(changed, UTC))


_ROOM = """SELECT room.id, room.feed_level, state.version, state.changed
FROM room LEFT JOIN feed_state AS state ON state.scope = 'room:' || room.id
WHERE room.slug = ? AND room.is_public"""
_SITE = """SELECT site.id, min(room.feed_level), state.version, state.changed
FROM site JOIN resource ON resource.site_id = site.id JOIN room ON room.id = resource.id AND room.is_public
LEFT JOIN feed_state AS state ON state.scope = 'site:' || site.id
WHERE site.slug = ? GROUP BY site.id, state.version, state.changed"""
_ALL = """SELECT 0, public.lowest, state.version, state.changed
FROM (SELECT min(feed_level) AS lowest FROM room WHERE is_public) AS public
LEFT JOIN feed_state AS state ON state.scope = 'all'"""


def public_room(ask: Ask, slug: str) -> Place:
    """Raises NotFound (unknown or not public), Moved."""
    return _place(ask, "room", _ROOM, slug)


def public_site(ask: Ask, slug: str) -> Place:
    """At the lower level of its public rooms ('busy' sorts before 'title'). Raises NotFound (no such rooms), Moved."""
    return _place(ask, "site", _SITE, slug)


def everything(ask: Ask) -> Place:
    (row,) = ask(_ALL)
    return Place(0, row[1] or "busy", _version("all", [("all", *row[2:])]))


def _place(ask: Ask, kind: str, sql: str, slug: str) -> Place:
    rows = ask(sql, slug) if is_storable(slug) else []
    if not rows:
        raise _gone_or_moved(ask, kind, slug)
    number, level, *state = rows[0]
    return Place(number, level, _version(kind, [(f"{kind}:{number}", *state)]))


_FORMER = {
    "room": """SELECT room.slug FROM former_slug JOIN room ON room.id = former_slug.owner_id AND room.is_public
               WHERE former_slug.kind = 'room' AND former_slug.slug = ?""",
    "site": """SELECT site.slug FROM former_slug JOIN site ON site.id = former_slug.owner_id
               WHERE former_slug.kind = 'site' AND former_slug.slug = ?""",
}


def _gone_or_moved(ask: Ask, kind: str, slug: str) -> Exception:
    rows = ask(_FORMER[kind], slug) if is_storable(slug) else []
    return Moved(rows[0][0]) if rows else NotFound(kind)


_HAD = "SELECT 1 FROM former_slug WHERE kind = ? AND slug = ? AND owner_id = ?"


def check_slug(ask: Ask, kind: str, owner_id: int, slug: str, asked: str) -> None:
    """Raises Moved for a slug that it had before, NotFound for one that it never had."""
    if asked == slug:
        return
    raise Moved(slug) if is_storable(asked) and ask(_HAD, kind, asked, owner_id) else NotFound(kind)


_HOLDER = """SELECT token.id, token.person_id, token.feed, token.revoked_at, person.closed_at
FROM token JOIN person ON person.id = token.person_id WHERE token.hash = ? AND token.kind = 'feed'"""


def holder(ask: Ask, hashed: str) -> Holder | None:
    """Who is behind the hash of a feed token."""
    for token_id, person_id, feed, revoked_at, closed_at in ask(_HOLDER, hashed):
        return Holder(token_id, person_id, feed or "", revoked_at is not None or closed_at is not None)
    return None


_PERSON = """SELECT mine.scope, state.version, state.changed FROM (
    SELECT 'person:' || person.id AS scope FROM person WHERE person.id = ?
    UNION ALL SELECT 'community:' || community.id FROM membership
    JOIN community ON community.id = membership.community_id AND community.closed_at IS NULL
    WHERE membership.person_id = ?
) AS mine LEFT JOIN feed_state AS state ON state.scope = mine.scope"""


def person_version(ask: Ask, person_id: int) -> Version:
    """Of what is their own and of the communities that they belong to now."""
    return _version(f"person:{person_id}", ask(_PERSON, person_id, person_id))


_COMMUNITY = """SELECT community.slug, community.name, state.version, state.changed
FROM membership JOIN community ON community.id = membership.community_id AND community.closed_at IS NULL
LEFT JOIN feed_state AS state ON state.scope = 'community:' || community.id
WHERE membership.person_id = ? AND membership.community_id = ?"""


def membership(ask: Ask, person_id: int, community_id: int) -> Membership:
    """Raises NotFound for who is no member (now) and for a closed community."""
    for slug, name, *state in ask(_COMMUNITY, person_id, community_id):
        return Membership(slug, name, _version("members", [(f"community:{community_id}", *state)]))
    raise NotFound("community")


_GRANTS = """SELECT role.role, role.site_id, role.room_id, role.from_on, role.to_on, setting.value,
    everything.version, everything.changed, own.version, own.changed
FROM role LEFT JOIN setting ON setting.key = ?
LEFT JOIN feed_state AS everything ON everything.scope = 'all'
LEFT JOIN feed_state AS own ON own.scope = 'person:' || role.person_id
WHERE role.person_id = ?"""


def deciding(ask: Ask, person_id: int, now: datetime) -> tuple[frozenset[Grant], Version]:
    """The roles in force, with a version that changes with any booking anywhere, and with the roles.

    A booking may lie at several sites and its change at another one: everything is what is sure to tell.
    """
    rows = ask(_GRANTS, CENTRE, person_id)
    grants = _in_force([row[:6] for row in rows], now)
    scopes = [one for row in rows for one in (("all", *row[6:8]), (f"person:{person_id}", *row[8:10]))]
    return grants, _version(f"{person_id};{_said(grants)}", scopes)


_STAFF_ROOM = """SELECT role.role, role.site_id, role.room_id, role.from_on, role.to_on, setting.value,
    room.slug, resource.site_id, state.version, state.changed, own.version, own.changed
FROM room JOIN resource ON resource.id = room.id
JOIN role ON role.person_id = ?
LEFT JOIN setting ON setting.key = ?
LEFT JOIN feed_state AS state ON state.scope = 'room:' || room.id
LEFT JOIN feed_state AS own ON own.scope = 'person:' || role.person_id
WHERE room.id = ?"""


def staff_room(ask: Ask, person_id: int, room_id: int, now: datetime) -> StaffRoom:
    """Raises NotFound for who has no role in the room now."""
    rows = ask(_STAFF_ROOM, person_id, CENTRE, room_id)
    grants = _in_force([row[:6] for row in rows], now)
    if not any(grant.covers(rows[0][7], room_id) for grant in grants):
        raise NotFound("room")
    scopes = [one for row in rows for one in ((f"room:{room_id}", *row[8:10]), (f"person:{person_id}", *row[10:12]))]
    return StaffRoom(rows[0][6], rows[0][7], grants, _version(f"staff;{_said(grants)}", scopes))


def _in_force(rows: Iterable[Sequence[Any]], now: datetime) -> frozenset[Grant]:
    """Of rows (role, site id, room id, from, to, the centre's own words): those whose days are not over or to come."""
    found, today = set(), None
    for role, site_id, room_id, from_on, to_on, said in rows:
        today = today or _today(said, now)
        if (from_on is None or str(from_on) <= today) and (to_on is None or today <= str(to_on)):
            found.add(Grant(Role(role), site_id, room_id))
    return frozenset(found)


def _today(said: Any, now: datetime) -> str:
    """The day of the centre, as ISO 8601: days are kept so on SQLite, and PostgreSQL's are written so by `str`."""
    centre = json.loads(said) if isinstance(said, str) else said or {}
    there: date = now.astimezone(ZoneInfo(cast("str", centre.get("timezone", Centre.timezone)))).date()
    return there.isoformat()


def _said(grants: frozenset[Grant]) -> str:
    return ",".join(sorted(f"{grant.role}@{grant.site_id}/{grant.room_id}" for grant in grants))
