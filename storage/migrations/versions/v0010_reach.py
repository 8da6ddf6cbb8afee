"""Everybody at a glance, what is done to many at once, why a message went or did not, ratings."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, Json, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tags()
    op.create_index("ix_subscriptions_topic", "subscriptions", ["topic", "state", "address_id"])
    _bulk_acts()
    _reasons()
    _ratings()


def _tags() -> None:
    op.create_table(
        "contact_tags",
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("contact_id", BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_tags_contact_id")
        ),
        sa.PrimaryKeyConstraint("tag", "contact_id", name=op.f("pk_contact_tags")),
    )
    op.create_index(op.f("ix_contact_tags_contact_id"), "contact_tags", ["contact_id"])
    each = "json_each(tags) AS one"
    if op.get_bind().dialect.name == "postgresql":
        each = "jsonb_array_elements_text(tags) AS one(value)"
    op.execute(
        "INSERT INTO contact_tags (tag, contact_id) "  # noqa: S608  # Two texts of our own.
        f"SELECT DISTINCT one.value, contacts.id FROM contacts, {each}"
    )


def _bulk_acts() -> None:
    op.create_table(
        "bulk_acts",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("operator_id", BigInt, nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("sought", Json, nullable=False),
        sa.Column("ids", Json, nullable=True),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("mark", BigInt, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("left_out", Json, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_bulk_acts_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_acts")),
        sa.UniqueConstraint("key", name=op.f("uq_bulk_acts_key")),
    )
    op.create_index("ix_bulk_acts_state", "bulk_acts", ["state", "id"])


def _reasons() -> None:
    op.add_column("messages", sa.Column("step", sa.String(length=64), nullable=True))
    op.add_column("sends", sa.Column("claimed_at", UtcDateTime(), nullable=True))
    op.create_table(
        "attempts",
        sa.Column("send_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("message_id", BigInt, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_attempts_message_id")
        ),
        sa.PrimaryKeyConstraint("send_id", "at", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_at"), "attempts", ["at"])
    op.create_index(op.f("ix_attempts_message_id"), "attempts", ["message_id"])


def _ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("session_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("contact_id", BigInt, nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("operator_id", BigInt, nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_ratings_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_ratings_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_ratings_address_id")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_ratings_operator_id")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_ratings")),
    )
    for name in ("address_id", "asked_at", "answered_at"):
        op.create_index(op.f(f"ix_ratings_{name}"), "ratings", [name])
    op.create_index("ix_ratings_contact", "ratings", ["contact_id", "asked_at"])
