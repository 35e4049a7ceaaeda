"""Columns for what is sealed: the additive step, on which the release before still works.

Texts and JSON values are sealed where they are (``storage/database/sealing.py``), after this migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("birth_sealed", sa.Text(), nullable=True))
    op.add_column("coverages", sa.Column("member_index", sa.Text(), nullable=True))
    op.create_index("ix_coverages_member_index", "coverages", ["member_index"])
    op.add_column("payments", sa.Column("reference_index", sa.Text(), nullable=True))
    op.create_index("ix_payments_reference_index", "payments", ["reference_index"])
    op.create_table(
        "sealing_keys",
        sa.Column("key_id", sa.Text(), primary_key=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("probe", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
    )
