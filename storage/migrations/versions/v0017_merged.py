"""Who was merged is found by an index of those alone.

In an index of all, nearly every entry is NULL: once statistics were made (ANALYZE), SQLite took
one value for everybody's and read whole tables for each conversation that was opened.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_IS_MERGED = sa.text("merged_into IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_contacts_merged_into", table_name="contacts")
    op.create_index(
        "ix_contacts_merged_into",
        "contacts",
        ["merged_into"],
        unique=False,
        sqlite_where=_IS_MERGED,
        postgresql_where=_IS_MERGED,
    )
