"""When calendar apps asked for what, and changes at short notice that they may not have seen yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("token", sa.Column("fetched_at", INSTANT, nullable=True))
    op.drop_column("token", "used_on")
    op.create_index("ix_token_feed", "token", ["feed"])
    op.create_table(
        "feed_reading",
        sa.Column("feed", sa.String(length=100), nullable=False),
        sa.Column("app", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fetches", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "app", "day", name=op.f("pk_feed_reading")),
    )
    op.create_table(
        "late_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_late_change_actor_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_late_change_occurrence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_change")),
        sa.UniqueConstraint("occurrence_id", name=op.f("uq_late_change_occurrence_id")),
    )
    op.create_index("ix_late_change_due", "late_change", ["due_at", "id"])


def downgrade() -> None:
    # was not told before
    op.execute("DELETE FROM outbox WHERE kind = 'late_change'")
    op.drop_table("late_change")
    op.drop_table("feed_reading")
    op.drop_index("ix_token_feed", table_name="token")
    op.add_column("token", sa.Column("used_on", sa.Date(), nullable=True))
    op.drop_column("token", "fetched_at")
