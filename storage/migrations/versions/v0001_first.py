"""All tables of the first version."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "api_events",
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("answer", Json, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("site", "key", name=op.f("pk_api_events")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_table(
        "contacts",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("customer", sa.String(length=200), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("locale", sa.String(length=35), server_default="", nullable=False),
        sa.Column("timezone", sa.String(length=64), server_default="", nullable=False),
        sa.Column("attributes", Json, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("merged_into", BigInt, nullable=True),
        sa.Column("marketing_stopped_at", UtcDateTime(), nullable=True),
        sa.Column("marketing_stopped_by", BigInt, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["contacts.id"], name=op.f("fk_contacts_merged_into")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("site", "customer", name=op.f("uq_contacts_site_customer")),
    )
    op.create_index("ix_contacts_merged_into", "contacts", ["merged_into"], unique=False)
    op.create_table(
        "event_keys",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", "key", name=op.f("pk_event_keys")),
    )
    op.create_index(op.f("ix_event_keys_at"), "event_keys", ["at"], unique=False)
    op.create_table(
        "flow_sources",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("loaded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_flow_sources")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("fence", BigInt, nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "links",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=200), nullable=False),
        sa.Column("claims", Json, nullable=False),
        sa.Column("page", Json, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_expires_at"), "links", ["expires_at"], unique=False)
    op.create_table(
        "operators",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("login", name=op.f("uq_operators_login")),
    )
    op.create_table(
        "receipts",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", "external_id", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_at"), "receipts", ["at"], unique=False)
    op.create_table(
        "rejected",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("retried_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected")),
    )
    op.create_table(
        "addresses",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("contact_id", BigInt, nullable=False),
        sa.Column("first_name", sa.Text(), server_default="", nullable=False),
        sa.Column("last_name", sa.Text(), server_default="", nullable=False),
        sa.Column("username", sa.Text(), server_default="", nullable=False),
        sa.Column("locale", sa.String(length=35), server_default="", nullable=False),
        sa.Column("is_reachable", sa.Boolean(), nullable=False),
        sa.Column("last_inbound_at", UtcDateTime(), nullable=True),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("stop", BigInt, nullable=True),
        sa.Column("stop_confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("held_since", UtcDateTime(), nullable=True),
        sa.Column("is_proven", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_addresses_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
        sa.UniqueConstraint("account", "user", name=op.f("uq_addresses_account_user")),
    )
    op.create_index(op.f("ix_addresses_contact_id"), "addresses", ["contact_id"], unique=False)
    op.create_table(
        "emitted",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("contact_id", BigInt, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_emitted_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emitted")),
    )
    op.create_table(
        "operator_sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("operator_id", BigInt, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_operator_sessions_operator_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_operator_sessions")),
    )
    op.create_index(
        op.f("ix_operator_sessions_expires_at"), "operator_sessions", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_operator_sessions_operator_id"), "operator_sessions", ["operator_id"], unique=False
    )
    op.create_table(
        "orders",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("contact_id", BigInt, nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("total", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_orders_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("contact_id", "ref", name=op.f("uq_orders_contact_id_ref")),
    )
    op.create_index(op.f("ix_orders_contact_id"), "orders", ["contact_id"], unique=False)
    op.create_table(
        "address_orders",
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("order_id", BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_address_orders_address_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_address_orders_order_id")
        ),
        sa.PrimaryKeyConstraint("address_id", "order_id", name=op.f("pk_address_orders")),
    )
    op.create_table(
        "calls",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("session_id", BigInt, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("request", Json, nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_calls_address_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_address_id"), "calls", ["address_id"], unique=False)
    op.create_index(op.f("ix_calls_due_at"), "calls", ["due_at"], unique=False)
    op.create_table(
        "consent_records",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=True),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_consent_records_address_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_records")),
    )
    op.create_index(
        op.f("ix_consent_records_address_id"), "consent_records", ["address_id"], unique=False
    )
    op.create_table(
        "conversations",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("last_message_at", UtcDateTime(), nullable=False),
        sa.Column("assignee_id", BigInt, nullable=True),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("is_handed_over", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_conversations_address_id")
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["operators.id"], name=op.f("fk_conversations_assignee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("address_id", name=op.f("uq_conversations_address_id")),
    )
    op.create_index(
        "ix_conversations_list", "conversations", ["state", "last_message_at", "id"], unique=False
    )
    op.create_table(
        "messages",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("class", sa.String(length=16), nullable=False),
        sa.Column("author", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=True),
        sa.Column("content", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("operator_id", BigInt, nullable=True),
        sa.Column("session_id", BigInt, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_messages_address_id")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_messages_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(
        "ix_messages_key",
        "messages",
        ["key"],
        unique=True,
        sqlite_where=sa.text("key IS NOT NULL"),
        postgresql_where=sa.text("key IS NOT NULL"),
    )
    op.create_index("ix_messages_thread", "messages", ["address_id", "id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("entered", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("variables", Json, nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("stack", Json, nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("queued_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_sessions_address_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint(
            "address_id", "entered", "subject", name=op.f("uq_sessions_address_id_entered_subject")
        ),
    )
    op.create_index(op.f("ix_sessions_version"), "sessions", ["version"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("taken_by", BigInt, nullable=True),
        sa.Column("was", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_subscriptions_address_id")
        ),
        sa.PrimaryKeyConstraint("address_id", "topic", name=op.f("pk_subscriptions")),
    )
    op.create_table(
        "timers",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("session_id", BigInt, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_timers_address_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timers")),
    )
    op.create_index(op.f("ix_timers_address_id"), "timers", ["address_id"], unique=False)
    op.create_index(op.f("ix_timers_due_at"), "timers", ["due_at"], unique=False)
    op.create_table(
        "token_bindings",
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_token_bindings_address_id")
        ),
        sa.PrimaryKeyConstraint("site", "token", "channel", name=op.f("pk_token_bindings")),
    )
    op.create_table(
        "consent_evidence",
        sa.Column("record_id", BigInt, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["consent_records.id"], name=op.f("fk_consent_evidence_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_consent_evidence")),
    )
    op.create_table(
        "sends",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("message_id", BigInt, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sending_until", UtcDateTime(), nullable=True),
        sa.Column("is_waiting", sa.Boolean(), nullable=False),
        sa.Column("random_id", BigInt, nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_sends_address_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_sends_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sends")),
        sa.UniqueConstraint("message_id", "part", name=op.f("uq_sends_message_id_part")),
    )
    op.create_index(
        "ix_sends_address",
        "sends",
        ["address_id", "priority", "id"],
        unique=False,
        sqlite_where=sa.text("status IN ('queued', 'sending')"),
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    )
    op.create_index("ix_sends_external", "sends", ["account", "external_id"], unique=False)
    op.create_index(
        "ix_sends_queue",
        "sends",
        ["account", "priority", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'queued' AND is_waiting = 0"),
        postgresql_where=sa.text("status = 'queued' AND NOT is_waiting"),
    )
    op.create_index(
        "ix_sends_under_way",
        "sends",
        ["account", "sending_until"],
        unique=False,
        sqlite_where=sa.text("status = 'sending'"),
        postgresql_where=sa.text("status = 'sending'"),
    )
    op.create_index(
        "ix_sends_waiting",
        "sends",
        ["account", "due_at"],
        unique=False,
        sqlite_where=sa.text("status = 'queued' AND is_waiting = 1"),
        postgresql_where=sa.text("status = 'queued' AND is_waiting"),
    )
