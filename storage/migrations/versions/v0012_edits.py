"""Answers that operators edit and delete after they were sent."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, Json, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "messages",
        sa.Column("altering", sa.String(length=8), server_default="", nullable=False),
    )
    op.add_column(
        "messages", sa.Column("alter_error", sa.Text(), server_default="", nullable=False)
    )
    op.create_table(
        "alterations",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("message_id", BigInt, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("operator_id", BigInt, nullable=True),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_alterations_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_alterations_address_id")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_alterations_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alterations")),
    )
    op.create_index("ix_alterations_queue", "alterations", ["account", "due_at"])
    op.create_index(op.f("ix_alterations_message_id"), "alterations", ["message_id"])
    op.create_index(op.f("ix_alterations_address_id"), "alterations", ["address_id"])
