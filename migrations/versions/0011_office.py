"""What the office answers for: requests on behalf of others, letters, roles in single rooms."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("booking", sa.Column("channel", sa.String(length=20), nullable=True))
    op.create_index(op.f("ix_booking_created_at"), "booking", ["created_at"])
    op.create_index("ix_history_event_at", "history", ["event", "at"])
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_letter_booking_id")),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_letter_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("file", name="uq_letter_file"),
    )
    op.create_index(op.f("ix_letter_booking_id"), "letter", ["booking_id"])
    op.create_index(op.f("ix_letter_added_at"), "letter", ["added_at"])


def downgrade() -> None:
    op.drop_table("letter")
    op.drop_index("ix_history_event_at", "history")
    op.drop_index(op.f("ix_booking_created_at"), "booking")
    op.drop_column("booking", "channel")
