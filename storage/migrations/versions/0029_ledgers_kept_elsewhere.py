"""Ledgers kept elsewhere and their lists of open items; credit notes, and due days that were moved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
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
    op.create_table(
        "credit_notes",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("amount", ID, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("credited_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_credit_notes_bill_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_notes")),
        sa.UniqueConstraint("number", name=op.f("uq_credit_notes_number")),
    )
    op.create_index(op.f("ix_credit_notes_bill_id"), "credit_notes", ["bill_id"])
    op.create_table(
        "moved_due_days",
        sa.Column("id", ID, nullable=False),
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("before", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.Column("moved_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_moved_due_days_bill_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moved_due_days")),
    )
    op.create_index(op.f("ix_moved_due_days_bill_id"), "moved_due_days", ["bill_id"])
