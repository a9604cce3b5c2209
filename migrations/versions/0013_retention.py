"""When the words of a booking were blanked; the centre's text about privacy in its versions, and who accepted which;
who of the staff looked at whose data."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")

revision = "0013"
down_revision = "0012"
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
    op.create_table(
        "look",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("viewer_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["viewer_id"], ["person.id"], name=op.f("fk_look_viewer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_look_person_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_look")),
    )
    op.create_index("ix_look_person_id", "look", ["person_id"])
    op.create_index("ix_look_day_key", "look", ["day", "key"])


def downgrade() -> None:
    op.drop_table("look")
    op.drop_table("privacy_text")
    op.drop_column("person", "accepted_at")
    op.drop_column("person", "accepted_version")
    op.drop_column("booking", "forgotten_at")
