"""The last day of a moratorium: a person is asked to lift it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("holds", sa.Column("last_day", sa.Date(), nullable=True))
