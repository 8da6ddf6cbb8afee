"""Triggers by which the database itself refuses to change or drop a consent record."""

_SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS consent_records_no_{verb} BEFORE {verb} ON consent_records "
    "BEGIN SELECT RAISE(ABORT, 'consent records are only ever added'); END"
)
_FUNCTION = """
CREATE OR REPLACE FUNCTION consent_records_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'consent records are only ever added' USING ERRCODE = '23000'; END $$
"""
_ROWS = (
    "CREATE OR REPLACE TRIGGER consent_records_no_change BEFORE UPDATE OR DELETE "
    "ON consent_records FOR EACH ROW EXECUTE FUNCTION consent_records_refuse()"
)
_TRUNCATE = (
    "CREATE OR REPLACE TRIGGER consent_records_no_truncate BEFORE TRUNCATE "
    "ON consent_records FOR EACH STATEMENT EXECUTE FUNCTION consent_records_refuse()"
)


def statements(dialect: str) -> tuple[str, ...]:
    """To run after every migration: SQLite's way to alter a table drops its triggers."""
    if dialect == "sqlite":
        return tuple(_SQLITE.format(verb=verb) for verb in ("UPDATE", "DELETE"))
    return (_FUNCTION, _ROWS, _TRUNCATE)
