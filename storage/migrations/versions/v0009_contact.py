"""Contacts: blocked and muted addresses, joining two of them on purpose."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("addresses", sa.Column("blocked_at", UtcDateTime, nullable=True))
    op.add_column("addresses", sa.Column("heard_since", UtcDateTime, nullable=True))
    op.add_column("addresses", sa.Column("heard", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("addresses", sa.Column("muted_until", UtcDateTime, nullable=True))
    op.create_table(
        "merges",
        sa.Column("id", BigInt, nullable=False, autoincrement=False),
        sa.Column("kept_id", BigInt, nullable=False),
        sa.Column("gone_id", BigInt, nullable=False),
        sa.Column("moved", Json, nullable=False),
        sa.Column("given", Json, nullable=False),
        sa.Column("operator_id", BigInt, nullable=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("undone_at", UtcDateTime, nullable=True),
        sa.Column("undone_by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["contacts.id"], name=op.f("fk_merges_kept_id")),
        sa.ForeignKeyConstraint(["gone_id"], ["contacts.id"], name=op.f("fk_merges_gone_id")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_merges_operator_id")
        ),
        sa.ForeignKeyConstraint(["undone_by"], ["operators.id"], name=op.f("fk_merges_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index("ix_merges_kept_id", "merges", ["kept_id"])
    op.create_index("ix_merges_gone_id", "merges", ["gone_id"])
