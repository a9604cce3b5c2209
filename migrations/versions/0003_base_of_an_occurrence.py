"""What a series says of an occurrence is kept on the occurrence, where a hand made it otherwise."""

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BOOKING = sa.table("booking", sa.column("id", sa.Integer), sa.column("pattern", JSON))
OCCURRENCE = sa.table(
    "occurrence",
    *(sa.column(name, sa.Integer) for name in ("id", "booking_id", "room_id", "units", "people", "series_line")),
    *(sa.column(name, sa.String) for name in ("wall_starts", "wall_ends", "label")),
    sa.column("series_day", sa.Date),
    sa.column("base", JSON),
)
SERIES = sa.select(BOOKING).where(BOOKING.c.pattern.is_not(None)).order_by(BOOKING.c.id)


def upgrade() -> None:
    op.add_column("occurrence", sa.Column("base", JSON, nullable=True))
    op.add_column("change", sa.Column("base", JSON, nullable=True))
    op.drop_column("change", "series")
    connection = op.get_bind()
    for booking in connection.execute(SERIES).all():
        for one in _dates(connection, booking.id):
            said = _said(booking.pattern["segments"], one.series_day, one.series_line)
            if said != _line(one):
                change = sa.update(OCCURRENCE).where(OCCURRENCE.c.id == one.id).values(base=said)
                connection.execute(change)
        _set_pattern(connection, booking.id, booking.pattern["repeat"])


def downgrade() -> None:
    connection = op.get_bind()
    for booking in connection.execute(SERIES).all():
        lines: dict[int, Any] = {}
        for one in _dates(connection, booking.id):
            lines.setdefault(one.series_line, one)
        if lines:
            first = min(one.series_day for one in lines.values())
            said = [_moved(_base(one), (first - one.series_day).days) for _, one in sorted(lines.items())]
            segment = [first.isoformat(), first.isoformat(), said]
            _set_pattern(connection, booking.id, {"repeat": booking.pattern, "segments": [segment]})
    op.add_column("change", sa.Column("series", JSON, nullable=True))
    op.drop_column("change", "base")
    op.drop_column("occurrence", "base")


def _dates(connection: sa.Connection, booking_id: int) -> list[Any]:
    query = sa.select(OCCURRENCE).where(OCCURRENCE.c.booking_id == booking_id, OCCURRENCE.c.series_day.is_not(None))
    return list(connection.execute(query.order_by(OCCURRENCE.c.series_day)).all())


def _set_pattern(connection: sa.Connection, booking_id: int, pattern: Any) -> None:
    connection.execute(sa.update(BOOKING).where(BOOKING.c.id == booking_id).values(pattern=pattern))


def _line(one: Any) -> list[Any]:
    return [one.room_id, one.wall_starts, one.wall_ends, one.units, one.people, one.label]


def _base(one: Any) -> list[Any]:
    return one.base or _line(one)


def _said(segments: list[Any], day: date, position: int) -> list[Any]:
    known = [one for one in segments if date.fromisoformat(one[0]) <= day] or segments[:1]
    _, first, lines = known[-1]
    return _moved(lines[position], (day - date.fromisoformat(first)).days)


def _moved(line: list[Any], days: int) -> list[Any]:
    room_id, starts, ends, *rest = line
    clocks = (datetime.fromisoformat(at) + timedelta(days=days) for at in (starts, ends))
    return [room_id, *(at.isoformat(timespec="minutes") for at in clocks), *rest]
