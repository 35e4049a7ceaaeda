"""People who were erased, and a narrow way to erase words in rows that are appended."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

WORDS = {
    "acceptances": ("text", "terms"),
    "audit": ("detail",),
    "bank_lines": ("reason",),
    "case_events": ("detail",),
    "claim_answers": ("lines", "their_reference"),
    "collector_lines": ("row",),
    "decisions": ("inputs", "reason"),
    "eligibility_checks": ("detail", "reason"),
}
"""The columns with words, which alone may be changed, and only while a permit is there."""
FIXED = {
    "acceptances": (
        "id", "customer_id", "contact_point_id", "kind", "language", "accepted_at", "version", "digest",
    ),
    "audit": ("id", "at", "actor", "action", "subject"),
    "bank_lines": (
        "id", "file_id", "position", "booked_on", "amount", "currency", "fate", "payment_id",
    ),
    "case_events": ("id", "escalation_id", "key", "at", "actor", "what"),
    "claim_answers": (
        "id", "claim_key", "source", "source_id", "verdict", "answered_on", "paid", "payment_reference",
        "recorded_at",
    ),
    "collector_lines": ("id", "batch_id", "placement_id", "key", "entry_id"),
    "decisions": (
        "id", "at", "made_by", "customer_id", "account_id", "bill_id", "outbox_id", "run_id", "verdict",
        "level", "policy", "policy_version",
    ),
    "eligibility_checks": ("id", "coverage_id", "service_on", "checked_at", "source", "result"),
}  # fmt: skip
"""All other columns of those tables."""


def upgrade() -> None:
    op.add_column("customers", sa.Column("erased_at", MOMENT, nullable=True))
    op.create_table(
        "erasures",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.Column("erased_by", sa.Text(), nullable=False),
        sa.Column("anyway", sa.Text(), nullable=False),
        sa.Column("records_until", sa.Date(), nullable=True),
        sa.Column("records_erased_at", MOMENT, nullable=True),
        sa.Column("readmitted_at", MOMENT, nullable=True),
        sa.Column("readmitted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_erasures_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_customer_id"), "erasures", ["customer_id"])
    op.create_index(
        "ix_erasures_due",
        "erasures",
        ["records_until"],
        sqlite_where=sa.text("records_erased_at IS NULL"),
        postgresql_where=sa.text("records_erased_at IS NULL"),
    )
    op.create_table(
        "erased_marks",
        sa.Column("id", ID, nullable=False),
        sa.Column("erasure_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasures.id"], name=op.f("fk_erased_marks_erasure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erased_marks")),
        sa.UniqueConstraint("kind", "digest", name=op.f("uq_erased_marks_kind_digest")),
    )
    op.create_index(op.f("ix_erased_marks_erasure_id"), "erased_marks", ["erasure_id"])
    op.create_table(
        "erasure_permits",
        sa.Column("id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_permits")),
    )
    for table in WORDS:
        for statement in _triggers(table, op.get_bind().dialect.name):
            op.execute(statement)


def _triggers(table: str, dialect: str) -> list[str]:
    """Let an update through that changes nothing but words, while a permit is there; never a delete."""
    message = f"{table} are appended, never changed: add a reversing row"
    permitted = "EXISTS (SELECT 1 FROM erasure_permits)"
    if dialect == "sqlite":
        same = " AND ".join(f'OLD."{name}" IS NEW."{name}"' for name in FIXED[table])
        return [
            f"DROP TRIGGER {table}_no_update",
            (
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
                f"WHEN NOT ({permitted} AND {same}) BEGIN SELECT RAISE(ABORT, '{message}'); END"
            ),
        ]
    words = ", ".join(f"'{name}'" for name in WORDS[table])
    same = f"to_jsonb(NEW) - ARRAY[{words}] = to_jsonb(OLD) - ARRAY[{words}]"
    # Nested: OLD and NEW are there in an update alone.
    allow = f"IF TG_OP = 'UPDATE' THEN IF {permitted} AND {same} THEN RETURN NEW; END IF; END IF;"
    return [
        (
            f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN {allow} RAISE EXCEPTION '{message}'; END $$"
        )
    ]
