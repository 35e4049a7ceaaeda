"""Reminders to agencies and employers about claims that were not paid."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def belongs(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [other], name=op.f(f"fk_claim_reminders_{column}"))


def where(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    only = sa.text(condition)
    op.create_index(name, "claim_reminders", columns, unique=unique, sqlite_where=only, postgresql_where=only)


def upgrade() -> None:
    op.create_table(
        "claim_reminders",
        sa.Column("id", ID, nullable=False),
        sa.Column("claim_key", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("number", ID, nullable=False),
        sa.Column("amount", ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outbox_id", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        moment("created_at"),
        moment("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_reminders")),
        belongs("claim_key", "claims.key"),
        belongs("payer_id", "payers.id"),
        belongs("outbox_id", "outbox.id"),
    )
    op.create_index(op.f("ix_claim_reminders_claim_key"), "claim_reminders", ["claim_key"])
    op.create_index(op.f("ix_claim_reminders_outbox_id"), "claim_reminders", ["outbox_id"])
    where(
        "uq_claim_reminders_step",
        ["claim_key", "number"],
        "state IN ('waiting', 'queued', 'sent')",
        unique=True,
    )
    where("ix_claim_reminders_waiting", ["payer_id"], "state = 'waiting'")
