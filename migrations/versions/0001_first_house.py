"""Places, people, bookings, claims and their guards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

# The guards, which autogenerate cannot see, written by hand; a fingerprint test holds the migrated schema to them.
# PostgreSQL: an exclusion constraint on exclusive claims; pools have the lock, the sweep and `flask audit` there.
# SQLite: triggers that count the units of every claim, pools too. Both: history is append-only; an occurrence lasts
# at most 24 hours, a claim with its buffers at most 32.
MICROSECONDS_A_DAY = 86_400_000_000
MICROSECONDS_OF_REACH = 32 * 3_600_000_000

_SQLITE_OVER = f"""
  SELECT RAISE(ABORT, 'claim_over_units')
  WHERE NEW.active AND EXISTS (
    SELECT 1 FROM (
      SELECT NEW.starts_at AS moment
      UNION SELECT other.starts_at FROM claim AS other
      WHERE other.resource_id = NEW.resource_id AND other.active AND other.id IS NOT NEW.id
        AND other.starts_at >= NEW.starts_at AND other.starts_at < NEW.ends_at
        AND other.ends_at > NEW.starts_at AND other.ends_at <= NEW.ends_at + {MICROSECONDS_OF_REACH}
    ) AS moments
    WHERE NEW.units + (
      SELECT COALESCE(SUM(other.units), 0) FROM claim AS other
      WHERE other.resource_id = NEW.resource_id AND other.active AND other.id IS NOT NEW.id
        AND other.starts_at <= moments.moment AND other.ends_at > moments.moment
        AND other.ends_at <= moments.moment + {MICROSECONDS_OF_REACH}
    ) > (SELECT units FROM resource WHERE resource.id = NEW.resource_id)
  );
"""  # noqa: S608  # nosec B608  # only numbers of this file stand in it

_SQLITE_LONGEST = f"""
  SELECT RAISE(ABORT, 'claim_longest') WHERE NEW.ends_at - NEW.starts_at > {MICROSECONDS_OF_REACH};
"""

SQLITE: dict[str, str] = {
    "claim_guard_insert": f"""
CREATE TRIGGER claim_guard_insert BEFORE INSERT ON claim BEGIN {_SQLITE_LONGEST} {_SQLITE_OVER} END""",
    "claim_guard_update": f"""
CREATE TRIGGER claim_guard_update
BEFORE UPDATE OF resource_id, units, active, starts_at, ends_at ON claim BEGIN {_SQLITE_LONGEST} {_SQLITE_OVER} END""",
    "occurrence_longest_insert": f"""
CREATE TRIGGER occurrence_longest_insert BEFORE INSERT ON occurrence BEGIN
  SELECT RAISE(ABORT, 'occurrence_longest') WHERE NEW.ends_at - NEW.starts_at > {MICROSECONDS_A_DAY};
END""",
    "occurrence_longest_update": f"""
CREATE TRIGGER occurrence_longest_update BEFORE UPDATE OF starts_at, ends_at ON occurrence BEGIN
  SELECT RAISE(ABORT, 'occurrence_longest') WHERE NEW.ends_at - NEW.starts_at > {MICROSECONDS_A_DAY};
END""",
    "history_no_update": """
CREATE TRIGGER history_no_update BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history_append_only'); END""",
    "history_no_delete": """
CREATE TRIGGER history_no_delete BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history_append_only'); END""",
}

