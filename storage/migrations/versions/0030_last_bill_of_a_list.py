"""The last bill of each list of open items: a list without it and without a total may be cut."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("open_item_lists", sa.Column("last_bill", sa.Text(), nullable=False, server_default=""))
