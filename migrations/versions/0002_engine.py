"""Items, needs, series, profiles, change requests, rules of a site."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Plain ADD COLUMN and DROP COLUMN: SQLite's batch mode would rebuild the tables and lose their triggers
ADDED = (
    ("site", "rules"),
    ("room", "open_area"),
    ("occurrence", "offered_at"),
    ("occurrence", "series_day"),
    ("occurrence", "series_line"),
    ("occurrence", "overridden"),
)


def upgrade() -> None:
    op.add_column("site", sa.Column("rules", JSON, nullable=False, server_default="{}"))
    op.add_column("room", sa.Column("open_area", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("occurrence", sa.Column("offered_at", INSTANT, nullable=True))
    op.add_column("occurrence", sa.Column("series_day", sa.Date(), nullable=True))
    op.add_column("occurrence", sa.Column("series_line", sa.Integer(), nullable=True))
    op.add_column("occurrence", sa.Column("overridden", JSON, nullable=True))
    is_hold = sa.text("expires_at IS NOT NULL")
    op.create_index(
        "ix_claim_hold", "claim", ["resource_id", "expires_at"], sqlite_where=is_hold, postgresql_where=is_hold
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("condition", sa.String(length=10), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.CheckConstraint("condition IN ('good', 'worn', 'broken')", name=op.f("ck_item_condition")),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name=op.f("fk_item_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_item_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("slug", name=op.f("uq_item_slug")),
    )
    op.create_index(op.f("ix_item_room_id"), "item", ["room_id"])
    op.create_table(
        "occurrence_item",
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 100000", name=op.f("ck_occurrence_item_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_occurrence_item_item_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_occurrence_item_occurrence_id")),
        sa.PrimaryKeyConstraint("occurrence_id", "item_id", name=op.f("pk_occurrence_item")),
    )
    op.create_index(op.f("ix_occurrence_item_item_id"), "occurrence_item", ["item_id"])
    op.create_table(
        "need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "answer IN ('available', 'limited', 'not_available', 'bring_your_own')", name=op.f("ck_need_answer")
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_need_answered_by")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_need_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
    )
    op.create_index(op.f("ix_need_booking_id"), "need", ["booking_id"])
    op.create_table(
        "change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("overridden", JSON, nullable=True),
        sa.Column("series", JSON, nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_change_forward")),
        sa.CheckConstraint("units BETWEEN 1 AND 100000", name=op.f("ck_change_units")),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'declined', 'withdrawn', 'expired')", name=op.f("ck_change_state")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_change_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_change_decided_by")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_change_occurrence_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_change_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    op.create_index(op.f("ix_change_occurrence_id"), "change", ["occurrence_id"])
    is_open = sa.text("state = 'requested'")
    op.create_index(
        "uq_change_open", "change", ["occurrence_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_table(
        "profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("name_id", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_profile_forward")),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name=op.f("ck_profile_percent")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_profile_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
    )
    op.create_index("ix_profile_last_on", "profile", ["last_on"])


def downgrade() -> None:
    op.drop_index("ix_claim_hold", table_name="claim")
    op.drop_table("profile")
    op.drop_table("change")
    op.drop_table("need")
    op.drop_table("occurrence_item")
    # claims on items mean nothing without the items
    op.execute("DELETE FROM claim WHERE resource_id IN (SELECT id FROM item)")
    op.execute("CREATE TEMPORARY TABLE gone AS SELECT id FROM item")
    op.drop_table("item")
    op.execute("DELETE FROM resource WHERE id IN (SELECT id FROM gone)")
    op.execute("DROP TABLE gone")
    for table, name in ADDED:
        op.drop_column(table, name)
