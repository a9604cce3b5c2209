"""Offers, waitlist, who decides and by when, arrivals, canned reasons, choices about messages, links in mails."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Plain ADD COLUMN and DROP COLUMN: SQLite's batch mode would rebuild the tables and lose their triggers
ADDED = {
    "occurrence": (
        ("tier", sa.String(length=10)),
        ("arrived_at", INSTANT),
        ("actual_people", sa.Integer()),
        ("reminded_at", INSTANT),
    ),
    "booking": (
        ("answer_by", INSTANT),
        ("reminded_at", INSTANT),
        ("escalated_at", INSTANT),
        ("ending_told_at", INSTANT),
    ),
    "room": (("release_minutes", sa.Integer()),),
    "outbox": (
        ("leased_until", INSTANT),
        ("dead_at", INSTANT),
        ("told_at", INSTANT),
        ("error", sa.String(length=200)),
    ),
    "person": (("invitations", sa.Boolean()),),
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column("site", sa.Column("answer_days", sa.Integer(), nullable=False, server_default="2"))
    op.add_column("outbox", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("person", sa.Column("muted", JSON, nullable=False, server_default="[]"))
    is_waiting = sa.text("sent_at IS NULL AND dead_at IS NULL AND told_at IS NULL")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.create_index("ix_outbox_due", "outbox", ["due_at", "id"], sqlite_where=is_waiting, postgresql_where=is_waiting)
    op.create_table(
        "canned_reason",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("text_id", sa.String(length=500), nullable=False),
        sa.Column("text_en", sa.String(length=500), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("verdict IN ('decline', 'return')", name=op.f("ck_canned_reason_verdict")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reason")),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('counter', 'turn')", name=op.f("ck_offer_kind")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_offer_forward")),
        sa.CheckConstraint("units BETWEEN 1 AND 100000", name=op.f("ck_offer_units")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'refused', 'expired', 'withdrawn')", name=op.f("ck_offer_state")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_offer_made_by")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_offer_occurrence_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_offer_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index(op.f("ix_offer_occurrence_id"), "offer", ["occurrence_id"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_offer_open", "offer", ["occurrence_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_index("ix_offer_expires", "offer", ["expires_at"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "waitlist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'offered', 'taken', 'left', 'over')", name=op.f("ck_waitlist_state")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_waitlist_occurrence_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_waitlist_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist")),
        sa.UniqueConstraint("occurrence_id", name=op.f("uq_waitlist_occurrence_id")),
    )
    waits = sa.text("state IN ('waiting', 'offered')")
    op.create_index("ix_waitlist_open", "waitlist", ["room_id", "id"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "mail_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_mail_link_booking_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_link_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_link")),
        sa.UniqueConstraint("hash", name=op.f("uq_mail_link_hash")),
    )
    op.create_index(op.f("ix_mail_link_person_id"), "mail_link", ["person_id"])


def downgrade() -> None:
    # a hold means nothing without its offer
    op.execute("DELETE FROM claim WHERE expires_at IS NOT NULL")
    for table in ("mail_link", "waitlist", "offer", "canned_reason"):
        op.drop_table(table)
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.create_index("ix_outbox_due", "outbox", ["due_at", "id"])
    op.drop_column("person", "muted")
    op.drop_column("outbox", "tries")
    op.drop_column("site", "answer_days")
    for table, columns in ADDED.items():
        for name, _kind in columns:
            op.drop_column(table, name)
