"""Communities register themselves: classifications as rows, mentorships with dates, invitations, verification."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What was a word of its own in each community -> the kind of row that it becomes, and the column that refers to it
WORDS = {"kind": ("type", "type_id"), "helix": ("helix", "helix_id"), "cluster": ("cluster", "cluster_id")}
WORDS |= {"district": ("district", "district_id")}
# Messages of which the code of the revision before knows nothing
NEW_KINDS = (
    "community_registered",
    "community_verified",
    "community_declined",
    "community_close_asked",
    "community_closed",
    "member_removed",
    "contact_made",
)
REFERS = {
    "type_id": "classification",
    "helix_id": "classification",
    "cluster_id": "classification",
    "subsector_id": "classification",
    "district_id": "classification",
    "created_by": "person",
    "verified_by": "person",
}
INSTANTS = ("created_at", "declined_at", "close_asked_at")


def upgrade() -> None:
    op.create_table(
        "classification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name_id", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('type', 'helix', 'cluster', 'subsector', 'district')", name=op.f("ck_classification_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classification")),
        sa.UniqueConstraint("kind", "name_id", name=op.f("uq_classification_kind_name_id")),
    )
    op.create_table(
        "mentorship",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=60), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.CheckConstraint("from_on IS NULL OR to_on IS NULL OR from_on <= to_on", name=op.f("ck_mentorship_dates")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_mentorship_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentorship")),
    )
    op.create_index(op.f("ix_mentorship_community_id"), "mentorship", ["community_id"])
    op.create_table(
        "invite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("most BETWEEN 1 AND 200", name=op.f("ck_invite_most")),
        sa.CheckConstraint("used BETWEEN 0 AND most", name=op.f("ck_invite_used")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_invite_community_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_invite_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite")),
        sa.UniqueConstraint("hash", name=op.f("uq_invite_hash")),
    )
    op.create_index(op.f("ix_invite_community_id"), "invite", ["community_id"])
    op.add_column("community", sa.Column("about", sa.Text(), nullable=False, server_default=""))
    op.add_column("community", sa.Column("is_public", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("community", sa.Column("declined_reason", sa.Text(), nullable=True))
    for name in INSTANTS:
        op.add_column("community", sa.Column(name, INSTANT, nullable=True))
    for name, table in REFERS.items():
        refer("community", name, table)
    op.add_column("membership", sa.Column("joined_at", INSTANT, nullable=True))
    refer("history", "community_id", "community")
    op.create_index(op.f("ix_history_community_id"), "history", ["community_id"])
    words_to_rows()
    for name in (*WORDS, "mentor"):
        op.drop_column("community", name)


def refer(table: str, column: str, other: str) -> None:
    """A column that refers to a row, in words that both databases know: SQLite knows no ADD CONSTRAINT."""
    name = op.f(f"fk_{table}_{column}")
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {other} (id)")


def words_to_rows() -> None:
    """Each distinct word becomes a row, in the order of the alphabet; who mentors keeps neither first nor last day."""
    for word, (kind, column) in WORDS.items():
        op.execute(
            f"""INSERT INTO classification (kind, name_id, name_en, position, retired)
                SELECT '{kind}', {word}, '', row_number() OVER (ORDER BY {word}), false
                FROM (SELECT DISTINCT {word} FROM community WHERE {word} <> '') AS said"""  # noqa: S608  # names of this file
        )
        op.execute(
            f"""UPDATE community SET {column} = (SELECT id FROM classification
                WHERE classification.kind = '{kind}' AND classification.name_id = community.{word})
                WHERE {word} <> ''"""  # noqa: S608  # names of this file
        )
    op.execute(
        "INSERT INTO mentorship (community_id, agency) SELECT id, mentor FROM community WHERE mentor <> '' ORDER BY id"
    )


def downgrade() -> None:
    for name in (*WORDS, "mentor"):
        op.add_column("community", sa.Column(name, sa.String(length=60), nullable=False, server_default=""))
    for word, (_kind, column) in WORDS.items():
        op.execute(
            f"""UPDATE community SET {word} = (SELECT name_id FROM classification WHERE classification.id = {column})
                WHERE {column} IS NOT NULL"""  # noqa: S608  # names of this file
        )
    # one of several: who mentors still, or did last
    op.execute(
        """UPDATE community SET mentor = coalesce((SELECT agency FROM mentorship
           WHERE mentorship.community_id = community.id
           ORDER BY coalesce(to_on, '9999-12-31') DESC, id DESC LIMIT 1), '')"""
    )
    # what concerns communities alone was not told before
    op.execute(f"DELETE FROM outbox WHERE kind IN ({', '.join(map(repr, NEW_KINDS))})")  # noqa: S608  # words of this file
    op.drop_index(op.f("ix_history_community_id"), table_name="history")
    op.drop_column("history", "community_id")
    op.drop_column("membership", "joined_at")
    for name in (*REFERS, *INSTANTS, "declined_reason", "is_public", "about"):
        op.drop_column("community", name)
    for table in ("invite", "mentorship", "classification"):
        op.drop_table(table)
