"""Ledgers kept elsewhere: which bills follow one, and the lists of open items that were taken."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
PACKED = sa.JSON().with_variant(JSONB, "postgresql")


def upgrade() -> None:
    op.create_table(
        "followed_bills",
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("listed", ID, nullable=True),
        sa.Column("differs_since", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_followed_bills_bill_id")),
        sa.PrimaryKeyConstraint("bill_id", name=op.f("pk_followed_bills")),
    )
    op.create_index("ix_followed_bills_ledger", "followed_bills", ["ledger"])
    op.create_table(
        "open_item_lists",
        sa.Column("id", ID, nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("sums", PACKED, nullable=False),
        sa.Column("totalled", sa.Boolean(), nullable=False),
        sa.Column("counts", PACKED, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_item_lists")),
    )
    op.create_index("ix_open_item_lists_ledger", "open_item_lists", ["ledger", "as_of"])
