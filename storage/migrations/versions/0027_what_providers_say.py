"""Stops of one channel, and messages whose provider is asked what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
UNREPORTED = "ask_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("sending_stops", sa.Column("probe_at", MOMENT, nullable=True))
    op.add_column("outbox", sa.Column("ask_at", MOMENT, nullable=True))
    op.create_index(
        "ix_outbox_ask",
        "outbox",
        ["ask_at"],
        sqlite_where=sa.text(UNREPORTED),
        postgresql_where=sa.text(UNREPORTED),
    )
