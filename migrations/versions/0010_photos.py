"""Photos of rooms, and what is expected of people there in words of the centre's own, in both languages."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WORDS = ("conduct_id", "conduct_en")


def upgrade() -> None:
    op.create_table(
        "photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("alt_id", sa.String(length=200), nullable=False),
        sa.Column("alt_en", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_photo_size")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_photo_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("room_id", "digest", name=op.f("uq_photo_room_id_digest")),
    )
    for name in WORDS:
        op.add_column("room", sa.Column(name, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in WORDS:
        op.drop_column("room", name)
    op.drop_table("photo")
