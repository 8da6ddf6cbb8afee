"""Webhooks to sites: what waits to be told, how it went, and how their endpoints are."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_WAITING = sa.text("state = 'waiting'")
_KEYED = sa.text("key IS NOT NULL")


def upgrade() -> None:
    _deliveries()
    op.create_table(
        "delivery_tries",
        sa.Column("delivery_id", BigInt, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("millis", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_tries_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_delivery_tries")),
    )
    op.create_table(
        "hook_endpoints",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failing_since", UtcDateTime, nullable=True),
        sa.Column("last_ok_at", UtcDateTime, nullable=True),
        sa.Column("disabled_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_hook_endpoints")),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("event", BigInt, nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("endpoint", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("contact_id", BigInt, nullable=True),
        sa.Column("lane", BigInt, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("settled_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_deliveries_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    for name, columns, where, is_unique in (
        ("ix_deliveries_queue", ["endpoint", "due_at", "id"], _WAITING, False),
        ("ix_deliveries_lane", ["endpoint", "lane", "id"], _WAITING, False),
        ("ix_deliveries_key", ["endpoint", "key"], _KEYED, True),
        ("ix_deliveries_endpoint", ["endpoint", "id"], None, False),
        ("ix_deliveries_state", ["state", "id"], None, False),
        ("ix_deliveries_type", ["type", "id"], None, False),
        ("ix_deliveries_contact", ["contact_id"], None, False),
    ):
        op.create_index(
            name,
            "deliveries",
            columns,
            unique=is_unique,
            sqlite_where=where,
            postgresql_where=where,
        )
