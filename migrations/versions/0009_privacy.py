"""Whoever is erased leaves a number and the day it was done."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("erased_at", INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("person", "erased_at")
