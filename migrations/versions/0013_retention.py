"""When the words of a booking that is long over were blanked."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("booking", sa.Column("forgotten_at", INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("booking", "forgotten_at")
