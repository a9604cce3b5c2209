"""When the words of a booking were blanked; the centre's text about privacy in its versions, and who accepted which."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("booking", sa.Column("forgotten_at", INSTANT, nullable=True))
    op.add_column("person", sa.Column("accepted_version", sa.Integer(), nullable=True))
    op.add_column("person", sa.Column("accepted_at", INSTANT, nullable=True))
    op.create_table(
        "privacy_text",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_privacy_text_actor_id")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_privacy_text")),
    )


def downgrade() -> None:
    op.drop_table("privacy_text")
    op.drop_column("person", "accepted_at")
    op.drop_column("person", "accepted_version")
    op.drop_column("booking", "forgotten_at")
