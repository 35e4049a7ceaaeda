"""Whose word retired a contact: the register may take back its own, never the customer's."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("removed_by", sa.Text(), nullable=True))
