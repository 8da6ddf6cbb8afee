"""Running migrations: apart from `storage.open`, since Alembic takes 10 MiB and is needed once."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from storage import act_guard, consent_guard
from storage.versions import FOLDER

_LOCK = 7_075_265_479
"""Any number: two nodes that start at once must not both migrate."""


def upgrade(connection: Connection) -> None:
    """To the newest version, within the transaction of this connection."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    for guard in (consent_guard, act_guard):
        for statement in guard.statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
