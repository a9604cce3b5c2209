"""Roles of one room: beside those of a site and of everything."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # in one clause: SQLite's batch mode would rebuild the table and lose its triggers
    op.execute(
        "ALTER TABLE role ADD COLUMN room_id INTEGER CONSTRAINT fk_role_room_id REFERENCES room (id) "
        "CONSTRAINT ck_role_one_place CHECK (site_id IS NULL OR room_id IS NULL)"
    )


def downgrade() -> None:
    # what held in one room must not become a role of everything
    op.execute("DELETE FROM role WHERE room_id IS NOT NULL")
    op.execute("ALTER TABLE role DROP COLUMN room_id")
