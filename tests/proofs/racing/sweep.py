"""Places taken more often than there are: looked for by SQL and by a sweep, neither of which is the program's."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, create_engine, text

Taken = tuple[int, int, int, int, int]
"""(resource, occurrence, starts, ends, units); instants in microseconds since 1970."""

MOST_BY_SQL = """
WITH step AS (
  SELECT resource_id, starts_at AS moment, units AS change FROM claim WHERE active
  UNION ALL SELECT resource_id, ends_at, -units FROM claim WHERE active
), level AS (
  SELECT resource_id,
         SUM(change) OVER (PARTITION BY resource_id ORDER BY moment, change ROWS UNBOUNDED PRECEDING) AS units
  FROM step
)
SELECT resource.name, resource.units, MAX(level.units) AS most FROM level
JOIN resource ON resource.id = level.resource_id
GROUP BY resource.id, resource.name, resource.units HAVING MAX(level.units) > resource.units
"""
LEAVES = """
WITH RECURSIVE below(room_id, part_id) AS (
  SELECT room_id, part_id FROM room_part
  UNION SELECT below.room_id, room_part.part_id FROM below JOIN room_part ON room_part.room_id = below.part_id
)
SELECT room_id, part_id FROM below WHERE part_id NOT IN (SELECT room_id FROM room_part)
"""
APPROVED = """
SELECT id, room_id, starts_at, ends_at, units, setup_minutes, teardown_minutes FROM occurrence WHERE state = 'approved'
"""
CLAIMS = "SELECT resource_id, occurrence_id, starts_at, ends_at, units FROM claim WHERE active"


def microseconds(instant: object) -> int:
    """SQLite keeps instants as such numbers; PostgreSQL gives a datetime."""
    if isinstance(instant, datetime):
        since = instant.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return int(str(instant))


def breaches(url: str) -> list[str]:
    """Rooms and items that are taken more often than there are, by claims (twice counted) and by what is approved."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [f"SQL: {row.name}: {row.most} of {row.units}" for row in connection.execute(text(MOST_BY_SQL))]
        stock = {
            row.id: (row.name, row.units) for row in connection.execute(text("SELECT id, name, units FROM resource"))
        }
        by_claims, by_approved = _claims(connection), _approved(connection)
    engine.dispose()
    for how, taken in (("claims", by_claims), ("approved", by_approved)):
        over = {one: most for one, most in _most_taken(taken).items() if most > stock[one][1]}
        found += [f"{how}: {stock[one][0]}: {most} of {stock[one][1]}" for one, most in over.items()]
    return found


def astray(url: str) -> list[str]:
    """Approved occurrences without just the claims that they need, and claims that nothing needs."""
    engine = create_engine(url)
    with engine.connect() as connection:
        there, needed = Counter(_claims(connection)), Counter(_approved(connection))
    engine.dispose()
    return [
        f"{what}: {one}"
        for what, some in (("no claim", needed - there), ("claim of nothing", there - needed))
        for one in some
    ]


def _claims(connection: Connection) -> list[Taken]:
    rows = connection.execute(text(CLAIMS))
    return [
        (row.resource_id, row.occurrence_id, microseconds(row.starts_at), microseconds(row.ends_at), row.units)
        for row in rows
    ]


def _approved(connection: Connection) -> list[Taken]:
    """What approved occurrences take by their own words: joined rooms all of their leaves whole, items besides."""
    leaves: dict[int, list[int]] = defaultdict(list)
    for row in connection.execute(text(LEAVES)):
        leaves[row.room_id].append(row.part_id)
    units = {row.id: row.units for row in connection.execute(text("SELECT id, units FROM resource"))}
    items: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in connection.execute(text("SELECT occurrence_id, item_id, quantity FROM occurrence_item")):
        items[row.occurrence_id].append((row.item_id, row.quantity))
    found = []
    for row in connection.execute(text(APPROVED)):
        starts = microseconds(row.starts_at) - row.setup_minutes * 60_000_000
        ends = microseconds(row.ends_at) + row.teardown_minutes * 60_000_000
        places = [(leaf, units[leaf]) for leaf in leaves[row.room_id]] or [(row.room_id, row.units)]
        found += [(place, row.id, starts, ends, n) for place, n in (*places, *items[row.id])]
    return found


def _most_taken(rows: Iterable[Taken]) -> dict[int, int]:
    steps = defaultdict(list)
    for resource_id, _, starts, ends, units in rows:
        steps[resource_id] += [(starts, units), (ends, -units)]
    most = {}
    for resource_id, changes in steps.items():
        taken = highest = 0
        # at one instant what ends goes before what begins: half-open
        for _, change in sorted(changes):
            taken += change
            highest = max(highest, taken)
        most[resource_id] = highest
    return most


def deadlocks(url: str) -> int:
    """As PostgreSQL itself has counted them; asked when all others have gone, for they tell it last."""
    if url.startswith("sqlite"):
        return 0
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    count = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    with engine.connect() as connection:
        for _ in range(20):
            if not connection.execute(others).scalar():
                break
            time.sleep(0.1)
        found = connection.execute(count).scalar()
    engine.dispose()
    return int(found or 0)
