"""Claims on payers, the terms of payers and coverages, and bills that have not gone out yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.database.schema import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PACKED = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column("bills", sa.Column("state", sa.Text(), nullable=False, server_default="issued"))
    op.add_column("bills", sa.Column("invoice_number", sa.Text(), nullable=True))
    op.create_index("uq_bills_invoice_number", "bills", ["invoice_number"], unique=True)
    unbilled = sa.text("state <> 'issued'")
    op.create_index("ix_bills_unbilled", "bills", ["id"], sqlite_where=unbilled, postgresql_where=unbilled)
    op.add_column("payers", sa.Column("terms", PACKED, nullable=False, server_default="{}"))
    op.add_column("coverages", sa.Column("kind", sa.Text(), nullable=False, server_default=""))
    op.add_column("coverages", sa.Column("terms", PACKED, nullable=False, server_default="{}"))
    _claims()
    _answers()
    protect(op.get_bind(), ["claim_answers"])


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("coverage_id", sa.Text(), nullable=True),
        sa.Column("sequence", ID, nullable=False),
        sa.Column("number", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", ID, nullable=False),
        sa.Column("lines", PACKED, nullable=False),
        sa.Column("diagnoses", PACKED, nullable=False),
        sa.Column("replaces", sa.Text(), nullable=False),
        sa.Column("their_reference", sa.Text(), nullable=False),
        sa.Column("file_by", sa.Date(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("appeal_by", sa.Date(), nullable=True),
        sa.Column("look_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        moment("created_at"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_claims")),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_claims_bill_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_claims_customer_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name=op.f("fk_claims_payer_id")),
        sa.ForeignKeyConstraint(["coverage_id"], ["coverages.id"], name=op.f("fk_claims_coverage_id")),
        sa.UniqueConstraint("bill_id", "sequence", "number", name=op.f("uq_claims_bill_id_sequence_number")),
    )
    op.create_index(op.f("ix_claims_customer_id"), "claims", ["customer_id"])
    op.create_index(op.f("ix_claims_payer_id"), "claims", ["payer_id"])
    waiting = sa.text("look_on IS NOT NULL")
    op.create_index(
        "ix_claims_worklist", "claims", ["look_on"], sqlite_where=waiting, postgresql_where=waiting
    )


def _answers() -> None:
    op.create_table(
        "claim_answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("claim_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.Column("paid", ID, nullable=False),
        sa.Column("lines", PACKED, nullable=False),
        sa.Column("their_reference", sa.Text(), nullable=False),
        sa.Column("payment_reference", sa.Text(), nullable=False),
        moment("recorded_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_answers")),
        sa.ForeignKeyConstraint(["claim_key"], ["claims.key"], name=op.f("fk_claim_answers_claim_key")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_claim_answers_source_source_id")),
    )
    op.create_index(op.f("ix_claim_answers_claim_key"), "claim_answers", ["claim_key"])
