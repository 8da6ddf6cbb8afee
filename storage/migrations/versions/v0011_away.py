"""Away from the desk: operators' wishes, browsers and messengers, what they were told."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("addresses", sa.Column("operator_id", BigInt, nullable=True))
    op.create_index(
        "ix_addresses_operator",
        "addresses",
        ["operator_id"],
        sqlite_where=sa.text("operator_id IS NOT NULL"),
        postgresql_where=sa.text("operator_id IS NOT NULL"),
    )
    op.add_column("conversations", sa.Column("escalated_at", UtcDateTime, nullable=True))
    _wishes()
    _push_subscriptions()
    _alerts()


def _wishes() -> None:
    op.create_table(
        "wishes",
        sa.Column("operator_id", BigInt, nullable=False),
        sa.Column("ways", Json, nullable=True),
        sa.Column("after", sa.Integer(), nullable=True),
        sa.Column("only_mine", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("any_hour", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("shows_text", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("email_confirmed_at", UtcDateTime, nullable=True),
        sa.Column("language", sa.String(length=8), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_wishes_operator_id")
        ),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_wishes")),
    )


def _push_subscriptions() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("operator_id", BigInt, nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.String(length=120), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_push_subscriptions_operator_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_push_subscriptions")),
    )
    for column in ("operator_id", "session"):
        name = op.f(f"ix_push_subscriptions_{column}")
        op.create_index(name, "push_subscriptions", [column])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("operator_id", BigInt, nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mark", UtcDateTime, nullable=False),
        sa.Column("told_at", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=True),
        sa.Column("outcome", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_alerts_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_alerts_operator_id")
        ),
        sa.PrimaryKeyConstraint(
            "conversation_id", "operator_id", "way", "kind", name=op.f("pk_alerts")
        ),
    )
    op.create_index(op.f("ix_alerts_told_at"), "alerts", ["told_at"])
