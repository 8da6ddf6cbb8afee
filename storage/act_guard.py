"""Triggers by which the database itself keeps the audit log: nothing is changed, and nothing
younger than thirty days goes.

Keeping it for ever would be no better: it tells who worked when. So what is old may be deleted,
by the server's own rule (`audit_days`), and by nobody before that.
"""

FLOOR_DAYS = 30
"""By the database's clock. No setting may keep less."""

_SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS acts_no_update BEFORE UPDATE ON acts "
    "BEGIN SELECT RAISE(ABORT, 'acts are only ever added'); END",
    "CREATE TRIGGER IF NOT EXISTS acts_no_delete BEFORE DELETE ON acts "
    f"WHEN OLD.at > strftime('%Y-%m-%d %H:%M:%S', 'now', '-{FLOOR_DAYS} days') "
    "BEGIN SELECT RAISE(ABORT, 'acts of these days stay'); END",
)
_POSTGRESQL = (
    f"""
CREATE OR REPLACE FUNCTION acts_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.at < now() - interval '{FLOOR_DAYS} days' THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'acts are only ever added' USING ERRCODE = '23000';
END $$
""",
    "CREATE OR REPLACE TRIGGER acts_no_change BEFORE UPDATE OR DELETE "
    "ON acts FOR EACH ROW EXECUTE FUNCTION acts_refuse()",
    "CREATE OR REPLACE TRIGGER acts_no_truncate BEFORE TRUNCATE "
    "ON acts FOR EACH STATEMENT EXECUTE FUNCTION acts_refuse()",
)


def statements(dialect: str) -> tuple[str, ...]:
    """To run after every migration, as those of `consent_guard`."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL
