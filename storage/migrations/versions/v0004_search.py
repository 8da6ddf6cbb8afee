"""What conversations are found by."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_state",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("mark", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_search_state")),
    )
    op.create_table(
        "search_again",
        sa.Column("message_id", BigInt, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search_again")),
    )
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for table in ("search_messages", "search_people"):
        # `storage.tables` does not know these two: they are of another kind on each database.
        if is_postgres:
            op.execute(
                f"CREATE TABLE {table} (id bigint PRIMARY KEY, address_id bigint NOT NULL,"
                " words tsvector NOT NULL)"
            )
            op.execute(f"CREATE INDEX ix_{table}_words ON {table} USING gin (words)")
        else:
            # Words are told apart by us already: what is no space is a part of a word.
            op.execute(
                f"CREATE VIRTUAL TABLE {table} USING fts5(words, address_id UNINDEXED,"
                " detail = none, columnsize = 0, tokenize = 'unicode61 remove_diacritics 0')"
            )
