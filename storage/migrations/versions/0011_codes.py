"""Code systems, codes, crosswalks per payer; files of claims that went out, payments that payers told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PACKED = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "code_systems",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        moment("imported_at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_code_systems")),
    )
    op.create_table(
        "codes",
        sa.Column("id", ID, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("unit_amount", ID, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codes")),
        sa.ForeignKeyConstraint(["system"], ["code_systems.name"], name=op.f("fk_codes_system")),
        sa.UniqueConstraint("system", "code", "valid_from", name=op.f("uq_codes_system_code_valid_from")),
    )
    op.create_table(
        "crosswalks",
        sa.Column("id", ID, nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("from_system", sa.Text(), nullable=False),
        sa.Column("from_code", sa.Text(), nullable=False),
        sa.Column("to_system", sa.Text(), nullable=False),
        sa.Column("to_code", sa.Text(), nullable=False),
        sa.Column("modifiers", PACKED, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crosswalks")),
        sa.UniqueConstraint(
            "from_system", "from_code", "to_system", "payer_id", "valid_from",
            name="uq_crosswalks_each_once",
        ),
    )  # fmt: skip
    _claim_files()
    _payer_payments()


def _claim_files() -> None:
    op.create_table(
        "claim_files",
        sa.Column("id", ID, nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("claims", PACKED, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        moment("made_at"),
        moment("acknowledged_at", nullable=True),
        sa.Column("acknowledgement", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_files")),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name=op.f("fk_claim_files_payer_id")),
    )
    op.create_index(op.f("ix_claim_files_payer_id"), "claim_files", ["payer_id"])


def _payer_payments() -> None:
    op.create_table(
        "payer_payments",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("payer_number", sa.Text(), nullable=False),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", ID, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("claims", ID, nullable=False),
        sa.Column("provider_adjustments", PACKED, nullable=False),
        moment("recorded_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer_payments")),
        sa.UniqueConstraint(
            "source", "payer_number", "trace", "paid_on", "total",
            name=op.f("uq_payer_payments_source_payer_number_trace_paid_on_total"),
        ),
    )  # fmt: skip
