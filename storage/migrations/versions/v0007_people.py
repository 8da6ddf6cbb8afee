"""Roles, second factors, invitations, what a session was seen doing, and who did what."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _operators()
    _sessions()
    op.create_table(
        "invitations",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("operator_id", BigInt, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_invitations_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitations_digest")),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    _acts()


def _operators() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("role", sa.String(length=16), server_default="operator", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="", nullable=False),
        sa.Column("sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("last_step", BigInt, nullable=True),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
    )
    for column in columns:
        op.add_column("operators", column)
    # Until now everybody could do everything; somebody must be able to say who no longer may.
    op.execute("UPDATE operators SET role = 'admin'")
    op.create_table(
        "recovery_codes",
        sa.Column("operator_id", BigInt, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_recovery_codes_operator_id")
        ),
        sa.PrimaryKeyConstraint("operator_id", "digest", name=op.f("pk_recovery_codes")),
    )


def _sessions() -> None:
    sessions = "operator_sessions"
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("awaits_code", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ip", sa.String(length=64), server_default="", nullable=False),
        sa.Column("browser", sa.String(length=80), server_default="", nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
    )
    for column in columns:
        op.add_column(sessions, column)
    # Whoever is signed in stays so: nothing tells when they were seen last, so they were now.
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"
    if op.get_bind().dialect.name == "postgresql":
        now = "now()"
    op.execute(f"UPDATE {sessions} SET last_seen_at = {now}, confirmed_at = created_at")  # noqa: S608
    with op.batch_alter_table(sessions) as batch:
        batch.alter_column("last_seen_at", nullable=False)
        batch.alter_column("confirmed_at", nullable=False)


def _acts() -> None:
    op.create_table(
        "acts",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("operator_id", BigInt, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", BigInt, nullable=True),
        sa.Column("contact_id", BigInt, nullable=True),
        sa.Column("about", Json, nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_acts_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
    )
    op.create_index("ix_acts_at", "acts", ["at", "id"])
    op.create_index("ix_acts_operator", "acts", ["operator_id", "at", "id"])
    op.create_index("ix_acts_act", "acts", ["act", "at", "id"])
    op.create_index("ix_acts_conversation", "acts", ["conversation_id", "id"])
