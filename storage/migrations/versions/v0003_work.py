"""Operators' work: snoozing, labels, notes, canned replies, who is there, waiting times."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _conversations()
    op.create_table(
        "labels",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("color", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("name", name=op.f("uq_labels_name")),
    )
    op.create_table(
        "conversation_labels",
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("label_id", BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_labels_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.id"], name=op.f("fk_conversation_labels_label_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "label_id", name=op.f("pk_conversation_labels")),
    )
    op.create_index(
        op.f("ix_conversation_labels_label_id"), "conversation_labels", ["label_id"], unique=False
    )
    op.create_table(
        "notes",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("operator_id", BigInt, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_notes_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_notes_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_conversation", "notes", ["conversation_id", "id"], unique=False)
    op.create_table(
        "canned_replies",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("shortcut", sa.String(length=32), nullable=False),
        sa.Column("operator_id", BigInt, nullable=True),
        sa.Column("texts", Json, nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_canned_replies_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_replies")),
        sa.UniqueConstraint(
            "shortcut", "operator_id", name=op.f("uq_canned_replies_shortcut_operator_id")
        ),
    )
    op.create_table(
        "presence",
        sa.Column("operator_id", BigInt, nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("is_away", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_presence_operator_id")
        ),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_presence")),
    )


def _conversations() -> None:
    add = [
        sa.Column("account", sa.String(length=64), server_default="", nullable=False),
        sa.Column("first_answer_at", UtcDateTime(), nullable=True),
        sa.Column("snoozed_until", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("close_reason", sa.String(length=64), server_default="", nullable=False),
        sa.Column("away_told_at", UtcDateTime(), nullable=True),
    ]
    for column in add:
        op.add_column("conversations", column)
    op.execute(
        "UPDATE conversations SET account = (SELECT addresses.account FROM addresses"
        " WHERE addresses.id = conversations.address_id)"
    )
    indexes = {
        "account": (["account", "state", "last_message_at", "id"], None),
        "assignee": (["assignee_id", "state", "last_message_at", "id"], None),
        "unread": (["state", "last_message_at", "id"], "unread > 0"),
        "waiting": (["state", "waiting_since", "id"], "waiting_since IS NOT NULL"),
        "snoozed": (["snoozed_until"], "snoozed_until IS NOT NULL"),
    }
    for name, (columns, where) in indexes.items():
        op.create_index(
            f"ix_conversations_{name}",
            "conversations",
            columns,
            unique=False,
            sqlite_where=sa.text(where) if where else None,
            postgresql_where=sa.text(where) if where else None,
        )
