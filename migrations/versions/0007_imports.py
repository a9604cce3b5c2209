"""What was imported from calendar files."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("recurrence", sa.String(length=20), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=True),
        sa.Column("closure_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(occurrence_id IS NULL) <> (closure_id IS NULL)", name=op.f("ck_imported_one_thing")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_imported_occurrence_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["closure_id"], ["closure.id"], name=op.f("fk_imported_closure_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported")),
        sa.UniqueConstraint("uid", "recurrence", name="uq_imported_uid"),
    )
    op.create_index(op.f("ix_imported_occurrence_id"), "imported", ["occurrence_id"])
    op.create_index(op.f("ix_imported_closure_id"), "imported", ["closure_id"])


def downgrade() -> None:
    op.drop_table("imported")
