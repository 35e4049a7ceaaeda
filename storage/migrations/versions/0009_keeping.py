"""What was forgotten, what is kept still, and closed cases that are not raised again yet."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "forgotten",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_id", ID, nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("length", ID, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forgotten")),
        sa.UniqueConstraint("kind", "row_id", name=op.f("uq_forgotten_kind_row_id")),
    )
    op.create_table(
        "retained",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_id", ID, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retained")),
        sa.UniqueConstraint("kind", "row_id", name=op.f("uq_retained_kind_row_id")),
    )
    op.create_index(op.f("ix_retained_look_at"), "retained", ["look_at"])
    op.create_table(
        "retention_marks",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("up_to", ID, nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retention_marks")),
    )
    resting = sa.text("closed_at IS NOT NULL AND snoozed_until IS NOT NULL")
    op.execute("UPDATE escalations SET snoozed_until = NULL WHERE closed_at IS NOT NULL")
    op.create_index(
        "ix_escalations_resting",
        "escalations",
        ["snoozed_until"],
        sqlite_where=resting,
        postgresql_where=resting,
    )
