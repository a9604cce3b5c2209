"""Former slugs; closures and hours in the calendars of rooms that choose it."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Plain ADD COLUMN and DROP COLUMN: SQLite's batch mode would rebuild the tables and lose their triggers
CHOICES = ("feed_closures", "feed_hours")


def upgrade() -> None:
    for name in CHOICES:
        op.add_column("room", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    # closures of before have been there since the first day of the epoch: all that matters is that it never changes
    since = "0" if op.get_bind().dialect.name == "sqlite" else "1970-01-01T00:00:00Z"
    op.add_column("closure", sa.Column("created_at", INSTANT, nullable=False, server_default=since))
    op.create_table(
        "former_slug",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug", name=op.f("pk_former_slug")),
    )
    # bytes only: the worker writes what is missing
    op.drop_table("piece")
    op.create_table(
        "piece",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("writer", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_piece_occurrence_id")),
        sa.PrimaryKeyConstraint(*("room_id", "level", "language", "starts_at", "occurrence_id"), name=op.f("pk_piece")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_piece_occurrence_id"), "piece", ["occurrence_id"])


def downgrade() -> None:
    op.drop_table("piece")
    op.create_table(
        "piece",
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("writer", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_piece_occurrence_id")),
        sa.PrimaryKeyConstraint("occurrence_id", "level", "language", name=op.f("pk_piece")),
    )
    op.drop_table("former_slug")
    op.drop_column("closure", "created_at")
    for name in CHOICES:
        op.drop_column("room", name)
