"""Bills of which nobody has seen yet whether a payer is to be asked; questions that payers answer later."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PACKED = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    _unclaimed()
    _questions()


def _unclaimed() -> None:
    op.create_table(
        "unclaimed_bills",
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("look_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("bill_id", name=op.f("pk_unclaimed_bills")),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_unclaimed_bills_bill_id")),
    )
    op.create_index(op.f("ix_unclaimed_bills_look_on"), "unclaimed_bills", ["look_on"])
    op.execute(
        "INSERT INTO unclaimed_bills (bill_id) SELECT id FROM bills WHERE state IN ('open', 'proposed')"
    )


def _questions() -> None:
    table, waiting = "eligibility_questions", sa.text("answered_at IS NULL")
    op.create_table(
        table,
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("coverage_id", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_id", ID, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", PACKED, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["coverage_id"], ["coverages.id"], name=op.f(f"fk_{table}_coverage_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name=op.f(f"fk_{table}_payer_id")),
        sa.ForeignKeyConstraint(["file_id"], ["claim_files.id"], name=op.f(f"fk_{table}_file_id")),
    )
    op.create_index(op.f(f"ix_{table}_coverage_id"), table, ["coverage_id"])
    for name, column, unique in (
        (f"ix_{table}_waiting", "payer_id", False),
        (f"uq_{table}_open", "key", True),
    ):
        op.create_index(name, table, [column], unique=unique, sqlite_where=waiting, postgresql_where=waiting)
