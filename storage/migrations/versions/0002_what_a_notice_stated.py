"""What a final notice stated, and the payments that wait to be matched."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("steps", sa.Column("answer_by", sa.Date(), nullable=True))
    op.create_index(
        "ix_payments_unmatched",
        "payments",
        ["amount"],
        postgresql_where=sa.text("account_id IS NULL"),
        sqlite_where=sa.text("account_id IS NULL"),
    )
