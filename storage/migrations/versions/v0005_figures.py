"""How long it took until a person answered, each time."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_times",
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_answer_times_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "opened_at", name=op.f("pk_answer_times")),
    )
    op.create_index(
        op.f("ix_answer_times_answered_at"), "answer_times", ["answered_at"], unique=False
    )
