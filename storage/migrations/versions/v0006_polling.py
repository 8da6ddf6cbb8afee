"""How far the events of accounts that we poll have been taken."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "polling_places",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_polling_places")),
    )
