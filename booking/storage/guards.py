"""The guards that autogenerate cannot see: written by hand, created by migrations, proved by a fingerprint test.

PostgreSQL: an exclusion constraint on exclusive claims. Pools have the lock, the sweep and `flask audit` there.
SQLite: triggers that count the units of every claim, pools too (its writers come one at a time).
Both: history is append-only; an occurrence lasts at most 24 hours, a claim at most 32.
"""

from __future__ import annotations

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
        AND other.ends_at > NEW.starts_at AND other.ends_at < NEW.ends_at + {MICROSECONDS_OF_REACH}
    ) AS moments
    WHERE NEW.units + (
      SELECT COALESCE(SUM(other.units), 0) FROM claim AS other
      WHERE other.resource_id = NEW.resource_id AND other.active AND other.id IS NOT NEW.id
        AND other.starts_at <= moments.moment AND other.ends_at > moments.moment
        AND other.ends_at < moments.moment + {MICROSECONDS_OF_REACH}
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
