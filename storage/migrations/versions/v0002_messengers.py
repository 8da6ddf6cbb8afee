"""What further messengers tell, and files: kept, fetched, uploaded."""

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
    op.add_column("addresses", sa.Column("opened_at", UtcDateTime(), nullable=True))
    op.add_column("addresses", sa.Column("read_up_to", BigInt, nullable=True))
    op.add_column("messages", sa.Column("removed_at", UtcDateTime(), nullable=True))
    op.add_column("messages", sa.Column("files_at", UtcDateTime(), nullable=True))
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
    _files()


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("size", BigInt, nullable=False),
        sa.Column("mime", sa.String(length=120), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_at"), "files", ["at"], unique=False)
    op.create_table(
        "doomed_files",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_doomed_files")),
    )
    op.create_table(
        "message_files",
        sa.Column("message_id", BigInt, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_files_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_message_files")),
    )
    op.create_index(op.f("ix_message_files_digest"), "message_files", ["digest"], unique=False)
    op.create_index(
        "ix_message_files_waiting",
        "message_files",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "url_files",
        sa.Column("url_key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("url_key", name=op.f("pk_url_files")),
    )
    op.create_index(op.f("ix_url_files_digest"), "url_files", ["digest"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", "digest", name=op.f("pk_uploads")),
    )
