"""Links that a browser waits for, the page that they came from, and how often buttons were seen."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigInt

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("place", sa.Text(), server_default="", nullable=False))
    op.add_column("links", sa.Column("visit", sa.String(length=32), nullable=True))
    with op.batch_alter_table("links") as batch:
        batch.create_unique_constraint(op.f("uq_links_visit"), ["visit"])
    op.create_table(
        "tallies",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("many", BigInt, nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "site", "source", "place", "account", "what", name=op.f("pk_tallies")
        ),
    )