POSTGRESQL: dict[str, str] = {
    "claim_no_overlap": """
ALTER TABLE claim ADD CONSTRAINT claim_no_overlap EXCLUDE USING gist
  (resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (active AND exclusive)""",
    "claim_longest": """
ALTER TABLE claim ADD CONSTRAINT claim_longest CHECK (ends_at - starts_at <= interval '32 hours')""",
    "occurrence_longest": """
ALTER TABLE occurrence ADD CONSTRAINT occurrence_longest CHECK (ends_at - starts_at <= interval '24 hours')""",
    "history_append_only": """
CREATE FUNCTION history_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'history_append_only'; END $$""",
    "history_no_change": """
CREATE TRIGGER history_no_change BEFORE UPDATE OR DELETE ON history
  FOR EACH ROW EXECUTE FUNCTION history_append_only()""",
    "history_no_truncate": """
CREATE TRIGGER history_no_truncate BEFORE TRUNCATE ON history
  FOR EACH STATEMENT EXECUTE FUNCTION history_append_only()""",
}

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "community",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("helix", sa.String(length=60), nullable=False),
        sa.Column("cluster", sa.String(length=60), nullable=False),
        sa.Column("mentor", sa.String(length=60), nullable=False),
        sa.Column("district", sa.String(length=60), nullable=False),
        sa.Column("verified_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community")),
        sa.UniqueConstraint("slug", name=op.f("uq_community_slug")),
    )
    op.create_table(
        "feed_state",
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_feed_state")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("phone", name=op.f("uq_person_phone")),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("slug", name=op.f("uq_site_slug")),
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=True),
        sa.Column("booked_for", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("funding", sa.String(length=40), nullable=False),
        sa.Column("pattern", JSON, nullable=True),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("people BETWEEN 1 AND 100000", name=op.f("ck_booking_people")),
        sa.ForeignKeyConstraint(["booked_for"], ["person.id"], name=op.f("fk_booking_booked_for")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_booking_community_id")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_booking_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("code", name=op.f("uq_booking_code")),
        sa.UniqueConstraint("created_by", "key", name="uq_booking_created_by_key"),
    )
    op.create_index(op.f("ix_booking_booked_for"), "booking", ["booked_for"], unique=False)
    op.create_index(op.f("ix_booking_community_id"), "booking", ["community_id"], unique=False)
    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("hash", name=op.f("uq_login_session_hash")),
    )
    op.create_index(op.f("ix_login_session_person_id"), "login_session", ["person_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=10), nullable=False),
        sa.CheckConstraint("relation IN ('member', 'contact')", name=op.f("ck_membership_relation")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_membership_community_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.PrimaryKeyConstraint("community_id", "person_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_person_id"), "membership", ["person_id"], unique=False)
    op.create_table(
        "reset_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reset_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reset_code")),
        sa.UniqueConstraint("hash", name=op.f("uq_reset_code_hash")),
    )
    op.create_index(op.f("ix_reset_code_person_id"), "reset_code", ["person_id"], unique=False)
    op.create_table(
        "resource",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.CheckConstraint("exclusive = (units = 1)", name=op.f("ck_resource_exclusive")),
        sa.CheckConstraint("units BETWEEN 1 AND 100000", name=op.f("ck_resource_units")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_resource_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint("id", "exclusive", name=op.f("uq_resource_id_exclusive")),
    )
    op.create_index(op.f("ix_resource_site_id"), "resource", ["site_id"], unique=False)
    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.CheckConstraint("from_on IS NULL OR to_on IS NULL OR from_on <= to_on", name=op.f("ck_role_dates")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_role_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
    )
    op.create_index(op.f("ix_role_person_id"), "role", ["person_id"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("feed", sa.String(length=120), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.Column("app", sa.String(length=60), nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('api', 'feed')", name=op.f("ck_token_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_token_hash")),
    )
    op.create_index(op.f("ix_token_person_id"), "token", ["person_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_outbox_booking_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outbox_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_booking_id"), "outbox", ["booking_id"], unique=False)
    op.create_index("ix_outbox_due", "outbox", ["due_at", "id"], unique=False)
    op.create_index(op.f("ix_outbox_person_id"), "outbox", ["person_id"], unique=False)
    op.create_table(
        "room",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("floor", sa.String(length=20), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=10), nullable=False),
        sa.Column("feed_level", sa.String(length=10), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("bookable", sa.Boolean(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("not_provided", sa.Text(), nullable=False),
        sa.Column("setup_minutes", sa.Integer(), nullable=False),
        sa.Column("teardown_minutes", sa.Integer(), nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("active_to", sa.Date(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("feed_level IN ('busy', 'title')", name=op.f("ck_room_feed_level")),
        sa.CheckConstraint("tier IN ('automatic', 'officer', 'head')", name=op.f("ck_room_tier")),
        sa.CheckConstraint("setup_minutes BETWEEN 0 AND 240", name=op.f("ck_room_setup")),
        sa.CheckConstraint("teardown_minutes BETWEEN 0 AND 240", name=op.f("ck_room_teardown")),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name=op.f("fk_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("slug", name=op.f("uq_room_slug")),
    )
    op.create_table(
        "closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("name_id", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.CheckConstraint("site_id IS NULL OR room_id IS NULL", name=op.f("ck_closure_one_scope")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_closure_forward")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_closure_room_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_closure_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    op.create_index("ix_closure_ends_at", "closure", ["ends_at"], unique=False)
    op.create_table(
        "occurrence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("wall_starts", sa.String(length=20), nullable=False),
        sa.Column("wall_ends", sa.String(length=20), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("setup_minutes", sa.Integer(), nullable=False),
        sa.Column("teardown_minutes", sa.Integer(), nullable=False),
        sa.Column("skipped_because", JSON, nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("setup_minutes BETWEEN 0 AND 240", name=op.f("ck_occurrence_setup")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_occurrence_forward")),
        sa.CheckConstraint("teardown_minutes BETWEEN 0 AND 240", name=op.f("ck_occurrence_teardown")),
        sa.CheckConstraint("units BETWEEN 1 AND 100000", name=op.f("ck_occurrence_units")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_occurrence_booking_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_occurrence_decided_by")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_occurrence_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence")),
        sa.UniqueConstraint("uid", name=op.f("uq_occurrence_uid")),
    )
    op.create_index(op.f("ix_occurrence_booking_id"), "occurrence", ["booking_id"], unique=False)
    op.create_index("ix_occurrence_room_id_ends_at", "occurrence", ["room_id", "ends_at"], unique=False)
    op.create_index("ix_occurrence_state_starts_at", "occurrence", ["state", "starts_at"], unique=False)
    op.create_table(
        "room_part",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("room_id <> part_id", name=op.f("ck_room_part_not_itself")),
        sa.ForeignKeyConstraint(["part_id"], ["room.id"], name=op.f("fk_room_part_part_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_part_room_id")),
        sa.PrimaryKeyConstraint("room_id", "part_id", name=op.f("pk_room_part")),
    )
    op.create_index(op.f("ix_room_part_part_id"), "room_part", ["part_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_claim_forward")),
        sa.CheckConstraint("units BETWEEN 1 AND 100000", name=op.f("ck_claim_units")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_claim_occurrence_id")),
        sa.ForeignKeyConstraint(
            ["resource_id", "exclusive"],
            ["resource.id", "resource.exclusive"],
            name="fk_claim_resource",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_occurrence_id"), "claim", ["occurrence_id"], unique=False)
    op.create_index("ix_claim_resource_id_ends_at", "claim", ["resource_id", "ends_at"], unique=False)
    op.create_table(
        "history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("occurrence_id", sa.Integer(), nullable=True),
        sa.Column("facts", JSON, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_history_actor_id")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_history_booking_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_history_occurrence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index(op.f("ix_history_booking_id"), "history", ["booking_id"], unique=False)
    op.create_table(
        "piece",
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("writer", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_piece_occurrence_id")),
        sa.PrimaryKeyConstraint("occurrence_id", "level", "language", name=op.f("pk_piece")),
    )
    op.create_table(
        "history_text",
        sa.Column("history_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["history_id"], ["history.id"], name=op.f("fk_history_text_history_id")),
        sa.PrimaryKeyConstraint("history_id", name=op.f("pk_history_text")),
    )
    make_guards()


def make_guards() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        statements = POSTGRESQL
    else:
        statements = SQLITE
    for statement in statements.values():
        op.execute(statement)


def drop_guards() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION history_append_only() CASCADE")
        return
    for name in SQLITE:
        op.execute(f"DROP TRIGGER {name}")


def downgrade() -> None:
    drop_guards()
    op.drop_table("history_text")
    op.drop_table("piece")
    op.drop_index(op.f("ix_history_booking_id"), table_name="history")
    op.drop_table("history")
    op.drop_index("ix_claim_resource_id_ends_at", table_name="claim")
    op.drop_index(op.f("ix_claim_occurrence_id"), table_name="claim")
    op.drop_table("claim")
    op.drop_index(op.f("ix_room_part_part_id"), table_name="room_part")
    op.drop_table("room_part")
    op.drop_index("ix_occurrence_state_starts_at", table_name="occurrence")
    op.drop_index("ix_occurrence_room_id_ends_at", table_name="occurrence")
    op.drop_index(op.f("ix_occurrence_booking_id"), table_name="occurrence")
    op.drop_table("occurrence")
    op.drop_index("ix_closure_ends_at", table_name="closure")
    op.drop_table("closure")
    op.drop_table("room")
    op.drop_index(op.f("ix_outbox_person_id"), table_name="outbox")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.drop_index(op.f("ix_outbox_booking_id"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_token_person_id"), table_name="token")
    op.drop_table("token")
    op.drop_index(op.f("ix_role_person_id"), table_name="role")
    op.drop_table("role")
    op.drop_index(op.f("ix_resource_site_id"), table_name="resource")
    op.drop_table("resource")
    op.drop_index(op.f("ix_reset_code_person_id"), table_name="reset_code")
    op.drop_table("reset_code")
    op.drop_index(op.f("ix_membership_person_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_login_session_person_id"), table_name="login_session")
    op.drop_table("login_session")
    op.drop_index(op.f("ix_booking_community_id"), table_name="booking")
    op.drop_index(op.f("ix_booking_booked_for"), table_name="booking")
    op.drop_table("booking")
    op.drop_table("throttle")
    op.drop_table("site")
    op.drop_table("setting")
    op.drop_table("person")
    op.drop_table("feed_state")
    op.drop_table("community")
