"""Notices, each said once; until when an instalment may be caught up; numbers that were asked about."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("contacts", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("instalments", sa.Column("until", sa.Date(), nullable=True))
    op.create_table(
        "notices",
        sa.Column("id", _ID, nullable=False),
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("outbox_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_notices_bill_id")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_notices_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("bill_id", "mark", name=op.f("uq_notices_bill_id_mark")),
    )
    op.create_index(op.f("ix_notices_outbox_id"), "notices", ["outbox_id"], unique=False)
