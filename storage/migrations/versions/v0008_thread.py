"""The thread: who answered last, which flow spoke, whom a note calls, one shortcut for all."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("answer_id", BigInt, nullable=True))
    op.add_column("conversations", sa.Column("answerer_id", BigInt, nullable=True))
    op.add_column("messages", sa.Column("flow", sa.String(length=64), nullable=True))
    op.add_column("notes", sa.Column("key", sa.String(length=200), nullable=True))
    op.create_index("ix_notes_key", "notes", ["key"], unique=True)
    op.create_index(
        "ix_canned_replies_shared",
        "canned_replies",
        ["shortcut"],
        unique=True,
        sqlite_where=sa.text("operator_id IS NULL"),
        postgresql_where=sa.text("operator_id IS NULL"),
    )
    op.create_table(
        "mentions",
        sa.Column("operator_id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_mentions_operator_id")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_mentions_conversation_id")
        ),
        sa.PrimaryKeyConstraint("operator_id", "conversation_id", name=op.f("pk_mentions")),
    )
