"""Who came by which link and how long they stayed; landing pages."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt, Json, UtcDateTime

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "landing_pages",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("words", Json, nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", BigInt, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("archived_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by"], ["operators.id"], name=op.f("fk_landing_pages_made_by")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_landing_pages")),
    )
    op.create_table(
        "arrivals",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("had_all", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_arrivals_address_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
    )
    op.create_index("ix_arrivals_at", "arrivals", ["at"])
    op.create_index("ix_arrivals_address_id", "arrivals", ["address_id", "at"])
    _make_arrival_topics()
    _begin_with_what_is_there()


def _make_arrival_topics() -> None:
    op.create_table(
        "arrival_topics",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("arrival_id", BigInt, nullable=True),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address_id", BigInt, nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("class", sa.String(length=16), nullable=False),
        sa.Column("subscribed_at", UtcDateTime, nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(
            ["arrival_id"], ["arrivals.id"], name=op.f("fk_arrival_topics_arrival_id")
        ),
        sa.ForeignKeyConstraint(
            ["address_id"], ["addresses.id"], name=op.f("fk_arrival_topics_address_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_topics")),
    )
    for column in ("arrival_id", "subscribed_at"):
        op.create_index(op.f(f"ix_arrival_topics_{column}"), "arrival_topics", [column])
    op.create_index("ix_arrival_topics_address_id", "arrival_topics", ["address_id", "topic"])
    op.create_index(
        "ix_arrival_topics_ended_at",
        "arrival_topics",
        ["ended_at"],
        postgresql_where=sa.text("ended_at IS NOT NULL"),
        sqlite_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index(
        "ix_arrival_topics_open",
        "arrival_topics",
        ["account", "site"],
        postgresql_where=sa.text("ended_at IS NULL AND subscribed_at IS NOT NULL"),
        sqlite_where=sa.text("ended_at IS NULL AND subscribed_at IS NOT NULL"),
    )


def _begin_with_what_is_there() -> None:
    """Subscriptions of before count as well; from where they came nobody remembers.

    One that a STOP took may come back by a START: it has ended when the STOP took it.
    """
    op.execute(
        sa.text(
            "INSERT INTO arrival_topics (id, site, source, place, account, address_id, topic, "
            "class, subscribed_at, ended_at) "
            "SELECT row_number() OVER (ORDER BY s.address_id, s.topic), '', '', '', a.account, "
            "s.address_id, s.topic, '', "
            "CASE WHEN s.state = 'subscribed' OR s.was = 'subscribed' THEN s.since END, "
            "CASE WHEN s.state = 'unsubscribed' THEN s.since END "
            "FROM subscriptions s JOIN addresses a ON a.id = s.address_id "
            "WHERE s.state <> 'unsubscribed' OR s.taken_by IS NOT NULL"
        )
    )
