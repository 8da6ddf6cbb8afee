"""What further messengers tell: receipts by address, openings that permit nothing, removals."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "addresses",
        sa.Column("opened_with", sa.String(length=200), server_default="", nullable=False),
    )
    op.add_column("addresses", sa.Column("read_up_to", BigInt, nullable=True))
    op.add_column("messages", sa.Column("removed_at", UtcDateTime(), nullable=True))
    op.drop_index("ix_sends_external", table_name="sends")
    op.create_index("ix_sends_external", "sends", ["address_id", "external_id"], unique=False)
    # Nothing wrote receipts before: no messenger that tells them could be configured.
    op.drop_table("receipts")
    op.create_table(
        "receipts",
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_receipts_address_id")
        ),
        sa.PrimaryKeyConstraint("address_id", "external_id", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_at"), "receipts", ["at"], unique=False)
